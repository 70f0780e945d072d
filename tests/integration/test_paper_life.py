"""The life of a paper: drafted, signed, numbered, issued, each by somebody else; what was issued never changes."""

import datetime as dt
from collections.abc import Callable
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, models, transaction
from django.db.models import F
from django.utils import timezone
from pypdf import PdfReader

from assessments import services as assessments
from assessments.models import Decision, Dossier
from assessments.workflow import Status
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.models import AuditEvent
from communes.models import Role, RoleAssignment, User
from papers import services
from papers.filling import FILLERS, content_of
from papers.kinds import Kind
from papers.models import Attachment, Paper, Register, State
from papers.rendering.comparing import Match
from papers.services.signatures import Integrity
from papers.services.signatures import from_json as reports_from_json
from papers.structure import Certificate, Content, from_json
from tests import signing
from tests.factories import (
    ZERO_IN_3,
    Place,
    RoleAssignmentFactory,
    approved,
    dossier_in,
    drafted,
    issued_paper,
    made,
    make_place,
    numbered,
    pdf_file,
    sent_out,
    signed,
    user_with,
)
from tests.fillers import TINY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny_papers")]


@pytest.fixture
def place() -> Place:
    return make_place(3)


@pytest.fixture
def decision(place: Place) -> Decision:
    return approved([dossier_in(Status.CONCLUDED, place)], place)


def told(paper: Paper) -> list[str]:
    return list(AuditEvent.objects.about(paper).order_by("seq").values_list("action", flat=True))


def text_of(path: str) -> str:
    reader = PdfReader(settings.MEDIA_ROOT / path)
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


# ---- the whole life ----------------------------------------------------------------------------------------------
def test_a_paper_goes_from_draft_to_bytes_by_four_people(place: Place, decision: Decision) -> None:
    paper = drafted(decision, place)
    assert (paper.state, paper.unit, paper.symbol) == (State.DRAFT, place.deciding, "QĐ-UBND")
    assert len(paper.code) == 10
    paper = signed(paper, place)
    assert (paper.state, paper.signer) == (State.SIGNED, place.leader)
    frozen = from_json(paper.content or {})
    assert isinstance(frozen, Content)
    assert frozen.signatures[0].name == place.leader.full_name
    paper = numbered(paper, place, "0045")
    assert (paper.state, paper.full_number, paper.numbered_by) == (State.NUMBERED, "45/QĐ-UBND", place.clerk)
    paper = sent_out(paper, place)
    assert (paper.state, paper.issued_by) == (State.ISSUED, place.clerk)
    for path, digest in ((paper.pdf_path, paper.pdf_sha256), (paper.docx_path, paper.docx_sha256)):
        assert sha256((settings.MEDIA_ROOT / path).read_bytes()).hexdigest() == digest
    assert "45/QĐ-UBND" in text_of(paper.pdf_path).replace(" ", "")
    assert paper.pdf_size == (settings.MEDIA_ROOT / paper.pdf_path).stat().st_size
    assert told(paper) == ["draft_paper", "sign_paper", "number_paper", "issue_paper"]


def test_issuing_the_paper_of_a_decision_moves_its_dossiers_and_enters_its_certificates(place: Place) -> None:
    dossiers = [dossier_in(Status.CONCLUDED, place, index) for index in (0, 1)]
    refused = dossier_in(Status.CONCLUDED, place, 2, answers=ZERO_IN_3)
    paper = issued_paper([*dossiers, refused], place, "45")
    decision = Decision.objects.get()
    assert (decision.full_number, decision.issued_on, decision.numbered_by) == (
        "45/QĐ-UBND",
        paper.issued_on,
        place.clerk,
    )
    assert [Dossier.objects.get(pk=row.pk).status for row in (*dossiers, refused)] == [
        Status.RECOGNISED,
        Status.RECOGNISED,
        Status.REFUSED,
    ]
    certificates = Paper.objects.filter(kind=Kind.CERTIFICATE).order_by("register_number")
    assert [
        (row.item.commune_name, row.register_number, row.state, row.signer, row.issued_on, row.drafted_by)
        for row in certificates
        if row.item
    ] == [
        (place.communes[index].name, index + 1, State.NUMBERED, place.leader, paper.issued_on, None) for index in (0, 1)
    ]
    assert len({row.code for row in certificates} | {paper.code}) == 3
    frozen = from_json(certificates[1].content or {})
    assert isinstance(frozen, Certificate)
    assert (frozen.register_number, frozen.decision_reference) == ("2", "Quyết định số 45/QĐ-UBND")
    event = AuditEvent.objects.about(paper).get(action="issue_paper")
    assert event.after == {"number": "45/QĐ-UBND", "sha256": paper.pdf_sha256, "register_numbers": [1, 2]}


