"""Saving what the commune declares: shared totals, criteria, evidence. One criterion is one unit of saving: it has a
version of its own, so two people on one criterion never overwrite each other unseen."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import F, Q, Sum

from assessments.figures import NOTHING, load_figures
from assessments.models import Answer, BaseFigure, CriterionEntry, Dossier, Evidence, Figures, ReturnedItem
from assessments.permissions import check_can_edit, check_targets_open
from assessments.policy import EDITABLE
from assessments.services.files import Infected, examine, keep
from assessments.services.moves import get_dossier, hold_for_figures, role_text
from childfriendly.core import audit, faults
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.files import CheckedUpload, megabytes
from childfriendly.core.text import nfc
from communes.models import Role, User
from criteria.disclosure import WITHHELD
from criteria.scoring import Item, ItemKind

CHANGED_MEANWHILE = (
    "Nội dung này vừa được người khác lưu. Dưới đây là hai nội dung; giữ số của mình hoặc sửa lại rồi lưu lần nữa."
)


@transaction.atomic
def save_base_figures(
    *, dossier_id: int, version: int, values: Mapping[str, int | None], by: User, at: datetime
) -> Dossier:
    """Store the shared totals in `values` (key → whole number, None to clear). Keys not given stay as they are."""
    dossier = get_dossier(dossier_id, by, at)
    check_can_edit(by, dossier, at=at)
    hold_for_figures(dossier, EDITABLE)
    figures = load_figures(dossier)
    known = {total.key for total in figures.rules.base_figures}
    if not values.keys() <= known:
        raise Refused("Số liệu nền không có trong bộ tiêu chí. Mở lại trang rồi nhập lại.")
    check_targets_open(figures, values.keys())
    held = Dossier.objects.filter(pk=dossier.pk, base_version=version)
    if not held.update(base_version=F("base_version") + 1):
        raise Stale(CHANGED_MEANWHILE)
    before, after = {}, {}
    for key, value in values.items():
        old = figures.totals.get(key)
        if value is None:
            BaseFigure.objects.filter(dossier=dossier, key=key).delete()
        elif old != value:
            BaseFigure.objects.update_or_create(dossier=dossier, key=key, defaults={"value": value})
        if old != value:
            before[key], after[key] = old, value
    _mark_mended(dossier, values.keys(), at)
    _record(dossier, "save_base_figures", by, at, before, after)
    dossier.refresh_from_db(fields=["base_version"])
    return dossier


@transaction.atomic
def save_entry(
    *,
    dossier_id: int,
    criterion: str,
    version: int,
    answers: Mapping[str, Figures],
    explanation: str | None,
    by: User,
    at: datetime,
) -> CriterionEntry:
    """Store one criterion. `version` is the one the person saw (0: nothing stored yet). Items not in `answers`, and an
    explanation of None, stay as they are. Raises Stale with nothing written when a colleague saved in between."""
    dossier = get_dossier(dossier_id, by, at)
    check_can_edit(by, dossier, at=at)
    hold_for_figures(dossier, EDITABLE)
    figures = load_figures(dossier)
    items = {item.code: item for item in figures.rules.criterion(criterion).items}
    if not answers.keys() <= items.keys():
        raise Refused("Mục không thuộc tiêu chí này. Mở lại trang rồi nhập lại.")
    check_targets_open(figures, answers.keys())
    if explanation is not None and not any(figures.is_open(code) for code in items):
        raise Refused("Tiêu chí này không bị trả lại nên giữ nguyên.")
    for code, given in answers.items():
        check_possible(items[code], given)
    entry = _claim_entry(dossier, criterion, version, explanation, by, at)
    before, after = {}, {}
    for code, given in answers.items():
        old = figures.answers.get(code, NOTHING)
        if given == old:
            continue
        _write_answer(dossier, code, given)
        before[code], after[code] = (
            figures.public_text(code, value.text(items[code], figures.totals)) for value in (old, given)
        )
    old_entry = figures.entries.get(criterion)
    if explanation is not None and nfc(explanation).strip() != (old_entry.explanation if old_entry else ""):
        sensitive = figures.rules.criterion(criterion).sensitive
        after[f"{criterion} giải trình"] = WITHHELD if sensitive and entry.explanation else entry.explanation
    _mark_mended(dossier, answers.keys(), at)
    _record(dossier, "save_entry", by, at, before, after)
    return entry


def check_possible(item: Item, given: Figures) -> None:
    """What can never be stored. What is merely incomplete may stay in a draft and shows on the check page."""
    kinds = {
        ItemKind.BOOLEAN: given.count is None and given.numerator is None and given.denominator is None,
        ItemKind.COUNT: given.yes is None and given.numerator is None and given.denominator is None,
    }
    if not kinds.get(item.kind, given.yes is None and given.count is None):
        raise Refused(f"Số liệu mục {item.code} không đúng dạng. Mở lại trang rồi nhập lại.")
    if item.denominator_key and given.denominator is not None:
        raise Refused(f"Mẫu số của mục {item.code} lấy từ số liệu nền. Sửa ở trang số liệu nền.")
    if given.numerator is not None and given.denominator is not None and given.numerator > given.denominator:
        raise Refused(part_over_whole(item, given.numerator, given.denominator))


def part_over_whole(item: Item, numerator: int, denominator: int) -> str:
    part, whole = (f"{number:,}".replace(",", ".") for number in (numerator, denominator))
    return (
        f"{item.code}: {item.numerator_label} ({part}) lớn hơn {item.denominator_label[:1].lower()}"
        f"{item.denominator_label[1:]} ({whole}). Kiểm tra lại một trong hai số."
    )


def _claim_entry(
    dossier: Dossier, criterion: str, version: int, explanation: str | None, by: User, at: datetime
) -> CriterionEntry:
    text = None if explanation is None else nfc(explanation).strip()
    if version == 0:
        try:
            with transaction.atomic():
                return CriterionEntry.objects.create(
                    dossier=dossier, criterion=criterion, explanation=text or "", saved_by=by, saved_at=at
                )
        except IntegrityError as error:
            raise Stale(CHANGED_MEANWHILE) from error
    rows = CriterionEntry.objects.filter(dossier=dossier, criterion=criterion, version=version)
    changes = {} if text is None else {"explanation": text}
    if not rows.update(version=F("version") + 1, saved_by=by, saved_at=at, **changes):
        raise Stale(CHANGED_MEANWHILE)
    return CriterionEntry.objects.get(dossier=dossier, criterion=criterion)


def _write_answer(dossier: Dossier, code: str, given: Figures) -> None:
    if given.is_blank and not given.zero_reason:
        Answer.objects.filter(dossier=dossier, item=code).delete()
        return
    Answer.objects.update_or_create(
        dossier=dossier,
        item=code,
        defaults={
            "yes": given.yes,
            "count": given.count,
            "numerator": given.numerator,
            "denominator": given.denominator,
            "zero_reason": given.zero_reason,
        },
    )


def _mark_mended(dossier: Dossier, targets: Collection[str], at: datetime) -> None:
    if dossier.round:
        open_items = ReturnedItem.objects.filter(dossier=dossier, round=dossier.round, mended_at__isnull=True)
        open_items.filter(target__in=list(targets)).update(mended_at=at)


def _record(
    dossier: Dossier, action: str, by: User, at: datetime, before: Mapping[str, object], after: Mapping[str, object]
) -> None:
    if after:
        role = role_text(Role.COMMUNE_EDITOR, dossier.commune, by, at)
        audit.record(action, dossier, by=by, at=at, role=role, before=before, after=after)


# ---- evidence ----------------------------------------------------------------------------------------------------


def attach_evidence(
    *, dossier_id: int, item: str, slot: int | None, upload: "UploadedFile[bytes]", by: User, at: datetime
) -> Evidence:
    """Check the file, put it on disk, then store its row. The same file sent again to one item, however often, is one
    row (SECURITY.md R-05). Not one transaction: the file must be safely on disk before the row that points to it."""
    dossier = get_dossier(dossier_id, by, at)
    check_can_edit(by, dossier, at=at)
    figures = load_figures(dossier)
    spec = figures.rules.item(item)
    check_targets_open(figures, [item])
    if slot is not None and not 0 <= slot < len(spec.evidence_slots):
        raise Refused("Loại minh chứng này không có trong bộ tiêu chí. Mở lại trang rồi chọn lại.")
    checked = examine(upload)
    if twin := _twin(dossier, item, checked):
        return twin
    _check_room(dossier, item, checked)
    is_sensitive = figures.rules.criterion_of(item).sensitive
    try:
        path, verdict = keep(checked, is_sensitive=is_sensitive)
    except Infected:
        _record(dossier, "refuse_infected_file", by, at, {}, {"item": item, "sha256": checked.sha256})
        raise
    with transaction.atomic():
        hold_for_figures(dossier, EDITABLE)
        if twin := _twin(dossier, item, checked):
            return twin
        _check_room(dossier, item, checked)
        evidence = Evidence.objects.create(
            dossier=dossier,
            item=item,
            slot=slot,
            name=checked.name,
            path=path,
            sha256=checked.sha256,
            sent_sha256=checked.sent_sha256,
            size=checked.size,
            content_type=checked.content_type,
            has_active_content=checked.has_active_content,
            scan=verdict,
            is_sensitive=is_sensitive,
            round=dossier.round,
            uploaded_by=by,
            uploaded_at=at,
        )
        _mark_mended(dossier, [item], at)
        _record(dossier, "attach_evidence", by, at, {}, {"item": item, "sha256": checked.sha256})
        faults.reach("upload: recorded")
    return evidence


def _twin(dossier: Dossier, item: str, checked: CheckedUpload) -> Evidence | None:
    """The same file already behind this item: a second press, or a browser that did not hear our first answer."""
    same = Q(sent_sha256=checked.sent_sha256) | Q(sha256=checked.sha256)
    return Evidence.objects.present().filter(same, dossier=dossier, item=item).first()


def _check_room(dossier: Dossier, item: str, checked: CheckedUpload) -> None:
    """Asked before the file is stored, and again while the dossier is held, so that ten uploads at once share the room
    that one had. What was taken out counts as well, since its bytes are kept."""
    if Evidence.objects.present().filter(dossier=dossier, item=item).count() >= settings.EVIDENCE_MAX_FILES_PER_ITEM:
        raise Refused(f"Mỗi mục tối đa {settings.EVIDENCE_MAX_FILES_PER_ITEM} tệp. Bỏ bớt tệp rồi tải lên.")
    used = Evidence.objects.filter(dossier=dossier).aggregate(total=Sum("size", default=0))["total"]
    if used + checked.size > settings.EVIDENCE_QUOTA_BYTES:
        raise Refused(
            f"Hồ sơ đã dùng {megabytes(used)} trong {megabytes(settings.EVIDENCE_QUOTA_BYTES)} dành cho minh chứng, "
            f"không còn chỗ cho tệp {megabytes(checked.size)} này. Giảm độ phân giải khi quét, hoặc báo người quản trị "
            "hệ thống nới thêm."
        )


@transaction.atomic
def remove_evidence(*, evidence_id: int, by: User, at: datetime) -> Evidence:
    """Take a file out of the dossier. The bytes and the row stay; files of earlier rounds cannot be taken out."""
    evidence = Evidence.objects.present().select_related("dossier").filter(pk=evidence_id).first()
    if evidence is None:
        raise Refused("Tệp này đã được bỏ ra trước đó.")
    dossier = get_dossier(evidence.dossier_id, by, at)
    check_can_edit(by, dossier, at=at)
    hold_for_figures(dossier, EDITABLE)
    check_targets_open(load_figures(dossier), [evidence.item])
    if evidence.round != dossier.round:
        raise Refused("Tệp đã nộp ở lần trước nên không bỏ được. Tải thêm tệp mới thay thế.")
    if evidence.is_locked:
        raise Refused("Tệp đang bị khóa nên giữ nguyên. Đề nghị người khóa mở khóa trước.")
    if not Evidence.objects.present().filter(pk=evidence.pk).update(removed_at=at):
        raise Stale("Tệp này vừa được người khác bỏ ra.")
    _record(dossier, "remove_evidence", by, at, {"item": evidence.item, "sha256": evidence.sha256}, {"removed": True})
    evidence.refresh_from_db()
    return evidence
