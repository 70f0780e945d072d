"""What the database itself refuses, whatever the code above it forgets: every constraint broken, by name; and the
audit, which is only ever added to and shows what was done to it behind our back."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.db.models import F
from django.test.utils import override_settings

from assessments import services
from assessments.models import (
    Answer,
    AppraisedAnswer,
    AppraisedBaseFigure,
    BaseFigure,
    CriterionEntry,
    Decision,
    DecisionItem,
    Dossier,
    Evidence,
    EvidenceAccess,
    Figures,
    FrozenSheet,
    Proposal,
    ProposalItem,
    ReturnedItem,
    StepTime,
)
from assessments.workflow import Status
from childfriendly.core.models import AuditEvent, FormToken, Job
from communes.models import AccountReview, AreaTypeAssignment, Import, RoleAssignment, Succession, Unit, User
from criteria.models import Authority, CriteriaSet, Deadline, Holiday, Period, Target
from papers import services as papers
from papers.filling import FILLERS
from papers.kinds import Kind
from papers.models import Attachment, Finding, Issuer, Opinion, Paper, PaperItem, Recheck, Register
from papers.services.recheck import Found
from tests.factories import (
    Place,
    SuccessionFactory,
    asked,
    dossier_in,
    issued_paper,
    made,
    make_place,
    pdf_file,
    proposed,
    rechecked,
)
from tests.fillers import TINY
from tests.unguarded import unguarded

pytestmark = pytest.mark.django_db

APPS = ("core", "communes", "criteria", "assessments", "papers")
NOW = datetime(2024, 12, 24, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TOO_MANY = 1_000_000_001


# ---- the world ---------------------------------------------------------------------------------------------------
@dataclass
class World:
    place: Place
    dossiers: dict[Status, Dossier]
    waiting: Proposal  # before the leader
    issued: Decision
    paper: Paper = field(default_factory=Paper)  # of another decision, issued
    certificate: Paper = field(default_factory=Paper)
    receipt: Paper = field(default_factory=Paper)  # a draft

    def dossier(self, status: Status) -> models.QuerySet[Dossier]:
        return Dossier.objects.filter(pk=self.dossiers[status].pk)


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Built once for the whole module, in a transaction that is rolled back; each test works in a savepoint of it."""
    media: Path = tmp_path_factory.mktemp("files")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=media), transaction.atomic():
        yield build()
        transaction.set_rollback(True)


def build() -> World:
    states = [Status.DRAFT, Status.SUBMITTED, Status.RETURNED, Status.CONCLUDED, Status.RECOGNISED]
    place = make_place(len(states) + 1)
    dossiers = {status: dossier_in(status, place, number) for number, status in enumerate(states)}
    services.attach_evidence(
        dossier_id=dossiers[Status.DRAFT].pk,
        item="TC01.1",
        slot=None,
        upload=pdf_file(),
        by=place.editors[0],
        at=place.later(),
    )
    SuccessionFactory(predecessor=place.province)
    Target.objects.create(period=place.period, unit=place.deciding, communes=3, document_number="12/KH-UBND")
    for province, number in ((None, ""), (place.province, "9/TB-UBND")):
        Holiday.objects.create(
            day=NOW.date(), name="Nghỉ", kind="off", province=province, document_number=number, certainty="confirmed"
        )
    EvidenceAccess.objects.create(
        evidence=Evidence.objects.get(),
        reader=place.leader,
        reason="Đơn của gia đình",
        is_emergency=True,
        opened_at=NOW,
        until=NOW + DAY,
    )
    Job.objects.create(kind="papers", key="1", owner_id="1", created_at=NOW)
    FormToken.objects.create(user_id="1", token=uuid.uuid4(), sent_at=NOW)
    Import.objects.create(kind="people", owner=place.catalogue_admin, uploaded_at=NOW, expires_at=NOW)
    AccountReview.objects.create(user=place.leader, year=2024, by=place.catalogue_admin, at=NOW)
    waiting = proposed([dossiers[Status.CONCLUDED]], place, "2/TTr")
    world = World(place, dossiers, waiting, Decision.objects.get())
    add_papers(world)
    rechecked(dossiers[Status.SUBMITTED], place, findings={"TC12.2": Found(Figures(count=2), "Hai câu lạc bộ.")})
    asked(place)
    return world


