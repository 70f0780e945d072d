"""The world that the browser finds: `python -m tests.browser.world FILE`, in a process of its own.

The demo's own stories and people, with other fates: communes that have not begun, for the story to be told through the
pages, and one dossier in every state, to be looked at. Everything goes through the services. FILE gets, as JSON, the
addresses of what was built and a running session for everybody, so that not each of a hundred pages begins with a
sign-in (the story does sign in, with name and password).

A process of its own, because the browser's driver runs an event loop in the tests' thread and Django's database layer
refuses to work inside one.
"""

import json
import os
import sys
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "childfriendly.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402
from django.db.models import Q  # noqa: E402
from django.utils import timezone  # noqa: E402

from assessments import services  # noqa: E402
from assessments.models import Decision, Dossier, Evidence, Proposal, Result  # noqa: E402
from assessments.services.files import examine, keep  # noqa: E402
from assessments.workflow import Action  # noqa: E402
from childfriendly.core.jobs import run  # noqa: E402
from childfriendly.core.sheets import Column, table_workbook  # noqa: E402
from communes.acting import give_acting, roles_to_stand_in_for  # noqa: E402
from communes.forms import assignment_key  # noqa: E402
from communes.imports import service as imports  # noqa: E402
from communes.imports.plans import HEADS, PEOPLE_SHEET  # noqa: E402
from communes.models import Import, Role, Unit, User, within  # noqa: E402
from criteria.models import Period  # noqa: E402
from papers import services as papers  # noqa: E402
from papers.filling.frozen import appraised_of  # noqa: E402
from papers.filling.improvements import improvements  # noqa: E402
from papers.jobs import ask_for_papers  # noqa: E402
from papers.kinds import Form, Kind  # noqa: E402
from papers.models import Paper, Seat  # noqa: E402
from papers.services.council import (  # noqa: E402
    Ballot,
    Chair,
    Record,
    begin_meeting,
    save_council,
    save_meeting,
)
from papers.structure import Content, Heading, Letterhead, Signature, to_json  # noqa: E402
from reports import demo, jobs  # noqa: E402
from reports.demo import Fate, Stage, Story  # noqa: E402
from tests.factories import Place  # noqa: E402
from tests.issued_papers import issued_paper  # noqa: E402
from tests.signing_in import signed_in  # noqa: E402

USED_NUMBER = "15"  # of a decision that each province's clerk has issued this year


def with_fates(story: Story, fates: Iterable[Fate]) -> Story:
    return replace(story, fates=dict(zip(story.fates, fates, strict=True)))


def told() -> list[tuple[Story, Stage]]:
    """The demo's stories, in its order: Kon Rẫy, Tam Đường, Tháp Mười, Đồng Tháp."""
    kon_ray, tam_duong, thap_muoi, dong_thap = demo.stories()
    return [
        (
            with_fates(
                kon_ray,
                [
                    Fate.RECOGNISED,
                    Fate.ZERO_3,
                    Fate.DRAFT,
                    Fate.SUBMITTED,
                    Fate.APPRAISING,
                    Fate.RETURNED,
                    Fate.CONCLUDED,
                ],
            ),
            Stage.DECIDED,
        ),
        (with_fates(tam_duong, [Fate.CONCLUDED] * 4 + [Fate.SUBMITTED, *[Fate.NOT_BEGUN] * 8]), Stage.APPRAISED),
        (
            with_fates(
                thap_muoi,
                [
                    *[Fate.RECOGNISED] * 2,
                    Fate.ZERO_3,  # beside the story with JavaScript
                    *[Fate.RECOGNISED] * 2,
                    Fate.NOT_BEGUN,  # decided below, under the number that is used
                    Fate.ZERO_5,  # beside the story without
                    *[Fate.RECOGNISED] * 4,
                    Fate.NOT_BEGUN,  # the story without JavaScript
                    Fate.NOT_BEGUN,  # the story with
                ],
            ),
            Stage.DRAFT,
        ),
        (with_fates(dong_thap, [Fate.NOT_BEGUN, Fate.ZERO_3, Fate.NOT_BEGUN, Fate.DRAFT]), Stage.DRAFT),
    ]


def user(name: str) -> User:
    return User.objects.get(username=name)