def test_the_worker_makes_the_bytes_of_a_certificate_once(place: Place) -> None:
    issued_paper([dossier_in(Status.CONCLUDED, place)], place)
    waiting = Paper.objects.get(kind=Kind.CERTIFICATE)
    first = made(waiting, place)
    assert first.state == State.ISSUED
    # a worker that had rendered it as well meanwhile
    late = services.issue_prepared(paper=waiting, pdf=b"other", docx=b"", at=place.later())
    assert (late.issued_at, late.pdf_sha256) == (first.issued_at, first.pdf_sha256)
    assert told(first) == ["issue_paper"]


def test_a_refused_commune_is_told_by_a_notice_that_the_office_drafts(place: Place) -> None:
    dossiers = [dossier_in(Status.CONCLUDED, place), dossier_in(Status.CONCLUDED, place, 1, answers=ZERO_IN_3)]
    paper = issued_paper(dossiers, place)
    assert paper.decision is not None
    good, bad = paper.decision.items.order_by("position")
    notice = services.draft(kind=Kind.REFUSAL, item=bad, by=place.appraiser, at=place.later())
    assert (notice.unit, notice.commune, notice.symbol) == (place.deciding, place.communes[1], "TB-UBND")
    with pytest.raises(Refused, match=r"được công nhận nên không có thông báo không công nhận\.$"):
        services.draft(kind=Kind.REFUSAL, item=good, by=place.appraiser, at=place.later())
    with pytest.raises(Refused, match=r"^Giấy công nhận được lập tự động"):
        services.draft(kind=Kind.CERTIFICATE, item=good, by=place.appraiser, at=place.later())


# ---- drafting ----------------------------------------------------------------------------------------------------
def test_asked_twice_it_is_one_draft(place: Place, decision: Decision) -> None:
    first, second = drafted(decision, place), drafted(decision, place)
    assert first.pk == second.pk
    assert told(first) == ["draft_paper"]
    assert drafted(decision, place).pk == sent_out(numbered(signed(first, place), place), place).pk


def test_the_leader_who_begins_the_paper_of_an_approved_decision_has_not_written_it(
    place: Place, decision: Decision
) -> None:
    paper = services.draft(kind=Kind.DECISION, decision=decision, by=place.leader, at=place.later())
    assert paper.drafted_by is None
    event = AuditEvent.objects.about(paper).get()
    assert (event.action, event.actor_role) == ("draft_paper", f"{Role.LEADER.label}, {place.deciding.name}")
    assert signed(paper, place).state == State.SIGNED


@pytest.mark.parametrize(
    ("kind", "who"),
    [
        (Kind.SELF_ASSESSMENT, "editor"),
        (Kind.RECEIPT, "appraiser"),
        (Kind.SUBMISSION, "appraiser"),
        (Kind.RESULT_REPORT, "appraiser"),
        (Kind.PROVINCE_REPORT, "province_staff"),
    ],
)
def test_each_desk_drafts_its_own_papers(place: Place, decision: Decision, kind: Kind, who: str) -> None:
    about: dict[str, Any] = {
        Kind.SELF_ASSESSMENT: {"dossier": Dossier.objects.get()},
        Kind.RECEIPT: {"dossier": Dossier.objects.get()},
        Kind.SUBMISSION: {"proposal": decision.proposal},
        Kind.RESULT_REPORT: {"period": place.period, "unit": place.deciding},
        Kind.PROVINCE_REPORT: {"period": place.period},
    }[kind]
    people = {"editor": place.editors[0], "appraiser": place.appraiser, "province_staff": place.province_staff}
    paper = services.draft(kind=kind, **about, by=people[who], at=place.later())
    assert paper.drafted_by == people[who]
    for name, other in people.items():
        if name != who:
            with pytest.raises(Refused):
                services.draft(kind=kind, **about, by=other, at=place.later())