def add_papers(world: World) -> None:
    """A decision's paper and a certificate that were issued, a receipt that is a draft, and what hangs on papers."""
    place = world.place
    with pytest.MonkeyPatch.context() as patch:
        for kind, filler in TINY.items():
            patch.setitem(FILLERS, kind, filler)
        paper = issued_paper([dossier_in(Status.CONCLUDED, place, len(place.communes) - 1)], place)
        certificate = Paper.objects.get(kind=Kind.CERTIFICATE)
        made(certificate, place)
        world.receipt = papers.draft(
            kind=Kind.RECEIPT, dossier=world.dossiers[Status.SUBMITTED], by=place.appraiser, at=place.later()
        )
    world.paper, world.certificate = paper, certificate
    Issuer.objects.create(
        unit=place.deciding, desk="deciding", valid_from=NOW.date(), body_name="UBND", place="Thử", abbreviation="UBND"
    )
    assert certificate.item is not None
    PaperItem.objects.create(paper=paper, item=certificate.item, commune_name="Xã Thử")
    Attachment.objects.create(
        paper=paper, kind="scan", name="a.pdf", path="a", sha256="a", size=1, uploaded_by=place.clerk, uploaded_at=NOW
    )


# ---- breaking ----------------------------------------------------------------------------------------------------
Breaker = Callable[[World], object]


def again(model: type[models.Model], **changed: object) -> Breaker:
    """The first row of a table once more, with a key and an address of its own, and `changed`."""

    def insert(world: World) -> None:
        row = model._default_manager.order_by("pk").first()
        assert row is not None, f"no {model.__name__} to copy"
        copy(row, world, changed)

    return insert


def copy(row: models.Model, world: World, changed: Mapping[str, object]) -> None:
    row.pk = None
    row._state.adding = True
    if hasattr(row, "uuid"):
        row.uuid = uuid.uuid4()
    for name, value in changed.items():
        setattr(row, name, value(world) if callable(value) else value)
    models.Model.save(row, force_insert=True)


def paper_again(which: str, times: int = 1, /, **changed: object) -> Breaker:
    """A paper of the world once more, or several times."""

    def insert(world: World) -> None:
        for _ in range(times):
            copy(Paper.objects.get(pk=getattr(world, which).pk), world, changed)

    return insert


def paper_changed(which: str, /, **values: object) -> Breaker:
    def update(world: World) -> None:
        with unguarded():  # an issued paper is kept by more than its constraints
            Paper.objects.filter(pk=getattr(world, which).pk).update(**values)

    return update


def changed(model: type[models.Model], **values: object) -> Breaker:
    """An UPDATE of every row of a table, past every service."""

    def update(world: World) -> None:
        rows = models.QuerySet(model)
        assert rows.update(**{name: value(world) if callable(value) else value for name, value in values.items()})

    return update


def dossier(standing: Status, /, **values: object) -> Breaker:
    """An UPDATE of the dossier in that state."""
    return lambda world: world.dossier(standing).update(**values)


def open_twice(world: World) -> None:
    """Two area types of one commune without an end."""
    row = AreaTypeAssignment.objects.order_by("pk")[0]
    AreaTypeAssignment.objects.filter(pk=row.pk).update(valid_to=None)
    row.pk, row.valid_from, row.valid_to = None, row.valid_from + DAY, None
    row._state.adding = True
    row.save(force_insert=True)


def figures(model: type[models.Model], name: str) -> dict[str, list[Breaker]]:
    """The constraints that declared and appraised answers share."""
    blank = {"yes": None, "count": None, "numerator": None, "denominator": None}
    return {
        f"{name}_one_each": [again(model)],
        f"{name}_count_possible": [changed(model, **blank | {"count": TOO_MANY})],
        f"{name}_numerator_possible": [changed(model, **blank | {"numerator": TOO_MANY})],
        f"{name}_denominator_possible": [changed(model, **blank | {"denominator": TOO_MANY})],
        f"{name}_part_within_whole": [
            changed(model, **blank | {"numerator": 6, "denominator": 5}),
            changed(model, **blank | {"numerator": 1, "denominator": 0}),
        ],
    }


