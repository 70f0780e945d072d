"""A province of 560 communes after a year's work, written straight into an empty database.

Rows go in by `bulk_create`: the services would take minutes, and nothing here measures them. Every constraint of the
schema holds all the same. Units are real (Thanh Hóa has 549 communes, eleven made-up ones fill up), people and figures
are not.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from random import Random

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Model

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
    Figures,
    FrozenSheet,
    Proposal,
    ProposalItem,
    Recommendation,
    Result,
    StepTime,
)
from assessments.workflow import Status
from communes.accounts import BEGUN, SEEN
from communes.models import AreaType, AreaTypeAssignment, Kind, Level, Role, RoleAssignment, Unit, User, within
from criteria.deadlines import VIET_NAM
from criteria.models import CriteriaSet, DeadlineKind, Period
from criteria.scoring import Item, ItemKind, RuleSet, ScoreSheet, score
from criteria.services import confirm_criteria, open_period, standard_authorities
from papers.kinds import Desk, Form
from papers.kinds import Kind as PaperKind
from papers.models import Paper, Register, State
from papers.models.paper import new_code
from papers.structure import Certificate, Letterhead, Signature, to_json

PROVINCE_CODE = "38"  # Tỉnh Thanh Hóa, the province with most communes
COMMUNES = 560
DRAFTS = 16  # communes that are still typing: one for each connection of the load
FILES_PER_DOSSIER = 6
KINDS_OF_YEAR = 24  # different sets of figures; a commune has one of them
YEAR = 2024
AREA = AreaType.OTHER


@dataclass(frozen=True, slots=True)
class BuiltProvince:
    """What the measurements ask for; sessions are the cookies of signed-in people."""

    period: Period
    decision_item_ids: list[int]
    drafts: list[tuple[str, str]]  # uuid of a draft, session of its editor
    staff_session: str
    codes: list[str]  # of certificates that anybody may check


@dataclass(frozen=True, slots=True)
class Year:
    """One commune's year: what it declares and what that scores."""

    answers: dict[str, Figures]
    totals: dict[str, int]
    sheet: ScoreSheet
    texts: dict[str, str]


def check_empty() -> None:
    """The data are thrown away afterwards, so they must not meet anybody's own."""
    if connection.introspection.table_names():
        raise SystemExit("DATABASE_URL names a database that already has tables. Give the benchmark an empty one.")


def at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 9, tzinfo=VIET_NAM)


def build() -> BuiltProvince:
    check_empty()
    call_command("migrate", interactive=False, verbosity=0)
    unheard = StringIO()
    call_command("load_communes", verbosity=0, stdout=unheard)
    call_command("load_criteria", verbosity=0, stdout=unheard)
    with transaction.atomic():
        return _fill()


