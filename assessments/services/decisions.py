"""From concluded dossiers to one decision for many communes: propose, approve or return, number and issue."""

import re
from collections.abc import Collection, Sequence
from datetime import date, datetime, time
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from assessments.disclosure import outsiders_sheet
from assessments.models import (
    Decision,
    DecisionItem,
    Dossier,
    FrozenSheet,
    Proposal,
    ProposalItem,
    Recommendation,
    Result,
)
from assessments.permissions import (
    check_can_approve,
    check_can_number,
    check_can_propose,
    check_can_return_proposal,
    check_can_take_over,
)
from assessments.services.files import examine, keep
from assessments.services.moves import move_row, record_step_time, role_text
from assessments.workflow import MOVES, Action, Status
from childfriendly.core import audit, faults
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.text import nfc
from communes.models import Role, Unit, User
from communes.queries import roles_of
from criteria.deadlines import VIET_NAM
from criteria.models import Authority, DeadlineKind, Task
from criteria.services import authority_for

RESULT_OF = {
    Recommendation.RECOGNISE: Result.RECOGNISED,
    Recommendation.REFUSE: Result.REFUSED,
}
ACTION_OF = {Result.RECOGNISED: Action.RECOGNISE, Result.REFUSED: Action.REFUSE}


def propose(
    *,
    dossier_ids: Sequence[int],
    submission_number: str,
    submission_text: str,
    minutes: "UploadedFile[bytes]",
    by: User,
    at: datetime,
) -> Proposal:
    """Hồ sơ trình: gather concluded dossiers of one period and one leader, with the council's minutes."""
    dossiers = list(
        Dossier.objects.visible_to(by, timezone.localdate(at))
        .with_setting()
        .filter(pk__in=dossier_ids)
        .order_by("commune__sort_key")
    )
    if not dossiers or len(dossiers) != len(set(dossier_ids)):
        raise Refused("Chọn ít nhất một hồ sơ đã hoàn thành thẩm định của đơn vị mình.")
    first = dossiers[0]
    for dossier in dossiers:
        check_can_propose(by, dossier, at=at)
        same = (dossier.period_id, dossier.appraising_unit_id, dossier.deciding_unit_id) == (
            first.period_id,
            first.appraising_unit_id,
            first.deciding_unit_id,
        )
        if not same:
            raise Refused(
                "Một hồ sơ trình chỉ gồm các xã của cùng một kỳ và cùng cơ quan quyết định. Chọn lại danh sách."
            )
    submission_number, submission_text = nfc(submission_number).strip(), nfc(submission_text).strip()
    if not submission_number or not submission_text:
        raise Refused("Nhập số tờ trình và nội dung trình.")
    checked = examine(minutes)
    path, verdict = keep(checked, is_sensitive=False)
    try:
        with transaction.atomic():
            proposal = Proposal.objects.create(
                period=first.period,
                appraising_unit=first.appraising_unit,
                deciding_unit=first.deciding_unit,
                submission_number=submission_number,
                submission_text=submission_text,
                minutes_name=checked.name,
                minutes_path=path,
                minutes_sha256=checked.sha256,
                minutes_size=checked.size,
                minutes_content_type=checked.content_type,
                minutes_have_active_content=checked.has_active_content,
                minutes_scan=verdict,
                submitted_by=by,
                submitted_at=at,
            )
            held = Dossier.objects.filter(pk__in=[d.pk for d in dossiers], status=Status.CONCLUDED)
            if held.update(status=F("status")) != len(dossiers):
                raise Stale("Một hồ sơ trong danh sách vừa được đưa về thẩm định lại. Mở lại trang rồi chọn lại.")
            for dossier in dossiers:
                result = RESULT_OF[Recommendation(dossier.recommendation)]
                ProposalItem.objects.create(proposal=proposal, dossier=dossier, result=result)
                _record(dossier, "propose", by, at, Role.HEAD_OF_OFFICE, after={"proposal": submission_number})
            role = role_text(Role.HEAD_OF_OFFICE, first.appraising_unit, by, at)
            audit.record("propose", proposal, by=by, at=at, role=role)
    except IntegrityError as error:
        raise Stale("Một hồ sơ trong danh sách đã nằm trong hồ sơ trình khác. Mở lại trang rồi chọn lại.") from error
    return proposal