BREAKERS: dict[str, list[Breaker]] = {
    # -- core
    "core_auditevent_result_is_known": [
        again(AuditEvent, seq=9, result="maybe", previous_hash="a" * 64, hash="b" * 64)
    ],
    "core_auditevent_seq_from_one": [again(AuditEvent, seq=0, previous_hash="a" * 64, hash="b" * 64)],
    "core_job_one_at_a_time_for_each_key": [again(Job)],
    "core_job_state_is_known": [changed(Job, state="asleep")],
    "core_job_finished_when_it_ended": [changed(Job, state="done"), changed(Job, finished_at=NOW)],
    "core_job_running_has_a_limit": [changed(Job, state="running")],
    "core_formtoken_sent_once": [again(FormToken)],
    # -- communes
    "communes_unit_unique_code_and_day": [again(Unit)],
    "communes_unit_ends_after_it_begins": [changed(Unit, valid_to=lambda world: world.place.province.valid_from - DAY)],
    "communes_unit_only_provinces_have_no_parent": [
        lambda world: Unit.objects.filter(level="commune").update(parent=None),
        lambda world: Unit.objects.filter(level="commune").update(level="province"),
        lambda world: Unit.objects.filter(level="province").update(parent=world.place.deciding),
    ],
    "communes_unit_known_level": [lambda world: Unit.objects.filter(level="commune").update(level="hamlet")],
    "communes_succession_unique_pair": [again(Succession)],
    "communes_succession_not_of_itself": [changed(Succession, successor=models.F("predecessor"))],
    "communes_succession_known_extent": [changed(Succession, extent="half")],
    "communes_areatypeassignment_unique_first_day": [again(AreaTypeAssignment)],
    "communes_areatypeassignment_one_open": [open_twice],
    "communes_areatypeassignment_ends_after_it_begins": [
        changed(AreaTypeAssignment, valid_to=lambda world: world.place.province.valid_from - DAY)
    ],
    "communes_areatypeassignment_has_document": [changed(AreaTypeAssignment, document_number="")],
    "communes_areatypeassignment_known_type": [changed(AreaTypeAssignment, area_type="city")],
    "communes_user_unique_username_in_any_case": [
        again(User, username=lambda world: User.objects.order_by("pk")[0].username.upper())
    ],
    "communes_roleassignment_unique_first_day": [again(RoleAssignment)],
    "communes_roleassignment_ends_after_it_begins": [
        changed(RoleAssignment, valid_to=lambda world: world.place.province.valid_from - DAY)
    ],
    "communes_roleassignment_known_role": [changed(RoleAssignment, role="king")],
    "communes_roleassignment_acting_has_document_and_end": [
        changed(RoleAssignment, acting_document="12/GUQ"),
        changed(RoleAssignment, acting_for=lambda world: world.place.leader, valid_to=NOW.date()),
        changed(RoleAssignment, acting_for=lambda world: world.place.leader, acting_document="12/GUQ", valid_to=None),
    ],
    "communes_roleassignment_only_acting_is_withdrawn": [changed(RoleAssignment, withdrawn_at=NOW)],
    "communes_roleassignment_nobody_acts_for_themselves": [
        changed(RoleAssignment, acting_for=F("user"), acting_document="12/GUQ", valid_to=NOW.date())
    ],
    "communes_accountreview_once_a_year": [again(AccountReview)],
    "communes_accountreview_not_of_oneself": [changed(AccountReview, by=F("user"))],
    "communes_import_known_kind": [changed(Import, kind="units")],
    "communes_import_result_only_when_confirmed": [
        changed(Import, summary="Đã nhập."),
        changed(Import, passwords="x"),
        changed(Import, confirmed_at=NOW),
    ],
    # -- criteria
    "criteria_criteriaset_code_version_unique": [again(CriteriaSet)],
    "criteria_criteriaset_confirmation_names_a_person": [
        changed(CriteriaSet, confirmed_by_name=""),
        changed(CriteriaSet, confirmed_at=None, locked_at=None),
    ],
    "criteria_criteriaset_locked_only_when_confirmed": [
        changed(CriteriaSet, confirmed_at=None, confirmed_by_name="", locked_at=NOW)
    ],
    "criteria_period_province_year_unique": [again(Period)],
    "criteria_period_ends_after_it_starts": [changed(Period, ends_on=lambda world: world.place.period.starts_on - DAY)],
    "criteria_period_figures_not_before_start": [
        changed(Period, figures_as_of=lambda world: world.place.period.starts_on - DAY)
    ],
    "criteria_authority_one_row_a_day": [again(Authority)],
    "criteria_authority_ends_after_it_starts": [
        changed(Authority, valid_to=lambda world: world.place.period.starts_on - DAY)
    ],
    "criteria_authority_task_known": [changed(Authority, task="sing")],
    "criteria_authority_certainty_known": [changed(Authority, certainty="hearsay")],
    "criteria_deadline_one_of_a_kind": [again(Deadline)],
    "criteria_deadline_kind_known": [
        lambda world: Deadline.objects.filter(kind="plan").update(kind="party"),
    ],
    "criteria_target_one_a_unit": [again(Target)],
    "criteria_target_has_document": [changed(Target, document_number="")],
    "criteria_holiday_once_in_a_province": [
        again(Holiday, province=lambda world: world.place.province, document_number="10/TB-UBND")
    ],
    "criteria_holiday_once_in_the_country": [again(Holiday)],
    "criteria_holiday_kind_known": [changed(Holiday, kind="half")],
    "criteria_holiday_certainty_known": [changed(Holiday, certainty="hearsay")],
    "criteria_holiday_own_has_document": [changed(Holiday, document_number="")],
    # -- dossiers
    "assessments_dossier_one_a_period": [again(Dossier, code="KHAC-2024-1")],
    "assessments_dossier_status_known": [dossier(Status.CONCLUDED, status="lost")],
    "assessments_dossier_sent_has_area_type_and_time": [
        dossier(Status.DRAFT, status=Status.SUBMITTED),
        dossier(Status.SUBMITTED, area_type=""),
        dossier(Status.RETURNED, submitted_at=None),
    ],
    "assessments_dossier_concluded_has_result": [
        dossier(Status.SUBMITTED, status=Status.CONCLUDED),
        dossier(Status.CONCLUDED, recommendation=""),
        dossier(Status.CONCLUDED, appraised_total=None),
        dossier(Status.CONCLUDED, passes=None),
        dossier(Status.RECOGNISED, appraiser=None),
    ],
    "assessments_dossier_recognised_passes": [
        dossier(Status.RECOGNISED, passes=False),
        dossier(Status.RECOGNISED, status=Status.REVOKED, passes=False),
    ],
    "assessments_steptime_first_only": [again(StepTime)],
    "assessments_steptime_grace_is_late": [changed(StepTime, is_in_grace=True)],
    "assessments_steptime_late_is_true": [
        changed(StepTime, done_at=NOW, cutoff=NOW + DAY, is_late=True),
        changed(StepTime, done_at=NOW, cutoff=NOW - DAY, is_late=False),
        changed(StepTime, done_at=NOW, cutoff=NOW, is_late=False),
    ],
    # -- figures
    "assessments_criterionentry_one_each": [again(CriterionEntry)],
    **figures(Answer, "assessments_answer"),
    "assessments_basefigure_one_each": [again(BaseFigure)],
    "assessments_basefigure_possible": [changed(BaseFigure, value=TOO_MANY)],
    "assessments_frozensheet_one_each": [again(FrozenSheet)],
    **figures(AppraisedAnswer, "assessments_appraisedanswer"),
    "assessments_appraisedbasefigure_one_each": [again(AppraisedBaseFigure)],
    "assessments_appraisedbasefigure_possible": [
        changed(AppraisedBaseFigure, value=TOO_MANY, declared_as=TOO_MANY),
    ],
    "assessments_appraisedbasefigure_difference_has_reason": [
        changed(AppraisedBaseFigure, value=models.F("declared_as") + 1, reason=""),
    ],
    "assessments_returneditem_once_a_round": [again(ReturnedItem)],
    "assessments_returneditem_has_reason": [changed(ReturnedItem, reason="")],
    "assessments_evidence_same_file_once_an_item": [again(Evidence)],
    "assessments_evidence_size_within_limit": [
        changed(Evidence, size=0),
        changed(Evidence, size=20 * 1024 * 1024 + 1),
    ],
    "assessments_evidence_scan_known": [changed(Evidence, scan="")],
    "assessments_evidenceaccess_has_reason": [changed(EvidenceAccess, reason="")],
    "assessments_evidenceaccess_ends": [changed(EvidenceAccess, until=F("opened_at"))],
    "assessments_evidenceaccess_told_to_another": [
        changed(EvidenceAccess, acknowledged_at=NOW),
        changed(EvidenceAccess, acknowledged_by=lambda world: world.place.head_of_office),
        changed(EvidenceAccess, acknowledged_at=NOW, acknowledged_by=F("reader")),
    ],
    # -- proposals and decisions
    "assessments_proposal_returned_with_reason": [
        lambda world: Proposal.objects.filter(pk=world.waiting.pk).update(state="returned", answered_at=NOW)
    ],
    "assessments_proposal_answered_has_time": [
        lambda world: Proposal.objects.filter(pk=world.waiting.pk).update(state="approved"),
        lambda world: Proposal.objects.filter(pk=world.waiting.pk).update(answered_at=NOW),
    ],
    "assessments_proposal_scan_known": [changed(Proposal, minutes_scan="")],
    "assessments_proposalitem_in_one_live_proposal": [again(ProposalItem, proposal=lambda world: world.waiting)],
    "assessments_proposalitem_once": [again(ProposalItem, is_live=False)],
    "assessments_decision_number_unique_a_year": [again(Decision, proposal=lambda world: world.waiting)],
    "assessments_decision_number_with_date": [
        changed(Decision, issued_on=None),
        changed(Decision, numbered_at=None),
        changed(Decision, number_year=models.F("number_year") + 1),
        changed(Decision, number=""),
        again(Decision, proposal=lambda world: world.waiting, number=""),
    ],
    "assessments_decisionitem_position_unique": [
        again(DecisionItem, dossier=lambda world: world.dossiers[Status.CONCLUDED])
    ],
    "assessments_decisionitem_result_known": [changed(DecisionItem, result="perhaps")],
    # -- papers
    "papers_issuer_one_row_a_day": [again(Issuer)],
    "papers_issuer_ends_after_it_starts": [changed(Issuer, valid_to=NOW.date() - DAY)],
    "papers_issuer_desk_known": [changed(Issuer, desk="kitchen")],
    "papers_issuer_certainty_known": [changed(Issuer, certainty="hearsay")],
    "papers_register_one_a_year": [again(Register)],
    "papers_paper_number_unique_a_year": [paper_again("paper", decision=None, code="", symbol="QĐ-KHÁC")],
    "papers_paper_number_and_symbol_once_a_year": [paper_again("paper", decision=None, code="", desk="office")],
    "papers_paper_in_register_once": [paper_again("certificate", item=None, code="")],
    "papers_paper_code_unique": [paper_again("paper", decision=None, number="9999")],
    "papers_paper_one_of_a_decision": [paper_again("paper", number="9999", code="")],
    "papers_paper_one_first_certificate": [paper_again("certificate", register_number=99, code="")],
    "papers_paper_one_live_of_dossier": [paper_again("receipt")],
    "papers_paper_one_live_of_proposal": [
        paper_again("receipt", 2, kind="submission", dossier=None, proposal=lambda world: world.waiting)
    ],
    "papers_paper_one_live_of_item": [
        paper_again("receipt", 2, kind="refusal", dossier=None, item=lambda world: world.certificate.item)
    ],
    "papers_paper_one_live_of_earlier": [
        paper_again("receipt", 2, kind="correction", dossier=None, earlier=lambda world: world.paper)
    ],
    "papers_paper_one_live_of_period": [paper_again("receipt", 2, kind="result_report", dossier=None)],
    "papers_paper_kind_known": [paper_changed("receipt", kind="poem")],
    "papers_paper_desk_known": [paper_changed("receipt", desk="kitchen")],
    "papers_paper_signed_has_content": [
        paper_changed("paper", content=None),
        paper_changed("paper", content_sha256=""),
        paper_changed("paper", content=None, content_sha256="", drafted_by=None),
    ],
    "papers_paper_number_with_date": [
        paper_changed("paper", numbered_at=None),
        paper_changed("paper", number_year=F("number_year") + 1),
    ],
    "papers_paper_numbered_has_number": [
        paper_changed("paper", register_number=3),
        paper_changed("certificate", register_number=0),
        paper_changed("receipt", number="7", issued_on=NOW.date(), number_year=NOW.year, numbered_at=NOW),
        paper_changed("paper", state="lost", issued_at=None, pdf_path="", docx_path=""),
    ],
    "papers_paper_issued_has_bytes": [
        paper_changed("paper", pdf_path=""),
        paper_changed("paper", pdf_sha256=""),
        paper_changed("paper", pdf_size=0),
        paper_changed("receipt", pdf_path="a"),
    ],
    "papers_paper_drafter_does_not_sign": [paper_changed("paper", signer=F("drafted_by"))],
    "papers_paper_signer_does_not_number": [paper_changed("paper", numbered_by=F("signer"))],
    "papers_paperitem_once": [again(PaperItem)],
    "papers_attachment_kind_known": [changed(Attachment, kind="song")],
    "papers_attachment_scan_known": [changed(Attachment, scan="")],
    "papers_attachment_match_known": [changed(Attachment, match="nearly")],
    "papers_attachment_same_file_once_a_paper": [again(Attachment)],
    # -- re-checks and opinions
    "papers_recheck_one_a_day": [again(Recheck)],
    "papers_recheck_desk_known": [changed(Recheck, desk="deciding")],
    "papers_recheck_is_whole": [
        changed(Recheck, **{column: ""}) for column in ("body_name", "participants", "conclusion", "record")
    ],
    "papers_finding_says_something": [changed(Finding, count=None, note="")],
    "papers_opinion_asked_once": [again(Opinion)],
    "papers_opinion_has_department": [changed(Opinion, department="")],
    "papers_opinion_received_has_text": [
        changed(Opinion, text="Nhất trí."),
        changed(Opinion, received_on=NOW.date()),
        changed(Opinion, entered_by=lambda world: world.place.appraiser),
    ],
    **figures(Finding, "papers_finding"),
}