def decide_now(story: Story, commune: Unit) -> Decision:
    """One commune of the story from its first figure to a numbered decision, today."""
    now = timezone.now() - timedelta(hours=1)
    hurried = replace(
        story,
        fates={commune: Fate.RECOGNISED},
        decision_number=USED_NUMBER,
        late=frozenset(),
        aftermath=None,
        filled_at=now,
        submitted_at=now,
        appraised_at=now,
        proposed_at=now,
        approved_at=now,
        issued_at=timezone.localtime(now),
    )
    people = {(account.role, account.unit.pk): user(account.username) for account in demo.accounts(hurried)}
    period = Period.objects.get(province=story.province, year=story.year)
    teller = demo._Teller(hurried, period, people)
    teller.tell(commune, Fate.RECOGNISED, Stage.DECIDED, timedelta())
    teller.decide()
    return Decision.objects.get(number=USED_NUMBER, deciding_unit=story.acting_unit)


def propose(slug: str, dossiers: list[Dossier], number: str) -> Proposal:
    return services.propose(
        dossier_ids=[dossier.pk for dossier in dossiers],
        submission_number=number,
        submission_text="Kính trình lãnh đạo xem xét, quyết định.",
        minutes=demo.paper("bien-ban.pdf", "Biên bản họp hội đồng"),
        by=user(f"truongphong.{slug}"),
        at=timezone.now(),
    )


def papers_of_tam_duong(dossiers: list[Dossier]) -> dict[str, str]:
    """A proposal that waits, one that came back, a decision without its number; one dossier stays free."""
    now = timezone.now()
    waiting, returned, approved = (
        propose("tamduong", [dossier], f"{number}/TTr") for number, dossier in enumerate(dossiers[:3], start=31)
    )
    leader = user("lanhdao.tamduong")
    services.return_proposal(
        proposal_id=returned.pk, version=returned.version, reason="Biên bản chưa có chữ ký.", by=leader, at=now
    )
    draft = services.approve(proposal_id=approved.pk, version=approved.version, by=leader, at=now)
    paper = papers.draft(kind=Kind.DECISION, decision=draft, by=user("thamdinh.tamduong"), at=now)
    paper = papers.sign(paper_id=paper.pk, version=paper.version, by=leader, at=now)
    report = papers.draft(
        kind=Kind.RESULT_REPORT,
        period=draft.period,
        unit=draft.deciding_unit,
        by=user("thamdinh.tamduong"),
        at=now,
    )
    return {
        "paper_signed": str(paper.uuid),
        "paper_draft": str(report.uuid),
        "proposal_waiting": str(waiting.uuid),
        "proposal_returned": str(returned.uuid),
        "decision_draft": str(draft.uuid),
    }


def withdraw(dossier: Dossier) -> None:
    head = user(f"xa.{dossier.commune.code}.tamduong")
    services.perform(
        Action.WITHDRAW,
        dossier_id=dossier.pk,
        version=dossier.version,
        by=head,
        at=timezone.now(),
        reason="Số liệu của Trạm Y tế phải tính lại.",
    )


def acting() -> str:
    """The leader of Kon Rẫy has asked the clerk to act next month; the clerk's own pages stay what they are today."""
    leader, today = user("lanhdao.konray"), timezone.localdate()
    (held,) = roles_to_stand_in_for(leader, today)
    row = give_acting(
        held=held,
        to=user("vanthu.konray"),
        title="Phó Chủ tịch",
        valid_from=today + timedelta(days=30),
        valid_to=today + timedelta(days=40),
        document_number="12/GUQ-UBND",
        by=leader,
        at=timezone.now(),
    )
    return assignment_key(row)


def sensitive_file(code: str) -> Evidence:
    """On a dossier that is closed by now, so not through the service: the demo's people attach to criterion 1 only."""
    dossier = Dossier.objects.get(commune__code=code, period__year=2022)
    checked = examine(demo.paper("bien-ban-vu-viec.pdf", "Biên bản về một vụ việc"))
    path, scan = keep(checked, is_sensitive=True)
    return Evidence.objects.create(
        dossier=dossier,
        item="TC03.1",
        slot=0,
        name=checked.name,
        path=path,
        scan=scan,
        sha256=checked.sha256,
        sent_sha256=checked.sent_sha256,
        size=checked.size,
        content_type=checked.content_type,
        is_sensitive=True,
        uploaded_by=user(f"lap.{code}.konray"),
        uploaded_at=timezone.now(),
    )


