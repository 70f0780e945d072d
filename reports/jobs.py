"""What takes too long for a page: the workbook of a whole province.

A job holds ids only. Its handler asks again whether the person may, for the role may have ended in between.
"""

from datetime import datetime

from django.utils import timezone

from assessments.summaries import may_read_summaries, periods_for, summarise, units_for
from childfriendly.core import jobs
from childfriendly.core.exceptions import Refused
from childfriendly.core.models import Job
from childfriendly.core.snapshots import snapshot
from communes.models import Unit, User
from criteria.models import Period
from reports import excel
from reports.filenames import summary_file

SUMMARY_WORKBOOK = "summary_workbook"
LARGE = 200  # communes; a workbook of more takes longer than a page may


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


jobs.register(SUMMARY_WORKBOOK, jobs.Kind(run=_make_workbook, may_fetch=_may_read_workbook))