def constraints() -> dict[str, tuple[type[models.Model], models.BaseConstraint]]:
    return {
        constraint.name: (model, constraint)
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        if model.__module__ != "papers.models.council"  # test_councils breaks those
        for constraint in model._meta.constraints
    }


def words_of(name: str) -> str:
    """How the refusal names the constraint. SQLite names a check and an index on an expression, but of a plain unique
    constraint only the columns."""
    model, constraint = constraints()[name]
    if not isinstance(constraint, models.UniqueConstraint) or not constraint.fields:
        return name
    columns = ", ".join(f"{model._meta.db_table}.{model._meta.get_field(field).column}" for field in constraint.fields)
    return f"{name}|UNIQUE constraint failed: {columns}$"


def test_every_constraint_is_broken_here() -> None:
    assert set(BREAKERS) == set(constraints())


@pytest.mark.parametrize(
    ("name", "number"), [(name, number) for name, breakers in BREAKERS.items() for number in range(len(breakers))]
)
def test_the_database_refuses(world: World, name: str, number: int) -> None:
    with pytest.raises(IntegrityError, match=words_of(name)), transaction.atomic():
        BREAKERS[name][number](world)


@pytest.mark.parametrize("model", [model for app in APPS for model in apps.get_app_config(app).get_models()])
def test_no_text_may_be_null(model: type[models.Model]) -> None:
    """«Not given» has one form for texts, the empty one: with two, half of the conditions above would let one pass."""
    texts = [field for field in model._meta.concrete_fields if isinstance(field, models.CharField | models.TextField)]
    assert [field.name for field in texts if field.null] == []


