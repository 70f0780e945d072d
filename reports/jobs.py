"""What takes too long for a page: all papers of a decision in one file, the workbook of a whole province.

A job holds ids only. Its handler asks again whether the person may, for the role may have ended in between.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from assessments.models import Decision, DecisionItem, Result
from assessments.summaries import may_read_summaries, periods_for, summarise, units_for
from childfriendly.core import jobs
from childfriendly.core.exceptions import Refused
from childfriendly.core.exports import exported, watermark
from childfriendly.core.models import Job
from childfriendly.core.snapshots import snapshot
from communes.models import Unit, User
from criteria.models import Period
from papers.rendering import html_of, pdf
from papers.rendering.html import styles_of
from papers.structure import Printed
from papers.words import in_sentence
from reports import excel
from reports.filenames import papers_file, summary_file
from reports.printing import certificate_content, decision_content

DECISION_PAPERS = "decision_papers"
SUMMARY_WORKBOOK = "summary_workbook"
LARGE = 200  # communes; a workbook of more takes longer than a page may


# ---- all papers of a decision ------------------------------------------------------------------------------------
@transaction.atomic
def ask_for_papers(decision: Decision, *, by: User, at: datetime) -> Job:
    """The decision and the certificates of everybody it recognises, to be printed from one file. Raises TooMany."""
    exported("decision_papers", decision, rows=decision.items.count(), by=by, at=at)
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
    user, at = _owner(work.job), timezone.now()
    decision = _decision(work.job, user, at)
    if decision is None:
        raise Refused("Vai trò hiện nay không được đọc quyết định này nên không lập tệp.")
    items = list(
        DecisionItem.objects.filter(decision=decision, result=Result.RECOGNISED)
        .select_related("dossier__commune")
        .order_by("position")
    )

    mark = watermark(user, at)

    def page(printed: Printed) -> tuple[str, Sequence[str]]:
        return html_of(printed, mark), styles_of(printed)

    def papers() -> Iterator[tuple[str, Sequence[str]]]:
        total = len(items) + 1
        work.progress(0, total)
        yield page(decision_content(decision))
        for number, item in enumerate(items, start=1):
            work.progress(number, total)
            item.decision = decision  # with what the paper asks of it
            yield page(certificate_content(item))
        work.progress(total, total)

    content = pdf.render_together(str(decision), papers())
    return jobs.Result(
        f"Đã lập tệp gồm quyết định và {len(items)} giấy công nhận.", jobs.Output(papers_file(decision), content)
    )


def _may_read_decision(job: Job, user: User, at: datetime) -> bool:
    return _decision(job, user, at) is not None


# ---- the workbook of a whole province ----------------------------------------------------------------------------
def ask_for_workbook(period: Period, unit: Unit, *, by: User, at: datetime) -> Job:
    return jobs.enqueue(
        SUMMARY_WORKBOOK,
        key=f"{period.uuid} {unit.uuid}",
        title=f"Bảng tổng hợp Excel năm {period.year}, {unit.name}",
        by=by,
        at=at,
        arguments={"period": str(period.uuid), "unit": str(unit.uuid)},
    )


def _period_and_unit(job: Job, user: User, at: datetime) -> tuple[Period, Unit] | None:
    today = timezone.localdate(at)
    if not may_read_summaries(user, today):
        return None
    periods = [row for row in periods_for(user, today) if str(row.uuid) == job.arguments["period"]]
    units = [row for period in periods for row in units_for(period, user, today)]
    found = [row for row in units if str(row.uuid) == job.arguments["unit"]]
    return (periods[0], found[0]) if found else None


def _make_workbook(work: jobs.Work) -> jobs.Result:
    user, at = _owner(work.job), timezone.now()
    with snapshot():
        found = _period_and_unit(work.job, user, at)
        if found is None:
            raise Refused("Vai trò hiện nay không được đọc bảng tổng hợp này nên không lập tệp.")
        made = summarise(*found, reader=user, at=at)
    content = excel.export_summary(made, reader=excel.reader_of(made, user, at), at=at)
    return jobs.Result(
        f"Đã lập bảng tổng hợp {len(made.rows)} đơn vị cấp xã.",
        jobs.Output(summary_file(made.period, made.unit), content),
    )


def _may_read_workbook(job: Job, user: User, at: datetime) -> bool:
    return _period_and_unit(job, user, at) is not None


def _owner(job: Job) -> User:
    return User.objects.get(pk=job.owner_id)


jobs.register(DECISION_PAPERS, jobs.Kind(run=_make_papers, may_fetch=_may_read_decision))
jobs.register(SUMMARY_WORKBOOK, jobs.Kind(run=_make_workbook, may_fetch=_may_read_workbook))
