"""Demo stories on real communes with made-up figures, built through the services alone: whatever refuses a real user
refuses the demo too. Every person is fictional and says so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import IntEnum
from io import BytesIO
from random import Random

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from assessments import services
from assessments.figures import load_figures
from assessments.models import Decision, DecisionItem, Dossier, Figures, Recommendation, Result
from assessments.services import Appraised
from assessments.workflow import Action
from childfriendly.core.exceptions import Refused
from communes.models import AreaType, Level, Role, Succession, Unit, User
from communes.services import accept_area_type, assign_role
from criteria.deadlines import VIET_NAM
from criteria.models import CriteriaSet, DeadlineKind, Period, Target
from criteria.scoring import Item, ItemKind, RuleSet
from criteria.services import confirm_criteria, open_period, standard_authorities
from papers import services as papers
from papers.kinds import Kind
from papers.models import Paper, Seat
from papers.services.batch import issue_certificates
from papers.services.council import Ballot, Chair, Record, begin_meeting, save_council, save_meeting

FROM = date(2020, 1, 1)  # roles of the demo hold from here on


class Stage(IntEnum):
    """How far the stories run."""

    DRAFT = 1
    SUBMITTED = 2
    APPRAISED = 3
    DECIDED = 4


class Fate(IntEnum):
    """What becomes of a commune's dossier once a story runs to its end."""

    NOT_BEGUN = 0
    DRAFT = 1
    SUBMITTED = 2
    APPRAISING = 3
    RETURNED = 4
    CONCLUDED = 5
    RECOGNISED = 6
    ZERO_3 = 7
    ZERO_5 = 8
    BELOW = 9


FULL_PATH = frozenset({Fate.RECOGNISED, Fate.ZERO_3, Fate.ZERO_5, Fate.BELOW})


@dataclass(frozen=True)
class Aftermath:
    """What came after a decision was issued: a letter that corrects its form, and a decision that takes the recognition
    of one commune away."""

    letter_number: str
    wrong: str
    right: str
    corrected_at: datetime
    revocation_number: str
    revoked: Unit
    reason: str
    revoked_at: datetime


@dataclass(frozen=True)
class Story:
    """One period of one province, told for some of its communes."""

    slug: str
    title: str
    province: Unit
    acting_unit: Unit  # whose people appraise and decide
    year: int
    figures_as_of: date
    deadlines: dict[DeadlineKind, str]
    area_type: AreaType
    fates: dict[Unit, Fate]
    target: int
    target_document: str
    decision_number: str
    opened_at: datetime
    filled_at: datetime
    submitted_at: datetime
    appraised_at: datetime
    proposed_at: datetime
    approved_at: datetime
    issued_at: datetime
    late: frozenset[str] = field(default_factory=frozenset)  # codes of communes that submit after the cut-off
    has_councils: bool = False  # they have met, so that their minutes and the papers that follow can be drafted
    with_papers: frozenset[str] = field(default_factory=frozenset)  # codes of communes that issued all of their papers
    aftermath: Aftermath | None = None


@dataclass(frozen=True)
class Account:
    username: str
    full_name: str
    role: Role
    unit: Unit


def moment(year: int, month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=VIET_NAM)


def check_demo_allowed() -> None:
    if not settings.DEMO_ALLOWED:
        raise Refused(
            "Máy này không cho phép dữ liệu giả định. Chỉ đặt DEMO_ALLOWED=1 trong tệp .env trên máy trình diễn, "
            "không đặt trên máy thật."
        )


# ---- the stories -------------------------------------------------------------------------------------------------


def stories() -> list[Story]:
    """Tháp Mười 2024 (plan 003), Kon Rẫy 2022 (plan 002), Tam Đường 2022 (plan 000), and Đồng Tháp 2026 without
    districts."""
    return [_kon_ray(), _tam_duong(), _thap_muoi(), _dong_thap()]


def _district(code: str) -> tuple[Unit, list[Unit]]:
    unit = Unit.objects.with_parents().get(code=code, level=Level.DISTRICT)
    return unit, list(Unit.objects.with_parents().filter(parent=unit).order_by("code"))