# ---- what a constraint must let through --------------------------------------------------------------------------
def test_a_file_taken_out_may_be_attached_again(world: World) -> None:
    Evidence.objects.update(removed_at=NOW)
    again(Evidence, removed_at=None)(world)
    assert Evidence.objects.count() == 2


def test_a_dossier_returned_by_the_leader_may_lie_in_another_proposal(world: World) -> None:
    ProposalItem.objects.filter(proposal=world.waiting).update(is_live=False)
    second = proposed([world.dossiers[Status.CONCLUDED]], world.place, "3/TTr")
    assert list(second.items.values_list("is_live", flat=True)) == [True]


def test_two_drafts_of_decisions_have_no_number_and_the_next_year_starts_anew(world: World) -> None:
    blank = {"number": "", "issued_on": None, "number_year": None, "numbered_at": None}
    Decision.objects.update(**blank)
    again(Decision, proposal=lambda world: world.waiting)(world)
    assert list(Decision.objects.values_list("number", flat=True)) == ["", "", ""]

    for year, decision in zip((2024, 2025, 2026), Decision.objects.order_by("pk"), strict=True):
        day = datetime(year, 12, 25, tzinfo=UTC)
        rows = Decision.objects.filter(pk=decision.pk)
        rows.update(number="7", issued_on=day.date(), number_year=year, numbered_at=day)
    assert list(Decision.objects.order_by("pk").values_list("number", "number_year")) == [
        ("7", 2024),
        ("7", 2025),
        ("7", 2026),
    ]


# ---- what points to something keeps it ---------------------------------------------------------------------------
def test_nothing_that_somebody_points_to_can_be_deleted() -> None:
    """Dossiers, people and units are evidence: no foreign key of ours takes its row along."""
    for app in ("communes", "criteria", "assessments", "papers"):
        for model in apps.get_app_config(app).get_models():
            for column in model._meta.concrete_fields:
                if column.remote_field is not None:
                    assert column.remote_field.on_delete is models.PROTECT, f"{model.__name__}.{column.name}"