def sensitive_papers() -> dict[str, str]:
    """A file about single children that nobody has asked for, and one that the inspector has opened in an emergency."""
    waiting, opened = sensitive_file("23491"), sensitive_file("23488")
    reason = "Kiểm tra đơn của phụ huynh gửi ngày hôm nay."
    services.open_evidence(evidence=opened, reason=reason, by=user("kiemtra.konray"), at=timezone.now())
    return {"sensitive": str(waiting.uuid), "opened": str(opened.uuid)}


def imported(rows: list[list[str]]) -> Import:
    """What the catalogue administrator of Kon Rẫy has filled in and uploaded."""
    content = table_workbook(PEOPLE_SHEET, [Column(head) for head in HEADS[Import.Kind.PEOPLE][1]], rows)
    upload = SimpleUploadedFile("nguoi-dung.xlsx", content)
    return imports.receive(kind=Import.Kind.PEOPLE, upload=upload, by=user("danhmuc.konray"), at=timezone.now())


def import_papers() -> dict[str, str]:
    """An upload to confirm, one with mistakes, and one whose temporary passwords wait to be fetched."""
    today, editor = timezone.localdate().strftime("%d/%m/%Y"), Role.COMMUNE_EDITOR.label
    good = imported(
        [
            ["Trần Thị Lan", "lan.konray", "23485", editor, "", today, ""],
            ["Lê Văn Minh", "minh.konray", "23488", Role.COMMUNE_HEAD.label, "Phó Chủ tịch", today, "31/12/2030"],
        ]
    )
    bad = imported(
        [
            ["", "lan.konray", "23485", editor, "", today, ""],
            ["Lê Văn Minh", "minh konray", "99999", "Chủ tịch xã", "", "31/02/2026", ""],
        ]
    )
    done = imported([["Phạm Văn Nam", "nam.konray", "23491", editor, "", today, ""]])
    run(str(imports.confirm_people(item=done, by=user("danhmuc.konray"), at=timezone.now()).uuid))
    return {"import_good": str(good.uuid), "import_bad": str(bad.uuid), "import_done": str(done.uuid)}


def job_papers(decision: Decision, period: Period) -> dict[str, str]:
    """Work that waits for a worker, and work that is done and has left a file."""
    now = timezone.now()
    waiting = jobs.ask_for_workbook(period, period.province, by=user("tinh.konray"), at=now)
    done = ask_for_papers(decision, by=user("vanthu.konray"), at=now)
    run(str(done.uuid))
    return {"job_waiting": str(waiting.uuid), "job_done": str(done.uuid)}


SEATED = (
    Chair("Nguyễn Văn Thử", "Phó Chủ tịch Ủy ban nhân dân xã", Seat.CHAIR),
    Chair("Trần Thị Mẫu", "Công chức Văn hóa - xã hội", Seat.SECRETARY),
    Chair("Lê Văn Ví Dụ", "Trưởng trạm Y tế", Seat.MEMBER),
)


def councils() -> dict[str, str]:
    """The council of a commune at work, about to meet; that of the office of Kon Rẫy, which has met."""
    papers = {}
    for name, what in (("lap.23485.konray", "commune"), ("thamdinh.konray", "office")):
        by, now = user(name), timezone.now() - timedelta(minutes=5)
        unit = by.role_assignments.get().unit
        own = Q(commune=unit) if what == "commune" else Q(appraising_unit=unit)
        period = Dossier.objects.filter(own).latest("period__year").period
        found = save_council(period=period, unit=unit, version=0, members=SEATED, document="", by=by, at=now)
        meeting = begin_meeting(council_id=found.pk, by=by, at=now)
        papers |= {f"council_{what}": f"{period.uuid}/{unit.uuid}", f"meeting_{what}": str(meeting.uuid)}
        if what == "office":
            record = Record(
                opened_at=now - timedelta(hours=2),
                ended_at=now - timedelta(hours=1),
                place="Phòng họp số 1",
                conclusion="Hội đồng thống nhất kết quả thẩm định.",
                absent={3: "Đi công tác"},
                ballots={dossier.pk: Ballot(2, 0, 0) for dossier in meeting.dossiers()},
            )
            save_meeting(meeting_id=meeting.pk, version=1, council_version=1, record=record, closes=True, by=by, at=now)
    return papers