@transaction.atomic
def return_proposal(*, proposal_id: int, version: int, reason: str, by: User, at: datetime) -> Proposal:
    """The leader sends the whole proposal back; its dossiers are free for another one."""
    proposal = _get_proposal(proposal_id, by, at)
    check_can_return_proposal(by, proposal, at=at)
    reason = nfc(reason).strip()
    if not reason:
        raise Refused("Ghi lý do trả lại hồ sơ trình.")
    _answer(proposal, version, Proposal.State.RETURNED, by, at, return_reason=reason)
    for item in proposal.items.select_related("dossier__deciding_unit"):
        _record(item.dossier, "return_proposal", by, at, Role.LEADER, reason=reason)
    ProposalItem.objects.filter(proposal=proposal).update(is_live=False)
    audit.record(
        "return_proposal",
        proposal,
        by=by,
        at=at,
        role=role_text(Role.LEADER, proposal.deciding_unit, by, at),
        reason=reason,
    )
    proposal.refresh_from_db()
    return proposal


@transaction.atomic
def approve(*, proposal_id: int, version: int, by: User, at: datetime) -> Decision:
    """The leader's yes. The decision stands from here, with the names as they are now, and waits for its number."""
    proposal = _get_proposal(proposal_id, by, at)
    items = list(
        proposal.items.select_related(
            "dossier__commune__parent__parent", "dossier__period__criteria_set", "dossier__deciding_unit"
        ).order_by("dossier__commune__sort_key")
    )
    check_can_approve(by, proposal, [item.dossier for item in items], at=at)
    authority = authority_for(proposal.period, Task.DECIDE, items[0].dossier.commune)
    submitting = authority_for(proposal.period, Task.APPRAISE, items[0].dossier.commune)
    _answer(proposal, version, Proposal.State.APPROVED, by, at)
    faults.reach("approve: answered")
    decision = Decision.objects.create(
        proposal=proposal,
        period=proposal.period,
        deciding_unit=proposal.deciding_unit,
        body_name=authority.body_name,
        parent_body_name=authority.parent_body_name,
        place=authority.place,
        authority_document=authority.document_number,
        submitting_body_name=submitting.body_name,
        **_who_decides(by, proposal.deciding_unit, authority, at),
    )
    faults.reach("approve: decided")
    for position, item in enumerate(items, start=1):
        sheet = FrozenSheet.objects.filter(dossier=item.dossier, kind=FrozenSheet.Kind.APPRAISED).latest("number")
        rules = item.dossier.period.criteria_set.rules()
        public = outsiders_sheet(rules, sheet.area_type, sheet.answers)  # the paper comes into everybody's hands
        parent = item.dossier.commune.parent
        DecisionItem.objects.create(
            decision=decision,
            dossier=item.dossier,
            position=position,
            result=item.result,
            commune_name=item.dossier.commune.name,
            parent_name=parent.name if parent else "",
            total=sheet.total,
            threshold=sheet.threshold,
            reasons=list(public.reasons) if public else sheet.sheet["reasons"],
            hides_total=public is not None and public.hides_total,
        )
        _record(item.dossier, "approve", by, at, Role.LEADER, after={"result": item.result})
        faults.reach("approve: first commune written")
    audit.record("approve", proposal, by=by, at=at, role=role_text(Role.LEADER, proposal.deciding_unit, by, at))
    faults.reach("approve: recorded")
    return decision


