"""The four forms on the page of an issued paper, from the button to what everybody reads who scans the QR code. With
the words that the papers really bear."""

import re
from datetime import timedelta
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import zxingcpp
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from assessments.workflow import Status
from papers import services
from papers.filling import content_of
from papers.kinds import Kind
from papers.models import Paper, State
from papers.rendering import lines_of
from papers.rendering.qr import check_url
from tests.factories import Place, dossier_in, issued_paper, make_place, numbered, sent_out, signed
from tests.later_papers import (
    REASON,
    begun_correction,
    begun_reissue,
    begun_replacement,
    begun_revocation,
    certificates_of,
    items,
    out,
    reissued,
)
from tests.paper_files import picture
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db

ITS_OWN = ("Đính chính", "Thay thế", "Thu hồi", "Cấp lại giấy")


@pytest.fixture
def place() -> Place:
    return make_place(2)


@pytest.fixture
def decision(place: Place) -> Paper:
    paper = issued_paper([dossier_in(Status.CONCLUDED, place, index) for index in range(2)], place, "45")
    certificates_of(paper, place)
    return paper


def url(name: str, paper: Paper) -> str:
    return reverse(f"papers:{name}", args=[paper.uuid])


def words_of(response: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def offered(client: Client, paper: Paper) -> list[str]:
    page = client.get(url("paper", paper)).content.decode()
    return [label for label in re.findall(r'<a class="btn [^"]*" href="[^"]*">([^<]*)</a>', page) if label in ITS_OWN]


def scanned(paper: Paper, folder: Path) -> str:
    """What everybody reads who scans the code on the issued file, on whichever of its pages that stands."""
    content = (settings.MEDIA_ROOT / paper.pdf_path).read_bytes()
    sheets = [picture(content, folder, dpi=150, page=n + 1) for n in range(len(PdfReader(BytesIO(content)).pages))]
    (code,) = [found for sheet in sheets for found in zxingcpp.read_barcodes(sheet)]
    assert code.text == check_url(paper.code)
    page = Client().get(urlsplit(code.text).path)
    assert page.status_code == 200
    return words_of(page)


# ---- the buttons -------------------------------------------------------------------------------------------------
def test_who_drafts_for_the_desk_is_offered_what_may_follow(place: Place, decision: Paper) -> None:
    certificate = certificates_of(decision, place)[0]
    office = signed_in(place.appraiser)
    assert offered(office, decision) == ["Đính chính", "Thay thế", "Thu hồi"]
    assert offered(office, certificate) == ["Đính chính", "Cấp lại giấy"]
    for other in (place.leader, place.clerk):
        assert offered(signed_in(other), decision) == []
    replacing = out(begun_replacement(decision, place, {}), place)
    assert offered(office, decision) == []
    assert offered(office, replacing) == ["Đính chính", "Thay thế", "Thu hồi"]


# ---- the forms ---------------------------------------------------------------------------------------------------
def test_a_correction_is_begun_on_its_page(place: Place, decision: Paper) -> None:
    office = signed_in(place.appraiser)
    sent = {"wrong": "QĐ-UB", "right": "QĐ-UBND", "reason": "Sai ký hiệu."}
    begun = office.post(url("correct", decision), sent)
    letter = Paper.objects.get(kind=Kind.CORRECTION)
    assert begun["Location"] == url("paper", letter)
    text = " ".join(lines_of(content_of(letter)))
    assert "«QĐ-UB»" in text
    assert "«QĐ-UBND»" in text
    assert (letter.reason, letter.is_reason_public) == ("Sai ký hiệu.", False)


def test_what_was_typed_stays_where_something_is_missing(place: Place, decision: Paper) -> None:
    office, one = signed_in(place.appraiser), items(decision)[0]
    answer = office.post(url("replace", decision), {f"name_{one}": "Xã <b>Tên</b> Đúng", "reason": ""})
    assert answer.status_code == 422
    assert "Ghi lý do." in words_of(answer)
    assert 'value="Xã &lt;b&gt;Tên&lt;/b&gt; Đúng"' in answer.content.decode()
    answer = office.post(url("revoke", decision), {"reason": "Số liệu sai."})
    assert answer.status_code == 422
    assert "Chọn ít nhất một xã để thu hồi công nhận." in words_of(answer)
    assert "Số liệu sai." in words_of(answer)
    forged = office.post(url("revoke", decision), {"reason": "Số liệu sai.", "item_ids": ["987654"]})
    assert forged.status_code == 422
    assert not Paper.objects.filter(kind__in=[Kind.REPLACEMENT, Kind.REVOCATION]).exists()


@pytest.mark.parametrize("name", ["correct", "replace", "revoke", "reissue"])
def test_what_was_typed_stays_where_a_colleague_was_faster(place: Place, decision: Paper, name: str) -> None:
    office, certificate = signed_in(place.appraiser), certificates_of(decision, place)[0]
    paper = certificate if name == "reissue" else decision
    sent = {
        "reason": "Lý do gõ rất lâu.",
        "wrong": "QĐ-UB",
        "right": "QĐ-UBND",
        "commune_name": "Xã Tên Đúng",
        "item_ids": [str(items(decision)[0])],
        **{f"name_{item}": "Xã Tên Đúng" for item in items(decision)},
    }
    if name == "correct":
        begun_correction(decision, place)
    else:
        begun_revocation(decision, place, items(decision)[:1])
    answer = office.post(url(name, paper), sent)
    assert answer.status_code in {409, 422}
    assert "Đang có «" in words_of(answer)
    assert "Lý do gõ rất lâu." in words_of(answer)
    assert Paper.objects.filter(earlier__isnull=False).count() == 1


def test_a_replacement_prints_the_names_as_they_now_read(place: Place, decision: Paper) -> None:
    office, (first, second) = signed_in(place.appraiser), items(decision)
    kept = place.communes[1].name
    sent = {
        f"name_{first}": "Xã {{ 7*7 }} <script>",
        f"name_{second}": kept,
        "reason": "Sai tên.",
        "tells_reason": "on",
    }
    office.post(url("replace", decision), sent)
    paper = Paper.objects.get(kind=Kind.REPLACEMENT)
    text = " ".join(lines_of(content_of(paper)))
    assert "Xã {{ 7*7 }} <script>" in text
    assert kept in text
    assert place.communes[0].name not in text
    assert "Quyết định này thay thế Quyết định số 45/QĐ-UBND" in text


def test_a_replacement_leaves_out_who_was_revoked(place: Place, decision: Paper) -> None:
    first, second = items(decision)
    out(begun_revocation(decision, place, [first]), place)
    paper = begun_replacement(decision, place, {second: "Xã Tên Đúng"})
    text = " ".join(lines_of(content_of(paper)))
    assert (place.communes[0].name in text, "Xã Tên Đúng" in text) == (False, True)


def test_a_certificate_goes_from_the_form_to_the_register_and_out(place: Place, decision: Paper) -> None:
    first = certificates_of(decision, place)[0]
    office, clerk = signed_in(place.appraiser), signed_in(place.clerk)
    office.post(url("reissue", first), {"commune_name": "Xã Tên Đúng", "reason": "Giấy rách."})
    again = Paper.objects.get(earlier=first)
    assert url("for_signing", again) not in clerk.get(url("enter_signed", again)).content.decode()  # it has none
    assert "Sửa câu chữ" not in words_of(office.get(url("paper", again)))  # nor words to put otherwise
    assert office.get(url("reword", again))["Location"] == url("paper", again)
    again = signed(again, place)
    assert "Vào sổ</a>" in clerk.get(url("paper", again)).content.decode()
    assert clerk.get(url("enter_in_register", again)).status_code == 200
    clerk.post(url("enter_in_register", again), {"version": str(again.version)})
    again.refresh_from_db()
    day = timezone.localdate()
    assert (again.state, again.issued_on) == (State.NUMBERED, day)
    assert (again.register_number, again.register.year if again.register else 0) == (1, day.year)
    assert "Phát hành</a>" in clerk.get(url("paper", again)).content.decode()
    clerk.post(url("issue", again), {"version": str(again.version)})
    again.refresh_from_db()
    text = " ".join(lines_of(content_of(again)))
    assert again.state == State.ISSUED
    assert "Cấp lại, thay Giấy công nhận số vào sổ 1" in text
    assert "Xã Tên Đúng".upper() in text.upper()
    assert "Giấy công nhận" in words_of(office.get(url("paper", first)))
    assert f'href="{url("paper", again)}"' in office.get(url("paper", first)).content.decode()


@pytest.mark.parametrize("name", ["correct", "replace", "revoke"])
def test_beginning_asks_once_more_who_is_there(place: Place, decision: Paper, name: str) -> None:
    client = signed_in(place.appraiser)
    session = client.session
    del session["account_authentication_methods"]
    session.save()
    asked = client.post(url(name, decision), {"reason": "Sai.", "wrong": "a", "right": "b"})
    assert asked["Location"].startswith("/xac-nhan-danh-tinh/?next=")
    assert not Paper.objects.filter(earlier__isnull=False).exists()


# ---- the QR code on the file -------------------------------------------------------------------------------------
def test_the_code_on_the_certificate_leads_to_what_became_of_it(place: Place, decision: Paper, tmp_path: Path) -> None:
    first, second = certificates_of(decision, place)
    assert "Văn bản đã được phát hành và đang có hiệu lực." in scanned(first, tmp_path)
    again = reissued(first, place, "Xã Tên Đúng")
    assert "Văn bản không còn dùng. Xem văn bản thay thế dưới đây." in scanned(first, tmp_path)
    assert "Xã Tên Đúng" in scanned(again, tmp_path)
    out(begun_revocation(decision, place, items(decision)[:1]), place)
    assert "Văn bản không còn hiệu lực." in scanned(again, tmp_path)
    assert "Văn bản đã được phát hành và đang có hiệu lực." in scanned(second, tmp_path)


def test_the_code_on_the_decision_leads_to_what_became_of_it(place: Place, decision: Paper, tmp_path: Path) -> None:
    """The same bytes, scanned before and after: number, day, names and hash as in the database, and what came later."""
    in_force = "Văn bản đã được phát hành và đang có hiệu lực."
    before = scanned(decision, tmp_path)
    names = [item.commune_name for item in decision.decision.items.all()]  # type: ignore[union-attr]
    day = f"{decision.issued_on:%d/%m/%Y}"
    for word in (in_force, decision.full_number, day, *names, decision.pdf_sha256):
        assert word in before, word
    correction = out(begun_correction(decision, place), place)
    corrected = scanned(decision, tmp_path)
    assert in_force not in corrected
    assert (correction.full_number in corrected, correction.pdf_sha256 in corrected) == (True, False)
    assert decision.pdf_sha256 in corrected
    revocation = out(begun_revocation(decision, place, items(decision)[:1]), place)
    partly = scanned(decision, tmp_path)
    assert (revocation.full_number in partly, "Văn bản không còn hiệu lực." in partly) == (True, False)
    rest = out(begun_revocation(decision, place, items(decision)[1:]), place)
    revoked = scanned(decision, tmp_path)
    assert ("Văn bản không còn hiệu lực." in revoked, rest.full_number in revoked) == (True, True)
    assert decision.pdf_sha256 in revoked
    assert "Văn bản đã được phát hành" in scanned(revocation, tmp_path)


def test_a_replacement_brings_the_new_certificates_along(place: Place, decision: Paper) -> None:
    """Nothing more is signed or drafted: the clerk issues the decision, and they are there."""
    clerk, first = signed_in(place.clerk), certificates_of(decision, place)[0]
    paper = numbered(
        signed(begun_replacement(decision, place, {items(decision)[0]: "Xã Tên Đúng"}), place), place, "60"
    )
    asked = words_of(clerk.get(url("issue", paper)))
    assert "Quyết định công nhận số 45/QĐ-UBND không còn dùng. Xã nào đổi tên thì có ngay giấy công nhận mới" in asked
    done = clerk.post(url("issue", paper), {"version": str(paper.version)}, follow=True)
    assert "giấy công nhận mới của các xã đổi tên được lập ngay" in words_of(done)
    (again,) = Paper.objects.filter(kind=Kind.CERTIFICATE, earlier__isnull=False)
    assert (again.state, again.earlier) == (State.ISSUED, first)
    text = " ".join(lines_of(content_of(again)))
    assert "Xã Tên Đúng".upper() in text.upper()
    assert "Theo Quyết định số 60/QĐ-UBND ngày" in text
    assert f"Cấp lại, thay Giấy công nhận số vào sổ {first.register_number} ngày" in text
    assert "Văn bản chờ tôi ký" in words_of(clerk.get("/"))
    assert "0 văn bản" not in words_of(clerk.get("/"))
    assert url("paper", again) not in clerk.get(reverse("papers:papers"), {"cho-toi": ""}).content.decode()


def test_a_certificate_issued_again_refers_to_the_decision_in_force(place: Place, decision: Paper) -> None:
    second = certificates_of(decision, place)[1]
    out(begun_replacement(decision, place, {items(decision)[0]: "Xã Tên Đúng"}), place, "60")
    certificates_of(decision, place)
    again = reissued(second, place, place.communes[1].name)
    assert "Theo Quyết định số 60/QĐ-UBND ngày" in " ".join(lines_of(content_of(again)))


def test_a_draft_is_dated_in_the_year_in_which_it_is_written(place: Place, decision: Paper) -> None:
    """A district that is no more since, and a certificate of an earlier year."""
    place.deciding.valid_to = timezone.localdate(place.at) - timedelta(days=400)
    place.deciding.save()
    written = timezone.localdate(place.at).year
    for begin in (
        lambda: begun_revocation(decision, place, items(decision)[:1]),
        lambda: begun_reissue(certificates_of(decision, place)[1], place, "Xã Tên Đúng"),
    ):
        paper = begin()
        assert f"năm {written}" in " ".join(line for line in lines_of(content_of(paper)) if "ngày tháng" in line)
        services.drop(paper_id=paper.pk, version=paper.version, by=place.appraiser, at=place.later())


# ---- what the pages say ------------------------------------------------------------------------------------------
def test_each_form_says_what_its_paper_will_do_and_that_nothing_happens_yet(place: Place, decision: Paper) -> None:
    office, certificate = signed_in(place.appraiser), certificates_of(decision, place)[0]
    for name, paper, sentence in (
        ("correct", decision, "giữ nguyên, vẫn có hiệu lực; từ khi phát hành thì đọc cùng công văn này."),
        ("replace", decision, "Khi phát hành, Quyết định công nhận số 45/QĐ-UBND không còn dùng."),
        ("revoke", decision, "hồ sơ chuyển thành «Đã thu hồi công nhận»."),
        ("reissue", certificate, f"Khi phát hành, {certificate} không còn dùng."),
    ):
        words = words_of(office.get(url(name, paper)))
        assert sentence in words
        assert "Chưa có gì thay đổi cho đến khi dự thảo được ký" in words


def test_the_page_of_a_paper_says_what_is_on_its_way_and_whom_to_ask(place: Place, decision: Paper) -> None:
    draft = begun_correction(decision, place)
    assert f"Đang xử lý: {draft} (dự thảo)" in words_of(signed_in(place.appraiser).get(url("paper", decision)))
    leader = words_of(signed_in(place.leader).get(url("paper", decision)))
    assert "Đề nghị chuyên viên thẩm định" in leader
    assert "soạn văn bản đính chính, thay thế hoặc thu hồi" in leader


def test_who_signs_reads_the_reason_and_whether_everybody_will(place: Place, decision: Paper) -> None:
    draft = begun_revocation(decision, place, items(decision)[:1])
    words = words_of(signed_in(place.leader).get(url("paper", draft)))
    assert "Thu hồi kết quả công nhận tại Quyết định công nhận số 45/QĐ-UBND" in words
    assert f"{REASON} (mọi người đọc được trên trang kiểm tra văn bản)" in words
    assert "các xã có tên không còn được công nhận" in words_of(signed_in(place.leader).get(url("sign", draft)))


def test_lists_and_the_page_of_the_decision_say_what_became_of_it(place: Place, decision: Paper) -> None:
    assert decision.decision is not None
    client, one = signed_in(place.clerk), place.communes[0].name
    page = reverse("assessments:decision", args=[decision.decision.uuid])
    lists = [
        reverse("papers:papers"),
        reverse("papers:for_decision", args=[decision.decision.uuid]),
        reverse("assessments:decisions"),
    ]
    assert not any("Đã thu hồi" in words_of(client.get(url)) for url in (page, *lists))
    revoking = out(begun_revocation(decision, place, items(decision)[:1]), place, "61")
    assert all("Đã thu hồi một phần" in words_of(client.get(url)) for url in (page, *lists))
    words = words_of(client.get(page))
    assert f"{revoking}, ngày" in words
    assert words.count("Đã thu hồi công nhận") == 1
    assert f"Đã thu hồi: {one}." in words_of(client.get(url("paper", decision)))
    dossier = reverse("assessments:dossier", args=[Paper.objects.get(commune__name=one).item.dossier.uuid])  # type: ignore[union-attr]
    assert "Bị thu hồi công nhận theo Quyết định số 61/QĐ-UBND" in words_of(client.get(dossier))


@pytest.mark.parametrize("name", ["correct", "replace", "revoke", "reissue"])
def test_hostile_words_are_printed_as_they_are_typed(place: Place, decision: Paper, name: str) -> None:
    """Of a name of 200 characters, a script, a template and right-to-left marks the letters alone are left."""
    office, paper = signed_in(place.appraiser), certificates_of(decision, place)[0] if name == "reissue" else decision
    hostile = "Xã \u202e<script>alert(1)</script> {{7*7}} \u200f" + "Ơ" * 150
    printed = "Xã <script>alert(1)</script> {{7*7}} " + "Ơ" * 150
    sent = {
        "reason": hostile,
        "tells_reason": "on",
        "wrong": hostile,
        "right": "đúng",
        "commune_name": hostile,
        "item_ids": [str(items(decision)[0])],
        f"name_{items(decision)[0]}": hostile,
        f"name_{items(decision)[1]}": "Xã Khác",
    }
    begun = office.post(url(name, paper), sent)
    draft = Paper.objects.get(earlier=paper)
    assert begun["Location"] == url("paper", draft)
    assert draft.reason == printed
    page = office.get(url("paper", draft)).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{7*7}} ƠƠƠ" in page
    text = " ".join(lines_of(content_of(draft)))
    assert printed.upper() in text.upper()
    signed_paper = signed(draft, place)
    if name == "reissue":
        ready = services.enter_in_register(
            paper_id=draft.pk, version=signed_paper.version, by=place.clerk, at=place.later()
        )
    else:
        ready = numbered(signed_paper, place, "62")
    issued = sent_out(ready, place)
    public = Client().get(reverse("papers:check", args=[issued.code])).content.decode()
    assert "<script>alert" not in public