def test_nobody_drafts_about_what_they_may_not_see(place: Place) -> None:
    stranger = make_place()
    with pytest.raises(Refused, match=r"^Không tìm thấy nội dung này trong phạm vi của đơn vị\.$"):
        services.draft(
            kind=Kind.SELF_ASSESSMENT,
            dossier=dossier_in(Status.DRAFT, place),
            by=stranger.editors[0],
            at=place.later(),
        )


def test_passages_are_reworded_until_the_signature(place: Place, decision: Decision) -> None:
    paper = drafted(decision, place)
    reworded = services.reword(
        paper_id=paper.pk, version=1, edits={"opening": " Kính gửi xã. "}, by=place.head_of_office, at=place.later()
    )
    assert (reworded.edits, reworded.version) == ({"opening": "Kính gửi xã."}, 2)
    same = services.reword(
        paper_id=paper.pk, version=2, edits={"opening": "Kính gửi các đơn vị."}, by=place.appraiser, at=place.later()
    )
    assert same.edits == {}
    with pytest.raises(Refused, match=r"^Đoạn văn này không có trong văn bản"):
        services.reword(paper_id=paper.pk, version=3, edits={"number": "1"}, by=place.appraiser, at=place.later())
    with pytest.raises(Refused, match=r"^Đoạn «Mở đầu» dài quá 10000 ký tự"):
        services.reword(
            paper_id=paper.pk, version=3, edits={"opening": "a" * 10_001}, by=place.appraiser, at=place.later()
        )
    signed(same, place)
    with pytest.raises(Stale, match="phải ở tình trạng «dự thảo»"):
        services.reword(paper_id=paper.pk, version=4, edits={"opening": "b"}, by=place.appraiser, at=place.later())


def test_a_dropped_draft_makes_room_for_another(place: Place, decision: Decision) -> None:
    first = drafted(decision, place)
    services.drop(paper_id=first.pk, version=1, by=place.appraiser, at=place.later())
    second = signed(drafted(decision, place), place)
    assert second.pk != first.pk
    with pytest.raises(Refused, match="Việc này dành cho Lãnh đạo"):
        services.drop(paper_id=second.pk, version=2, by=place.appraiser, at=place.later())
    assert services.drop(paper_id=second.pk, version=2, by=place.leader, at=place.later()).state == State.DROPPED
    third = numbered(signed(drafted(decision, place), place), place)
    with pytest.raises(Stale, match="đang ở tình trạng «đã vào số, chờ phát hành»"):
        services.drop(paper_id=third.pk, version=3, by=place.leader, at=place.later())


# ---- signing -----------------------------------------------------------------------------------------------------
def test_who_drafted_does_not_sign(place: Place) -> None:
    dossier = dossier_in(Status.SUBMITTED, place)
    paper = services.draft(kind=Kind.RECEIPT, dossier=dossier, by=place.head_of_office, at=place.later())
    with pytest.raises(Refused, match=r"^Người soạn văn bản không tự ký văn bản đó\."):
        services.sign(paper_id=paper.pk, version=1, by=place.head_of_office, at=place.later())
    with pytest.raises(Refused, match=r"^Việc này dành cho Trưởng phòng"):
        services.sign(paper_id=paper.pk, version=1, by=place.appraiser, at=place.later())


def test_a_decision_is_signed_by_who_approved_it(place: Place, decision: Decision) -> None:
    deputy = user_with(Role.LEADER, place.deciding)
    paper = drafted(decision, place)
    with pytest.raises(Refused, match=rf"^Quyết định này do đồng chí {place.leader.full_name} duyệt\."):
        services.sign(paper_id=paper.pk, version=1, by=deputy, at=place.later())