def _who_decides(leader: User, unit: Unit, authority: Authority, at: datetime) -> dict[str, Any]:
    """The columns of a decision that tell who answers for it, and as whom."""
    held = roles_of(leader, timezone.localdate(at)).at(unit.pk, Role.LEADER)
    signed_for = held.acting_words if held else ""
    superior = _title_of(held.acting_for, unit, at) if held and held.acting_for else ""
    return {
        "signer_title": (held.title if held else "") or authority.signer_title,
        "signed_for_title": (superior or authority.signer_title) if signed_for else "",
        "signed_for": signed_for,
        "signer_name": leader.full_name,
        "approved_by": leader,
        "approved_at": at,
    }


@transaction.atomic
def take_over(*, decision_id: int, signer: User, signed_at: datetime, by: User, at: datetime) -> None:
    """Another leader answers for a decision by signing it, since the one who approved it has left office: the upper
    half of signing its paper, called by nobody else (`papers.services.life`). `by` signs, or enters what was signed."""
    visible = Decision.objects.visible_to(by, timezone.localdate(at)).select_related("deciding_unit", "period")
    decision = visible.filter(pk=decision_id).first()
    if decision is None:
        raise Refused("Không tìm thấy quyết định này trong phạm vi của đơn vị.")
    dossiers = [item.dossier for item in decision.items.select_related("dossier__commune", "dossier__deciding_unit")]
    check_can_take_over(signer, decision, dossiers, at=signed_at)
    authority = authority_for(decision.period, Task.DECIDE, dossiers[0].commune)
    rows = Decision.objects.filter(pk=decision.pk, version=decision.version, number="")
    columns = _who_decides(signer, decision.deciding_unit, authority, signed_at)
    if not rows.update(**columns, version=F("version") + 1):
        raise Stale("Quyết định vừa được người khác xử lý. Mở lại trang để xem tình trạng mới.")
    role = Role.LEADER if by == signer else Role.CLERK
    audit.record(
        "take_over_decision",
        decision,
        by=by,
        at=at,
        role=role_text(role, decision.deciding_unit, by, at),
        before={"signer": decision.signer_name},
        after={"signer": signer.full_name},
    )


NUMBER = re.compile(r"0*([1-9][0-9]{0,5})")


@transaction.atomic
def issue_decision(*, decision_id: int, version: int, number: str, issued_on: date, by: User, at: datetime) -> Decision:
    """Number and date come to the decision and move all its dossiers: the lower half of issuing its paper, called by
    nobody else (`papers.services.life`)."""
    visible = Decision.objects.visible_to(by, timezone.localdate(at)).select_related("deciding_unit", "period")
    decision = visible.filter(pk=decision_id).first()
    if decision is None:
        raise Refused("Không tìm thấy quyết định này trong phạm vi của đơn vị.")
    check_can_number(by, decision.deciding_unit, at=at)
    number = nfc(number).strip().removesuffix(f"/{decision.symbol}")
    match = NUMBER.fullmatch(number)
    if match is None:
        raise Refused(f"Nhập số quyết định bằng chữ số, ví dụ 1234 (ký hiệu /{decision.symbol} có sẵn).")
    if issued_on > timezone.localdate(at):
        raise Refused("Ngày quyết định không được sau hôm nay. Kiểm tra lại ngày trên văn bản đã ký.")
    if issued_on < timezone.localdate(decision.approved_at):
        approved = timezone.localdate(decision.approved_at)
        raise Refused(f"Ngày quyết định không được trước ngày lãnh đạo duyệt ({approved:%d/%m/%Y}). Kiểm tra lại ngày.")
    if decision.is_issued:
        raise Stale(f"Quyết định này đã vào số {decision.full_number}.")
    rows = Decision.objects.filter(pk=decision.pk, number="", version=version)
    try:
        with transaction.atomic():
            updated = rows.update(
                number=match[1],
                issued_on=issued_on,
                number_year=issued_on.year,
                numbered_by=by,
                numbered_at=at,
                version=F("version") + 1,
            )
    except IntegrityError as error:
        taken = f"{match[1].zfill(2)}/{decision.symbol}"
        raise Refused(
            f"Số {taken} năm {issued_on.year} đã dùng cho quyết định khác. Xem lại sổ văn bản và nhập số đúng."
        ) from error
    if not updated:
        raise Stale("Quyết định vừa được người khác vào số. Mở lại trang để xem số quyết định.")
    faults.reach("issue: numbered")
    decision.refresh_from_db()
    for item in decision.items.select_related("dossier__deciding_unit", "dossier__period"):
        action = ACTION_OF[Result(item.result)]
        before = item.dossier.status
        move_row(item.dossier, MOVES[action].target, decided_at=at)
        faults.reach("issue: first dossier moved")
        # the date on the paper counts, not the day on which the clerk got round to typing it
        record_step_time(item.dossier, DeadlineKind.DECISION, datetime.combine(issued_on, time.min, VIET_NAM))
        _record(
            item.dossier,
            action,
            by,
            at,
            Role.CLERK,
            before={"status": before},
            after={"status": MOVES[action].target.value, "decision": decision.full_number},
        )
    faults.reach("issue: all dossiers moved")
    audit.record(
        "issue_decision",
        decision,
        by=by,
        at=at,
        role=role_text(Role.CLERK, decision.deciding_unit, by, at),
        after={"number": decision.full_number, "issued_on": issued_on.isoformat()},
    )
    faults.reach("issue: recorded")
    return decision