def _thap_muoi() -> Story:
    district, communes = _district("872")
    fates = [
        Fate.RECOGNISED,  # Thị trấn Mỹ An
        Fate.RECOGNISED,
        Fate.ZERO_3,
        Fate.RECOGNISED,
        Fate.APPRAISING,
        Fate.RECOGNISED,
        Fate.ZERO_5,
        Fate.RETURNED,
        Fate.RECOGNISED,
        Fate.BELOW,
        Fate.DRAFT,
        Fate.RECOGNISED,
        Fate.NOT_BEGUN,  # Xã Thanh Mỹ
    ]
    return Story(
        slug="thapmuoi",
        title="Huyện Tháp Mười (tỉnh Đồng Tháp), năm 2024",
        province=district.province,
        acting_unit=district,
        year=2024,
        figures_as_of=date(2024, 10, 31),
        deadlines={
            DeadlineKind.PLAN: "trước ngày 23/02/2024",
            DeadlineKind.DOSSIER: "trước ngày 15/11/2024",
            DeadlineKind.APPRAISAL: "trước ngày 20/11/2024",
            DeadlineKind.DECISION: "trước ngày 25/11/2024",
            DeadlineKind.DISTRICT_REPORT: "trước ngày 30/11/2024",
            DeadlineKind.PROVINCE_REPORT: "trước ngày 10/12/2024",
        },
        area_type=AreaType.OTHER,
        fates=dict(zip(communes, fates, strict=True)),
        target=6,
        target_document="Kế hoạch của UBND huyện Tháp Mười năm 2024",
        decision_number="1105",
        opened_at=moment(2024, 1, 22),
        filled_at=moment(2024, 11, 4),
        submitted_at=moment(2024, 11, 11),
        appraised_at=moment(2024, 11, 18),
        proposed_at=moment(2024, 11, 19, 15),
        approved_at=moment(2024, 11, 20),
        issued_at=moment(2024, 11, 21, 14),
        late=frozenset({"30070"}),
        has_councils=True,
        with_papers=frozenset({communes[0].code}),
    )


def _kon_ray() -> Story:
    district, communes = _district("614")
    fates = [
        Fate.RECOGNISED,
        Fate.ZERO_3,
        Fate.RECOGNISED,
        Fate.BELOW,
        Fate.RECOGNISED,
        Fate.ZERO_5,
        Fate.RECOGNISED,
    ]
    return _year_2022(
        "konray",
        "Huyện Kon Rẫy (tỉnh Kon Tum), năm 2022",
        district,
        dict(zip(communes, fates, strict=True)),
        target=4,
        target_document="Kế hoạch của UBND huyện Kon Rẫy năm 2022",
        decision_number="412",
    )


def _tam_duong() -> Story:
    district, communes = _district("106")
    story = _year_2022(
        "tamduong",
        "Huyện Tam Đường (tỉnh Lai Châu), năm 2022",
        district,
        dict.fromkeys(communes, Fate.RECOGNISED),
        target=13,
        target_document="Kế hoạch của UBND huyện Tam Đường năm 2022",
        decision_number="2087",
    )
    aftermath = Aftermath(
        letter_number="1236",
        wrong="CT, các PCT UBND huyện",
        right="Chủ tịch, các Phó Chủ tịch Ủy ban nhân dân huyện",
        corrected_at=moment(2022, 12, 8),
        revocation_number="714",
        revoked=communes[-1],
        reason="Kiểm tra sau công nhận: tỷ lệ tiêm chủng đầy đủ đã báo cáo không khớp sổ của Trạm Y tế.",
        revoked_at=moment(2023, 4, 20),
    )
    return replace(story, aftermath=aftermath)


def _year_2022(
    slug: str,
    title: str,
    district: Unit,
    fates: dict[Unit, Fate],
    *,
    target: int,
    target_document: str,
    decision_number: str,
) -> Story:
    return Story(
        slug=slug,
        title=title,
        province=district.province,
        acting_unit=district,
        year=2022,
        figures_as_of=date(2022, 10, 31),
        deadlines={
            DeadlineKind.DOSSIER: "trước ngày 15/11/2022",
            DeadlineKind.APPRAISAL: "trước ngày 25/11/2022",
            DeadlineKind.DECISION: "trước ngày 10/12/2022",
            DeadlineKind.DISTRICT_REPORT: "trước ngày 15/12/2022",
        },
        area_type=AreaType.MOUNTAIN_ISLAND_DISADVANTAGED,
        fates=fates,
        target=target,
        target_document=target_document,
        decision_number=decision_number,
        opened_at=moment(2022, 2, 7),
        filled_at=moment(2022, 11, 3),
        submitted_at=moment(2022, 11, 9),
        appraised_at=moment(2022, 11, 21),
        proposed_at=moment(2022, 11, 30),
        approved_at=moment(2022, 12, 1),
        issued_at=moment(2022, 12, 2),
    )