def successor_of(place: Place) -> User:
    """The leader who approved has left office at the end of October, and another holds it."""
    RoleAssignment.objects.filter(user=place.leader).update(valid_to=dt.date(2024, 10, 31))
    successor: User = user_with(Role.LEADER, place.deciding)
    return successor


def test_where_who_approved_has_left_office_their_successor_signs_and_answers_for_it(
    place: Place, decision: Decision
) -> None:
    paper = drafted(decision, place)
    successor = successor_of(place)
    services.sign(paper_id=paper.pk, version=1, by=successor, at=place.later())
    paper.refresh_from_db()
    decision.refresh_from_db()
    assert (paper.signer, decision.approved_by, decision.signer_name) == (successor, successor, successor.full_name)
    told = AuditEvent.objects.about(decision).get(action="take_over_decision")
    assert (told.before, told.after) == ({"signer": place.leader.full_name}, {"signer": successor.full_name})
    sent_out(numbered(paper, place), place)
    certificate = from_json(Paper.objects.get(kind=Kind.CERTIFICATE).content or {})
    assert isinstance(certificate, Certificate)
    assert certificate.signature.name == successor.full_name


def test_the_successor_may_have_signed_by_hand(place: Place, decision: Decision) -> None:
    paper = drafted(decision, place)
    successor = successor_of(place)
    assert entered(paper, place, signer_id=successor.pk).signer == successor
    decision.refresh_from_db()
    assert decision.approved_by == successor


def test_a_successor_who_proposed_a_decision_does_not_answer_for_it(place: Place, decision: Decision) -> None:
    paper = drafted(decision, place)
    successor_of(place)
    promoted = User.objects.get(pk=place.head_of_office.pk)
    RoleAssignmentFactory(user=promoted, role=Role.LEADER, unit=place.deciding)
    with pytest.raises(Refused, match=r"^Người đã trình hồ sơ không được quyết định hồ sơ đó\."):
        services.sign(paper_id=paper.pk, version=1, by=promoted, at=place.later())
    decision.refresh_from_db()
    paper.refresh_from_db()
    assert (decision.approved_by, paper.state) == (place.leader, State.DRAFT)