@transaction.atomic
def revoke(*, item_ids: Collection[int], document: str, reason: str, by: User, at: datetime) -> None:
    """What the decision `document` takes away from these communes of an earlier one: the lower half of issuing its
    paper, called by nobody else (`papers.services.effects`). The dossiers keep their decision and their points."""
    move = MOVES[Action.REVOKE]
    items = DecisionItem.objects.filter(pk__in=item_ids).order_by("decision", "position")
    for item in items.select_related("dossier__deciding_unit", "dossier__period"):
        check_can_number(by, item.dossier.deciding_unit, at=at)
        if item.dossier.status not in move.sources:
            raise Refused(f"{item.commune_name} không còn ở trạng thái đã công nhận nên không thu hồi được.")
        before = item.dossier.status
        move_row(item.dossier, move.target)
        _record(
            item.dossier,
            Action.REVOKE,
            by,
            at,
            Role.CLERK,
            before={"status": before},
            after={"status": move.target.value, "decision": document},
            reason=reason,
        )


def _get_proposal(proposal_id: int, by: User, at: datetime) -> Proposal:
    visible = Proposal.objects.visible_to(by, timezone.localdate(at)).select_related("deciding_unit", "period")
    proposal = visible.filter(pk=proposal_id).first()
    if proposal is None:
        raise Refused("Không tìm thấy hồ sơ trình này trong phạm vi của đơn vị.")
    return proposal


def _answer(proposal: Proposal, version: int, state: Proposal.State, by: User, at: datetime, **changes: str) -> None:
    rows = Proposal.objects.filter(pk=proposal.pk, version=version, state=Proposal.State.SUBMITTED)
    if not rows.update(state=state, version=F("version") + 1, answered_by=by, answered_at=at, **changes):
        raise Stale("Hồ sơ trình vừa được xử lý. Mở lại trang để xem tình trạng mới.")


def _title_of(user: User, unit: Unit, at: datetime) -> str:
    """The title by which somebody signs here."""
    held = roles_of(user, timezone.localdate(at)).at(unit.pk, Role.LEADER)
    return held.title if held else ""


def _record(
    dossier: Dossier,
    action: str,
    by: User,
    at: datetime,
    role: Role,
    *,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
    reason: str = "",
) -> None:
    unit = dossier.appraising_unit if role == Role.HEAD_OF_OFFICE else dossier.deciding_unit
    words = role_text(role, unit, by, at)
    audit.record(action, dossier, by=by, at=at, role=words, before=before, after=after, reason=reason)
