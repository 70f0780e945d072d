"""Pages of papers: what waits for whom, one paper with its text, and each step as a page to look once more."""

import datetime
import re
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from assessments.models import Decision, Dossier
from assessments.workflow import Status
from childfriendly.core.models import AuditEvent
from communes.models import Role, RoleAssignment
from criteria.models import Deadline, DeadlineKind
from papers import services
from papers.filling import passages_of
from papers.kinds import Kind
from papers.models import Attachment, Paper, State
from tests.factories import (
    ZERO_IN_3,
    Place,
    approved,
    dossier_in,
    drafted,
    issued_paper,
    make_place,
    numbered,
    pdf_file,
    sent_out,
    signed,
    user_with,
)
from tests.signing_in import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny_papers")]


@pytest.fixture
def place() -> Place:
    return make_place(2)


@pytest.fixture
def decision(place: Place) -> Decision:
    return approved([dossier_in(Status.CONCLUDED, place)], place)


def url(name: str, paper: Paper) -> str:
    return reverse(f"papers:{name}", args=[paper.uuid])


def html_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def day(at: datetime.datetime, days: int = 0) -> str:
    return f"{timezone.localdate(at) + datetime.timedelta(days=days):%d/%m/%Y}"


def buttons(response: Any) -> list[str]:
    return re.findall(r'<a class="btn [^"]*" href="[^"]*">([^<]*)</a>', html_of(response))


# ---- the whole way -----------------------------------------------------------------------------------------------
def test_four_people_lead_a_decision_from_draft_to_issue_on_its_pages(place: Place, decision: Decision) -> None:
    papers = reverse("papers:for_decision", args=[decision.uuid])
    office = signed_in(place.appraiser)
    assert "Quyết định công nhận</button>" in html_of(office.get(papers))
    begun = office.post(papers, {"begin": "decision"})
    paper = Paper.objects.get()
    assert begun["Location"] == url("paper", paper)
    assert buttons(office.get(url("paper", paper))) == [
        "Sửa câu chữ",
        "Tải về dự thảo (PDF)",
        "Tải về dự thảo (Word)",
        "Bỏ dự thảo",
    ]
    office.post(url("reword", paper), {"version": "1", "opening": "Kính gửi xã.", "closing": "Trân trọng."})
    leader = signed_in(place.leader)
    assert buttons(leader.get(url("paper", paper)))[0] == "Đọc lại và ký"
    assert "ký tay hoặc ký số lên bản này" in html_of(leader.get(url("paper", paper)))
    assert "ký tay hoặc ký số lên bản này" not in html_of(office.get(url("paper", paper)))
    assert "Kính gửi xã." in html_of(leader.get(url("sign", paper)))
    leader.post(url("sign", paper), {"version": "2"})
    clerk = signed_in(place.clerk)
    assert buttons(clerk.get(url("paper", paper)))[0] == "Vào số"
    clerk.post(url("number", paper), {"version": "3", "number": "0123", "issued_on": day(timezone.now())})
    assert buttons(clerk.get(url("paper", paper)))[0] == "Phát hành"
    assert "Số 123/QĐ-UBND" in html_of(clerk.get(url("issue", paper)))
    clerk.post(url("issue", paper), {"version": "4"})
    paper.refresh_from_db()
    assert (paper.state, paper.full_number) == (State.ISSUED, "123/QĐ-UBND")
    assert Dossier.objects.get().status == Status.RECOGNISED
    page = html_of(clerk.get(url("paper", paper)))
    assert paper.pdf_sha256 in page
    assert re.findall(r"<strong>([^<]+)</strong>", page)[-5:] == [
        "Phát hành",
        "Vào số",
        "Ký trên hệ thống",
        "Sửa câu chữ",
        "Soạn dự thảo",
    ]


def test_a_step_of_somebody_else_is_refused_in_a_sentence(place: Place, decision: Decision) -> None:
    paper = drafted(decision, place)
    for name, person, sentence in (
        ("sign", place.clerk, "Việc này dành cho Lãnh đạo"),
        ("number", place.leader, "Việc này dành cho Văn thư"),
        ("issue", place.appraiser, "Việc này dành cho Văn thư"),
        ("enter_signed", place.head_of_office, "Việc này dành cho Văn thư"),
        ("drop", place.clerk, "Việc này dành cho"),
        ("reword", place.leader, "Việc này dành cho"),
    ):
        client = signed_in(person)
        answer = client.get(url(name, paper))
        assert (answer.status_code, sentence in html_of(answer)) == (409, True), name
        answer = client.post(url(name, paper), {"version": "1"})
        assert answer.status_code in {409, 422}, name
    paper.refresh_from_db()
    assert paper.version == 1