def _dong_thap() -> Story:
    """From 01/07/2025: no district; the communes that the units of Tháp Mười became."""
    province = Unit.objects.get(code="82", valid_from=date(2025, 7, 1))
    old = Unit.objects.filter(parent__code="872")
    heirs = Succession.objects.filter(predecessor__in=old).values("successor")
    communes = list(Unit.objects.with_parents().filter(pk__in=heirs).order_by("code")[:4])
    fates = [Fate.DRAFT, Fate.SUBMITTED, Fate.CONCLUDED, Fate.NOT_BEGUN]
    return Story(
        slug="dongthap",
        title="Tỉnh Đồng Tháp, năm 2026 (chính quyền hai cấp)",
        province=province,
        acting_unit=province,
        year=2026,
        figures_as_of=date(2026, 10, 31),
        deadlines={
            DeadlineKind.PLAN: "trước ngày 28/02/2026",
            DeadlineKind.DOSSIER: "trước ngày 10/12/2026",
            DeadlineKind.APPRAISAL: "trước ngày 20/12/2026",
            DeadlineKind.DECISION: "trước ngày 25/12/2026",
            DeadlineKind.PROVINCE_REPORT: "trước ngày 31/12/2026",
        },
        area_type=AreaType.OTHER,
        fates=dict(zip(communes, fates, strict=True)),
        target=2,
        target_document="Kế hoạch giả định của UBND tỉnh năm 2026",
        decision_number="",
        opened_at=moment(2026, 1, 20),
        filled_at=moment(2026, 11, 2),
        submitted_at=moment(2026, 11, 10),
        appraised_at=moment(2026, 11, 18),
        proposed_at=moment(2026, 11, 19),
        approved_at=moment(2026, 11, 20),
        issued_at=moment(2026, 11, 20, 14),
        has_councils=True,
    )


# ---- people ------------------------------------------------------------------------------------------------------

FICTIONAL = {
    Role.COMMUNE_EDITOR: "Trần Thị Ví Dụ",
    Role.COMMUNE_HEAD: "Nguyễn Văn Giả Định",
    Role.APPRAISER: "Lê Thị Minh Họa",
    Role.HEAD_OF_OFFICE: "Phạm Văn Thử Nghiệm",
    Role.LEADER: "Võ Văn Không Có Thật",
    Role.CLERK: "Đặng Thị Làm Mẫu",
    Role.PROVINCE_STAFF: "Bùi Văn Tưởng Tượng",
    Role.INSPECTOR: "Hồ Thị Hư Cấu",
    Role.CATALOGUE_ADMIN: "Đỗ Văn Trình Diễn",
    Role.SYSTEM_ADMIN: "Ngô Thị Hệ Thống Mẫu",
}
TITLES = {
    Role.COMMUNE_HEAD: "Phó Chủ tịch",
    Role.HEAD_OF_OFFICE: "Trưởng phòng",
    Role.LEADER: "Phó Chủ tịch",
    Role.APPRAISER: "Chuyên viên",
    Role.CLERK: "Văn thư",
}
AT_ACTING_UNIT = {
    Role.APPRAISER: "thamdinh",
    Role.HEAD_OF_OFFICE: "truongphong",
    Role.LEADER: "lanhdao",
    Role.CLERK: "vanthu",
}
AT_PROVINCE = {
    Role.PROVINCE_STAFF: "tinh",
    Role.INSPECTOR: "kiemtra",
    Role.CATALOGUE_ADMIN: "danhmuc",
    Role.SYSTEM_ADMIN: "hethong",
}


