"""Every address × every role × where the role is held, over HTTP: who may not see a thing finds nothing, in the very
words of a thing that does not exist (SECURITY Z-01 to Z-07).

A new address fails here until PAGES declares it. How: one line with its name, `Page(readers, kwargs, …)`:
- `readers`: the set of (role, place) that may see it, by hand as `who("appraiser clerk", {"own"})` or with one of
  the functions above PAGES; everybody else must find nothing. Left out: everybody who has signed in.
- `kwargs`, `query`: from the world to what stands in the address, so that it is about something at home.
- `post` (what its form sends) and `actors` (who may send it), where the page takes a POST: others must change nothing,
  the actors must change something. `is_slow`: one reader is enough.
- A page without sign-in goes into PUBLIC too (at most eight); `publishes` are the secrets that it may tell anybody.
  One about nothing but the own account goes into OWN_ACCOUNT. `OF_SESSIONS` names the tables that a mere visit may
  write.
What is stored and must stay with its readers goes into `World.secrets`: no page may show it to anybody else.

Two provinces, a second district and the successor province all hold data, so that something could leak.
"""

import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from assessments import services
from assessments.models import Decision, Dossier, Evidence, EvidenceAccess, Proposal
from assessments.workflow import Status
from childfriendly.core import denials, exports
from childfriendly.core.files import check_upload, keys, store
from childfriendly.core.models import AuditEvent, Job
from childfriendly.core.sheets import Column, table_workbook
from communes.acting import substitutes_of
from communes.forms import assignment_key, type_field
from communes.imports.plans import HEADS
from communes.imports.service import _sealed, receive
from communes.models import AreaType, AreaTypeAssignment, Import, Role, RoleAssignment, Unit, User
from criteria.models import Authority, CriteriaSet, Holiday
from criteria.services import load_criteria
from papers import services as papers
from papers.filling import FILLERS
from papers.kinds import Kind
from papers.models import Attachment, Meeting, Opinion, Paper, Recheck, Seat, State
from papers.services.council import Chair
from tests.factories import (
    QD06,
    SEATED,
    VISIT,
    Place,
    RoleAssignmentFactory,
    SuccessionFactory,
    UserFactory,
    agree,
    approved,
    asked,
    council,
    dossier_in,
    make_neighbour,
    make_place,
    met,
    pdf_file,
    proposed,
    rechecked,
    user_with,
)
from tests.fillers import TINY
from tests.issued_papers import decision_paper, paper_in
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db

Who = tuple[str, str]  # a role, and where it is held

COMMUNE_ROLES = {Role.COMMUNE_EDITOR, Role.COMMUNE_HEAD}
PROVINCE_ROLES = {Role.PROVINCE_STAFF, Role.CATALOGUE_ADMIN, Role.SYSTEM_ADMIN}

# ---- who may read what, by hand ----------------------------------------------------------------------------------
# area of a dossier → where the people of the commune, of the offices, of the province, and inspectors hold their role
AREAS: dict[str, tuple[set[str], set[str], set[str], set[str]]] = {
    "home": ({"own"}, {"own"}, {"own", "successor province"}, {"own", "successor province"}),
    "sibling": ({"sibling"}, {"own"}, {"own", "successor province"}, {"own", "sibling", "successor province"}),
    "neighbour": (
        {"other district"},
        {"other district"},
        {"own", "successor province"},
        {"other district", "successor province"},
    ),
    "abroad": ({"other province"}, {"other province"}, {"other province"}, {"other province"}),
    "successor": tuple([{"successor province"}] * 4),  # type: ignore[dict-item]
}
PLACES = ["own", "sibling", "other district", "other province", "successor province"]
# In the successor province the roles that reach back, and one that might be thought to.
SUCCESSORS = {Role.PROVINCE_STAFF, Role.INSPECTOR, Role.CATALOGUE_ADMIN, Role.APPRAISER}
EVERYBODY: set[Who] = {
    (role.value, where) for role, where in product(Role, PLACES) if where != "successor province" or role in SUCCESSORS
}

NOT_SENT = {Status.DRAFT, Status.WITHDRAWN}
DECIDED = {Status.RECOGNISED, Status.REFUSED, Status.REVOKED}
CONCLUDED = DECIDED | {Status.CONCLUDED}


def who(roles: str, places: Iterable[str] = PLACES) -> set[Who]:
    return set(product(roles.split(), places)) & EVERYBODY


def readers(status: Status, area: str = "home") -> set[Who]:
    """A draft is the commune's own; the offices read what was sent, the leader what is concluded; the inspector reads
    everything in the area."""
    commune, office, province, inspection = AREAS[area]
    found = who("commune_editor commune_head", commune) | who("inspector", inspection)
    if status not in NOT_SENT:
        found |= who("appraiser head_of_office", office) | who("province_staff", province)
    if status in CONCLUDED:
        found |= who("leader clerk", office)
    return found


def appraisal_readers(status: Status, area: str = "home") -> set[Who]:
    """The appraisal is work between the offices: the commune reads it once it is decided."""
    commune = set() if status in DECIDED else who("commune_editor commune_head", AREAS[area][0])
    return set() if status in NOT_SENT else readers(status, area) - commune


def proposal_readers(area: str = "home") -> set[Who]:
    _, office, _, inspection = AREAS[area]
    return who("appraiser head_of_office leader clerk", office) | who("inspector", inspection - {"sibling"})


def decision_readers(area: str = "home", *, is_issued: bool) -> set[Who]:
    commune, _, province, _ = AREAS[area]
    if not is_issued:
        return proposal_readers(area)
    return proposal_readers(area) | who("commune_editor commune_head", commune) | who("province_staff", province)


def evidence_readers(status: Status, area: str = "home", *, is_sensitive: bool) -> set[Who]:
    """What was not sent is the commune's own. The province reads papers of decided dossiers, none about single
    children; nor does the clerk, who needs none of them."""
    commune, _, province, _ = AREAS[area]
    found = who("commune_editor commune_head", commune)
    if status not in NOT_SENT:
        found |= readers(status, area) - who("province_staff", province)
    if status in DECIDED and not is_sensitive:
        found |= who("province_staff", province)
    return found - who("clerk") if is_sensitive else found


# Where a paper of the office is not issued yet.
PAPER_DESK = who("appraiser head_of_office clerk", ["own"])


# ---- the world ---------------------------------------------------------------------------------------------------
@dataclass(repr=False)
class World:
    home: Place
    neighbour: Place
    abroad: Place
    successor: Place
    people: dict[Who, User]
    dossiers: dict[tuple[str, str], Dossier] = field(default_factory=dict)  # (area, what)
    evidence: dict[tuple[str, bool], Evidence] = field(default_factory=dict)  # at home: (what, is_sensitive)
    proposals: dict[str, Proposal] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    colleague: User = field(default_factory=User)  # somebody at home, whose account is looked after
    former: User = field(default_factory=User)  # somebody whose account is shut
    unconfirmed: CriteriaSet = field(default_factory=CriteriaSet)
    job: Job = field(default_factory=Job)  # asked for by the clerk at home, and done
    papers: dict[str, Paper] = field(default_factory=dict)
    attachment: Attachment = field(default_factory=Attachment)  # to the paper of the decision at home
    emergency: EvidenceAccess = field(default_factory=EvidenceAccess)  # of a file that an inspector broke the glass for
    imports: dict[str, Import] = field(default_factory=dict)
    secrets: dict[str, set[Who]] = field(default_factory=dict)  # a text no page but those of its readers may hold
    sessions: dict[Who, str] = field(default_factory=dict)
    nothing: dict[tuple[Who, bool], "Answer"] = field(default_factory=dict)
    fingerprint: str = ""
    browser: Client = field(default_factory=Client)

    def client(self, person: Who | None) -> Client:
        """The one browser, as this person has just signed in to it."""
        cache.clear()  # allauth counts how often one address asks for its pages
        self.browser.cookies.clear()
        if person is not None:
            self.browser.cookies[django_settings.SESSION_COOKIE_NAME] = self.sessions[person]
        return self.browser


STATES = [status.value for status in Status]
EXTRA = ["proposed", "approved"]  # at home: two more concluded ones, before the leader and before the clerk