def test_a_step_that_is_done_or_not_due_leads_to_the_paper(place: Place, decision: Decision) -> None:
    paper = drafted(decision, place)
    people = {"sign": place.leader, "drop": place.leader, "reword": place.appraiser}
    for names in (("number", "issue"), ("sign", "enter_signed", "number", "issue", "drop", "reword")):
        for name in names:
            answer = signed_in(people.get(name, place.clerk)).get(url(name, paper))
            assert (answer.status_code, answer.headers.get("Location")) == (302, url("paper", paper)), name
        if paper.state == State.DRAFT:
            paper = sent_out(numbered(signed(paper, place), place), place)


# ---- the words of a draft ----------------------------------------------------------------------------------------
def test_words_for_a_draft_that_was_signed_meanwhile_can_be_copied(place: Place, decision: Decision) -> None:
    paper = drafted(decision, place)
    typed = {"version": "1", passages_of(paper)[0].key: "Một đoạn dài vừa viết."}
    signed(paper, place)
    answer = signed_in(place.appraiser).post(url("reword", paper), typed)
    assert answer.status_code == 409
    assert "Văn bản đang ở tình trạng «đã ký, chờ vào số»" in html_of(answer)
    assert "Một đoạn dài vừa viết.</textarea>" in html_of(answer)


# ---- numbering ---------------------------------------------------------------------------------------------------
@pytest.fixture
def waiting(place: Place, decision: Decision) -> Paper:
    return signed(drafted(decision, place), place)


@pytest.mark.parametrize(
    ("number", "days", "sentence"),
    [
        ("77", 0, "Số 77/QĐ-UBND năm 2024 đã dùng cho văn bản khác."),
        ("078", -3, "Ngày văn bản không được trước ngày ký"),
        ("78", 3, "Ngày văn bản không được sau hôm nay."),
        ("abc", 0, "Nhập số văn bản bằng chữ số, ví dụ 1234"),
        ("-5", 0, "Nhập số văn bản bằng chữ số"),
        ("0", 0, "Nhập số văn bản bằng chữ số"),
        ("", 0, "Nhập số văn bản theo sổ văn bản đi"),
    ],
)
def test_each_refusal_is_one_sentence_and_keeps_what_was_typed(
    place: Place, waiting: Paper, number: str, days: int, sentence: str
) -> None:
    issued_paper([dossier_in(Status.CONCLUDED, place, 1)], place, "77")
    typed = day(place.at, days)
    with time_machine.travel(place.later(), tick=False):
        sent = {"version": "2", "number": number, "issued_on": typed}
        response = signed_in(place.clerk).post(url("number", waiting), sent)
    page = html_of(response)
    assert response.status_code == 422
    assert sentence in page
    assert f'value="{typed}"' in page
    assert number == "" or f'value="{number}"' in page
    waiting.refresh_from_db()
    assert waiting.number == ""


@pytest.mark.parametrize("typed", ["", "31/02/2024", "11/20/2024", "hôm nay"])
def test_a_day_that_does_not_exist_is_asked_for_again(place: Place, waiting: Paper, typed: str) -> None:
    sent = {"version": "2", "number": "12", "issued_on": typed}
    response = signed_in(place.clerk).post(url("number", waiting), sent)
    assert response.status_code == 422
    assert "Nhập ngày có thật theo dạng ngày/tháng/năm" in html_of(response)


def test_the_symbol_may_be_typed_along(place: Place, waiting: Paper) -> None:
    sent = {"version": "2", "number": " 5/QĐ-UBND ", "issued_on": day(place.at)}
    signed_in(place.clerk).post(url("number", waiting), sent)
    waiting.refresh_from_db()
    assert waiting.full_number == "05/QĐ-UBND"


def test_a_number_that_looks_wrong_is_asked_about_and_taken_once_the_box_is_ticked(
    place: Place, waiting: Paper
) -> None:
    issued_paper([dossier_in(Status.CONCLUDED, place, 1)], place, "77")
    client = signed_in(place.clerk)
    sent = {"version": "2", "number": "7700", "issued_on": day(place.at)}
    page = client.post(url("number", waiting), sent)
    assert page.status_code == 422
    assert "Số 7700 cách xa số gần nhất đã cấp trong năm (77). Xem lại sổ văn bản." in html_of(page)
    assert "Tôi đã xem sổ văn bản, số và ngày này đúng" in html_of(page)
    client.post(url("number", waiting), sent | {"is_checked": "on"})
    waiting.refresh_from_db()
    assert waiting.number == "7700"
    page = html_of(client.get(url("paper", waiting)))
    assert "Đã xem sổ văn bản. Số 7700 cách xa số gần nhất" in page


