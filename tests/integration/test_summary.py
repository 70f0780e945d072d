"""The summary of a period: which communes, which figures, for whom, and always the same number of queries."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments import services
from assessments.models import Answer, Dossier, FrozenSheet
from assessments.summaries import (
    Counts,
    Row,
    Summary,
    area_by_code,
    may_read_summaries,
    periods_for,
    summarise,
    target_line,
    units_for,
)
from assessments.workflow import Action, Status
from childfriendly.core.exceptions import Refused
from communes.models import Role, Unit, User
from criteria.models import Period, Target
from criteria.scoring import RuleSet
from tests.factories import (
    NEW_FROM,
    OLD_TO,
    ZERO_IN_3,
    CommuneFactory,
    Place,
    RoleAssignmentFactory,
    SuccessionFactory,
    dossier_in,
    issued,
    make_neighbour,
    make_place,
    user_with,
)

pytestmark = pytest.mark.django_db


def summary_of(place: Place, unit: Unit | None = None, reader: User | None = None) -> Summary:
    return summarise(place.period, unit or place.deciding, reader=reader, at=timezone.now())


def row_of(summary: Summary, commune: Unit) -> Row:
    return next(row for row in summary.rows if row.commune == commune)


def points_of(dossier: Dossier, kind: FrozenSheet.Kind) -> tuple[int, ...]:
    sheet = FrozenSheet.objects.filter(dossier=dossier, kind=kind).latest("number").sheet
    rules: RuleSet = dossier.period.criteria_set.rules()
    return tuple(sheet["criteria"][criterion.code]["points"] for criterion in rules.criteria)


# ---- which communes, which figures -------------------------------------------------------------------------------
def test_every_commune_in_force_on_the_closing_day_has_a_row_whether_or_not_it_began_a_dossier() -> None:
    place = make_place(2)
    dossier_in(Status.SUBMITTED, place)
    ended = CommuneFactory(parent=place.deciding, valid_to=place.period.figures_as_of.replace(month=1))
    summary = summary_of(place)
    assert {row.commune for row in summary.rows} == set(place.communes)
    assert ended not in {row.commune for row in summary.rows}
    assert row_of(summary, place.communes[1]).state == "Chưa lập"
    assert summary.counts == Counts(communes=2, filed=1, recognised=0)


@pytest.mark.parametrize("status", Status)
def test_points_are_appraised_where_concluded_declared_where_sent_and_blank_before(status: Status) -> None:
    place = make_place()
    dossier = dossier_in(status, place)
    row = summary_of(place).rows[0]
    assert row.state == status.label
    declared = {"draft": None, "withdrawn": None, "refused": 875}.get(status, 1000)
    appraised = {"concluded": 1000, "recognised": 1000, "revoked": 1000, "refused": 875}.get(status)
    assert (row.declared_total, row.appraised_total) == (declared, appraised)
    assert row.threshold == (None if declared is None else 850)
    if declared is None:
        assert row.points == (None,) * 13
    else:
        kind = FrozenSheet.Kind.DECLARED if appraised is None else FrozenSheet.Kind.APPRAISED
        assert row.points == points_of(dossier, kind)
        assert sum(points_of(dossier, kind)) == (appraised or declared)
    assert row.is_filed is (declared is not None)


def test_a_returned_dossier_shows_what_was_sent_not_what_is_being_typed() -> None:
    place = make_place()
    dossier = dossier_in(Status.RETURNED, place)
    before = summary_of(place).rows[0].points
    Answer.objects.filter(dossier=dossier, item="TC01.1").update(yes=False)
    assert summary_of(place).rows[0].points == before


def test_a_reopened_dossier_shows_its_declared_points_again() -> None:
    place = make_place()
    dossier = dossier_in(Status.CONCLUDED, place)
    services.perform(
        Action.REOPEN,
        dossier_id=dossier.pk,
        version=dossier.version,
        by=place.head_of_office,
        at=place.later(),
        reason="Kiểm tra lại.",
    )
    row = summary_of(place).rows[0]
    assert (row.state, row.declared_total, row.appraised_total, row.result) == ("Đang thẩm định", 1000, None, "")


def test_a_refused_commune_shows_the_first_reason_of_its_sheet_and_nothing_more() -> None:
    place = make_place()
    dossier = dossier_in(Status.REFUSED, place)
    row = summary_of(place).rows[0]
    sheet = FrozenSheet.objects.get(dossier=dossier, kind=FrozenSheet.Kind.APPRAISED)
    assert row.reason == sheet.sheet["reasons"][0]
    assert row.reason.startswith("Tiêu chí 3 ")
    assert row.result == "Không công nhận"


def test_number_and_date_come_with_the_issued_decision_only() -> None:
    place = make_place()
    dossier = dossier_in(Status.CONCLUDED, place)
    row = summary_of(place).rows[0]
    assert (row.decision_number, row.decided_on, row.result) == ("", None, "Đề nghị công nhận")
    decision = issued([dossier], place, number="7")
    row = summary_of(place).rows[0]
    assert (row.decision_number, row.decided_on, row.result) == ("07/QĐ-UBND", decision.issued_on, "Công nhận")


def test_what_came_late_is_marked_for_ever() -> None:
    place = make_place(2)
    dossier_in(Status.SUBMITTED, place)
    place.later(24 * 20)  # past «trước ngày 15/11»
    dossier_in(Status.CONCLUDED, place, 1)
    summary = summary_of(place)
    assert row_of(summary, place.communes[0]).late == ()
    assert row_of(summary, place.communes[1]).late == ("nộp muộn",)


# ---- groups, counts, targets -------------------------------------------------------------------------------------
def test_a_province_is_grouped_by_district_with_counts_that_add_up() -> None:
    home = make_place(2)
    neighbour = make_neighbour(home)
    dossier_in(Status.RECOGNISED, home)
    dossier_in(Status.SUBMITTED, neighbour)
    summary = summary_of(home, home.province)
    assert [group.unit for group in summary.groups] == sorted(
        [home.deciding, neighbour.deciding], key=lambda unit: unit.sort_key
    )
    counts = {group.unit: group.counts for group in summary.groups}
    assert counts[home.deciding] == Counts(2, 1, 1)
    assert counts[neighbour.deciding] == Counts(len(neighbour.communes), 1, 0)
    assert summary.counts == Counts(2 + len(neighbour.communes), 2, 1)
    assert summary.has_subtotals


def test_without_districts_there_are_no_groups_and_no_subtotals() -> None:
    place = make_place(2, year=2026, new=True)
    summary = summary_of(place, place.province)
    assert [group.unit for group in summary.groups] == [None]
    assert not summary.has_subtotals


def test_shares_are_exact() -> None:
    assert Counts(7, 7, 4).share == Fraction(400, 7)
    assert Counts(7, 7, 4).share_text == "57,14 %"
    assert Counts(13, 13, 13).share_text == "100 %"
    assert Counts(0, 0, 0).share_text == ""


def test_the_plan_s_target_stands_beside_what_was_reached() -> None:
    place = make_place(2)
    dossier_in(Status.RECOGNISED, place)
    assert summary_of(place).target_line == "Được công nhận 1/2 (50 %), chưa có chỉ tiêu."
    target = Target.objects.create(
        period=place.period, unit=place.deciding, communes=2, document_number="Kế hoạch số 12/KH-UBND"
    )
    summary = summary_of(place)
    assert summary.target_line == "Được công nhận 1/2 (50 %), chỉ tiêu 2 (Kế hoạch số 12/KH-UBND)."
    province = summary_of(place, place.province)
    assert (province.target, province.groups[0].target) == (None, target)  # no sum of plans that nobody made
    assert target_line(Counts(0, 0, 0), None) == "Được công nhận 0/0, chưa có chỉ tiêu."


# ---- for whom ----------------------------------------------------------------------------------------------------
def areas(user: User) -> list[tuple[Period, list[Unit]]]:
    today = timezone.localdate()
    return [(period, units_for(period, user, today)) for period in periods_for(user, today)]


WHO: dict[str, Callable[[Place], User]] = {
    "appraiser": lambda place: place.appraiser,
    "head_of_office": lambda place: place.head_of_office,
    "leader": lambda place: place.leader,
    "clerk": lambda place: place.clerk,
    "district inspector": lambda place: user_with(Role.INSPECTOR, place.deciding),
}


@pytest.mark.parametrize("who", WHO)
def test_people_of_a_district_read_its_summary_alone(who: str) -> None:
    home = make_place()
    make_neighbour(home)
    make_place()
    assert areas(WHO[who](home)) == [(home.period, [home.deciding])]


@pytest.mark.parametrize("role", [Role.PROVINCE_STAFF, Role.INSPECTOR])
def test_people_of_a_province_read_all_of_it_and_of_the_provinces_it_took_over(role: Role) -> None:
    home = make_place()
    neighbour = make_neighbour(home)
    make_place()
    successor = make_place(year=2026, new=True)
    SuccessionFactory(predecessor=home.province, successor=successor.province)
    districts = sorted([home.deciding, neighbour.deciding], key=lambda unit: (unit.sort_key, unit.code))
    assert areas(user_with(role, home.province)) == [(home.period, [home.province, *districts])]
    assert areas(user_with(role, successor.province)) == [
        (successor.period, [successor.province]),
        (home.period, [home.province, *districts]),
    ]


def test_officials_of_a_successor_province_read_nothing_of_its_predecessors() -> None:
    home = make_place()
    successor = make_place(year=2026, new=True)
    SuccessionFactory(predecessor=home.province, successor=successor.province)
    assert areas(successor.leader) == [(successor.period, [successor.province])]


def test_nobody_else_reads_summaries() -> None:
    place = make_place()
    today = timezone.localdate()
    for user in (place.editors[0], place.heads[0], place.catalogue_admin, user_with(Role.SYSTEM_ADMIN, place.province)):
        assert not may_read_summaries(user, today)
        assert areas(user) == []
    for role in (Role.INSPECTOR, Role.PROVINCE_STAFF):  # one commune has no summary
        assert areas(user_with(role, place.communes[0])) == []


def test_figures_follow_the_dossiers_that_the_reader_may_see() -> None:
    place = make_place(3)
    sent, concluded = dossier_in(Status.SUBMITTED, place), dossier_in(Status.CONCLUDED, place, 1)
    draft = dossier_in(Status.DRAFT, place, 2)

    def seen_by(user: User) -> dict[Unit, tuple[bool, bool]]:
        rows = summary_of(place, reader=user).rows
        return {row.commune: (row.dossier is not None, row.declared_total is not None) for row in rows}

    everything_sent = {sent.commune: (True, True), concluded.commune: (True, True), draft.commune: (False, False)}
    assert seen_by(place.province_staff) == everything_sent
    assert seen_by(place.appraiser) == everything_sent
    assert seen_by(place.leader) == {**everything_sent, sent.commune: (False, False)}
    # the inspector may open drafts, but figures nobody has answered for are in no summary
    assert seen_by(place.inspector) == {**everything_sent, draft.commune: (True, False)}
    assert [row.state for row in summary_of(place, reader=place.leader).rows] == [
        row.state for row in summary_of(place, reader=place.inspector).rows
    ]


def test_whoever_works_for_the_commune_too_reads_no_appraisal_before_the_decision() -> None:
    place = make_place()
    dossier = dossier_in(Status.CONCLUDED, place, answers=ZERO_IN_3)
    both = user_with(Role.COMMUNE_EDITOR, dossier.commune)
    RoleAssignmentFactory(user=both, role=Role.CLERK, unit=place.deciding)
    row = summary_of(place, reader=both).rows[0]
    assert (row.declared_total, row.appraised_total, row.result) == (875, None, "")


# ---- cost --------------------------------------------------------------------------------------------------------
def test_one_commune_costs_as_many_queries_as_many() -> None:
    def cost(place: Place) -> int:
        reader = User.objects.get(pk=place.province_staff.pk)
        period = Period.objects.with_setting().get(pk=place.period.pk)
        with CaptureQueriesContext(connection) as queries:
            summarise(period, place.province, reader=reader, at=timezone.now())
        return len(queries)

    one, many = make_place(1), make_place(4)
    dossier_in(Status.RECOGNISED, one)
    for index, status in enumerate([Status.RECOGNISED, Status.REFUSED, Status.RETURNED, Status.CONCLUDED]):
        dossier_in(status, many, index)
    assert cost(one) == cost(many) <= 8


# ---- by code -----------------------------------------------------------------------------------------------------
def test_a_code_means_the_unit_in_force_on_the_closing_day() -> None:
    old = make_place()
    new = make_place(year=2026, new=True)
    Unit.objects.filter(pk=new.province.pk).update(code=old.province.code)
    assert area_by_code(2024, old.province.code)[1] == old.province
    assert area_by_code(2026, old.province.code)[1] == new.province
    assert area_by_code(2024, old.deciding.code) == (old.period, old.deciding)
    assert (old.province.valid_to, new.province.valid_from) == (OLD_TO, NEW_FROM)


def test_codes_and_years_that_fit_nothing_are_refused_with_a_sentence() -> None:
    place = make_place()
    abroad = CommuneFactory()
    cases = {
        (2023, place.deciding.code): "Chưa có kỳ đánh giá năm 2023.",
        (2024, "0000"): "Không có đơn vị nào mang mã «0000».",
        (2024, place.communes[0].code): f"Mã {place.communes[0].code} là {place.communes[0].name},",
        (2024, abroad.parent.code): f"{abroad.province.name} chưa mở kỳ đánh giá năm 2024",
    }
    make_place(year=2026, new=True)
    cases[2026, place.deciding.code] = f"{place.deciding.name}, "
    for (year, code), start in cases.items():
        with pytest.raises(Refused) as refusal:
            area_by_code(year, code)
        assert str(refusal.value).startswith(start)