def build(media: Path) -> World:
    home = make_place(len(STATES) + len(EXTRA) + 2)
    neighbour, abroad, successor = make_neighbour(home), make_place(4), make_place(2, year=2026, new=True)
    SuccessionFactory(predecessor=home.province, successor=successor.province)
    SuccessionFactory(predecessor=home.communes[0], successor=successor.communes[0])
    world = World(home, neighbour, abroad, successor, people={})
    for number, what in enumerate([*STATES, *EXTRA]):
        status = Status(what) if what in STATES else Status.CONCLUDED
        world.dossiers["home", what] = dossier_in(status, home, number)
    for area, place, statuses in (
        ("sibling", home, [Status.SUBMITTED]),
        ("neighbour", neighbour, [Status.CONCLUDED]),
        ("abroad", abroad, [Status.DRAFT, Status.SUBMITTED, Status.CONCLUDED, Status.RECOGNISED]),
        ("successor", successor, [Status.SUBMITTED, Status.RECOGNISED]),
    ):
        for number, status in enumerate(statuses):
            index = len(home.communes) - 1 if area == "sibling" else number
            world.dossiers[area, status.value] = dossier_in(status, place, index)
    add_proposals(world)
    add_papers(world, media)
    add_evidence(world, media)
    for (area, _), dossier in world.dossiers.items():
        status = Status(dossier.status)
        world.secrets[dossier.code] = readers(status, area)
        if status in CONCLUDED:
            reason = f"Lý do riêng của {dossier.code.lower()}."
            Dossier.objects.filter(pk=dossier.pk).update(recommendation_reason=reason)
            world.secrets[reason] = appraisal_readers(status, area)
    agree(world.dossiers["home", "appraising"], home.appraiser, home.later())
    add_catalogue(world)
    add_councils(world)
    add_rechecks(world)
    add_people(world)
    world.emergency = services.open_evidence(
        evidence=world.evidence["concluded", True],
        reason="Có đơn khiếu nại.",
        by=world.people["inspector", "own"],
        at=timezone.now() - timedelta(days=1),
    )
    add_job(world, media)
    stand_in(world)
    add_imports(world)
    world.fingerprint = stored()
    return world


def add_proposals(world: World) -> None:
    home, abroad = world.home, world.abroad
    world.proposals["home"] = proposed([world.dossiers["home", "proposed"]], home, "71/TTr-HOME")
    world.decisions["home, draft"] = approved([world.dossiers["home", "approved"]], home)
    world.proposals["abroad"] = proposed([world.dossiers["abroad", "concluded"]], abroad, "72/TTr-ABROAD")
    for area in ("home", "abroad"):
        world.decisions[area] = Decision.objects.get(items__dossier=world.dossiers[area, "recognised"])
        world.secrets[world.proposals[area].submission_number] = proposal_readers(area)
        world.secrets[world.decisions[area].full_number] = decision_readers(area, is_issued=True)


def add_papers(world: World, media: Path) -> None:
    """The paper of the decision at home, which anybody may check, and a scan of it; papers on their way."""
    paper = world.papers["decision"] = decision_paper(world.decisions["home"], world.home)
    world.attachment = scan_of(paper, world.home.clerk, media)
    world.secrets[world.attachment.name] = decision_readers(is_issued=True)
    item, other = world.decisions["home"].items.get(), world.decisions["home, draft"].items.get()
    place = {"item": item, "commune": item.dossier.commune}
    world.papers["certificate"] = paper_in(State.ISSUED, Kind.CERTIFICATE, world.home, **place)
    world.papers["signed certificate"] = paper_in(State.SIGNED, Kind.CERTIFICATE, world.home, item=other, earlier=paper)
    add_papers_on_their_way(world)


def scan_of(paper: Paper, by: User, media: Path) -> Attachment:
    checked = check_upload(pdf_file("ban-quet-rieng.pdf"), max_bytes=10_000, allowed=["pdf"])
    return Attachment.objects.create(
        paper=paper,
        kind=Attachment.Kind.SCAN,
        name=checked.name,
        path=store(checked, root=media),
        sha256=checked.sha256,
        size=checked.size,
        content_type=checked.content_type,
        uploaded_by=by,
        uploaded_at=paper.drafted_at,
    )


def add_papers_on_their_way(world: World) -> None:
    """A report that is a draft; and papers of the office at home about a dossier: one that was signed by hand, and one
    that waits to be sent out."""
    home = world.home
    world.papers["report"] = papers.draft(
        kind=Kind.RESULT_REPORT, period=home.period, unit=home.deciding, by=home.appraiser, at=home.later()
    )
    dossier = world.dossiers["home", "submitted"]
    with pytest.MonkeyPatch.context() as patch:
        for kind in (Kind.RECEIPT, Kind.SUPPLEMENT):
            patch.setitem(FILLERS, kind, TINY[kind])
            paper = papers.draft(kind=kind, dossier=dossier, by=home.appraiser, at=home.later())
            at = home.later()
            world.papers[kind] = papers.enter_signed(
                paper_id=paper.pk,
                version=1,
                signer_id=home.head_of_office.pk,
                signed_on=timezone.localdate(at),
                scan=pdf_file(f"ky-{kind}.pdf"),
                by=home.clerk,
                at=at,
            )
            world.secrets[f"ky-{kind}.pdf"] = PAPER_DESK
        at = home.later()
        world.papers["supplement"] = papers.number(
            paper_id=world.papers["supplement"].pk,
            version=2,
            number="73577",
            issued_on=timezone.localdate(at),
            by=home.clerk,
            at=at,
        )
        world.secrets[world.papers["supplement"].full_number] = PAPER_DESK


def add_evidence(world: World, media: Path) -> None:
    """One plain and one sensitive file in every dossier, as if the commune had sent them with it."""
    for ((area, what), dossier), is_sensitive in product(world.dossiers.items(), (False, True)):
        name = f"{area}-{what}-{'rieng' if is_sensitive else 'thuong'}.pdf"
        upload = pdf_file(name, pdf_file().read() + name.encode())
        checked = check_upload(upload, max_bytes=10_000, allowed=["pdf"])
        file = Evidence.objects.create(
            dossier=dossier,
            item="TC03.1" if is_sensitive else "TC01.1",
            name=checked.name,
            path=store(checked, root=media, seal_with=keys()[0] if is_sensitive else None),
            sha256=checked.sha256,
            sent_sha256=checked.sent_sha256,
            size=checked.size,
            content_type=checked.content_type,
            is_sensitive=is_sensitive,
            uploaded_by=world.home.editors[0],
            uploaded_at=world.home.at,
        )
        status = Status(dossier.status)
        world.secrets[name] = evidence_readers(status, area, is_sensitive=is_sensitive)
        if area == "home":
            world.evidence[what, is_sensitive] = file


def add_councils(world: World) -> None:
    """At home a commune whose council is about to meet, one whose council has met, and the office's council."""
    home = world.home
    for by, dossiers, closes in (
        (home.editors[0], [], False),
        (home.editors[1], [world.dossiers["home", STATES[1]]], True),
        (home.appraiser, [world.dossiers["home", "concluded"]], True),
    ):
        name = f"Bà Riêng {by.full_name}"
        found = council(home, by, (*SEATED, Chair(name, "Trưởng ấp", Seat.MEMBER)))
        met(found, dossiers, home, closes=closes)
        world.secrets[name] = KEEPERS if by in home.editors else OFFICE_KEEPERS


def add_rechecks(world: World) -> None:
    """At home and abroad a commune that was visited, and a department that was asked."""
    for area, place in (("home", world.home), ("abroad", world.abroad)):
        words = f"Kết luận phúc tra riêng của {place.province.name}."
        rechecked(world.dossiers[area, "concluded"], place, visit=replace(VISIT, conclusion=words))
        world.secrets[words] = appraisal_readers(Status.CONCLUDED, area)
        department = f"Công an riêng của {place.province.name}"
        asked(place, department=department)
        world.secrets[department] = who("appraiser head_of_office", AREAS[area][1])


KEEPERS, OFFICE_KEEPERS = who("commune_editor commune_head", {"own"}), who("appraiser head_of_office clerk", {"own"})


def add_catalogue(world: World) -> None:
    """What a catalogue administrator works on: accounts, a set to confirm, a commune without a type."""
    world.colleague = user_with(Role.CLERK, world.home.deciding)
    Authenticator.objects.create(user=world.colleague, type=Authenticator.Type.TOTP, data={})
    world.former = user_with(Role.CLERK, world.home.deciding, is_active=False)
    world.unconfirmed, _ = load_criteria(json.dumps(json.loads(QD06) | {"version": 2}), at=world.home.at)
    AreaTypeAssignment.objects.filter(unit=not_begun(world)).delete()
    for place in (world.home, world.abroad):
        name = f"Ngày nghỉ riêng của {place.province.name}"
        Holiday.objects.create(
            day=timezone.localdate(),
            name=name,
            kind=Holiday.Kind.OFF,
            province=place.province,
            document_number="9/TB-UBND",
            certainty="confirmed",
        )
        world.secrets[name] = HOME_ADMINS if place is world.home else {("catalogue_admin", "other province")}