def accounts(story: Story) -> list[Account]:
    """Everybody of one story: two people a commune, then the acting unit, then the province."""
    people = []
    for commune in story.fates:
        place = f"{commune.code}.{story.slug}"
        people += [
            Account(f"lap.{place}", FICTIONAL[Role.COMMUNE_EDITOR], Role.COMMUNE_EDITOR, commune),
            Account(f"xa.{place}", FICTIONAL[Role.COMMUNE_HEAD], Role.COMMUNE_HEAD, commune),
        ]
    people += [
        Account(f"{prefix}.{story.slug}", FICTIONAL[role], role, story.acting_unit)
        for role, prefix in AT_ACTING_UNIT.items()
    ]
    people += [
        Account(f"{prefix}.{story.slug}", FICTIONAL[role], role, story.province) for role, prefix in AT_PROVINCE.items()
    ]
    return people


def _make_people(story: Story, at: datetime) -> dict[tuple[Role, int], User]:
    password = make_password(settings.DEMO_PASSWORD)  # one hash for all: the demo's accounts share one password
    people = {}
    for account in accounts(story):
        user = User.objects.create(
            username=account.username, full_name=account.full_name, password=password, is_demo=True
        )
        since = max(FROM, account.unit.valid_from)
        title = TITLES.get(account.role, "")
        assign_role(user=user, role=account.role, unit=account.unit, valid_from=since, title=title, by=None, at=at)
        people[account.role, account.unit.pk] = user
    return people


COUNCIL = (
    Chair("Nguyễn Văn Giả Định", "Phó Chủ tịch Ủy ban nhân dân", Seat.CHAIR),
    Chair("Lý Thị Ví Von", "Trưởng trạm Y tế", Seat.DEPUTY),
    Chair("Trần Thị Ví Dụ", "Công chức Văn hóa - Xã hội", Seat.SECRETARY),
    Chair("Mai Văn Phỏng Đoán", "Công chức Tư pháp - Hộ tịch"),
    Chair("Cao Thị Giả Thiết", "Hiệu trưởng trường Tiểu học"),
)
OFFICE_COUNCIL = (
    Chair("Phạm Văn Thử Nghiệm", "Trưởng phòng", Seat.CHAIR),
    Chair("Lê Thị Minh Họa", "Chuyên viên", Seat.SECRETARY),
    Chair("Đinh Văn Ước Chừng", "Đại diện ngành Y tế"),
    Chair("Tạ Thị Nói Thử", "Đại diện ngành Giáo dục"),
    Chair("Kiều Văn Làm Ví Dụ", "Đại diện ngành Công an"),
)
COMMUNE_PAPERS = {  # in the order of issue, each with its number in the register of its form
    Kind.COUNCIL_DECISION: "118",
    Kind.COMMUNE_MINUTES: "9",
    Kind.SELF_ASSESSMENT: "207",
    Kind.REQUEST: "64",
    Kind.REQUEST_LETTER: "331",
}
FIRST_NOTICE = 86  # in the register of notices of the deciding body


# ---- building ----------------------------------------------------------------------------------------------------


def exists() -> bool:
    return User.objects.filter(is_demo=True).exists()


@transaction.atomic
def build(stage: Stage) -> list[Story]:
    """Build all stories up to `stage`, in one transaction: a demo is there whole or not at all."""
    check_demo_allowed()
    if exists():
        raise Refused("Dữ liệu giả định đã có. Muốn dựng lại, xóa cơ sở dữ liệu của máy trình diễn rồi chạy lại.")
    told = stories()
    for story in told:
        _build(story, stage)
    return told


def _build(story: Story, stage: Stage) -> None:
    people = _make_people(story, story.opened_at)
    catalogue = people[Role.CATALOGUE_ADMIN, story.province.pk]
    criteria_set = CriteriaSet.objects.filter(code="QD06-2019").latest("version")
    if not criteria_set.is_confirmed:
        criteria_set = confirm_criteria(criteria_set_id=criteria_set.pk, by=catalogue, at=story.opened_at, is_demo=True)
    period = open_period(
        province=story.province,
        year=story.year,
        starts_on=date(story.year, 1, 1),
        ends_on=date(story.year, 12, 31),
        figures_as_of=story.figures_as_of,
        criteria_set=criteria_set,
        deadlines=story.deadlines,
        authorities=standard_authorities(story.figures_as_of, story.province, [story.acting_unit]),
        by=catalogue,
        at=story.opened_at,
        is_demo=True,
    )
    Target.objects.create(
        period=period, unit=story.acting_unit, communes=story.target, document_number=story.target_document
    )
    for commune in story.fates:
        accept_area_type(
            unit=commune,
            area_type=story.area_type,
            document_number=f"Văn bản giả định số 01 năm {story.year}",
            valid_from=date(story.year, 1, 1),
            by=catalogue,
            at=story.opened_at,
        )
    teller = _Teller(story, period, people)
    for number, (commune, fate) in enumerate(story.fates.items()):
        later = timedelta(minutes=17 * number)
        if fate != Fate.NOT_BEGUN:
            teller.tell(commune, fate, stage, later)
        if story.has_councils and fate > Fate.DRAFT and stage >= Stage.SUBMITTED:
            teller.meet(commune, later)
    if stage >= Stage.DECIDED:
        if story.has_councils:
            teller.meet_at_office()
        teller.decide()