def _fill() -> BuiltProvince:
    province = Unit.objects.get(code=PROVINCE_CODE, level=Level.PROVINCE, valid_to__isnull=False)
    districts = list(Unit.objects.filter(parent=province).order_by("code"))
    communes = _communes(province, districts[0])
    admin, staff, officer = _staff(province)
    editors = User.objects.bulk_create(
        User(username=f"xa{number}", full_name=f"Cán bộ Xã {number}") for number in range(DRAFTS)
    )
    drafting = communes[:: COMMUNES // DRAFTS][:DRAFTS]  # of many districts
    RoleAssignment.objects.bulk_create(
        RoleAssignment(user=editor, role=Role.COMMUNE_EDITOR, unit=unit, valid_from=date(2020, 1, 1))
        for editor, unit in zip(editors, drafting, strict=True)
    )
    AreaTypeAssignment.objects.bulk_create(
        AreaTypeAssignment(
            unit=unit,
            area_type=AREA,
            valid_from=unit.valid_from,
            document_number="01/QĐ-UBND",
            accepted_by=admin,
            accepted_by_name=admin.full_name,
            accepted_at=at(2023, 1, 5),
        )
        for unit in communes
    )
    criteria_set = CriteriaSet.objects.get()
    confirm_criteria(criteria_set_id=criteria_set.pk, by=admin, at=at(2023, 1, 5))
    criteria_set.refresh_from_db()
    rules = criteria_set.rules()
    random = Random(2024)  # noqa: S311 — the same data in every run
    years = [_year(rules, random) for _ in range(KINDS_OF_YEAR)]
    # The year before, which only the communes that are still typing are shown, and then the year that is measured.
    for year, units, drafts in ((YEAR - 1, drafting, set()), (YEAR, communes, {unit.pk for unit in drafting})):
        period = _period(province, districts, criteria_set, year, admin)
        dossiers = _dossiers(period, units, drafts, years, officer)
        given = [years[dossier.commune_id % KINDS_OF_YEAR] for dossier in dossiers]
        _figures(dossiers, given, rules, officer)
        _sheets(dossiers, given, rules, officer)
        items = _decisions(period, dossiers, given, officer)
    recognised = [item for item in items if item.result == Result.RECOGNISED]
    of_commune = {dossier.commune_id: str(dossier.uuid) for dossier in dossiers}
    return BuiltProvince(
        period=period,
        decision_item_ids=[item.pk for item in recognised],
        drafts=[(of_commune[unit.pk], _session(editor)) for unit, editor in zip(drafting, editors, strict=True)],
        staff_session=_session(staff),
        codes=_certificates(recognised, officer),
    )


# ---- places and people -------------------------------------------------------------------------------------------
def _communes(province: Unit, district: Unit) -> list[Unit]:
    real = list(Unit.objects.filter(within(province.pk), level=Level.COMMUNE).with_parents().order_by("code"))
    added = [
        Unit(
            code=f"99{number:03}",
            name=f"Xã Bổ Sung {number}",
            level=Level.COMMUNE,
            kind=Kind.COMMUNE,
            parent=district,
            valid_from=district.valid_from,
            valid_to=district.valid_to,
        )
        for number in range(COMMUNES - len(real))
    ]
    for unit in added:
        unit.fill_keys()
    return [*real[:COMMUNES], *Unit.objects.bulk_create(added)]


def _staff(province: Unit) -> list[User]:
    people = User.objects.bulk_create(
        User(username=name, full_name=f"Cán bộ {name}") for name in ("danhmuc", "tinh", "thamdinh")
    )
    roles = (Role.CATALOGUE_ADMIN, Role.PROVINCE_STAFF)
    RoleAssignment.objects.bulk_create(
        RoleAssignment(user=user, role=role, unit=province, valid_from=date(2020, 1, 1))
        for user, role in zip(people, roles, strict=False)
    )
    return people


def _session(user: User) -> str:
    """A signed-in session, as the sign-in page would leave it."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": 0}]  # allauth's
    session["account_authentication_methods_user"] = str(user.pk)
    session[BEGUN] = session[SEEN] = time.time()
    session.create()
    return str(session.session_key)


def _period(province: Unit, districts: Sequence[Unit], criteria_set: CriteriaSet, year: int, admin: User) -> Period:
    closing = date(year, 10, 31)
    return open_period(
        province=province,
        year=year,
        starts_on=date(year, 1, 1),
        ends_on=date(year, 12, 31),
        figures_as_of=closing,
        criteria_set=criteria_set,
        deadlines={
            DeadlineKind.PLAN: "trước ngày 20/10",
            DeadlineKind.DOSSIER: "trước ngày 15/11",
            DeadlineKind.APPRAISAL: "trước ngày 25/11",
            DeadlineKind.DECISION: "trước ngày 30/11",
            DeadlineKind.DISTRICT_REPORT: "trước ngày 15/12",
            DeadlineKind.PROVINCE_REPORT: "trước ngày 31/12",
        },
        authorities=standard_authorities(closing, province, districts),
        by=admin,
        at=at(year, 1, 15),
    )


# ---- figures -----------------------------------------------------------------------------------------------------
def _year(rules: RuleSet, random: Random) -> Year:
    """Mostly good figures, some not: about two in three communes pass."""
    totals = {total.key: random.randrange(800, 4000) for total in rules.base_figures}
    weak = random.random() < 0.35
    answers = {item.code: _answer(item, totals, random, weak=weak) for item in rules.items}
    raw = {item.code: answers[item.code].raw(item, totals) for item in rules.items}
    return Year(
        answers=answers,
        totals=totals,
        sheet=score(rules, AREA, raw),
        texts={item.code: answers[item.code].text(item, totals) for item in rules.items},
    )


def _answer(item: Item, totals: dict[str, int], random: Random, *, weak: bool) -> Figures:
    if item.kind is ItemKind.BOOLEAN:
        return Figures(yes=not weak or random.random() < 0.8)
    if item.kind is ItemKind.COUNT:
        return Figures(count=random.randrange(1 if weak else 3, 6))
    whole = totals[item.denominator_key] if item.denominator_key else random.randrange(40, 400)
    if item.kind is ItemKind.PERCENTAGE:
        part = int(whole * random.uniform(0.8 if weak else 0.98, 1))
    else:
        part = random.randrange(0, 3) if weak else 0
    return Figures(numerator=part, denominator=None if item.denominator_key else whole)


def _dossiers(
    period: Period, communes: Iterable[Unit], drafts: set[int], years: Sequence[Year], officer: User
) -> list[Dossier]:
    rows = []
    for unit in communes:
        sheet = years[unit.pk % KINDS_OF_YEAR].sheet
        assert unit.parent is not None  # noqa: S101 — for the type checker: a commune lies in something
        row = Dossier(
            code=f"{PROVINCE_CODE}-{period.year}-{unit.code}",
            period=period,
            commune=unit,
            appraising_unit=unit.parent,
            deciding_unit=unit.parent,
            created_at=at(period.year, 9, 1),
        )
        if unit.pk not in drafts:
            row.status = Status.RECOGNISED if sheet.passes else Status.REFUSED
            row.version = 6
            row.area_type, row.area_type_document = AREA, "01/QĐ-UBND"
            row.declared_total = row.appraised_total = sheet.total
            row.threshold, row.passes = sheet.threshold, sheet.passes
            row.appraiser = officer
            row.recommendation = Recommendation.RECOGNISE if sheet.passes else Recommendation.REFUSE
            row.recommendation_reason = "Theo biên bản họp Hội đồng xét duyệt."
            row.submitted_at = at(period.year, 11, 1 + unit.pk % 18)
            row.concluded_at, row.decided_at = at(period.year, 11, 20), at(period.year, 11, 25)
        rows.append(row)
    Dossier.objects.bulk_create(rows)
    cutoff = at(period.year, 11, 15).replace(hour=0)
    _store(
        StepTime,
        (
            StepTime.judged(row, DeadlineKind.DOSSIER, done_at=row.submitted_at, cutoff=cutoff)
            for row in rows
            if row.submitted_at
        ),
    )
    return rows


def _figures(dossiers: Sequence[Dossier], given: Sequence[Year], rules: RuleSet, by: User) -> None:
    """Declared figures of every dossier, appraised ones of those that are sent, and files in some slots."""
    pairs = list(zip(dossiers, given, strict=True))
    sent = [(dossier, year) for dossier, year in pairs if dossier.is_sent]
    when = at(dossiers[0].period.year, 10, 30)
    _store(
        BaseFigure,
        (BaseFigure(dossier=row, key=key, value=value) for row, year in pairs for key, value in year.totals.items()),
    )
    _store(
        CriterionEntry,
        (
            CriterionEntry(
                dossier=row, criterion=criterion.code, explanation="Theo sổ hộ tịch.", saved_by=by, saved_at=when
            )
            for row, _ in pairs
            for criterion in rules.criteria
        ),
    )
    _store(
        Answer,
        (
            Answer(dossier=row, item=code, **_columns(answer))
            for row, year in pairs
            for code, answer in year.answers.items()
        ),
    )
    _store(
        AppraisedBaseFigure,
        (
            AppraisedBaseFigure(
                dossier=row, key=key, value=value, declared_as=value, appraised_by=by, appraised_at=when
            )
            for row, year in sent
            for key, value in year.totals.items()
        ),
    )
    _store(
        AppraisedAnswer,
        (
            AppraisedAnswer(
                dossier=row,
                item=code,
                declared_as=year.texts[code],
                appraised_by=by,
                appraised_at=when,
                **_columns(answer),
            )
            for row, year in sent
            for code, answer in year.answers.items()
        ),
    )
    _store(
        Evidence,
        (
            Evidence(
                dossier=row,
                item=rules.items[(row.commune_id + 4 * number) % len(rules.items)].code,
                slot=0,
                name=f"Báo cáo số {number}.pdf",
                path=f"{number:064x}",
                sha256=f"{number:064x}",
                sent_sha256=f"{number:064x}",
                size=123_456,
                content_type="application/pdf",
                uploaded_by=by,
                uploaded_at=when,
            )
            for row, _ in pairs
            for number in range(FILES_PER_DOSSIER)
        ),
    )


def _sheets(dossiers: Sequence[Dossier], given: Sequence[Year], rules: RuleSet, by: User) -> None:
    _store(
        FrozenSheet,
        (
            FrozenSheet(
                dossier=row,
                kind=kind,
                number=1,
                area_type=AREA,
                rules_sha256=rules.sha256,
                answers=year.texts,
                sheet=year.sheet.as_json(),
                total=year.sheet.total,
                threshold=year.sheet.threshold,
                passes=year.sheet.passes,
                frozen_by=by,
                frozen_at=row.submitted_at,
            )
            for row, year in zip(dossiers, given, strict=True)
            if row.is_sent
            for kind in FrozenSheet.Kind
        ),
    )


def _decisions(period: Period, dossiers: Sequence[Dossier], given: Sequence[Year], by: User) -> list[DecisionItem]:
    """One proposal and one numbered decision a district."""
    by_district: dict[int, list[tuple[Dossier, Year]]] = {}
    for dossier, year in zip(dossiers, given, strict=True):
        if dossier.is_sent:
            by_district.setdefault(dossier.deciding_unit_id, []).append((dossier, year))
    items: list[DecisionItem] = []
    for number, rows in enumerate(by_district.values(), start=100):
        unit = rows[0][0].deciding_unit
        proposal = Proposal.objects.create(
            period=period,
            appraising_unit=unit,
            deciding_unit=unit,
            state=Proposal.State.APPROVED,
            submission_number=f"{number}/TTr-LĐTBXH",
            submission_text="Kính trình.",
            minutes_name="bien-ban.pdf",
            minutes_path="0",
            minutes_sha256="0" * 64,
            minutes_size=1,
            minutes_content_type="application/pdf",
            submitted_by=by,
            submitted_at=at(period.year, 11, 21),
            answered_by=by,
            answered_at=at(period.year, 11, 22),
        )
        decision = Decision.objects.create(
            proposal=proposal,
            period=period,
            deciding_unit=unit,
            number=str(number),
            issued_on=date(period.year, 11, 25),
            number_year=period.year,
            body_name=f"Ủy ban nhân dân {unit.name}",
            place=unit.proper_name,
            authority_document="Quyết định số 06/QĐ-TTg",
            submitting_body_name="Phòng Lao động - Thương binh và Xã hội",
            signer_title="Chủ tịch",
            signer_name="Người Ký Hư Cấu",
            approved_by=by,
            approved_at=at(period.year, 11, 22),
            numbered_by=by,
            numbered_at=at(period.year, 11, 25),
        )
        for position, (dossier, year) in enumerate(rows, start=1):
            result = Result.RECOGNISED if year.sheet.passes else Result.REFUSED
            ProposalItem.objects.create(proposal=proposal, dossier=dossier, result=result)
            items.append(
                DecisionItem(
                    decision=decision,
                    dossier=dossier,
                    position=position,
                    result=result,
                    commune_name=dossier.commune.name,
                    parent_name=unit.name,
                    total=year.sheet.total,
                    threshold=year.sheet.threshold,
                    reasons=list(year.sheet.reasons),
                )
            )
    return DecisionItem.objects.bulk_create(items)


def _certificates(items: Sequence[DecisionItem], by: User) -> list[str]:
    """Issued ones, as they lie in the database; their files do not exist."""
    registers: dict[int, Register] = {}
    papers = []
    for item in items:
        decision, unit = item.decision, item.decision.deciding_unit
        register = registers.setdefault(unit.pk, Register(unit=unit, year=decision.period.year))
        register.last += 1
        body = Letterhead(body=decision.body_name, place=decision.place)
        certificate = Certificate(
            letterhead=body,
            commune_name=item.commune_name,
            located_in=item.parent_name,
            standard="xã, phường, thị trấn",
            year=decision.period.year,
            decision_reference="",
            signature=Signature(lines=("CHỦ TỊCH",), name=decision.signer_name),
        )
        papers.append(
            Paper(
                kind=PaperKind.CERTIFICATE,
                form=Form.CERTIFICATE,
                desk=Desk.DECIDING,
                unit=unit,
                period=decision.period,
                item=item,
                commune=item.dossier.commune,
                state=State.ISSUED,
                content=to_json(certificate),
                content_sha256="0" * 64,
                drafted_at=at(decision.period.year, 11, 25),
                signer=by,
                signed_at=at(decision.period.year, 11, 25),
                issued_on=decision.issued_on,
                register=register,
                register_number=register.last,
                code=new_code(),
                issued_at=at(decision.period.year, 11, 25),
                pdf_path="0",
                pdf_sha256="0" * 64,
                pdf_size=1,
            )
        )
    Register.objects.bulk_create(registers.values())
    _store(Paper, papers)
    return [paper.code for paper in papers]


def _columns(answer: Figures) -> dict[str, object]:
    return {
        "yes": answer.yes,
        "count": answer.count,
        "numerator": answer.numerator,
        "denominator": answer.denominator,
        "zero_reason": answer.zero_reason,
    }


def _store(model: type[Model], rows: Iterable[Model]) -> None:
    model._default_manager.bulk_create(rows, batch_size=2000)