def test_what_lacks_a_part_is_not_signed(place: Place, decision: Decision, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(paper: Paper) -> Content:
        raise Refused("Chưa có thành phần họp.")

    paper = drafted(decision, place)
    monkeypatch.setitem(FILLERS, Kind.DECISION, type(TINY[Kind.DECISION])(nothing))
    with pytest.raises(Refused, match=r"^Chưa có thành phần họp\.$"):
        signed(paper, place)
    paper.refresh_from_db()
    assert (paper.state, paper.content) == (State.DRAFT, None)


def entered(paper: Paper, place: Place, **changes: Any) -> Paper:
    at = place.later()
    given = {
        "paper_id": paper.pk,
        "version": paper.version,
        "signer_id": place.leader.pk,
        "signed_on": timezone.localdate(at),
        "scan": pdf_file("ban-ky.pdf"),
        "by": place.clerk,
        "at": at,
    }
    return services.enter_signed(**(given | changes))


def test_what_the_leader_signed_by_hand_is_entered_with_its_scan(place: Place, decision: Decision) -> None:
    paper = entered(drafted(decision, place), place)
    assert (paper.state, paper.signer, paper.signed_on_paper_entered_by) == (State.SIGNED, place.leader, place.clerk)
    scan = Attachment.objects.get()
    assert (scan.paper, scan.kind, scan.name) == (paper, Attachment.Kind.SCAN, "ban-ky.pdf")
    assert (settings.MEDIA_ROOT / scan.path).exists()
    event = AuditEvent.objects.about(paper).get(action="enter_signed_paper")
    assert (event.actor_name, event.after["signer"], event.after["scan"]) == (
        place.clerk.full_name,
        place.leader.full_name,
        scan.sha256,
    )
    assert sent_out(numbered(paper, place), place).state == State.ISSUED


def test_what_was_signed_with_a_tool_of_ones_own_is_entered_with_its_signatures(
    place: Place, decision: Decision
) -> None:
    file = SimpleUploadedFile("ban-ky-so.pdf", signing.signed(signing.plain_pdf(), signing.signer("Lãnh Đạo Giả Định")))
    paper = entered(drafted(decision, place), place, scan=file)
    row = Attachment.objects.get()
    assert (row.paper, row.kind, row.match) == (paper, Attachment.Kind.SIGNED_PDF, Match.DIFFERS)
    (report,) = reports_from_json(row.signatures)
    assert (report.signer, report.integrity) == ("Lãnh Đạo Giả Định", Integrity.WHOLE)


def tomorrow(place: Place) -> dict[str, object]:
    return {"signed_on": timezone.localdate(place.at) + dt.timedelta(days=1)}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda place: {"signer_id": place.appraiser.pk}, "không giữ thẩm quyền ký"),
        (lambda place: {"signer_id": 0}, "không giữ thẩm quyền ký"),
        (lambda place: {"signed_on": dt.date(1999, 12, 31)}, "không giữ thẩm quyền ký .* vào ngày 31/12/1999"),
        (tomorrow, "^Ngày ký không được sau hôm nay"),
        (lambda place: {"signed_on": dt.date(2024, 10, 1)}, "^Ngày ký không được trước ngày duyệt quyết định"),
        (lambda place: {"by": place.appraiser}, "^Việc này dành cho Văn thư"),
        (lambda place: {"scan": SimpleUploadedFile("a.exe", b"MZ")}, "^Không nhận loại tệp"),
    ],
)
def test_a_signature_by_hand_is_judged(
    place: Place, decision: Decision, wrong: Callable[[Place], dict[str, Any]], sentence: str
) -> None:
    paper = drafted(decision, place)
    with pytest.raises(Refused, match=sentence):
        entered(paper, place, **wrong(place))
    paper.refresh_from_db()
    assert (paper.state, Attachment.objects.count()) == (State.DRAFT, 0)


def test_a_leader_who_has_left_since_has_signed_all_the_same(place: Place, decision: Decision) -> None:
    paper = drafted(decision, place)
    day = timezone.localdate(place.later())
    RoleAssignment.objects.filter(user=place.leader).update(valid_to=day)
    User.objects.filter(pk=place.leader.pk).update(is_active=False)
    assert entered(paper, place, signed_on=day).signer == place.leader


def test_a_decision_signed_by_hand_before_anybody_asked_for_its_paper_is_entered(place: Place) -> None:
    """Printed from the decision's page and signed on the day of the approval, the leader's last one."""
    decision = approved([dossier_in(Status.CONCLUDED, place)], place)
    day = timezone.localdate(place.at)
    RoleAssignment.objects.filter(user=place.leader).update(valid_to=day)
    place.later(72)
    paper = entered(drafted(decision, place), place, signed_on=day)
    assert (paper.signer, timezone.localdate(paper.signed_at)) == (place.leader, day)


def test_another_paper_is_not_signed_before_it_is_written(place: Place) -> None:
    report = services.draft(
        kind=Kind.RESULT_REPORT, period=place.period, unit=place.deciding, by=place.appraiser, at=place.later()
    )
    with pytest.raises(Refused, match=r"^Ngày ký không được trước ngày soạn văn bản \(01/11/2024\)"):
        entered(report, place, signed_on=dt.date(2024, 10, 31))


# ---- numbering ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("typed", ["", "abc", "-5", "0", "1.234", "12a", "1234567", "٣"])
def test_a_number_is_digits(place: Place, decision: Decision, typed: str) -> None:
    paper = signed(drafted(decision, place), place)
    with pytest.raises(Refused, match=r"^Nhập số văn bản bằng chữ số, ví dụ 1234 \(ký hiệu /QĐ-UBND có sẵn\)\.$"):
        services.number(
            paper_id=paper.pk,
            version=2,
            number=typed,
            issued_on=place.at.date(),
            by=place.clerk,
            at=place.later(),
        )