def stand_in(world: World) -> None:
    """Somebody is to act for the leader at home in a time to come, which the leader may still take back."""
    RoleAssignmentFactory(
        user=world.colleague,
        role=Role.LEADER,
        unit=world.home.deciding,
        valid_from=timezone.localdate() + timedelta(days=100),
        valid_to=timezone.localdate() + timedelta(days=110),
        acting_for=world.people[LEADER, "own"],
        acting_document="11/GUQ-UBND",
    )


def add_imports(world: World) -> None:
    """The administrator at home has uploaded area types, and has accounts whose passwords wait to be fetched."""
    admin, at = world.people["catalogue_admin", "own"], timezone.now()
    row = [not_begun(world).code, AreaType.OTHER.label, "861/QĐ-TTg", "01/01/2024"]
    upload = SimpleUploadedFile("loai-xa.xlsx", table_workbook("Loại xã", AREA_TYPE_HEADS, [row]))
    world.imports["waiting"] = receive(kind=Import.Kind.AREA_TYPES, upload=upload, by=admin, at=at)
    done = receive(kind=Import.Kind.AREA_TYPES, upload=upload, by=admin, at=at)
    sealed = _sealed([["Người Mới", "nguoi.moi", "Xã", "mat-khau-tam"]])
    Import.objects.filter(pk=done.pk).update(confirmed_at=at, summary="Đã nhập.", passwords=sealed)
    world.imports["done"] = done


AREA_TYPE_HEADS = [Column(title) for title in HEADS[Import.Kind.AREA_TYPES][1]]


def not_begun(world: World) -> Unit:
    """The commune at home that has no dossier yet."""
    return world.home.communes[-2]


def add_people(world: World) -> None:
    home, neighbour, abroad, successor = world.home, world.neighbour, world.abroad, world.successor
    *own, sibling = home.communes
    for value, where in sorted(EVERYBODY):
        role = Role(value)
        user: User = UserFactory(password="", full_name=f"Người Thử {role.value} {where}")
        world.people[role.value, where] = user
        level = 0 if role in COMMUNE_ROLES else 2 if role in PROVINCE_ROLES else 1
        units: list[Unit] = {
            "own": (own, [home.deciding], [home.province])[level],
            "sibling": [sibling],
            "other district": (neighbour.communes, [neighbour.deciding], [neighbour.deciding])[level],
            "other province": (abroad.communes, [abroad.deciding], [abroad.province])[level],
            "successor province": (successor.communes, [successor.province], [successor.province])[level],
        }[where]
        for unit in units:
            RoleAssignmentFactory(user=user, role=role, unit=unit)
        world.sessions[role.value, where] = signed_in(user).cookies[django_settings.SESSION_COOKIE_NAME].value