def test_a_second_number_is_refused_and_the_first_stays(place: Place, waiting: Paper) -> None:
    numbered(waiting, place, "41")
    client = signed_in(place.clerk)
    response = client.post(url("number", waiting), {"version": "3", "number": "42", "issued_on": day(place.at)})
    assert response.status_code == 409
    assert "Văn bản này đã vào số 41/QĐ-UBND." in html_of(response)
    assert client.get(url("number", waiting))["Location"] == url("paper", waiting)


# ---- signed by hand ----------------------------------------------------------------------------------------------
def test_the_clerk_enters_what_was_signed_by_hand_and_the_scan_opens(place: Place, decision: Decision) -> None:
    paper = drafted(decision, place)
    with time_machine.travel(place.later(), tick=False):
        client = signed_in(place.clerk)
        page = html_of(client.get(url("enter_signed", paper)))
        assert re.findall(r'<option value="[0-9a-f-]{36}"[^>]*>([^<]+)</option>', page) == [place.leader.full_name]
        sent = {"version": "1", "signer": str(place.leader.uuid), "signed_on": day(place.at)}
        missing = client.post(url("enter_signed", paper), sent)
        assert "Chọn tệp quét của văn bản đã ký." in html_of(missing)
        done = client.post(url("enter_signed", paper), sent | {"scan": pdf_file("ban-ky.pdf")})
    assert done["Location"] == url("paper", paper)
    scan = Attachment.objects.get()
    client = signed_in(place.clerk)  # the session of that day has long ended
    page = html_of(client.get(url("paper", paper)))
    assert f'href="{reverse("papers:attachment", args=[scan.uuid])}">ban-ky.pdf</a>' in page
    assert f"ký giấy ngày {day(place.at)}, {place.clerk.full_name} ghi nhận" in page
    opened = client.get(reverse("papers:attachment", args=[scan.uuid]) + "?da-biet=1")
    assert b"".join(opened.streaming_content) == (settings.MEDIA_ROOT / scan.path).read_bytes()
    assert signed_in(place.editors[0]).get(reverse("papers:attachment", args=[scan.uuid])).status_code == 404


def test_a_successor_who_signed_a_decision_by_hand_can_be_named(place: Place, decision: Decision) -> None:
    paper = drafted(decision, place)
    RoleAssignment.objects.filter(user=place.leader).update(valid_to=timezone.localdate(place.at))
    successor = user_with(Role.LEADER, place.deciding, full_name="Trần Thị Kế Nhiệm")
    with time_machine.travel(place.later() + datetime.timedelta(days=1), tick=False):
        client, address = signed_in(place.clerk), url("enter_signed", paper)
        page = html_of(client.get(address))
        offered = re.findall(r'<option value="[0-9a-f-]{36}"[^>]*>([^<]+)</option>', page)
        assert set(offered) == {place.leader.full_name, successor.full_name}
        sent = {"version": "1", "signer": str(successor.uuid), "signed_on": day(timezone.now())}
        done = client.post(address, sent | {"scan": pdf_file("ban-ky.pdf")})
    assert done["Location"] == url("paper", paper)
    paper.refresh_from_db()
    assert (paper.state, paper.signer) == (State.SIGNED, successor)


def test_a_scan_that_is_no_scan_is_refused_and_has_to_be_chosen_again(place: Place, decision: Decision) -> None:
    paper = drafted(decision, place)
    with time_machine.travel(place.later(), tick=False):
        sent = {"version": "1", "signer": str(place.leader.uuid), "signed_on": day(place.at)}
        bad = SimpleUploadedFile("ky.exe", b"MZ")
        page = signed_in(place.clerk).post(url("enter_signed", paper), sent | {"scan": bad})
    assert page.status_code == 422
    assert "Không nhận loại tệp của &quot;ky.exe&quot;" in html_of(page)
    assert "Chọn lại tệp quét" in html_of(page)


@pytest.mark.parametrize(
    ("step", "typed"),
    [
        ("reword", lambda place: {"opening": "Chữ của người chậm.", "closing": ""}),
        ("enter_signed", lambda place: {"signer": str(place.leader.uuid), "signed_on": day(place.at)}),
    ],
)
def test_what_a_colleague_reworded_meanwhile_is_not_overwritten_unseen(
    place: Place, decision: Decision, step: str, typed: Any
) -> None:
    """The page shows nothing of theirs, so that pressing the button again is refused again."""
    paper = drafted(decision, place)
    edits = {"opening": "Chữ của đồng nghiệp."}
    services.reword(paper_id=paper.pk, version=1, edits=edits, by=place.head_of_office, at=place.later())
    with time_machine.travel(place.later(), tick=False):
        client = signed_in(place.appraiser if step == "reword" else place.clerk)
        sent = {"version": "1"} | typed(place)
        for _ in range(2):
            scan = {} if step == "reword" else {"scan": pdf_file("ban-ky.pdf")}
            page = client.post(url(step, paper), sent | scan)
            assert page.status_code == 409
            (sent["version"],) = re.findall(r'name="version" value="(\d+)"', html_of(page))
    paper.refresh_from_db()
    assert (paper.edits, paper.state) == (edits, State.DRAFT)