def test_the_day_of_a_paper_lies_between_its_signature_and_today(place: Place, decision: Decision) -> None:
    paper = signed(drafted(decision, place), place)
    at = place.later()
    today = timezone.localdate(at)
    for days, sentence in ((1, "^Ngày văn bản không được sau hôm nay"), (-1, "^Ngày văn bản không được trước ngày ký")):
        with pytest.raises(Refused, match=sentence):
            services.number(
                paper_id=paper.pk,
                version=2,
                number="5",
                issued_on=today + dt.timedelta(days=days),
                by=place.clerk,
                at=at,
            )


def test_the_signer_still_has_authority_on_the_day_of_the_paper(place: Place, decision: Decision) -> None:
    paper = signed(drafted(decision, place), place)
    RoleAssignment.objects.filter(user=place.leader).update(valid_to=timezone.localdate(place.at))
    place.later(48)
    with pytest.raises(Refused, match=rf"^{place.leader.full_name} không giữ thẩm quyền ký vào ngày"):
        numbered(paper, place, "5")


def test_who_signed_does_not_number(place: Place) -> None:
    both = user_with(Role.LEADER, place.deciding)
    RoleAssignment.objects.create(user=both, role=Role.CLERK, unit=place.deciding, valid_from=dt.date(2000, 1, 1))
    place.leader = both
    paper = signed(drafted(approved([dossier_in(Status.CONCLUDED, place)], place), place), place)
    with pytest.raises(Refused, match=r"^Người ký văn bản không tự vào số văn bản đó\."):
        services.number(paper_id=paper.pk, version=2, number="5", issued_on=place.at.date(), by=both, at=place.later())


def test_the_audit_names_the_role_that_gives_the_right_where_somebody_holds_two(
    place: Place, decision: Decision
) -> None:
    """An appraiser numbers the office's papers, and no decision."""
    RoleAssignmentFactory(user=place.clerk, role=Role.APPRAISER, unit=place.deciding)
    paper = numbered(signed(drafted(decision, place), place), place)
    event = AuditEvent.objects.about(paper).get(action="number_paper")
    assert event.actor_role == f"{Role.CLERK.label}, {place.deciding.name}"


def test_a_number_serves_once_a_year_for_a_form_of_a_desk(place: Place) -> None:
    issued_paper([dossier_in(Status.CONCLUDED, place)], place, "45")
    second = signed(drafted(approved([dossier_in(Status.CONCLUDED, place, 1)], place), place), place)
    with pytest.raises(Refused, match=r"^Số 45/QĐ-UBND năm 2024 đã dùng cho văn bản khác\."):
        numbered(second, place, "45")
    report = services.draft(
        kind=Kind.RESULT_REPORT, period=place.period, unit=place.deciding, by=place.appraiser, at=place.later()
    )
    assert numbered(signed(report, place), place, "45").full_number == "45/BC-UBND"
    place.at = place.at.replace(year=2025)
    assert numbered(second, place, "45").number_year == 2025


def test_two_desks_of_one_agency_number_from_one_register() -> None:
    """Without districts Sở Y tế appraises, and reports for its province: both are «BC-SYT»."""
    place = make_place(year=2026, new=True)
    at = place.later()
    of_office = services.draft(
        kind=Kind.APPRAISAL_REPORT, dossier=dossier_in(Status.CONCLUDED, place), by=place.appraiser, at=at
    )
    of_province = services.draft(kind=Kind.PROVINCE_REPORT, period=place.period, by=place.province_staff, at=at)
    first, second = (
        services.sign(paper_id=paper.pk, version=1, by=place.head_of_office, at=place.later())
        for paper in (of_office, of_province)
    )
    assert numbered(first, place, "15").full_number == "15/BC-SYT"
    with pytest.raises(Refused, match=r"^Số 15/BC-SYT năm 2026 đã dùng cho văn bản khác\."):
        numbered(second, place, "15")
    with pytest.raises(services.Questionable, match=r"^Số 999 cách xa số gần nhất đã cấp trong năm \(15\)\."):
        numbered(second, place, "999", is_checked=False)
    assert numbered(second, place, "16").full_number == "16/BC-SYT"