def add_job(world: World, media: Path) -> None:
    owner = world.people["clerk", "own"]
    world.job = Job.objects.create(
        kind="decision_papers",
        key="",
        arguments={"decision": str(world.decisions["home"].uuid)},
        title="Việc riêng của văn thư",
        owner_id=str(owner.pk),
        owner_name=owner.full_name,
        state=Job.State.DONE,
        file_path="rieng.pdf",
        file_name="van-ban.pdf",
        created_at=world.home.at,
        finished_at=world.home.at,
    )
    jobs = media / "jobs"
    jobs.mkdir()
    (jobs / world.job.file_path).write_bytes(pdf_file().read())
    world.secrets[world.job.title] = {("clerk", "own")}


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, media: Path) -> Iterator[World]:
    """Built once for the whole module, in a transaction that is rolled back; each test works in a savepoint of it."""
    with (
        django_db_blocker.unblock(),
        override_settings(MEDIA_ROOT=media, IMPORTS_ROOT=media / "imports"),
        transaction.atomic(),
    ):
        yield build(media)
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def stored_files(private_files: Path, settings: Any, media: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings.MEDIA_ROOT = media
    settings.IMPORTS_ROOT = media / "imports"
    settings.JOBS_ROOT = media / "jobs"
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 24 * 60 * 60  # everybody signs in once, for a walk that takes its time
    caplog.set_level(logging.ERROR, "django.request")  # a line for each of thousands of 404s takes its time


# ---- every address -----------------------------------------------------------------------------------------------
Kwargs = dict[str, Any]


def nothing(world: World) -> Kwargs:
    return {}


@dataclass(frozen=True)
class Page:
    """What an address is about (`kwargs`), who reads it (all others find nothing), and who may post what to it."""

    readers: set[Who] = field(default_factory=lambda: EVERYBODY)
    kwargs: Callable[[World], Kwargs] = nothing
    actors: set[Who] = field(default_factory=set)
    post: Callable[[World], Kwargs] | None = None
    query: Callable[[World], Kwargs] = nothing
    is_slow: bool = False  # long, and the same for all who read it: one reader is enough
    publishes: Callable[[World], set[str]] = lambda world: set()


def of_dossier(what: str, **more: str) -> Callable[[World], Kwargs]:
    return lambda world: {"uuid": world.dossiers["home", what].uuid, **more}


def versioned(what: str, **more: str) -> Callable[[World], Kwargs]:
    """What the form of the page sends: the present version and the fields."""
    return lambda world: {"version": str(world.dossiers["home", what].version), **more}


def dossier_page(
    what: Status,
    *,
    actor: str = "",
    post: Callable[[World], Kwargs] | None = None,
    is_appraisal: bool = False,
    **more: str,
) -> Page:
    return Page(
        readers=(appraisal_readers if is_appraisal else readers)(what),
        kwargs=of_dossier(what.value, **more),
        actors={(actor, "own")} if actor else set(),
        post=post or (versioned(what.value) if actor else None),
    )


def of_council(world: World) -> Kwargs:
    return {"period_uuid": world.home.period.uuid, "unit_uuid": world.home.communes[0].uuid}


def meeting_of(world: World, number: int) -> Meeting:
    """Of the `number`-th commune at home."""
    return Meeting.objects.get(council__unit=world.home.communes[number])


def typed_meeting(world: World) -> Kwargs:
    council = meeting_of(world, 0).council
    blank = dict.fromkeys(["day", "begins", "ends", "conclusion"], "")
    return (
        {"version": "2", "council_version": "1", "place": "Hội trường xã"}
        | blank
        | {f"came-{member.pk}": "co-mat" for member in council.members.all()}
    )


def typed_members(world: World) -> Kwargs:
    return {
        "version": "1",
        "document": "Quyết định số 5/QĐ-UBND",
        "thanh-vien-TOTAL_FORMS": "1",
        "thanh-vien-INITIAL_FORMS": "0",
        "thanh-vien-0-full_name": "Bà Mới Đến",
        "thanh-vien-0-title": "Trưởng ấp",
        "thanh-vien-0-seat": "member",
    }


def of_opinion(world: World) -> Kwargs:
    return {"uuid": Opinion.objects.get(unit=world.home.deciding).uuid}


ASKERS = who("appraiser head_of_office", {"own"})
VISITORS = ASKERS | who("province_staff", {"own"})


def typed_visit(version: str) -> Callable[[World], Kwargs]:
    return lambda world: {
        "version": version,
        "held_on": "02/11/2024",
        "body_name": "Đoàn phúc tra",
        "participants": "Bà Một",
        "record": "Biên bản ngày 02/11/2024",
        "conclusion": "Khớp sổ sách.",
        "TC12_2-count": "2",
    }


def of_proposal(world: World) -> Kwargs:
    return {"uuid": world.proposals["home"].uuid}


CARERS = who("commune_head head_of_office", ["own"])


def of_sensitive_file(world: World) -> Kwargs:
    return {"uuid": world.evidence["concluded", True].uuid}


def of_decision(world: World) -> Kwargs:
    return {"uuid": world.decisions["home"].uuid}


def of_job(world: World) -> Kwargs:
    return {"uuid": world.job.uuid}


REPORT_DESK = who("appraiser head_of_office leader clerk", ["own"])


def of_paper(what: str) -> Callable[[World], Kwargs]:
    return lambda world: {"uuid": world.papers[what].uuid}


def item_of(world: World) -> int:
    return world.decisions["home"].items.get().pk


def of_period(world: World) -> Kwargs:
    return {"uuid": world.home.period.uuid}


def of_colleague(world: World) -> Kwargs:
    return {"uuid": world.colleague.uuid}


def at_home(world: World) -> Kwargs:
    """Forms of roles take the unit from the address; an administrator of elsewhere is asked to choose one."""
    return {"don-vi": world.home.communes[0].uuid}


NEW_ROLE = {"role": "commune_editor", "title": "", "valid_from": "01/01/2024", "valid_to": ""}
HOME_ADMINS = who("catalogue_admin", ["own", "successor province"])
# One commune alone has no summary; staff of a district's size are not staff of the province.
SUMMARY_READERS = who("appraiser head_of_office leader clerk inspector", set(PLACES) - {"sibling"}) | who(
    "province_staff", ["own", "other province", "successor province"]
)

HOO, EDITOR, HEAD = Role.HEAD_OF_OFFICE.value, Role.COMMUNE_EDITOR.value, Role.COMMUNE_HEAD.value
APPRAISER, LEADER, CLERK = Role.APPRAISER.value, Role.LEADER.value, Role.CLERK.value
REASON = "Có lý do."

PAGES: dict[str, Page] = {
    # -- everybody's
    "home": Page(),
    "account_login": Page(),
    "account_inactive": Page(),
    "account_logout": Page(),
    "mfa_authenticate": Page(),
    "account_reauthenticate": Page(),
    "mfa_reauthenticate": Page(),
    "account_change_password": Page(),
    "account_set_password": Page(),
    "healthz": Page(),
    "readyz": Page(),
    # -- work in the background: nobody's but the owner's
    "jobs": Page(),
    "job": Page(who("clerk", ["own"]), of_job),
    "job_file": Page(who("clerk", ["own"]), of_job),
    "communes:my_account": Page(),
    "communes:enrol_second_factor": Page(),
    "communes:recovery_codes": Page(),
    "communes:remove_second_factor": Page(),
    "communes:end_sessions": Page(),
    "communes:keep_session": Page(),
    # -- dossiers: the commune's side
    "assessments:dossiers": Page(),
    "assessments:create": Page(
        readers=who("commune_editor commune_head", {"own"}),
        kwargs=lambda world: {"period_uuid": world.home.period.uuid, "unit_uuid": not_begun(world).uuid},
        actors={(EDITOR, "own")},
        post=nothing,
    ),
    "assessments:dossier": dossier_page(Status.CONCLUDED),
    "assessments:base_figures": dossier_page(
        Status.DRAFT,
        actor=EDITOR,
        post=lambda world: (
            {"version": "0"} | {total.key: "2.500" for total in world.home.period.criteria_set.rules().base_figures}
        ),
    ),
    "assessments:criterion": dossier_page(
        Status.DRAFT,
        criterion="TC01",
        actor=EDITOR,
        post=lambda world: {"version": "1", "explanation": "Xã đã ban hành kế hoạch."},
    ),
    "assessments:attach": dossier_page(
        Status.DRAFT, item="TC01.1", actor=EDITOR, post=lambda world: {"upload": pdf_file("moi.pdf"), "slot": ""}
    ),
    "assessments:evidence": Page(
        readers=evidence_readers(Status.RECOGNISED, is_sensitive=False),
        kwargs=lambda world: {"uuid": world.evidence["recognised", False].uuid},
    ),
    "assessments:ask_for_evidence": Page(
        readers=evidence_readers(Status.CONCLUDED, is_sensitive=True),
        kwargs=of_sensitive_file,
        actors=evidence_readers(Status.CONCLUDED, is_sensitive=True) - who("commune_head", ["own"]),
        post=lambda world: {"reason": "Cơ quan điều tra đề nghị."},
    ),
    "assessments:protect_evidence": Page(
        readers=CARERS,
        kwargs=of_sensitive_file,
        actors=CARERS,
        post=lambda world: {"reason": "Gia đình rút đồng ý.", "action": "lock"},
    ),
    "assessments:acknowledge": Page(
        readers=CARERS, kwargs=lambda world: {"uuid": world.emergency.uuid}, actors=CARERS, post=nothing
    ),
    "assessments:unusual": Page(readers=who("commune_head head_of_office inspector")),
    "assessments:remove_evidence": Page(
        readers=evidence_readers(Status.DRAFT, is_sensitive=False),
        kwargs=lambda world: {"uuid": world.evidence["draft", False].uuid},
        actors={(EDITOR, "own")},
        post=nothing,
    ),
    "assessments:check": dossier_page(Status.DRAFT),
    "assessments:submitted": dossier_page(Status.SUBMITTED),
    "assessments:submit": dossier_page(Status.DRAFT, actor=HEAD),
    "assessments:withdraw": dossier_page(Status.SUBMITTED, actor=HEAD, post=versioned("submitted", reason=REASON)),
    "assessments:resume": dossier_page(Status.WITHDRAWN, actor=HEAD),
    # -- dossiers: the appraiser's side
    "assessments:take": dossier_page(Status.SUBMITTED, actor=APPRAISER),
    "assessments:appraisal": dossier_page(Status.APPRAISING, is_appraisal=True),
    "assessments:appraise_base": dossier_page(
        Status.APPRAISING,
        is_appraisal=True,
        actor=APPRAISER,
        post=lambda world: {"version": "0", "action": "agree"},
    ),
    "assessments:appraise": dossier_page(
        Status.APPRAISING,
        is_appraisal=True,
        criterion="TC01",
        actor=APPRAISER,
        post=lambda world: {"version": "0", "action": "agree"},
    ),
    "assessments:return": dossier_page(
        Status.APPRAISING,
        is_appraisal=True,
        actor=APPRAISER,
        post=versioned("appraising", **{"TC01_1-pick": "on", "TC01_1-why": REASON}),
    ),
    "assessments:conclude": dossier_page(
        Status.APPRAISING,
        is_appraisal=True,
        actor=APPRAISER,
        post=versioned("appraising", recommendation="recognise", reason=REASON),
    ),
    "assessments:reopen": dossier_page(
        Status.CONCLUDED, is_appraisal=True, actor=HOO, post=versioned("concluded", reason=REASON)
    ),
    # -- proposals
    "assessments:proposals": Page(),
    "assessments:propose": Page(
        readers=who(HOO),
        actors={(HOO, "own")},
        post=lambda world: {
            "dossiers": [str(world.dossiers["home", "concluded"].uuid)],
            "submission_number": "99/TTr",
            "submission_text": "Kính trình.",
            "minutes": pdf_file("bien-ban-moi.pdf"),
        },
    ),
    "assessments:proposal": Page(proposal_readers(), of_proposal),
    "assessments:minutes": Page(proposal_readers(), of_proposal),
    "assessments:approve": Page(
        proposal_readers(), of_proposal, actors={(LEADER, "own")}, post=lambda world: {"version": "1"}
    ),
    "assessments:return_proposal": Page(
        proposal_readers(),
        of_proposal,
        actors={(LEADER, "own")},
        post=lambda world: {"version": "1", "reason": REASON},
    ),
    # -- decisions
    "assessments:decisions": Page(),
    "assessments:decision": Page(decision_readers(is_issued=True), of_decision),
    # -- criteria: anyone signed in reads them, a catalogue administrator of any province answers for them
    "criteria:sets": Page(),
    "criteria:criteria_set": Page(kwargs=lambda world: {"uuid": world.unconfirmed.uuid}, is_slow=True),
    "criteria:confirm": Page(
        who("catalogue_admin"),
        lambda world: {"uuid": world.unconfirmed.uuid},
        actors=who("catalogue_admin"),
        post=nothing,
    ),
    # -- periods
    "criteria:periods": Page(who("catalogue_admin")),
    "criteria:open_period": Page(
        who("catalogue_admin", ["own", "other province", "successor province"]),
        query=lambda world: {"tinh": world.home.province.uuid, "nam": "2023"},
        actors=HOME_ADMINS,
        post=lambda world: {
            "step": "open",
            "starts_on": "01/01/2023",
            "ends_on": "31/12/2023",
            "figures_as_of": "31/10/2023",
            "criteria_set": world.home.period.criteria_set.uuid,
            "deadline_dossier": "trước ngày 15/11",
        },
    ),
    "criteria:period": Page(HOME_ADMINS, of_period),
    "criteria:holidays": Page(
        who("catalogue_admin"),
        actors=HOME_ADMINS,
        post=lambda world: {
            "province": world.home.province.uuid,
            "day": "03/09/2024",
            "kind": "off",
            "name": "Nghỉ bù Quốc khánh",
            "document_number": "12/TB-UBND",
        },
    ),
    # -- councils: of one's own desk
    "papers:attach": Page(
        decision_readers(is_issued=True),
        lambda world: {"uuid": world.papers["decision"].uuid},
        actors=who("leader clerk", {"own"}),
        post=lambda world: {"upload": pdf_file("moi.pdf", pdf_file().read() + b"moi")},
    ),
    "papers:attachment": Page(decision_readers(is_issued=True), lambda world: {"uuid": world.attachment.uuid}),
    "papers:councils": Page(who("commune_editor commune_head appraiser head_of_office clerk")),
    "papers:council": Page(KEEPERS, of_council, actors={(EDITOR, "own")}, post=typed_members),
    "papers:begin_meeting": Page(
        KEEPERS,
        lambda world: of_council(world) | {"unit_uuid": world.home.communes[1].uuid},
        actors={(EDITOR, "own")},
        post=nothing,
    ),
    "papers:meeting": Page(
        KEEPERS, lambda world: {"uuid": meeting_of(world, 0).uuid}, actors={(EDITOR, "own")}, post=typed_meeting
    ),
    "papers:minutes_file": Page(KEEPERS, lambda world: {"uuid": meeting_of(world, 1).uuid}, is_slow=True),
    "papers:reopen_meeting": Page(
        KEEPERS,
        lambda world: {"uuid": meeting_of(world, 1).uuid},
        actors={(EDITOR, "own")},
        post=lambda world: {"version": "2"},
    ),
    # -- papers
    "papers:papers": Page(),
    "papers:for_dossier": Page(
        readers(Status.SUBMITTED),
        of_dossier("submitted"),
        actors={(EDITOR, "own")},
        post=lambda world: {"begin": "self_assessment"},
    ),
    "papers:for_proposal": Page(
        proposal_readers(),
        of_proposal,
        actors=who("appraiser head_of_office", ["own"]),
        post=lambda world: {"begin": "council_minutes"},
    ),
    "papers:for_decision": Page(
        decision_readers(is_issued=False),
        lambda world: {"uuid": world.decisions["home, draft"].uuid},
        actors=who("appraiser head_of_office leader clerk", ["own"]),
        post=lambda world: {"begin": "decision"},
    ),
    "papers:for_period": Page(
        who("appraiser head_of_office leader clerk province_staff", ["own"])
        | who("appraiser head_of_office", ["other district"]),
        of_period,
        actors={("province_staff", "own")},
        post=lambda world: {"begin": "province_report"},
    ),
    "papers:paper": Page(REPORT_DESK, of_paper("report")),
    "papers:changes": Page(REPORT_DESK, of_paper("report")),
    "papers:pdf": Page(REPORT_DESK, of_paper("report"), is_slow=True),
    "papers:docx": Page(REPORT_DESK, of_paper("report"), is_slow=True),
    "papers:for_signing": Page(REPORT_DESK, of_paper("report"), is_slow=True),
    "papers:reword": Page(
        REPORT_DESK,
        of_paper("report"),
        actors=who("appraiser head_of_office", ["own"]),
        post=lambda world: {"version": "1", "proposals": "Đề nghị tỉnh hỗ trợ."},
    ),
    "papers:drop": Page(
        REPORT_DESK,
        of_paper("report"),
        actors=who("appraiser head_of_office", ["own"]),
        post=lambda world: {"version": "1"},
    ),
    "papers:sign": Page(REPORT_DESK, of_paper("report"), actors={(LEADER, "own")}, post=lambda world: {"version": "1"}),
    "papers:enter_signed": Page(
        REPORT_DESK,
        of_paper("report"),
        actors={(CLERK, "own")},
        post=lambda world: {
            "version": "1",
            "signer": str(world.home.leader.uuid),
            "signed_on": f"{timezone.localdate():%d/%m/%Y}",
            "scan": pdf_file("ban-ky.pdf"),
        },
    ),
    "papers:number": Page(
        PAPER_DESK,
        of_paper("receipt"),
        actors=who("appraiser clerk", ["own"]),
        post=lambda world: {"version": "2", "number": "98765", "issued_on": f"{timezone.localdate():%d/%m/%Y}"},
    ),
    "papers:issue": Page(
        PAPER_DESK,
        of_paper("supplement"),
        actors=who("appraiser clerk", ["own"]),
        post=lambda world: {"version": "3"},
    ),
    "papers:correct": Page(
        decision_readers(is_issued=True),
        of_paper("decision"),
        actors=who("appraiser head_of_office", ["own"]),
        post=lambda world: {"wrong": "QĐ-UB", "right": "QĐ-UBND", "reason": "Sai ký hiệu."},
    ),
    "papers:replace": Page(
        decision_readers(is_issued=True),
        of_paper("decision"),
        actors=who("appraiser head_of_office", ["own"]),
        post=lambda world: {f"name_{item_of(world)}": "Xã Tên Đúng", "reason": "Sai tên."},
    ),
    "papers:revoke": Page(
        decision_readers(is_issued=True),
        of_paper("decision"),
        actors=who("appraiser head_of_office", ["own"]),
        post=lambda world: {"item_ids": [item_of(world)], "reason": "Số liệu sai."},
    ),
    "papers:reissue": Page(
        decision_readers(is_issued=True),
        of_paper("certificate"),
        actors=who("appraiser head_of_office", ["own"]),
        post=lambda world: {"commune_name": "Xã Tên Đúng", "reason": "Giấy rách."},
    ),
    "papers:enter_in_register": Page(
        REPORT_DESK,
        of_paper("signed certificate"),
        actors={(CLERK, "own")},
        post=lambda world: {"version": "1"},
    ),
    # -- anybody's, without signing in
    "papers:check_form": Page(),
    "papers:check": Page(
        kwargs=lambda world: {"code": world.papers["decision"].code},
        publishes=lambda world: {world.decisions["home"].full_number},
    ),
    "papers:recognised": Page(
        publishes=lambda world: {world.decisions[area].full_number for area in ("home", "abroad")},
    ),
    "papers:area_bundle": Page(
        actors=readers(Status.CONCLUDED) | readers(Status.DRAFT, "sibling"),  # each gets what they read there
        post=lambda world: {"unit": world.home.deciding.uuid, "first": "2024", "last": "2024"},
    ),
    "papers:dossier_bundle": Page(
        readers(Status.CONCLUDED),
        of_dossier(Status.CONCLUDED.value),
        actors=readers(Status.CONCLUDED),
        post=nothing,
    ),
    # -- re-checks: read with the appraisal; opinions: the office's own
    "papers:rechecks": dossier_page(Status.CONCLUDED, is_appraisal=True),
    "papers:enter_recheck": Page(
        appraisal_readers(Status.APPRAISING),
        of_dossier("appraising"),
        actors=VISITORS,
        post=typed_visit("0"),
    ),
    "papers:correct_recheck": Page(
        appraisal_readers(Status.CONCLUDED),
        lambda world: {"uuid": Recheck.objects.get(dossier=world.dossiers["home", "concluded"]).uuid},
        actors=ASKERS,
        post=typed_visit("1"),
    ),
    "papers:recheck_sheet": dossier_page(Status.CONCLUDED, is_appraisal=True),
    "papers:recheck_sheet_docx": dossier_page(Status.CONCLUDED, is_appraisal=True),
    "papers:opinions": Page(who("appraiser head_of_office")),
    "papers:ask_opinion": Page(
        ASKERS,
        lambda world: {"period_uuid": world.home.period.uuid, "unit_uuid": world.home.deciding.uuid},
        actors=ASKERS,
        post=lambda world: {
            "criterion": "TC05",
            "department": "Trung tâm Y tế",
            "due_on": f"{timezone.localdate() + timedelta(days=9):%d/%m/%Y}",
        },
    ),
    "papers:opinion": Page(
        ASKERS,
        of_opinion,
        actors=ASKERS,
        post=lambda world: {"version": "1", "received_on": f"{timezone.localdate():%d/%m/%Y}", "text": "Nhất trí."},
    ),
    "papers:opinion_form": Page(ASKERS, of_opinion),
    "papers:opinion_form_docx": Page(ASKERS, of_opinion),
    "papers:issuers": Page(HOME_ADMINS, lambda world: {"uuid": world.home.deciding.uuid}),
    "papers:issuer": Page(
        HOME_ADMINS,
        lambda world: {"uuid": world.home.deciding.uuid, "desk": "deciding"},
        actors=HOME_ADMINS,
        post=lambda world: {
            "seen": "0",
            "version": "1",
            "body_name": "Ủy ban nhân dân huyện Nhà",
            "parent_body_name": "",
            "place": "Nhà",
            "abbreviation": "UBND",
            "drafter": "",
            "is_collective": "on",
            "by_order_of": "",
            "certificate_layout": "",
        },
    ),
    "criteria:remove_holiday": Page(
        HOME_ADMINS,
        lambda world: {"uuid": Holiday.objects.get(province=world.home.province).uuid},
        actors=HOME_ADMINS,
        post=nothing,
    ),
    "criteria:target": Page(
        HOME_ADMINS,
        of_period,
        actors=HOME_ADMINS,
        post=lambda world: {
            "version": "1",
            "unit": world.home.deciding.uuid,
            "communes": "3",
            "document_number": "12/KH-UBND",
        },
    ),
    "criteria:confirm_authority": Page(
        HOME_ADMINS,
        lambda world: {"uuid": Authority.objects.filter(period=world.home.period).order_by("pk")[0].uuid},
        actors=HOME_ADMINS,
        post=lambda world: {"document_number": "12/QĐ-UBND"},
    ),
    "criteria:area_types": Page(
        who("catalogue_admin"),
        query=lambda world: {"ky": world.home.period.uuid},
        actors=HOME_ADMINS,
        post=lambda world: {
            "step": "accept",
            "chon": [str(not_begun(world).uuid)],
            type_field(not_begun(world)): AreaType.OTHER.value,
            "document_number": "861/QĐ-TTg",
            "valid_from": "01/01/2024",
        },
    ),
    # -- units and people
    "communes:units": Page(who("catalogue_admin")),
    "communes:unit": Page(who("catalogue_admin"), lambda world: {"uuid": world.home.deciding.uuid}),
    "communes:people": Page(who("catalogue_admin")),
    "communes:create_account": Page(
        who("catalogue_admin"),
        query=at_home,
        actors=HOME_ADMINS,
        post=lambda world: {"full_name": "Người Mới", "username": "nguoi.moi", **NEW_ROLE},
    ),
    "communes:person": Page(HOME_ADMINS, of_colleague),
    "communes:assign_role": Page(
        HOME_ADMINS, of_colleague, query=at_home, actors=HOME_ADMINS, post=lambda world: NEW_ROLE
    ),
    "communes:end_role": Page(
        HOME_ADMINS,
        of_colleague,
        actors=HOME_ADMINS,
        post=lambda world: {
            "assignment": assignment_key(world.colleague.role_assignments.own().get()),
            "last_day": "31/12/2024",
        },
    ),
    "communes:reset_password": Page(HOME_ADMINS, of_colleague, actors=HOME_ADMINS, post=nothing),
    "communes:acting": Page(who("commune_head head_of_office leader")),
    "communes:give_acting": Page(
        HOME_ADMINS | {(LEADER, "own")},
        lambda world: {"uuid": world.people[LEADER, "own"].uuid},
        actors=HOME_ADMINS | {(LEADER, "own")},
        post=lambda world: {
            "to": world.colleague.uuid,
            "title": "Phó Chủ tịch",
            "valid_from": f"{timezone.localdate():%d/%m/%Y}",
            "valid_to": f"{timezone.localdate() + timedelta(days=5):%d/%m/%Y}",
            "document_number": "12/GUQ-UBND",
        },
    ),
    "communes:end_acting": Page(
        {(LEADER, "own")},
        query=lambda world: {"vai-tro": assignment_key(substitutes_of(world.people[LEADER, "own"])[0])},
        actors={(LEADER, "own")},
        post=nothing,
    ),
    "communes:accounts_csv": Page(who("catalogue_admin")),
    "communes:review_accounts": Page(
        who("catalogue_admin"), actors=HOME_ADMINS, post=lambda world: {"account": world.colleague.uuid}
    ),
    "communes:imports": Page(
        who("catalogue_admin"),
        actors=who("catalogue_admin"),
        post=lambda world: {
            "kind": "area_types",
            "upload": SimpleUploadedFile("a.xlsx", table_workbook("Loại xã", AREA_TYPE_HEADS, [])),
        },
    ),
    "communes:import_form_people": Page(who("catalogue_admin")),
    "communes:import_form_types": Page(who("catalogue_admin")),
    "communes:import": Page(
        {("catalogue_admin", "own")},
        lambda world: {"uuid": world.imports["waiting"].uuid},
        actors={("catalogue_admin", "own")},
        post=nothing,
    ),
    "communes:import_passwords": Page(
        {("catalogue_admin", "own")},
        lambda world: {"uuid": world.imports["done"].uuid},
        actors={("catalogue_admin", "own")},
        post=nothing,
    ),
    "assessments:leave": Page(HOME_ADMINS, of_colleague, actors=HOME_ADMINS, post=nothing),
    "communes:reset_second_factor": Page(
        HOME_ADMINS, of_colleague, actors=HOME_ADMINS, post=lambda world: {"reason": REASON}
    ),
    "communes:end_sessions_of": Page(HOME_ADMINS, of_colleague, actors=HOME_ADMINS, post=nothing),
    "communes:reactivate": Page(
        HOME_ADMINS, lambda world: {"uuid": world.former.uuid}, actors=HOME_ADMINS, post=nothing
    ),
    # -- what leaves as a file
    "reports:summary": Page(SUMMARY_READERS),
    "reports:summary_xlsx": Page(SUMMARY_READERS),
    "reports:summary_workbook": Page(SUMMARY_READERS, actors=SUMMARY_READERS, post=nothing),
    "reports:audit": Page(who("inspector")),
    "reports:audit_xlsx": Page(who("inspector")),
    "reports:decision_papers": Page(
        decision_readers(is_issued=True), of_decision, actors=decision_readers(is_issued=True), post=nothing
    ),
    "reports:decision_pdf": Page(decision_readers(is_issued=True), of_decision, is_slow=True),
    "reports:certificate_pdf": Page(
        decision_readers(is_issued=True),
        lambda world: of_decision(world) | {"dossier_uuid": world.dossiers["home", "recognised"].uuid},
        is_slow=True,
    ),
}

PUBLIC = {  # without signing in
    "account_login",
    "mfa_authenticate",
    "account_inactive",
    "healthz",
    "readyz",
    "papers:check_form",
    "papers:check",
    "papers:recognised",
}
# About nothing but the account of whoever asks: everybody posts there, and tests of their own follow what comes of it.
OWN_ACCOUNT = {
    "account_login",
    "account_logout",
    "account_reauthenticate",
    "account_change_password",
    "account_set_password",
    "mfa_authenticate",
    "mfa_reauthenticate",
    "communes:enrol_second_factor",
    "communes:recovery_codes",
    "communes:remove_second_factor",
    "communes:end_sessions",
    "communes:keep_session",
}


def patterns(resolver: URLResolver | None = None, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address of the project with its full name; one without a name is no address of ours."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from patterns(pattern, inner)
        else:
            assert pattern.name, f"an address without a name: {pattern.pattern}"
            yield f"{namespace}{pattern.name}", pattern


NAMES = sorted(PAGES)


def address(name: str, world: World) -> str:
    query = urlencode(PAGES[name].query(world))
    return reverse(name, kwargs=PAGES[name].kwargs(world)) + (f"?{query}" if query else "")


def missing_address(name: str, world: World) -> str:
    """The same kind of page, of things that do not exist."""
    kwargs = PAGES[name].kwargs(world)
    if not any(isinstance(value, UUID) for value in kwargs.values()):
        return reverse("assessments:dossier", args=[uuid4()])
    return reverse(name, kwargs={key: uuid4() if isinstance(value, UUID) else value for key, value in kwargs.items()})


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: str

    @classmethod
    def of(cls, response: Any) -> "Answer":
        body = response.getvalue() if response.streaming else response.content
        text = re.sub(r"\b[A-Za-z0-9]{64}\b", "TOKEN", body.decode(errors="replace"))
        text = text.replace(' aria-current="page"', "")  # the menu marks the part of the site that the address names
        text = re.sub(r'data-seconds="\d+"', "", text)  # until the session ends
        told = {"Content-Length", "Session-Ends-In"}
        headers = {key: value for key, value in response.headers.items() if key not in told}
        return cls(response.status_code, headers, text)


# What a page may answer: it, another page, no right, not there, wrong method, a sentence why not now, or a form with
# its errors. Never 400 (nobody typed this address), 401 (somebody is signed in), 410, 500.
POSSIBLE = {200, 302, 403, 404, 405, 409, 422}
HTMX = {"HX-Request": "true"}


def test_every_address_is_known_to_this_test() -> None:
    assert {name for name, _ in patterns()} == set(PAGES), "say in PAGES what a new address is about, and to whom"


def test_no_address_holds_a_number_that_can_be_counted_up() -> None:
    for name, pattern in patterns():
        assert {type(converter).__name__ for converter in pattern.pattern.converters.values()} <= {
            "UUIDConverter",
            "SlugConverter",
            "StringConverter",
        }, name
        assert all(
            key in {"criterion", "item", "desk", "code"}  # the code of a paper is not to be guessed
            for key, converter in pattern.pattern.converters.items()
            if type(converter).__name__ != "UUIDConverter"
        ), name


# ---- nobody ------------------------------------------------------------------------------------------------------
def test_few_addresses_are_public() -> None:
    assert set(PAGES) >= PUBLIC
    assert len(PUBLIC) <= 8


def test_the_public_prefixes_fit_on_eight_lines_and_nothing_else_answers(world: World) -> None:
    """What answers a stranger with anything but the way to the sign-in or «not there» lies under one of these."""
    prefixes = {reverse(name) for name in PUBLIC - {"papers:check"}} | {django_settings.STATIC_URL}
    assert address("papers:check", world).startswith(reverse("papers:check_form"))
    assert len(prefixes) <= 8
    client = world.client(None)
    tried = [address(name, world) for name in NAMES] + [
        "/admin/",
        "/media/",
        "/files/",
        "/static",
        "/.git/config",
        "/.env",
        "/var/db.sqlite3",
        "/accounts/login/",
        "/api/",
        "/healthz/",
        "/metrics",
    ]
    for page in set(tried) - prefixes - {address("papers:check", world)}:
        response = client.get(page)
        sign_in = response.headers.get("Location", "").startswith(reverse("account_login") + "?next=")
        assert response.status_code == 404 or (response.status_code == 302 and sign_in), page


@pytest.mark.parametrize("name", sorted(set(PAGES) - PUBLIC))
def test_nobody_gets_further_than_the_sign_in_page(world: World, name: str) -> None:
    client, page = world.client(None), address(name, world)
    sign_in = f"{reverse('account_login')}?next={quote(page)}"
    for method in (client.get, client.head):
        assert (method(page).status_code, method(page).headers["Location"]) == (302, sign_in)
        assert method(page, headers=HTMX).status_code == 401
    data = PAGES[name].post or nothing
    assert client.post(page, data(world)).status_code in {302, 401}
    assert client.post(page, data(world), headers=HTMX).status_code == 401
    assert stored() == world.fingerprint


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_public_page_answers_anybody_and_tells_nothing(world: World, name: str) -> None:
    answer = Answer.of(world.client(None).get(address(name, world)))
    assert answer.status == (302 if name == "mfa_authenticate" else 200)  # nobody has given a password yet
    assert leaks(world, None, answer.body, name) == []


# ---- every role, everywhere --------------------------------------------------------------------------------------
def leaks(world: World, person: Who | None, text: str, name: str = "") -> list[str]:
    """Secrets on a page that this person may not read; what the page of that name publishes is none."""
    published = PAGES[name].publishes(world) if name else set()
    return [
        secret
        for secret, may_read in world.secrets.items()
        if person not in may_read and secret not in published and secret in text
    ]


def is_nothing(world: World, person: Who, answer: Answer, *, is_head: bool = False, is_htmx: bool = False) -> bool:
    """Word for word what this person reads of a dossier that does not exist; or «wrong method», which everybody is
    told alike, before anything is looked up."""
    if answer.status == 405:
        return True
    if (person, is_htmx) not in world.nothing:
        page = reverse("assessments:dossier", args=[uuid4()])
        world.nothing[person, is_htmx] = Answer.of(world.client(person).get(page, headers=HTMX if is_htmx else {}))
    expected = world.nothing[person, is_htmx]
    return answer == (replace(expected, body="") if is_head else expected)


def some_reader(name: str) -> Who:
    return sorted(PAGES[name].readers)[0]


def visits(name: str) -> Iterator[tuple[Who, str, bool]]:
    """Everybody, GET and HEAD, with and without htmx; for what is slow, and the same for all readers, one of them."""
    shown = PAGES[name]
    for person in sorted(EVERYBODY):
        if person not in shown.readers or not shown.is_slow:
            yield from ((person, method, is_htmx) for method in ("GET", "HEAD") for is_htmx in (False, True))
        elif person == some_reader(name):
            yield person, "GET", False


@pytest.mark.parametrize("name", NAMES)
def test_who_may_not_see_a_page_finds_nothing_and_looking_changes_nothing(world: World, name: str) -> None:
    """SECURITY.md Z-01 to Z-04 and H-07: no method and no fragment tells more than the page, and none writes."""
    page, shown = address(name, world), PAGES[name]
    got: dict[tuple[Who, bool], int] = {}
    for person, method, is_htmx in visits(name):
        answer = Answer.of(world.client(person).generic(method, page, headers=HTMX if is_htmx else {}))
        seen = (person, method, is_htmx, answer.status)
        assert answer.status in POSSIBLE, seen
        assert leaks(world, person, answer.body, name) == [], seen
        if method == "HEAD":
            assert answer.body == "", seen
            assert answer.status in {got[person, is_htmx], 405}, seen
        got.setdefault((person, is_htmx), answer.status)
        if person in shown.readers:
            assert answer.status != 404, seen
        else:
            assert is_nothing(world, person, answer, is_head=method == "HEAD", is_htmx=is_htmx), (seen, answer)
    assert stored() == world.fingerprint


@pytest.mark.parametrize("name", NAMES)
def test_what_is_missing_looks_like_what_is_foreign(world: World, name: str) -> None:
    """Under this very address, for somebody who may read such things elsewhere."""
    person = next(who for who in sorted(EVERYBODY) if who[0] == some_reader(name)[0] and who[1] == "other province")
    answer = Answer.of(world.client(person).get(missing_address(name, world)))
    assert is_nothing(world, person, answer), answer


# ---- posting -----------------------------------------------------------------------------------------------------
def stored() -> str:
    """A fingerprint of everything that is stored, but for sessions, the time of the last sign-in, and the rows of the
    audit that tell of a reading or of a refusal."""
    digest, quoted = sha256(), connection.ops.quote_name
    with connection.cursor() as cursor:
        for model in set(apps.get_models()) - OF_SESSIONS - {AuditEvent}:
            names = [quoted(column.column) for column in model._meta.concrete_fields if column.name != "last_login"]
            cursor.execute(f"SELECT {', '.join(names)} FROM {quoted(model._meta.db_table)} ORDER BY 1")  # noqa: S608 — our own names
            digest.update(repr((model._meta.label, cursor.fetchall())).encode())
    changes = AuditEvent.objects.exclude(action__startswith="read_").exclude(action__startswith=exports.PREFIX)
    changes = changes.exclude(action=denials.ACTION)
    changes = changes.exclude(result=AuditEvent.Result.DENIED)
    digest.update(repr(list(changes.order_by("seq").values_list("hash", flat=True))).encode())
    return digest.hexdigest()


OF_SESSIONS = {Session}  # what a visit by itself leaves behind


@pytest.mark.parametrize("name", sorted(set(NAMES) - OWN_ACCOUNT))
def test_only_the_one_who_may_changes_anything(world: World, name: str) -> None:
    """Everybody posts to every page what its form would send, with and without htmx."""
    page, acts = address(name, world), PAGES[name]
    for person, is_htmx in product(sorted(EVERYBODY - acts.actors), (False, True)):
        data = acts.post(world) if acts.post else {}
        answer = Answer.of(world.client(person).post(page, data, headers=HTMX if is_htmx else {}))
        seen = (person, is_htmx, answer.status)
        assert answer.status in POSSIBLE, seen
        assert leaks(world, person, answer.body, name) == [], seen
        if acts.post is None:
            assert answer.status == 405, seen
        elif person not in acts.readers:
            assert is_nothing(world, person, answer, is_htmx=is_htmx), (seen, answer)
    assert stored() == world.fingerprint

    for person in acts.actors:  # so that it was the person that was refused, not what was posted
        assert acts.post is not None
        with transaction.atomic():
            answer = Answer.of(world.client(person).post(page, acts.post(world)))
            assert answer.status in {200, 302}, (person, answer)
            assert stored() != world.fingerprint, person
            transaction.set_rollback(True)


def test_every_page_that_changes_something_is_posted_to(world: World) -> None:
    """A page that takes a POST must say in PAGES what is posted, or be about nothing but the own account."""
    client = world.client(("system_admin", "other province"))
    for name in set(NAMES) - OWN_ACCOUNT:
        status = client.post(f"{address(name, world)}").status_code
        assert (status == 405) is (PAGES[name].post is None), (name, status)


# ---- states, lists, files ----------------------------------------------------------------------------------------
def test_the_list_holds_exactly_the_own_dossiers(world: World) -> None:
    for person in EVERYBODY:
        text = Answer.of(world.client(person).get(reverse("assessments:dossiers"))).body
        listed = {key for key, dossier in world.dossiers.items() if str(dossier.uuid) in text}
        assert listed == {
            (area, what)
            for (area, what), dossier in world.dossiers.items()
            if person in readers(Status(dossier.status), area)
        }, person


@pytest.mark.parametrize("what", STATES)
def test_a_dossier_opens_in_the_states_in_which_it_concerns_somebody(world: World, what: str) -> None:
    """A draft is nobody's above the commune but the inspector's; the leader and the clerk read what is concluded."""
    page = reverse("assessments:dossier", args=[world.dossiers["home", what].uuid])
    at_home = {person for person in EVERYBODY if person[1] in {"own", "successor province"}}
    opened = {person for person in at_home if world.client(person).head(page).status_code == 200}
    assert opened == readers(Status(what))


def test_the_querysets_give_everybody_exactly_what_is_theirs(world: World) -> None:
    day = timezone.localdate()
    for person, user in world.people.items():
        seen = set(Dossier.objects.visible_to(user, day))
        assert seen == {
            dossier for (area, _), dossier in world.dossiers.items() if person in readers(Status(dossier.status), area)
        }, person
        kept = Attachment.objects.filter(paper__in=Paper.objects.visible_to(user, day)).values_list("name", flat=True)
        files = {*Evidence.objects.visible_to(user, day).values_list("name", flat=True), *kept}
        assert files == {name for name, may in world.secrets.items() if name.endswith(".pdf") and person in may}, person
        proposals = set(Proposal.objects.visible_to(user, day).values_list("submission_number", flat=True))
        assert {number for number in proposals if number in world.secrets} == {
            number for number, may in world.secrets.items() if "/TTr" in number and person in may
        }, person
        decisions = set(Decision.objects.visible_to(user, day))
        for key, decision in world.decisions.items():
            area, is_issued = key.partition(",")[0], decision.is_issued
            assert (decision in decisions) is (person in decision_readers(area, is_issued=is_issued)), (person, key)


@pytest.mark.parametrize("what", ["draft", "submitted", "appraising", "returned", "concluded", "recognised"])
@pytest.mark.parametrize("is_sensitive", [False, True])
def test_a_file_is_judged_by_its_dossier_and_by_what_it_tells(world: World, what: str, is_sensitive: bool) -> None:
    file = world.evidence[what, is_sensitive]
    page = reverse("assessments:evidence", args=[file.uuid])
    may_read = world.secrets[file.name]
    for person in {who for who in EVERYBODY if who[1] in {"own", "successor province"}}:
        answer = Answer.of(world.client(person).get(page, headers={"Range": "bytes=0-3"}))
        # What is sealed is sent whole, and at once only to the commune's head; everybody else is asked why.
        at_once = {("commune_head", "own")} if is_sensitive else may_read
        found = {True: 200 if is_sensitive else 206, False: 302}[person in at_once]
        assert answer.status == (found if person in may_read else 404), person
        assert ("%PDF" in answer.body) is (person in may_read & at_once), person


def test_opening_a_sensitive_file_is_recorded_with_the_role_that_opened_it(world: World) -> None:
    """The editor at home serves a dozen communes; only the one of this dossier counts."""
    file = world.evidence["appraising", True]
    page = reverse("assessments:evidence", args=[file.uuid])
    for role, unit in ((EDITOR, file.dossier.commune), (APPRAISER, world.home.deciding)):
        user, at = world.people[role, "own"], timezone.now()
        if not services.may_open(file, by=user, at=at):
            services.open_evidence(evidence=file, reason="Thẩm định mục này.", by=user, at=at)
        Answer.of(world.client((role, "own")).get(page))
        event = AuditEvent.objects.latest("seq")
        assert (event.action, event.actor_role) == ("read_sensitive_evidence", f"{Role(role).label}, {unit.name}")


def test_a_search_finds_nothing_of_others(world: World) -> None:
    """Typing the very code, or the address of another area's unit, brings nothing to light."""
    listed = reverse("assessments:dossiers")
    foreign = world.dossiers["abroad", "recognised"]
    for role in Role:
        person = (role.value, "own")
        for query in ({"q": foreign.code}, {"don-vi": str(foreign.commune.parent.uuid)}, {"q": foreign.commune.name}):
            answer = Answer.of(world.client(person).get(listed, query))
            assert answer.status == 200
            assert str(foreign.uuid) not in answer.body, person


# ---- what changes between two clicks -----------------------------------------------------------------------------
def test_an_ended_role_is_gone_at_the_next_click(world: World) -> None:
    client = world.client(("appraiser", "own"))
    page = reverse("assessments:dossier", args=[world.dossiers["home", "submitted"].uuid])
    assert client.get(page).status_code == 200

    yesterday = timezone.localdate() - timedelta(days=1)
    RoleAssignment.objects.filter(user=world.people["appraiser", "own"]).update(valid_to=yesterday)

    assert client.get(page).status_code == 404


def test_a_role_counts_to_the_end_of_its_last_day(world: World) -> None:
    client = world.client(("appraiser", "own"))
    page = reverse("assessments:dossier", args=[world.dossiers["home", "submitted"].uuid])

    RoleAssignment.objects.filter(user=world.people["appraiser", "own"]).update(valid_to=timezone.localdate())

    assert client.get(page).status_code == 200


def test_a_deactivated_person_is_signed_out_at_the_next_click(world: World) -> None:
    client = world.client(("appraiser", "own"))
    page = reverse("assessments:dossier", args=[world.dossiers["home", "submitted"].uuid])
    assert client.get(page).status_code == 200

    User.objects.filter(pk=world.people["appraiser", "own"].pk).update(is_active=False)

    response = client.get(page)
    assert (response.status_code, response.headers["Location"]) == (302, f"{reverse('account_login')}?next={page}")


def test_a_new_role_counts_at_the_next_click_for_its_unit_only(world: World) -> None:
    person = ("system_admin", "own")
    client = world.client(person)
    here = reverse("assessments:dossier", args=[world.dossiers["home", "submitted"].uuid])
    there = reverse("assessments:dossier", args=[world.dossiers["neighbour", "concluded"].uuid])
    assert client.get(here).status_code == 404

    RoleAssignmentFactory(user=world.people[person], role=Role.APPRAISER, unit=world.home.deciding)

    assert [client.get(page).status_code for page in (here, there)] == [200, 404]


def test_a_transfer_to_another_unit_counts_at_the_next_click(world: World) -> None:
    """One session, three requests; only the row of the assignment changes between them (SECURITY.md Z-05)."""
    client = world.client(("appraiser", "own"))
    here = reverse("assessments:dossier", args=[world.dossiers["home", "submitted"].uuid])
    there = reverse("assessments:dossier", args=[world.dossiers["neighbour", "concluded"].uuid])
    assert [client.get(page).status_code for page in (here, there)] == [200, 404]

    RoleAssignment.objects.filter(user=world.people["appraiser", "own"]).update(unit=world.neighbour.deciding)

    assert [client.get(page).status_code for page in (here, there)] == [404, 200]


def test_a_role_at_a_unit_that_has_ended_still_serves_that_units_periods(world: World) -> None:
    """Tháp Mười ended on 30/06/2025; its appraiser finishes the dossiers of 2024, and has no say in those of 2026."""
    home, successor = world.home, world.successor
    assert home.deciding.valid_to is not None
    assert home.deciding.valid_to < timezone.localdate()
    client = world.client(("appraiser", "own"))
    old, new = world.dossiers["home", "submitted"], world.dossiers["successor", "submitted"]
    assert (old.period.year, new.period.year) == (2024, 2026)
    assert new.appraising_unit == successor.province

    answers = [client.get(reverse("assessments:dossier", args=[dossier.uuid])).status_code for dossier in (old, new)]

    assert answers == [200, 404]