def _untold(done: int, whole: int) -> None:
    """Nobody watches how far the certificates are."""


class _Teller:
    """Leads the dossiers of one story through their year."""

    def __init__(self, story: Story, period: Period, people: dict[tuple[Role, int], User]) -> None:
        self.story, self.period, self.people = story, period, people
        self.rules: RuleSet = period.criteria_set.rules()
        self.concluded: list[Dossier] = []

    def person(self, role: Role, unit: Unit) -> User:
        return self.people[role, unit.pk]

    def tell(self, commune: Unit, fate: Fate, stage: Stage, later: timedelta) -> None:
        story = self.story
        dossier = self._fill(commune, fate, story.filled_at + later)
        if stage < Stage.SUBMITTED or fate == Fate.DRAFT:
            return
        sent = story.submitted_at + later + (timedelta(days=5) if commune.code in story.late else timedelta())
        dossier = self._move(Action.SUBMIT, dossier, Role.COMMUNE_HEAD, commune, sent)
        if stage < Stage.APPRAISED or fate == Fate.SUBMITTED:
            return
        at = max(story.appraised_at, sent) + later
        dossier = self._move(Action.TAKE, dossier, Role.APPRAISER, story.acting_unit, at)
        self._appraise(dossier, fate, at)
        if fate == Fate.APPRAISING:
            return
        if fate == Fate.RETURNED:
            self._return(dossier, at + timedelta(hours=2))
            return
        self._conclude(dossier, at + timedelta(hours=3))

    def meet(self, commune: Unit, later: timedelta) -> None:
        """The commune's council votes on the day after the figures were entered."""
        dossier = Dossier.objects.get(period=self.period, commune=commune)
        opened_at = self.story.filled_at + later + timedelta(days=1)
        self._meet(commune, COUNCIL, [dossier], opened_at, by=self.person(Role.COMMUNE_EDITOR, commune))
        if commune.code in self.story.with_papers:
            for kind, number in COMMUNE_PAPERS.items():
                self._issue_of_commune(kind, dossier, number, opened_at + timedelta(hours=4))

    def meet_at_office(self) -> None:
        unit = self.story.acting_unit
        if self.concluded:
            opened_at = self.story.proposed_at - timedelta(hours=6)
            self._meet(unit, OFFICE_COUNCIL, self.concluded, opened_at, by=self.person(Role.APPRAISER, unit))

    def _meet(
        self, unit: Unit, members: Sequence[Chair], dossiers: Sequence[Dossier], opened_at: datetime, *, by: User
    ) -> None:
        """One meeting, entered when it is over; the last member did not come, the others agreed."""
        at = opened_at + timedelta(hours=3)
        council = save_council(period=self.period, unit=unit, version=0, members=members, document="", by=by, at=at)
        meeting = begin_meeting(council_id=council.pk, by=by, at=at)
        record = Record(
            opened_at=opened_at,
            ended_at=opened_at + timedelta(hours=2),
            place=f"Phòng họp Ủy ban nhân dân, {unit.name}",
            conclusion="Hội đồng thống nhất kết quả biểu quyết đối với từng hồ sơ.",
            absent={len(members): "Đi công tác"},
            ballots={dossier.pk: Ballot(len(members) - 1, 0, 0) for dossier in dossiers},
        )
        save_meeting(
            meeting_id=meeting.pk,
            version=meeting.version,
            council_version=council.version,
            record=record,
            closes=True,
            by=by,
            at=at,
        )

    def _issue_of_commune(self, kind: Kind, dossier: Dossier, number: str, at: datetime) -> None:
        """Drafted and numbered by who prepares the dossier, signed by the head: a small commune has no clerk."""
        editor = self.person(Role.COMMUNE_EDITOR, dossier.commune)
        head = self.person(Role.COMMUNE_HEAD, dossier.commune)
        paper = papers.draft(kind=kind, dossier=dossier, by=editor, at=at)
        paper = papers.sign(paper_id=paper.pk, version=paper.version, by=head, at=at)
        day = at.date()
        paper = papers.number(paper_id=paper.pk, version=paper.version, number=number, issued_on=day, by=editor, at=at)
        papers.issue(paper_id=paper.pk, version=paper.version, by=editor, at=at)

    def decide(self) -> None:
        """The head of office gathers, the leader approves, the clerk numbers."""
        story = self.story
        dossiers = [dossier for dossier in self.concluded if story.fates[dossier.commune] in FULL_PATH]
        if not dossiers:
            return
        unit = story.acting_unit
        proposal = services.propose(
            dossier_ids=[dossier.pk for dossier in dossiers],
            submission_number=f"{int(story.decision_number) % 97 + 3}/TTr-LĐTBXH",
            submission_text=f"Đề nghị xem xét, quyết định công nhận xã, thị trấn phù hợp với trẻ em năm {story.year}.",
            minutes=paper("bien-ban-hop-hoi-dong.pdf", f"Biên bản họp hội đồng năm {story.year}, {unit.name}"),
            by=self.person(Role.HEAD_OF_OFFICE, unit),
            at=story.proposed_at,
        )
        decision = services.approve(
            proposal_id=proposal.pk,
            version=proposal.version,
            by=self.person(Role.LEADER, unit),
            at=story.approved_at,
        )
        drafter = self.person(Role.APPRAISER, unit)
        draft = papers.draft(kind=Kind.DECISION, decision=decision, by=drafter, at=story.approved_at)
        issued = self._issue(draft, story.decision_number, signed_at=story.approved_at, at=story.issued_at)
        issue_certificates(decision, at=story.issued_at, progress=_untold)  # nobody is to wait for the worker
        if story.has_councils:
            self._tell_the_refused(decision)
        if story.aftermath:
            self._follow(issued, story.aftermath)

    def _issue(self, paper: Paper, number: str, *, signed_at: datetime, at: datetime) -> Paper:
        """What the office drafted: signed by the leader, numbered and sent out by the clerk."""
        leader, clerk = (self.person(role, self.story.acting_unit) for role in (Role.LEADER, Role.CLERK))
        paper = papers.sign(paper_id=paper.pk, version=paper.version, by=leader, at=signed_at)
        paper = papers.number(
            paper_id=paper.pk, version=paper.version, number=number, issued_on=at.date(), by=clerk, at=at
        )
        return papers.issue(paper_id=paper.pk, version=paper.version, by=clerk, at=at)

    def _follow(self, decision: Paper, after: Aftermath) -> None:
        """First the letter, then the decision that revokes."""
        drafter, at = self.person(Role.APPRAISER, self.story.acting_unit), after.corrected_at
        letter = papers.begin_correction(
            earlier_id=decision.pk,
            wrong=after.wrong,
            right=after.right,
            reason="Viết tắt không đúng thể thức.",
            is_reason_public=True,
            by=drafter,
            at=at,
        )
        self._issue(letter, after.letter_number, signed_at=at, at=at)
        item, at = DecisionItem.objects.get(dossier__commune=after.revoked), after.revoked_at
        revocation = papers.begin_revocation(
            earlier_id=decision.pk, item_ids=[item.pk], reason=after.reason, is_reason_public=True, by=drafter, at=at
        )
        self._issue(revocation, after.revocation_number, signed_at=at, at=at)

    def _tell_the_refused(self, decision: Decision) -> None:
        """A notice to each, which the communes that they became find again as their own to-do."""
        drafter, at = self.person(Role.APPRAISER, self.story.acting_unit), self.story.issued_at
        decision.refresh_from_db()  # with its number
        for number, item in enumerate(decision.items.filter(result=Result.REFUSED), start=FIRST_NOTICE):
            notice = papers.draft(kind=Kind.REFUSAL, item=item, by=drafter, at=at)
            self._issue(notice, str(number), signed_at=at, at=at)

    def _move(self, action: Action, dossier: Dossier, role: Role, unit: Unit, at: datetime) -> Dossier:
        by = self.person(role, unit)
        return services.perform(action, dossier_id=dossier.pk, version=dossier.version, by=by, at=at)

    def _fill(self, commune: Unit, fate: Fate, at: datetime) -> Dossier:
        by = self.person(Role.COMMUNE_EDITOR, commune)
        dossier = services.create(period=self.period, commune=commune, by=by, at=at)
        totals, answers = believable_figures(self.rules, fate, Random(f"{commune.code}-{self.story.year}"))  # noqa: S311 - no secret: the same demo everywhere
        services.save_base_figures(dossier_id=dossier.pk, version=0, values=totals, by=by, at=at)
        criteria = self.rules.criteria[:6] if fate == Fate.DRAFT else self.rules.criteria
        for minutes, criterion in enumerate(criteria, start=1):
            services.save_entry(
                dossier_id=dossier.pk,
                criterion=criterion.code,
                version=0,
                answers={item.code: answers[item.code] for item in criterion.items},
                explanation="Số liệu theo báo cáo của các ngành và Ban Bảo vệ trẻ em xã." if minutes == 1 else "",
                by=by,
                at=at + timedelta(minutes=minutes),
            )
        for item in criteria[0].items[:2]:
            services.attach_evidence(
                dossier_id=dossier.pk,
                item=item.code,
                slot=0,
                upload=paper(f"minh-chung-{item.code.lower()}.pdf", f"{item.evidence_slots[0].title}, {commune.name}"),
                by=by,
                at=at + timedelta(minutes=30),
            )
        return dossier

    def _appraise(self, dossier: Dossier, fate: Fate, at: datetime) -> None:
        by = self.person(Role.APPRAISER, self.story.acting_unit)
        figures = load_figures(dossier)
        services.save_appraised_totals(
            dossier_id=dossier.pk, version=0, values=dict(figures.totals), reasons={}, by=by, at=at
        )
        criteria = self.rules.criteria[:5] if fate == Fate.APPRAISING else self.rules.criteria
        for minutes, criterion in enumerate(criteria, start=1):
            services.save_appraisal(
                dossier_id=dossier.pk,
                criterion=criterion.code,
                version=0,
                answers={item.code: _appraised(item, figures.answers[item.code], fate) for item in criterion.items},
                by=by,
                at=at + timedelta(minutes=minutes),
            )

    def _return(self, dossier: Dossier, at: datetime) -> None:
        services.perform(
            Action.RETURN,
            dossier_id=dossier.pk,
            version=dossier.version,
            by=self.person(Role.APPRAISER, self.story.acting_unit),
            at=at,
            items={
                "TC02.1": "Số liệu khai sinh chưa khớp báo cáo của công chức Tư pháp - Hộ tịch. Đối chiếu lại.",
                "TC12.2": "Chưa có kế hoạch, báo cáo các hoạt động đã tổ chức. Bổ sung minh chứng.",
            },
        )

    def _conclude(self, dossier: Dossier, at: datetime) -> None:
        sheet = load_figures(dossier).appraised_sheet
        passed = Recommendation.RECOGNISE, "Đạt đủ điều kiện theo Quyết định số 06/QĐ-TTg."
        recommendation, reason = passed if sheet.passes else (Recommendation.REFUSE, sheet.reasons[0])
        unit = self.story.acting_unit
        self.concluded.append(
            services.perform(
                Action.CONCLUDE,
                dossier_id=dossier.pk,
                version=dossier.version,
                by=self.person(Role.APPRAISER, unit),
                at=at,
                reason=reason,
                recommendation=recommendation,
            )
        )