def test_a_decision_numbered_before_papers_were_kept_keeps_its_number(place: Place) -> None:
    old = approved([dossier_in(Status.CONCLUDED, place)], place)
    at = place.later()
    assessments.issue_decision(
        decision_id=old.pk, version=1, number="45", issued_on=timezone.localdate(at), by=place.clerk, at=at
    )
    paper = signed(drafted(approved([dossier_in(Status.CONCLUDED, place, 1)], place), place), place)
    with pytest.raises(Refused, match=r"^Số 45/QĐ-UBND năm 2024 đã dùng cho văn bản khác\."):
        numbered(paper, place, "45")


@pytest.mark.parametrize(
    ("typed", "days", "doubt"),
    [
        ("99", 0, r"^Số 99 nhỏ hơn số 100 đã cấp ngày 11/11/2024 mà ngày lại muộn hơn\. Xem lại sổ văn bản\.$"),
        ("101", -1, r"^Số 101 lớn hơn số 100 đã cấp ngày 11/11/2024 mà ngày lại sớm hơn\."),
        ("98", -1, r"^Ngày 10/11/2024 sớm hơn ngày của văn bản vào số gần nhất \(11/11/2024\)\."),
        ("601", 0, r"^Số 601 cách xa số gần nhất đã cấp trong năm \(100\)\."),
    ],
)
def test_what_looks_wrong_beside_the_register_is_asked_about(place: Place, typed: str, days: int, doubt: str) -> None:
    """The last paper, 100, is of 11/11; the new one was signed on 10/11."""
    drafts = [drafted(approved([dossier_in(Status.CONCLUDED, place, index)], place), place) for index in (0, 1)]
    place.at = dt.datetime(2024, 11, 10, 2, tzinfo=dt.UTC)
    first, second = (signed(paper, place) for paper in drafts)
    place.at = dt.datetime(2024, 11, 11, 2, tzinfo=dt.UTC)
    numbered(first, place, "100", is_checked=False)
    place.at = dt.datetime(2024, 11, 12, 2, tzinfo=dt.UTC)
    given: dict[str, Any] = {
        "paper_id": second.pk,
        "version": 2,
        "number": typed,
        "issued_on": dt.date(2024, 11, 12 if days == 0 else 10),
        "by": place.clerk,
        "at": place.later(),
    }
    with pytest.raises(services.Questionable, match=doubt):
        services.number(**given)
    paper = services.number(**given, is_checked=True)
    assert paper.number == typed
    assert AuditEvent.objects.about(paper).get(action="number_paper").after["checked"].startswith(("Số", "Ngày"))


def test_the_first_number_of_a_year_and_the_next_one_are_asked_nothing(place: Place) -> None:
    drafts = [drafted(approved([dossier_in(Status.CONCLUDED, place, index)], place), place) for index in (0, 1)]
    assert numbered(signed(drafts[0], place), place, "4321", is_checked=False).number == "4321"
    place.later(24)
    assert numbered(signed(drafts[1], place), place, "4400", is_checked=False).number == "4400"


# ---- what was issued ---------------------------------------------------------------------------------------------
def test_nothing_changes_an_issued_paper(place: Place) -> None:
    paper = issued_paper([dossier_in(Status.CONCLUDED, place)], place)
    before = Paper.objects.filter(pk=paper.pk).values().get()
    version, at = paper.version, place.later()
    day = timezone.localdate(at)
    attempts: list[Callable[[], object]] = [
        lambda: services.reword(paper_id=paper.pk, version=version, edits={"opening": "x"}, by=place.appraiser, at=at),
        lambda: services.drop(paper_id=paper.pk, version=version, by=place.appraiser, at=at),
        lambda: services.sign(paper_id=paper.pk, version=version, by=place.leader, at=at),
        lambda: entered(paper, place),
        lambda: services.number(paper_id=paper.pk, version=version, number="7", issued_on=day, by=place.clerk, at=at),
        lambda: services.issue(paper_id=paper.pk, version=version, by=place.clerk, at=at),
    ]
    for attempt in attempts:
        with pytest.raises(Stale):
            attempt()
    services.issue_prepared(paper=paper, pdf=b"x", docx=b"y", at=at)
    assert Paper.objects.filter(pk=paper.pk).values().get() == before


