"""What takes too long for a page: whole dossiers in one file, a decision with all its certificates.

A job holds ids only. Its handler asks again what the person may read, for a role may have ended in between.
"""

import shutil
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from assessments.models import Decision, Dossier, Evidence, Result
from childfriendly.core import jobs
from childfriendly.core.exceptions import Refused
from childfriendly.core.exports import exported, watermark
from childfriendly.core.files import megabytes
from childfriendly.core.models import Job
from childfriendly.core.text import ascii_words
from communes.models import Unit, User, within
from papers.filling.unkept import certificate_content, decision_content
from papers.kinds import Kind
from papers.models import Paper, State
from papers.services.batch import ALL, certificates_of, drafts_of, issue_certificates, write_issued
from papers.services.bundles import Bundle
from papers.structure import Printed
from papers.words import in_sentence

BUNDLE: Final = "dossier_bundle"
CERTIFICATES: Final = "certificates"
DECISION_PAPERS: Final = "decision_papers"
BUNDLE_SECONDS: Final = 1800  # a district's dossiers of five years
MOST_DOSSIERS: Final = 500
RESERVE: Final = 256 * 1024 * 1024  # bytes that a bundle leaves free on the disk


# ---- whole dossiers ----------------------------------------------------------------------------------------------
@transaction.atomic
def ask_for_dossier(dossier: Dossier, *, by: User, at: datetime) -> Job:
    """Everything of one dossier that `by` may open, in one ZIP. Raises TooMany."""
    exported(BUNDLE, dossier, rows=1, by=by, at=at)
    return _enqueue([dossier.pk], f"Cả hồ sơ {dossier.code}, {dossier.commune.name}", str(dossier.uuid), by, at)


@transaction.atomic
def ask_for_area(unit: Unit, first: int, last: int, *, by: User, at: datetime) -> Job:
    """The dossiers of a unit's whole area, of the years from `first` to `last`. Raises Refused where `by` sees none
    there or too many for one file, TooMany."""
    there = Dossier.objects.visible_to(by, timezone.localdate(at)).filter(
        within(unit.pk, "commune"), period__year__range=(first, last)
    )
    ids = list(there.values_list("pk", flat=True)[: MOST_DOSSIERS + 1])
    if not ids:
        raise Refused("Không có hồ sơ nào trong phạm vi đã chọn. Chọn đơn vị khác hoặc năm khác.")
    if len(ids) > MOST_DOSSIERS:
        raise Refused(f"Phạm vi đã chọn có hơn {MOST_DOSSIERS} hồ sơ. Chọn ít năm hơn hoặc đơn vị nhỏ hơn.")
    exported(BUNDLE, unit, rows=len(ids), by=by, at=at)
    years = str(first) if first == last else f"{first}–{last}"
    title = f"{len(ids)} hồ sơ của {unit.name}, năm {years}"
    return _enqueue(ids, title, f"{unit.uuid} {first} {last}", by, at)


def _enqueue(ids: Sequence[int], title: str, key: str, by: User, at: datetime) -> Job:
    dossiers = ",".join(map(str, ids))
    return jobs.enqueue(BUNDLE, key=key, title=title, by=by, at=at, arguments={"dossiers": dossiers})


def _asked_for(job: Job, user: User, at: datetime) -> list[Dossier] | None:
    """The dossiers of the job, or None where one of them may no longer be read."""
    ids = str(job.arguments["dossiers"]).split(",")
    visible = Dossier.objects.visible_to(user, timezone.localdate(at)).with_setting()
    found = list(visible.filter(pk__in=ids).order_by("period__year", "commune__sort_key"))
    return found if len(found) == len(ids) else None


def _make_bundle(work: jobs.Work) -> jobs.Result:
    user, at = User.objects.get(pk=work.job.owner_id), timezone.now()
    dossiers = _asked_for(work.job, user, at)
    if dossiers is None:
        raise Refused("Vai trò hiện nay không được đọc các hồ sơ này nên không lập tệp.")
    _check_room(dossiers)
    bundle = Bundle(dossiers, user, at)
    where = "của hồ sơ" if len(dossiers) == 1 else "trong thư mục của từng xã"
    return jobs.Result(
        f"Đã gom {len(dossiers)} hồ sơ vào một tệp. Mở mục lục {where} để xem danh sách tệp.",
        jobs.Output(bundle.name, partial(bundle.write, progress=work.progress)),
    )


