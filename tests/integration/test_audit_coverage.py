"""What each service leaves in the audit, row by row (SECURITY.md A-01), and that it changes nothing where the row
cannot be written (A-02)."""

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import IntegrityError, connection, models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments import services
from assessments.models import Decision, Figures
from assessments.services import Appraised
from assessments.workflow import Action, Status
from childfriendly.core.exceptions import Stale
from childfriendly.core.models import AuditEvent
from communes import services as people
from communes.models import AreaType, Role, RoleAssignment, User
from criteria import services as catalogue
from criteria.models import Authority, CriteriaSet, Holiday
from criteria.services import standard_authorities
from papers import services as papers
from papers.kinds import Desk
from papers.kinds import Kind as PaperKind
from papers.models import Paper, State
from papers.services.attachments import attach
from papers.services.council import Ballot, Record, begin_meeting, reopen_meeting, save_meeting
from papers.services.issuers import Printed, set_issuer
from papers.services.recheck import enter_opinion
from tests.factories import (
    DEADLINES,
    QD06,
    CommuneFactory,
    Place,
    agree,
    approved,
    asked,
    council,
    dossier_in,
    drafted,
    issued,
    issued_paper,
    made,
    make_place,
    met,
    numbered,
    pdf_file,
    proposed,
    rechecked,
    signed,
    user_with,
)
from tests.issued_papers import paper_in
from tests.later_papers import (
    begun_correction,
    begun_reissue,
    begun_replacement,
    begun_revocation,
    certificates_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny_papers")]

Act = Callable[[], object]
Rows = list[tuple[str, str]]


# ---- the services ------------------------------------------------------------------------------------------------
# Each prepares its world and gives the call; beside it the rows that the call must leave, no more and no fewer.
def opening(place: Place) -> Act:
    return lambda: services.create(
        period=place.period, commune=place.communes[0], by=place.editors[0], at=place.later()
    )


def base_figures(place: Place) -> Act:
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    key = dossier.period.criteria_set.rules().base_figures[0].key
    return lambda: services.save_base_figures(
        dossier_id=dossier.pk, version=0, values={key: 7}, by=place.editors[0], at=place.later()
    )


def entry(place: Place) -> Act:
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    return lambda: services.save_entry(
        dossier_id=dossier.pk,
        criterion="TC01",
        version=0,
        answers={"TC01.1": Figures(yes=True)},
        explanation="Có kế hoạch.",
        by=place.editors[0],
        at=place.later(),
    )


def attaching(place: Place) -> Act:
    dossier = dossier_in(Status.DRAFT, place)
    return lambda: services.attach_evidence(
        dossier_id=dossier.pk, item="TC01.1", slot=None, upload=pdf_file(), by=place.editors[0], at=place.later()
    )


def removing(place: Place) -> Act:
    file: Any = attaching(place)()
    return lambda: services.remove_evidence(evidence_id=file.pk, by=place.editors[0], at=place.later())


def reading(place: Place) -> Act:
    file: Any = attaching(place)()
    return lambda: services.note_reading(evidence=file, by=place.editors[0], at=place.later())


def moving(action: Action, start: Status) -> Callable[[Place], Act]:
    def prepare(place: Place) -> Act:
        dossier = dossier_in(start, place)
        if action is Action.CONCLUDE:
            agree(dossier, place.appraiser, place.later())
        of_commune = action in (Action.SUBMIT, Action.WITHDRAW, Action.RESUME)
        by = place.heads[0] if of_commune else place.appraiser
        if action is Action.REOPEN:
            by = place.head_of_office
        return lambda: services.perform(
            action,
            dossier_id=dossier.pk,
            version=dossier.version,
            by=by,
            at=place.later(),
            reason="Có lý do.",
            items={"TC01.1": "Chưa có chữ ký."} if action is Action.RETURN else None,
            recommendation="recognise" if action is Action.CONCLUDE else "",
        )

    return prepare


def appraised_totals(place: Place) -> Act:
    dossier = dossier_in(Status.APPRAISING, place)
    key = dossier.period.criteria_set.rules().base_figures[0].key
    return lambda: services.save_appraised_totals(
        dossier_id=dossier.pk,
        version=0,
        values={key: 9},
        reasons={key: "Đếm lại."},
        by=place.appraiser,
        at=place.later(),
    )


def appraisal(place: Place) -> Act:
    dossier = dossier_in(Status.APPRAISING, place)
    return lambda: services.save_appraisal(
        dossier_id=dossier.pk,
        criterion="TC01",
        version=0,
        answers={"TC01.1": Appraised(Figures(yes=False), "Chưa có kế hoạch.")},
        by=place.appraiser,
        at=place.later(),
    )


def proposing(place: Place) -> Act:
    dossier = dossier_in(Status.CONCLUDED, place)
    return lambda: proposed([dossier], place)


def returning(place: Place) -> Act:
    proposal = proposed([dossier_in(Status.CONCLUDED, place)], place)
    return lambda: services.return_proposal(
        proposal_id=proposal.pk, version=1, reason="Thiếu.", by=place.leader, at=place.later()
    )


def approving(place: Place) -> Act:
    proposal = proposed([dossier_in(Status.CONCLUDED, place)], place)
    return lambda: services.approve(proposal_id=proposal.pk, version=1, by=place.leader, at=place.later())


def numbering(place: Place) -> Act:
    decision: Decision = approved([dossier_in(Status.CONCLUDED, place)], place)
    at = place.later()
    return lambda: services.issue_decision(
        decision_id=decision.pk, version=decision.version, number="7", issued_on=at.date(), by=place.clerk, at=at
    )


def a_draft(place: Place) -> Paper:
    return drafted(approved([dossier_in(Status.CONCLUDED, place)], place), place)


def of(paper: Paper, by: User, place: Place) -> dict[str, Any]:
    return {"paper_id": paper.pk, "version": paper.version, "by": by, "at": place.later()}


def drafting(place: Place) -> Act:
    decision = approved([dossier_in(Status.CONCLUDED, place)], place)
    return lambda: drafted(decision, place)


def rewording(place: Place) -> Act:
    given = of(a_draft(place), place.appraiser, place)
    return lambda: papers.reword(**given, edits={"opening": "Kính gửi."})


def dropping(place: Place) -> Act:
    given = of(a_draft(place), place.appraiser, place)
    return lambda: papers.drop(**given)


def signing(place: Place) -> Act:
    given = of(a_draft(place), place.leader, place)
    return lambda: papers.sign(**given)


def signing_by_hand(place: Place) -> Act:
    given = of(a_draft(place), place.clerk, place)
    day = timezone.localdate(place.at)
    return lambda: papers.enter_signed(**given, signer_id=place.leader.pk, signed_on=day, scan=pdf_file())


def taking_over(place: Place) -> Act:
    decision = approved([dossier_in(Status.CONCLUDED, place)], place)
    successor, at = user_with(Role.LEADER, place.deciding), place.later()
    return lambda: services.take_over(decision_id=decision.pk, signer=successor, signed_at=at, by=successor, at=at)


def numbering_a_paper(place: Place) -> Act:
    given = of(signed(a_draft(place), place), place.clerk, place)
    return lambda: papers.number(**given, number="7", issued_on=timezone.localdate(place.at))


def sending_out(place: Place) -> Act:
    given = of(numbered(signed(a_draft(place), place), place), place.clerk, place)
    return lambda: papers.issue(**given)


def a_whole_decision(place: Place) -> Paper:
    paper = issued_paper([dossier_in(Status.CONCLUDED, place)], place)
    certificates_of(paper, place)
    return paper


def correcting(place: Place) -> Act:
    paper = a_whole_decision(place)
    return lambda: begun_correction(paper, place)


def replacing(place: Place) -> Act:
    paper = a_whole_decision(place)
    return lambda: begun_replacement(paper, place, {})


def revoking(place: Place) -> Act:
    paper = a_whole_decision(place)
    return lambda: begun_revocation(paper, place, [paper.decision.items.get().pk if paper.decision else 0])


def revocation_out(place: Place) -> Act:
    paper = a_whole_decision(place)
    items = [paper.decision.items.get().pk if paper.decision else 0]
    given = of(numbered(signed(begun_revocation(paper, place, items), place), place), place.clerk, place)
    return lambda: papers.issue(**given)


def revoking_alone(place: Place) -> Act:
    items = issued([dossier_in(Status.CONCLUDED, place)], place).items.values_list("pk", flat=True)
    return lambda: services.revoke(item_ids=items, document="", reason="", by=place.clerk, at=place.later())


def reissuing(place: Place) -> Act:
    first = certificates_of(a_whole_decision(place), place)[0]
    return lambda: begun_reissue(first, place, "Xã Tên Đúng")


def entering_in_register(place: Place) -> Act:
    first = certificates_of(a_whole_decision(place), place)[0]
    given = of(signed(begun_reissue(first, place, "Xã Tên Đúng"), place), place.clerk, place)
    return lambda: papers.enter_in_register(**given)


def a_certificate(place: Place) -> Act:
    issued_paper([dossier_in(Status.CONCLUDED, place)], place)
    waiting = Paper.objects.get(kind="certificate")
    return lambda: made(waiting, place)


DAY = dt.date(2024, 11, 1)


def area_type(place: Place) -> Act:
    unit = CommuneFactory(parent=place.deciding)
    return lambda: people.accept_area_type(
        unit=unit,
        area_type=AreaType.OTHER,
        document_number="1/QĐ",
        valid_from=DAY,
        by=place.catalogue_admin,
        at=place.later(),
    )


def area_types(place: Place) -> Act:
    choices = [(CommuneFactory(parent=place.deciding), AreaType.OTHER) for _ in range(2)]
    return lambda: people.accept_area_types(
        choices=choices, document_number="1/QĐ", valid_from=DAY, by=place.catalogue_admin, at=place.later()
    )


def role(place: Place) -> Act:
    return lambda: people.assign_role(
        user=place.editors[0],
        role=Role.COMMUNE_HEAD,
        unit=place.communes[0],
        valid_from=DAY,
        by=place.catalogue_admin,
        at=place.later(),
    )


def role_end(place: Place) -> Act:
    held = RoleAssignment.objects.get(user=place.editors[0])
    return lambda: people.end_role(assignment=held, last_day=DAY, by=place.catalogue_admin, at=place.later())


def account(place: Place) -> Act:
    return lambda: people.create_account(
        username="nguoi.moi",
        full_name="Người Mới",
        role=Role.COMMUNE_EDITOR,
        unit=place.communes[0],
        valid_from=DAY,
        by=place.catalogue_admin,
        at=place.later(),
    )


def password(place: Place) -> Act:
    return lambda: people.reset_password(user=place.editors[0], by=place.catalogue_admin, at=place.later())


def leaving(place: Place) -> Act:
    return lambda: people.deactivate_account(user=place.editors[0], by=place.catalogue_admin, at=place.later())


def coming_back(place: Place) -> Act:
    user = user_with(Role.COMMUNE_EDITOR, place.communes[0], is_active=False)
    return lambda: people.reactivate_account(user=user, by=place.catalogue_admin, at=place.later())


def loading(place: Place) -> Act:
    text = QD06.replace('"version": 1,', '"version": 99,', 1)
    assert text != QD06
    return lambda: catalogue.load_criteria(text, at=place.later())


def confirming(place: Place) -> Act:
    CriteriaSet.objects.update(confirmed_at=None, confirmed_by=None, confirmed_by_name="")
    stored = CriteriaSet.objects.get()
    return lambda: catalogue.confirm_criteria(criteria_set_id=stored.pk, by=place.catalogue_admin, at=place.later())


def period(place: Place) -> Act:
    closing = dt.date(2025, 6, 15)
    return lambda: catalogue.open_period(
        province=place.province,
        year=2025,
        starts_on=dt.date(2025, 1, 1),
        ends_on=dt.date(2025, 12, 31),
        figures_as_of=closing,
        criteria_set=place.period.criteria_set,
        deadlines=DEADLINES,
        authorities=standard_authorities(closing, place.province, [place.deciding]),
        by=place.catalogue_admin,
        at=place.later(),
    )


def authority(place: Place) -> Act:
    proposal = Authority.objects.filter(period=place.period).first()
    assert proposal is not None
    Authority.objects.filter(pk=proposal.pk).update(certainty="reconstructed")
    return lambda: catalogue.confirm_authority(
        authority_id=proposal.pk, document_number="5/QĐ", by=place.catalogue_admin, at=place.later()
    )


def target(place: Place) -> Act:
    return lambda: catalogue.set_target(
        period=place.period,
        unit=place.deciding,
        communes=1,
        document_number="6/KH",
        version=place.period.targets_version,
        by=place.catalogue_admin,
        at=place.later(),
    )


def holidays(place: Place) -> Act:
    text = (settings.BASE_DIR / "fixtures" / "holidays.json").read_text(encoding="utf-8")
    return lambda: catalogue.load_holidays(text, at=place.later())


def holiday(place: Place) -> Callable[[], Holiday]:
    return lambda: catalogue.add_holiday(
        province=place.province,
        day=dt.date(2024, 9, 3),
        name="Nghỉ bù",
        kind=Holiday.Kind.OFF,
        document_number="7/TB",
        by=place.catalogue_admin,
        at=place.later(),
    )


def holiday_removed(place: Place) -> Act:
    row = holiday(place)()
    return lambda: catalogue.remove_holiday(holiday_id=row.pk, by=place.catalogue_admin, at=place.later())


PRINTED = Printed(
    body_name="Ủy ban nhân dân huyện Nhà",
    parent_body_name="",
    place="Nhà",
    abbreviation="UBND",
    drafter="",
    is_collective=True,
    by_order_of="",
    recipients={},
    bases={},
)


def members(place: Place) -> Act:
    return lambda: council(place)


def meeting_begun(place: Place) -> Act:
    found = council(place)
    return lambda: begin_meeting(council_id=found.pk, by=place.editors[0], at=place.later())


def meeting_saved(closes: bool) -> Callable[[Place], Act]:
    def prepare(place: Place) -> Act:
        dossier = dossier_in(Status.DRAFT, place)
        held = met(council(place), [dossier], place, closes=False)
        record = Record(
            opened_at=held.opened_at,
            ended_at=held.ended_at,
            place=held.place,
            conclusion=held.conclusion,
            ballots={dossier.pk: Ballot(4, 0, 0)},
        )
        return lambda: save_meeting(
            meeting_id=held.pk,
            version=held.version,
            council_version=1,
            record=record,
            closes=closes,
            by=place.editors[0],
            at=place.later(),
        )

    return prepare


def meeting_reopened(place: Place) -> Act:
    held = met(council(place), [dossier_in(Status.DRAFT, place)], place)
    return lambda: reopen_meeting(meeting_id=held.pk, version=held.version, by=place.editors[0], at=place.later())


def scan_attached(place: Place) -> Act:
    paper = paper_in(State.SIGNED, PaperKind.REPLACEMENT, place)
    return lambda: attach(paper_id=paper.pk, upload=pdf_file(), by=place.clerk, at=place.later())


def recheck(place: Place) -> Act:
    dossier = dossier_in(Status.APPRAISING, place)
    return lambda: rechecked(dossier, place)


def opinion_asked(place: Place) -> Act:
    return lambda: asked(place)


def opinion_entered(place: Place) -> Act:
    opinion = asked(place)
    return lambda: enter_opinion(
        opinion_id=opinion.pk,
        version=1,
        received_on=place.at.date(),
        text="Nhất trí.",
        by=place.appraiser,
        at=place.later(),
    )


def issuer(place: Place) -> Act:
    return lambda: set_issuer(
        unit=place.deciding,
        desk=Desk.DECIDING,
        printed=PRINTED,
        seen=0,
        version=0,
        by=place.catalogue_admin,
        at=place.at,
    )


DOSSIER, PROPOSAL, DECISION = "assessments.Dossier", "assessments.Proposal", "assessments.Decision"
USER, UNIT, PERIOD, SET = "communes.User", "communes.Unit", "criteria.Period", "criteria.CriteriaSet"

HOLIDAY, PAPER = "criteria.Holiday", "papers.Paper"

SERVICES: dict[str, tuple[Callable[[Place], Act], Rows]] = {
    "create": (opening, [("create", DOSSIER)]),
    "save_base_figures": (base_figures, [("save_base_figures", DOSSIER)]),
    "save_entry": (entry, [("save_entry", DOSSIER)]),
    "attach_evidence": (attaching, [("attach_evidence", DOSSIER)]),
    "remove_evidence": (removing, [("remove_evidence", DOSSIER)]),
    "note_reading": (reading, [("read_sensitive_evidence", DOSSIER)]),
    "perform: submit": (moving(Action.SUBMIT, Status.DRAFT), [("submit", DOSSIER)]),
    "perform: withdraw": (moving(Action.WITHDRAW, Status.SUBMITTED), [("withdraw", DOSSIER)]),
    "perform: resume": (moving(Action.RESUME, Status.WITHDRAWN), [("resume", DOSSIER)]),
    "perform: take": (moving(Action.TAKE, Status.SUBMITTED), [("take", DOSSIER)]),
    "perform: return": (moving(Action.RETURN, Status.APPRAISING), [("return", DOSSIER)]),
    "perform: conclude": (moving(Action.CONCLUDE, Status.APPRAISING), [("conclude", DOSSIER)]),
    "perform: reopen": (moving(Action.REOPEN, Status.CONCLUDED), [("reopen", DOSSIER)]),
    "save_appraised_totals": (appraised_totals, [("save_appraised_totals", DOSSIER)]),
    "save_appraisal": (appraisal, [("save_appraisal", DOSSIER)]),
    "propose": (proposing, [("propose", DOSSIER), ("propose", PROPOSAL)]),
    "return_proposal": (returning, [("return_proposal", DOSSIER), ("return_proposal", PROPOSAL)]),
    "approve": (approving, [("approve", DOSSIER), ("approve", PROPOSAL)]),
    "take_over": (taking_over, [("take_over_decision", DECISION)]),
    "issue_decision": (numbering, [("recognise", DOSSIER), ("issue_decision", DECISION)]),
    "draft": (drafting, [("draft_paper", PAPER)]),
    "reword": (rewording, [("reword_paper", PAPER)]),
    "drop": (dropping, [("drop_paper", PAPER)]),
    "sign": (signing, [("sign_paper", PAPER)]),
    "enter_signed": (signing_by_hand, [("enter_signed_paper", PAPER)]),
    "number": (numbering_a_paper, [("number_paper", PAPER)]),
    "issue": (sending_out, [("recognise", DOSSIER), ("issue_decision", DECISION), ("issue_paper", PAPER)]),
    "issue_prepared": (a_certificate, [("issue_paper", PAPER)]),
    "revoke": (revoking_alone, [("revoke", DOSSIER)]),
    "begin_correction": (correcting, [("draft_paper", PAPER)]),
    "begin_replacement": (replacing, [("draft_paper", PAPER)]),
    "begin_revocation": (revoking, [("draft_paper", PAPER)]),
    "issue: revocation": (revocation_out, [("revoke", DOSSIER), ("issue_paper", PAPER)]),
    "begin_reissue": (reissuing, [("draft_paper", PAPER)]),
    "enter_in_register": (entering_in_register, [("number_paper", PAPER)]),
    "accept_area_type": (area_type, [("accept_area_type", UNIT)]),
    "accept_area_types": (area_types, [("accept_area_type", UNIT)] * 2),
    "assign_role": (role, [("assign_role", USER)]),
    "end_role": (role_end, [("end_role", USER)]),
    "create_account": (account, [("create_account", USER), ("assign_role", USER)]),
    "reset_password": (password, [("reset_password", USER)]),
    "deactivate_account": (leaving, [("deactivate_account", USER)]),
    "reactivate_account": (coming_back, [("reactivate_account", USER)]),
    "load_criteria": (loading, [("load_criteria", SET)]),
    "confirm_criteria": (confirming, [("confirm_criteria", SET)]),
    "open_period": (period, [("open_period", PERIOD)]),
    "confirm_authority": (authority, [("confirm_authority", "criteria.Authority")]),
    "set_target": (target, [("set_target", PERIOD)]),
    "load_holidays": (holidays, [("load_holidays", HOLIDAY)]),
    "add_holiday": (holiday, [("add_holiday", HOLIDAY)]),
    "remove_holiday": (holiday_removed, [("remove_holiday", HOLIDAY)]),
    "save_council": (members, [("save_council", "papers.Council")]),
    "begin_meeting": (meeting_begun, [("begin_meeting", "papers.Meeting")]),
    "save_meeting": (meeting_saved(closes=False), [("save_meeting", "papers.Meeting")]),
    "save_meeting: close": (meeting_saved(closes=True), [("close_meeting", "papers.Meeting")]),
    "reopen_meeting": (meeting_reopened, [("reopen_meeting", "papers.Meeting")]),
    "attach": (scan_attached, [("attach_to_paper", "papers.Paper")]),
    "save_recheck": (recheck, [("save_recheck", "assessments.Dossier")]),
    "ask_opinion": (opinion_asked, [("ask_opinion", "papers.Opinion")]),
    "enter_opinion": (opinion_entered, [("enter_opinion", "papers.Opinion")]),
    "set_issuer": (issuer, [("set_issuer", "papers.Issuer")]),
}


def state() -> dict[type[models.Model], list[dict[str, Any]]]:
    """Every row of ours."""
    labels = ("core", "communes", "criteria", "assessments", "papers")
    return {
        model: list(model._default_manager.order_by("pk").values())
        for label in labels
        for model in apps.get_app_config(label).get_models()
    }


@contextmanager
def no_row_more() -> Iterator[None]:
    """The database refuses every new audit row."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE core_auditevent ADD CONSTRAINT no_row_more CHECK (seq < 0) NOT VALID")
        else:
            cursor.execute(
                "CREATE TRIGGER no_row_more BEFORE INSERT ON core_auditevent "
                "BEGIN SELECT RAISE(ABORT, 'no_row_more'); END"
            )
    yield
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE core_auditevent DROP CONSTRAINT no_row_more")
        else:
            cursor.execute("DROP TRIGGER no_row_more")


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_leaves_exactly_its_rows(name: str) -> None:
    prepare, rows = SERVICES[name]
    act = prepare(make_place())
    told = AuditEvent.objects.count()
    act()
    assert list(AuditEvent.objects.order_by("seq").values_list("action", "object_type"))[told:] == rows


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_whose_row_cannot_be_written_changes_nothing(name: str) -> None:
    act = SERVICES[name][0](make_place())
    before = state()
    with no_row_more(), pytest.raises((IntegrityError, Stale)) as failure:
        act()
    cause = failure.value.__cause__ if isinstance(failure.value, Stale) else failure.value
    assert "no_row_more" in str(cause)
    assert state() == before


def test_a_sensitive_file_whose_row_cannot_be_written_is_not_sent() -> None:
    """The row comes before the first byte."""
    place = make_place()
    dossier = dossier_in(Status.DRAFT, place)
    file = services.attach_evidence(
        dossier_id=dossier.pk, item="TC03.1", slot=None, upload=pdf_file(), by=place.editors[0], at=place.later()
    )
    client = Client(raise_request_exception=False)
    client.force_login(place.editors[0])
    with no_row_more():
        answer = client.get(reverse("assessments:evidence", args=[file.uuid]))
    assert answer.status_code == 500
    assert b"%PDF" not in answer.content