def _appraised(item: Item, declared: Figures, fate: Fate) -> Appraised:
    """The appraiser mostly agrees; play areas are counted again, and not all of them hold."""
    if item.code == "TC12.1" and declared.numerator and fate in FULL_PATH:
        counted = Figures(numerator=max(declared.numerator - 1, 0), denominator=declared.denominator)
        return Appraised(counted, "Kiểm tra thực tế: một điểm vui chơi chưa hoạt động.")
    return Appraised(declared)


# ---- figures -----------------------------------------------------------------------------------------------------


def believable_figures(rules: RuleSet, fate: Fate, random: Random) -> tuple[dict[str, int], dict[str, Figures]]:
    """Shared totals and answers of a commune of some 1.500 to 3.000 children, tuned to its fate."""
    children = random.randrange(1500, 3000)
    totals = {
        "children_under_16": children,
        "children_11_to_15": children * 31 // 100,
        "children_7_to_15": children * 56 // 100,
        "children_aged_5": children * 6 // 100,
        "children_under_5_measured": children * 30 // 100,
        "children_under_1_due": children * 6 // 100,
    }
    weak = fate == Fate.BELOW
    shares = {  # of the denominator, in hundredths
        "TC02.1": random.randrange(96, 101),
        "TC06.1": 85 if weak else random.randrange(93, 101),
        "TC07.1": 92 if weak else random.randrange(96, 101),
        "TC08.1": 13 if weak else random.randrange(5, 11),
        "TC08.2": 22 if weak else random.randrange(10, 20),
        "TC09.1": 74 if weak else random.randrange(86, 98),
        "TC10.1": random.randrange(97, 101),
        "TC10.2": random.randrange(96, 101),
        "TC10.3": random.randrange(86, 98),
        "TC11.2": 22 if weak else random.randrange(27, 60),
        "TC11.3": 12 if weak else random.randrange(22, 45),
        "TC12.1": 34 if weak else random.randrange(50, 75),
        "TC13.1": 70 if weak else random.randrange(76, 95),
        "TC13.2": random.randrange(78, 97),
    }
    own_denominators = {
        "TC02.1": children * 6 // 100,
        "TC06.1": children * 4 // 100,
        "TC10.2": children * 6 // 100,
        "TC10.3": children * 6 // 100,
        "TC12.1": random.randrange(6, 10),
        "TC13.1": 60,
        "TC13.2": 60,
    }
    cases = {
        "TC03.1": 2 if fate == Fate.ZERO_3 else 0,
        "TC03.2": 0,
        "TC04.1": 1 if random.random() < 0.3 else 0,
        "TC04.2": 0,
        "TC05.1": children * (random.randrange(700, 880) if weak else random.randrange(200, 540)) // 100_000,
        "TC05.2": 1 if fate == Fate.ZERO_5 else 0,
    }
    answers = {}
    for item in rules.items:
        if item.kind is ItemKind.BOOLEAN:
            answers[item.code] = Figures(yes=True)
        elif item.kind is ItemKind.COUNT:
            answers[item.code] = Figures(count=3 if weak else random.randrange(3, 8))
        elif item.code == "TC06.2":
            found = cases["TC03.1"]
            reason = "" if found else "Trong kỳ không phát sinh vụ việc."
            answers[item.code] = Figures(numerator=found, denominator=found, zero_reason=reason)
        elif item.code in cases:
            answers[item.code] = Figures(numerator=cases[item.code])
        else:
            answers[item.code] = _share(item, totals, own_denominators, shares[item.code])
    return totals, answers