def test_the_database_itself_keeps_an_issued_paper(place: Place) -> None:
    """Whatever somebody writes past the services; what changes nothing is let through, for it holds the row."""
    paper = issued_paper([dossier_in(Status.CONCLUDED, place)], place)
    rows = models.QuerySet(Paper).filter(pk=paper.pk)
    assert rows.update(state=F("state")) == 1
    for column in Paper._meta.concrete_fields:
        if column.primary_key or getattr(paper, column.attname) is None:
            continue
        with pytest.raises(IntegrityError, match="an issued paper is never changed"), transaction.atomic():
            rows.update(**{column.attname: other_than(getattr(paper, column.attname))})
    certificate = Paper.objects.get(kind=Kind.CERTIFICATE)  # in the register, its bytes not made yet
    for kept in (paper, certificate):
        with pytest.raises(IntegrityError, match="a numbered paper is never deleted"), transaction.atomic():
            models.QuerySet(Paper).filter(pk=kept.pk)._raw_delete(using="default")
    assert Paper.objects.filter(pk=certificate.pk).update(version=F("version") + 1) == 1


def other_than(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, dict):
        return {**value, "more": "x"}
    if isinstance(value, dt.date | dt.datetime):
        return value + dt.timedelta(days=1)
    if isinstance(value, UUID):
        return uuid4()
    return value + 1 if isinstance(value, int) else "x"


def test_an_issued_paper_prints_what_was_signed_whatever_became_of_the_data(place: Place, decision: Decision) -> None:
    paper = signed(drafted(decision, place), place)
    User.objects.filter(pk=place.leader.pk).update(full_name="Tên Khác")
    name = place.leader.full_name
    issued = sent_out(numbered(paper, place), place)
    assert name in text_of(issued.pdf_path)
    printed = content_of(issued)
    assert isinstance(printed, Content)
    assert (printed.signatures[0].name, printed.number, printed.issued_on) == (name, issued.number, issued.issued_on)


def test_a_flipped_byte_of_an_issued_file_is_found(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    paper = entered(drafted(approved([dossier_in(Status.CONCLUDED, place)], place), place), place)
    paper = sent_out(numbered(paper, place), place)
    call_command("verify_files")
    assert "4 tệp đều nguyên vẹn" in capsys.readouterr().out
    for path in (paper.pdf_path, paper.docx_path, Attachment.objects.get().path):
        file = settings.MEDIA_ROOT / path
        content = file.read_bytes()
        file.chmod(0o640)
        file.write_bytes(bytes([content[0] ^ 1]) + content[1:])
        with pytest.raises(CommandError):
            call_command("verify_files")
        file.write_bytes(content)
    call_command("verify_files")


def test_a_decision_issued_before_papers_were_kept_gets_its_bytes_and_moves_nothing(place: Place) -> None:
    """As the migration leaves it: numbered, without content of its own."""
    old = approved([dossier_in(Status.CONCLUDED, place)], place)
    at = place.later()
    day = timezone.localdate(at)
    assessments.issue_decision(decision_id=old.pk, version=1, number="45", issued_on=day, by=place.clerk, at=at)
    old.refresh_from_db()
    paper = services.life.new_paper(Kind.DECISION, old, by=None, at=at)
    paper.state, paper.number, paper.number_year, paper.issued_on = State.NUMBERED, "45", 2024, day
    paper.signer, paper.signed_at, paper.numbered_at = place.leader, at, at
    paper.save(force_insert=True)
    version = old.version
    issued = sent_out(paper, place)
    assert issued.state == State.ISSUED
    assert issued.content_sha256 == services.life.digest_of(issued.content or {})
    old.refresh_from_db()
    assert (old.version, Register.objects.count()) == (version, 0)