# ---- files -------------------------------------------------------------------------------------------------------
def content_of(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_a_draft_is_marked_and_what_is_issued_is_the_stored_file_to_the_byte(place: Place, decision: Decision) -> None:
    paper = drafted(decision, place)
    client = signed_in(place.clerk)
    text = PdfReader(BytesIO(content_of(client.get(url("pdf", paper))))).pages[0].extract_text()
    assert "Kết xuất bởi" in text
    assert place.clerk.full_name in text
    paper = sent_out(numbered(signed(paper, place), place, "45"), place)
    assert paper.docx_path
    for name, path in (("pdf", paper.pdf_path), ("docx", paper.docx_path)):
        answer = client.get(url(name, paper))
        assert content_of(answer) == (settings.MEDIA_ROOT / path).read_bytes()
        assert answer["Content-Disposition"] == (f'attachment; filename="quyet-dinh-cong-nhan-45-qd-ubnd-2024.{name}"')
    taken = AuditEvent.objects.about(paper).filter(action="export_paper").order_by("seq")
    assert [(row.actor_name, row.after["file"], row.after["issued"]) for row in taken] == [
        (place.clerk.full_name, "pdf", False),
        (place.clerk.full_name, "pdf", True),
        (place.clerk.full_name, "docx", True),
    ]


def test_a_flipped_byte_is_not_handed_out(place: Place) -> None:
    paper = issued_paper([dossier_in(Status.CONCLUDED, place)], place)
    file = settings.MEDIA_ROOT / paper.pdf_path
    content = file.read_bytes()
    file.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])
    answer = signed_in(place.clerk).get(url("pdf", paper))
    assert answer.status_code == 409
    assert "Tệp lưu trên máy chủ không còn đúng như khi phát hành." in html_of(answer)


def test_the_page_of_a_paper_says_which_of_its_files_was_changed(place: Place) -> None:
    paper = issued_paper([dossier_in(Status.CONCLUDED, place)], place)
    client = signed_in(place.clerk)
    assert "không còn đúng như khi phát hành" not in html_of(client.get(url("paper", paper)))
    for path, names in ((paper.docx_path, "Tệp Word"), (paper.pdf_path, "Tệp PDF và tệp Word")):
        file = settings.MEDIA_ROOT / path
        file.write_bytes(b"x" + file.read_bytes()[1:])
        assert f"{names} lưu trên máy chủ không còn đúng như khi phát hành" in html_of(client.get(url("paper", paper)))
    for name in ("pdf", "docx"):
        assert client.get(url(name, paper)).status_code == 409


def test_a_numbered_paper_has_no_file_before_it_is_issued(place: Place, decision: Decision) -> None:
    paper = numbered(signed(drafted(decision, place), place), place)
    answer = signed_in(place.clerk).get(url("pdf", paper))
    text = PdfReader(BytesIO(content_of(answer))).pages[0].extract_text()
    assert f"{paper.number}/" not in text  # what was signed, still as a draft
    issued = sent_out(paper, place)
    certificate = Paper.objects.get(kind=Kind.CERTIFICATE)
    answer = signed_in(place.clerk).get(url("pdf", certificate))
    assert answer.status_code == 409
    assert "chưa phát hành nên chưa có tệp" in html_of(answer)
    assert issued.is_issued


# ---- lists -------------------------------------------------------------------------------------------------------
def rows_of(response: Any) -> list[str]:
    return re.findall(r'<th scope="row"[^>]*><a href="[^"]+">([^<]+)<', html_of(response))