def _check_room(dossiers: list[Dossier]) -> None:
    """A bundle is as large as its files. Raises Refused where the disk has no room for it."""
    size = Evidence.objects.present().filter(dossier__in=dossiers).aggregate(size=Sum("size"))["size"] or 0
    folder = Path(settings.JOBS_ROOT)
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    if size + RESERVE > shutil.disk_usage(folder).free:
        raise Refused(
            f"Máy chủ không đủ chỗ cho gói khoảng {megabytes(size)}. Chọn ít hồ sơ hơn hoặc báo quản trị hệ thống."
        )


def _may_read_bundle(job: Job, user: User, at: datetime) -> bool:
    return _asked_for(job, user, at) is not None


jobs.register(BUNDLE, jobs.Kind(run=_make_bundle, may_fetch=_may_read_bundle, seconds=BUNDLE_SECONDS))


# ---- a decision with its certificates ----------------------------------------------------------------------------
def print_certificates(decision: Decision, *, by: User, at: datetime) -> Job:
    """Make the bytes of the certificates that a decision has just entered in their register."""
    return jobs.enqueue(
        CERTIFICATES,
        key=str(decision.uuid),
        title=f"Giấy công nhận theo {in_sentence(str(decision))}",
        by=by,
        at=at,
        arguments={"decision": str(decision.uuid)},
    )


def _make_certificates(work: jobs.Work) -> jobs.Result:
    """Whoever asked: the register has entered them, so they are made."""
    decision = Decision.objects.get(uuid=UUID(str(work.job.arguments["decision"])))
    issue_certificates(decision, at=timezone.now(), progress=work.progress)
    count = len(certificates_of(decision))
    return jobs.Result(f"Đã lập {count} giấy công nhận. Mở trang văn bản của quyết định để xem từng giấy.")


@transaction.atomic
def ask_for_papers(decision: Decision, *, by: User, at: datetime) -> Job:
    """The decision and the certificates of everybody it recognises, each by itself and all in one file for printing;
    certificates that wait for their bytes are issued on the way. Raises TooMany."""
    exported(DECISION_PAPERS, decision, rows=decision.items.count(), by=by, at=at)
    return jobs.enqueue(
        DECISION_PAPERS,
        key=str(decision.uuid),
        title=f"Tất cả văn bản của {in_sentence(str(decision))}",
        by=by,
        at=at,
        arguments={"decision": str(decision.uuid)},
    )


def _decision(job: Job, user: User, at: datetime) -> Decision | None:
    visible = Decision.objects.visible_to(user, timezone.localdate(at))
    found = visible.select_related("period__province", "deciding_unit", "proposal")
    return found.filter(uuid=UUID(str(job.arguments["decision"]))).first()


def _make_papers(work: jobs.Work) -> jobs.Result:
    user, at = User.objects.get(pk=work.job.owner_id), timezone.now()
    decision = _decision(work.job, user, at)
    if decision is None:
        raise Refused("Vai trò hiện nay không được đọc quyết định này nên không lập tệp.")
    name = f"{ascii_words(str(decision))}-va-giay-cong-nhan"
    if Paper.objects.filter(kind=Kind.DECISION, decision=decision, state=State.ISSUED).exists():
        issue_certificates(decision, at=at, progress=work.progress)
        count = len(certificates_of(decision))
        output = jobs.Output(f"{name}.zip", partial(write_issued, decision=decision))
        return jobs.Result(f"Đã lập quyết định và {count} giấy công nhận. Tệp {ALL} gồm tất cả để in một lần.", output)
    items = list(decision.items.filter(result=Result.RECOGNISED).select_related("dossier__commune"))
    for item in items:
        item.decision = decision  # with what the paper asks of it
    printed: list[Printed] = [decision_content(decision), *(certificate_content(item) for item in items)]
    drafts = drafts_of(str(decision), printed, mark=watermark(user, at), progress=work.progress)
    message = f"Đã lập tệp gồm quyết định và {len(items)} giấy công nhận."
    return jobs.Result(message, jobs.Output(f"{name}.pdf", drafts))


def _may_read_decision(job: Job, user: User, at: datetime) -> bool:
    return _decision(job, user, at) is not None


jobs.register(
    CERTIFICATES,
    jobs.Kind(run=_make_certificates, may_fetch=lambda job, user, at: False, seconds=BUNDLE_SECONDS),
)
jobs.register(DECISION_PAPERS, jobs.Kind(run=_make_papers, may_fetch=_may_read_decision, seconds=BUNDLE_SECONDS))