def _share(item: Item, totals: dict[str, int], own: dict[str, int], hundredths: int) -> Figures:
    whole = totals[item.denominator_key] if item.denominator_key else own[item.code]
    # Rounded towards what the share promises: 98 % stays at 98 or above, a rate of 8 % at 8 or below.
    part = -(-whole * hundredths // 100) if item.kind is ItemKind.PERCENTAGE else whole * hundredths // 100
    return Figures(numerator=part, denominator=None if item.denominator_key else whole)


def paper(name: str, text: str) -> SimpleUploadedFile:
    """A real one-page PDF that says what it stands for."""
    from papers.rendering.pdf import render

    html = (
        '<!doctype html><html lang="vi"><head><title>Tài liệu giả định</title></head><body>'
        f"<h1>SỐ LIỆU GIẢ ĐỊNH – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ</h1><p>{text}</p></body></html>"
    )
    return SimpleUploadedFile(name, BytesIO(render(html, ())).getvalue(), content_type="application/pdf")


def printed_accounts(told: Iterable[Story]) -> Sequence[tuple[str, list[Account]]]:
    """What `make run` prints: for each story one commune, one that still has work to do where there is any, and
    everybody above it."""
    lines = []
    for story in told:
        commune = min(story.fates, key=lambda unit: story.fates[unit] is not Fate.DRAFT)
        shown = [account for account in accounts(story) if account.unit in (commune, story.acting_unit, story.province)]
        lines.append((story.title, shown))
    return lines