def test_what_waits_for_me_stands_first(place: Place, decision: Decision) -> None:
    paper = drafted(decision, place)
    report = services.draft(kind=Kind.RECEIPT, dossier=Dossier.objects.get(), by=place.head_of_office, at=place.later())
    for person, wanted in (
        (place.leader, ["Quyết định công nhận"]),
        (place.head_of_office, ["Giấy tiếp nhận hồ sơ", "Quyết định công nhận"]),
    ):
        assert rows_of(signed_in(person).get("/van-ban/")) == wanted
    leader = signed_in(place.leader)
    assert "1 văn bản chờ tôi ký, vào số hoặc phát hành" in html_of(leader.get("/van-ban/"))
    assert rows_of(leader.get("/van-ban/?cho-toi=1")) == ["Quyết định công nhận"]
    signed(paper, place)
    assert rows_of(leader.get("/van-ban/?cho-toi=1")) == []
    assert rows_of(signed_in(place.clerk).get("/van-ban/?cho-toi=1")) == ["Quyết định công nhận"]
    office = signed_in(place.appraiser)
    assert rows_of(office.get("/van-ban/?trang_thai=draft")) == ["Giấy tiếp nhận hồ sơ"]
    assert rows_of(office.get("/van-ban/?loai=decision")) == ["Quyết định công nhận"]
    assert report.state == State.DRAFT


def test_the_list_costs_the_same_for_one_and_for_three() -> None:
    few, many = make_place(), make_place(3)
    for place, count in ((few, 1), (many, 3)):
        for index in range(count):
            services.draft(
                kind=Kind.RECEIPT,
                dossier=dossier_in(Status.SUBMITTED, place, index),
                by=place.appraiser,
                at=place.later(),
            )

    def cost(place: Place, person: Any, address: str) -> int:
        client = signed_in(person)
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    for name in ("appraiser", "head_of_office"):
        assert cost(few, getattr(few, name), "/van-ban/") == cost(many, getattr(many, name), "/van-ban/")


def test_each_desk_is_offered_its_own_papers(place: Place, decision: Decision) -> None:
    def offered(person: Any, address: str) -> list[str]:
        page = signed_in(person).get(address)
        return re.findall(r'name="begin" value="[^"]*">([^<]+)</button>', html_of(page))

    dossier = Dossier.objects.get()
    of_dossier = reverse("papers:for_dossier", args=[dossier.uuid])
    assert offered(place.editors[0], of_dossier) == [
        "Quyết định thành lập Hội đồng",
        "Báo cáo tự đánh giá",
        "Biên bản họp Hội đồng cấp xã",
        "Tờ trình đề nghị công nhận",
        "Công văn đề nghị công nhận",
    ]
    assert offered(place.appraiser, of_dossier) == [
        "Giấy tiếp nhận hồ sơ",
        "Công văn đề nghị bổ sung, hoàn thiện hồ sơ",
        "Báo cáo thẩm định",
    ]
    assert offered(place.heads[0], of_dossier) == []
    of_period = reverse("papers:for_period", args=[place.period.uuid])
    assert offered(place.appraiser, of_period) == [f"Báo cáo kết quả của huyện, {place.deciding.name}"]
    assert offered(place.province_staff, of_period) == ["Báo cáo tổng hợp của tỉnh"]
    assert signed_in(place.editors[0]).get(of_period).status_code == 404


def test_the_page_of_reports_tells_by_when_the_plan_wants_them(place: Place) -> None:
    of_period = reverse("papers:for_period", args=[place.period.uuid])
    Deadline.objects.filter(kind=DeadlineKind.DISTRICT_REPORT).update(wording="trước ngày 30/11")
    page = html_of(signed_in(place.appraiser).get(of_period))
    assert "theo kế hoạch: «trước ngày 30/11»" in page
    assert "theo kế hoạch: «trước ngày 31/12»" in page
    report = services.draft(
        kind=Kind.RESULT_REPORT, period=place.period, unit=place.deciding, by=place.appraiser, at=place.later()
    )
    assert of_period in html_of(signed_in(place.appraiser).get(reverse("papers:paper", args=[report.uuid])))


def test_after_issue_a_notice_is_offered_for_each_refused_commune(place: Place) -> None:
    dossiers = [dossier_in(Status.CONCLUDED, place), dossier_in(Status.CONCLUDED, place, 1, answers=ZERO_IN_3)]
    paper = issued_paper(dossiers, place)
    assert paper.decision is not None
    address = reverse("papers:for_decision", args=[paper.decision.uuid])
    client = signed_in(place.appraiser)
    item = paper.decision.items.get(result="refused")
    assert f"Thông báo không công nhận, {place.communes[1].name}</button>" in html_of(client.get(address))
    client.post(address, {"begin": f"refusal {item.pk}"})
    assert Paper.objects.get(kind=Kind.REFUSAL).commune == place.communes[1]
    assert "Soạn văn bản</h2>" not in html_of(client.get(address))
    for forged in ("decision", "certificate", f"refusal {item.pk + 1}", "poem", ""):
        assert client.post(address, {"begin": forged}).status_code == 409