def issuing(decision: Decision) -> Place:
    """Who issues papers below this decision, as far as a row tells; whoever they are."""
    return Place(
        period=decision.period,
        deciding=decision.deciding_unit,
        communes=[],
        editors=[],
        heads=[],
        appraiser=user("thamdinh.konray"),
        head_of_office=user("truongphong.konray"),
        leader=user("lanhdao.konray"),
        clerk=user("vanthu.konray"),
        province_staff=user("tinh.konray"),
        inspector=user("kiemtra.konray"),
        catalogue_admin=user("danhmuc.konray"),
        at=timezone.now() - timedelta(days=9),
    )


def begin_correction(paper: Paper, wrong: str, right: str, by: User) -> Paper:
    return papers.begin_correction(
        earlier_id=paper.pk,
        wrong=wrong,
        right=right,
        reason="Viết tắt không đúng thể thức.",
        is_reason_public=True,
        by=by,
        at=timezone.now(),
    )


def sign_and_number(paper: Paper, number: str, slug: str) -> Paper:
    now = timezone.now()
    paper = papers.sign(paper_id=paper.pk, version=paper.version, by=user(f"lanhdao.{slug}"), at=now)
    return papers.number(
        paper_id=paper.pk,
        version=paper.version,
        number=number,
        issued_on=timezone.localdate(now),
        by=user(f"vanthu.{slug}"),
        at=now,
    )


def later_papers(corrected: Decision, kept: Decision) -> dict[str, str]:
    """A decision that was corrected and may be followed further, its certificate, and a revocation of another decision
    that waits for its signature."""
    paper = Paper.objects.get(kind=Kind.DECISION, decision=corrected)
    letter = begin_correction(paper, "CT, các PCT UBND tỉnh", "Chủ tịch, các Phó Chủ tịch", user("thamdinh.dongthap"))
    letter = sign_and_number(letter, "7", "dongthap")
    now = timezone.now()
    papers.issue(paper_id=letter.pk, version=letter.version, by=user("vanthu.dongthap"), at=now)
    draft = papers.begin_revocation(
        earlier_id=Paper.objects.get(kind=Kind.DECISION, decision=kept).pk,
        item_ids=list(kept.items.values_list("pk", flat=True)),
        reason="Số liệu tiêm chủng đã báo cáo không đúng thực tế.",
        is_reason_public=True,
        by=user("thamdinh.thapmuoi"),
        at=now,
    )
    return {
        "paper_corrected": str(paper.uuid),
        "decision_corrected": str(corrected.uuid),
        "code_corrected": paper.code,
        "certificate_corrected": str(Paper.objects.get(kind=Kind.CERTIFICATE, item__decision=corrected).uuid),
        "revocation_draft": str(draft.uuid),
        "paper_kept": str(draft.earlier.uuid) if draft.earlier else "",
    }


def public_papers(revoked: Decision, kept: Decision) -> dict[str, str]:
    """Codes of a decision that was revoked, and of a certificate that is in force; the letter that corrects what
    revokes waits to be sent out."""
    paper = Paper.objects.get(kind=Kind.DECISION, decision=revoked)
    revocation = issued_paper(
        Kind.REVOCATION,
        issuing(revoked),
        earlier=paper,
        decision=revoked,
        items=revoked.items.filter(result=Result.RECOGNISED),
        reason="Số liệu tiêm chủng đã báo cáo không đúng thực tế.",
        is_reason_public=True,
    )
    item = kept.items.filter(result=Result.RECOGNISED)[0]
    certificate = Paper.objects.get(kind=Kind.CERTIFICATE, item=item)
    letter = begin_correction(revocation, "CT, các PCT UBND huyện", "Chủ tịch, các Phó", user("thamdinh.konray"))
    letter = sign_and_number(letter, "31", "konray")
    return {
        "code_revoked": paper.code,
        "code_certificate": certificate.code,
        "paper_revoked": str(paper.uuid),
        "letter_numbered": str(letter.uuid),
    }


def notice_of_last_period(old: Unit, period: Period, like: Dossier) -> dict[str, str]:
    """To a commune that was merged since: what it lost is what another dossier lost."""
    deciding = like.decision_item.decision
    printed = Content(
        form=Form.NOTICE,
        letterhead=Letterhead(body=f"Ủy ban nhân dân {old.parent.name}" if old.parent else "", place=old.name),
        symbol="TB-UBND",
        year=period.year,
        subject=f"Về việc không công nhận {old.name} phù hợp với trẻ em năm {period.year}",
        blocks=(Heading("III. NHỮNG NỘI DUNG CẦN CẢI THIỆN"), improvements(appraised_of(like))),
        signatures=(Signature(lines=("CHỦ TỊCH",), name="Người Ký Hư Cấu"),),
    )
    place = replace(issuing(deciding), deciding=old.parent or old, period=period)
    notice = issued_paper(Kind.REFUSAL, place, commune=old, content=to_json(printed), number="86")
    return {"notice": str(notice.uuid)}


def sessions() -> dict[str, str]:
    """A signed-in session for everybody of the demo."""
    keys = {}
    for person in User.objects.filter(is_demo=True):
        keys[person.username] = signed_in(person, ahead=3600).cookies[settings.SESSION_COOKIE_NAME].value
    return keys


def names() -> list[str]:
    """Proper names that a page may show, longest first: not all of them are Vietnamese words («Xã Đắk Pne»)."""
    provinces = list(Period.objects.values_list("province", flat=True))
    units = Unit.objects.filter(within(provinces))
    found = {
        *units.values_list("name", flat=True),
        *units.values_list("successions__successor__name", flat=True).exclude(successions=None),
        *User.objects.values_list("username", flat=True),
        "thap muoi",
        "konray",
    }  # the search, the upload
    return sorted(found, key=len, reverse=True)


def of_story(slug: str, stories: list[tuple[Story, Stage]]) -> Story:
    return next(story for story, _ in stories if story.slug == slug)


def build() -> dict[str, Any]:
    demo.check_demo_allowed()
    stories = told()
    for story, stage in stories:
        demo._build(story, stage)
    thap_muoi, dong_thap = of_story("thapmuoi", stories), of_story("dongthap", stories)
    of_thap_muoi = decide_now(thap_muoi, list(thap_muoi.fates)[5])
    of_dong_thap = decide_now(dong_thap, list(dong_thap.fates)[2])

    in_tam_duong = list(
        Dossier.objects.with_setting().filter(commune__in=of_story("tamduong", stories).fates).order_by("commune__code")
    )
    tam_duong = of_story("tamduong", stories)
    decide_now(tam_duong, list(tam_duong.fates)[8])  # for the story of a revocation
    papers = papers_of_tam_duong(in_tam_duong)
    withdraw(in_tam_duong[4])
    decision = Decision.objects.select_related("proposal", "period__province").get(number="412")
    papers |= {"decision_issued": str(decision.uuid), "proposal_approved": str(decision.proposal.uuid)}
    papers |= councils()
    papers |= public_papers(decision, of_thap_muoi)
    papers |= later_papers(of_dong_thap, of_thap_muoi)
    in_kon_ray = Dossier.objects.with_setting().get(commune__code="23482", period__year=2022)
    merged = next(unit for unit in thap_muoi.fates if unit.code == "30058")
    last_period = Period.objects.get(province=thap_muoi.province, year=thap_muoi.year)
    papers |= notice_of_last_period(merged, last_period, like=in_kon_ray)
    papers |= {"acting": acting()} | sensitive_papers() | import_papers() | job_papers(decision, decision.period)
    return {
        "password": settings.DEMO_PASSWORD,
        "used_number": USED_NUMBER,
        "sessions": sessions(),
        "names": names(),
        "communes": {story.slug: [[unit.code, unit.name] for unit in story.fates] for story, _ in stories},
        "dossiers": {
            f"{dossier.commune.code}.{dossier.period.year}": str(dossier.uuid)
            for dossier in Dossier.objects.with_setting()
        },
        "periods": {
            story.slug: str(Period.objects.get(province=story.province, year=story.year).uuid) for story, _ in stories
        },
        "papers": papers,
        "people": {person.username: str(person.uuid) for person in User.objects.all()},
    }


def main() -> None:
    call_command("migrate", interactive=False, verbosity=0)
    call_command("load_communes", verbosity=0)
    call_command("load_criteria", verbosity=0)
    with transaction.atomic():
        world = build()
    Path(sys.argv[1]).write_text(json.dumps(world, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
