"""The papers: what their pages say, and what the finished PDF says when it is read back."""

import re
import subprocess
import threading
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path

import pytest
import weasyprint
from bs4 import BeautifulSoup, Tag
from pypdf import PdfReader

from childfriendly.core.exceptions import Refused
from papers.rendering import pdf
from papers.words import (
    decision_reference,
    head_of,
    kinds_of,
    legal_bases,
    numbered,
    signature_lines,
    standard_name,
    vietnamese_date,
)
from reports.certificate import CertificatePaper, certificate_html, certificate_pdf
from reports.documents import (
    MAX_ANNEX_ROWS,
    AnnexRow,
    DecisionPaper,
    Letterhead,
    SignatureBlock,
    decision_html,
    decision_pdf,
    recognition_decision,
)

DRAFT = "DỰ THẢO"
DEMO = "SỐ LIỆU GIẢ ĐỊNH – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ"
MM = 72 / 25.4

THAP_MUOI = Letterhead(body="Ủy ban nhân dân huyện Tháp Mười", number_symbol="QĐ-UBND", place="Tháp Mười")
DEPUTY = SignatureBlock(lines=("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"), name="Nguyễn Văn Hiệp")
RECOGNISED = (
    AnnexRow(
        number=1, commune_name="Xã Đốc Binh Kiều", parent_name="Huyện Tháp Mười", total_points=1000, threshold=850
    ),
    AnnexRow(number=2, commune_name="Thị trấn Mỹ An", parent_name="Huyện Tháp Mười", total_points=902, threshold=850),
)
REFUSED = (
    AnnexRow(
        number=1,
        commune_name="Xã Láng Biển",
        parent_name="Huyện Tháp Mười",
        total_points=875,
        threshold=850,
        reasons=("Tiêu chí 3 bị 0 điểm.", "Tiêu chí 5 bị 0 điểm."),
    ),
)


def decision(
    *,
    number: str = "2345",
    issued_on: date | None = date(2024, 11, 5),
    recognised: tuple[AnnexRow, ...] = RECOGNISED,
    refused: tuple[AnnexRow, ...] = (),
    is_demo: bool = False,
) -> DecisionPaper:
    return recognition_decision(
        letterhead=THAP_MUOI,
        number=number,
        issued_on=issued_on,
        year=2024,
        as_of=date(2024, 11, 5),
        proposing_body="Phòng Lao động - Thương binh và Xã hội huyện Tháp Mười",
        proposal_reference="Tờ trình số 45/TTr-LĐTBXH",
        recognised=recognised,
        refused=refused,
        signature=DEPUTY,
        executors=("Chánh Văn phòng Hội đồng nhân dân và Ủy ban nhân dân huyện Tháp Mười",),
        recipients=("Như Điều 3", "CT, các PCT UBND huyện", "Lưu: VT, LĐTBXH"),
        is_demo=is_demo,
    )


def certificate(**changes: object) -> CertificatePaper:
    paper = CertificatePaper(
        letterhead=THAP_MUOI,
        commune_name="Xã Đốc Binh Kiều",
        located_in="huyện Tháp Mười, tỉnh Đồng Tháp",
        standard="xã, phường, thị trấn",
        year=2024,
        decision_number="2345",
        decided_on=date(2024, 11, 25),
        signature=DEPUTY,
    )
    return replace(paper, **changes)  # type: ignore[arg-type]


def many(count: int) -> tuple[AnnexRow, ...]:
    return tuple(
        AnnexRow(number=n, commune_name=f"Xã Số {n}", total_points=900, threshold=850) for n in range(1, count + 1)
    )


def words(text: str) -> str:
    return " ".join(text.split())


@lru_cache(maxsize=32)
def printed(paper: DecisionPaper | CertificatePaper) -> bytes:
    return decision_pdf(paper) if isinstance(paper, DecisionPaper) else certificate_pdf(paper)


def pages(content: bytes) -> list[str]:
    """The words of each page as a reader would copy them."""
    return [words(page.extract_text()) for page in PdfReader(BytesIO(content)).pages]


def word_boxes(content: bytes, folder: Path) -> list[list[tuple[str, tuple[float, float, float, float]]]]:
    """Page by page, each word with left, top, right and bottom in millimetres."""
    path = folder / "paper.pdf"
    path.write_bytes(content)
    soup = BeautifulSoup(tool("pdftotext", "-bbox", str(path), "-"), "html.parser")

    def box(word: Tag) -> tuple[float, float, float, float]:
        left, top, right, bottom = (float(str(word[key])) / MM for key in ("xmin", "ymin", "xmax", "ymax"))
        return left, top, right, bottom

    return [[(word.get_text(), box(word)) for word in page.find_all("word")] for page in soup.find_all("page")]


def tool(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def lines_of(html: str, selector: str) -> list[str]:
    return [words(tag.get_text(" ")) for tag in BeautifulSoup(html, "html.parser").select(selector)]


# ---- words ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2024, 1, 9), "ngày 09 tháng 01 năm 2024"),
        (date(2024, 2, 10), "ngày 10 tháng 02 năm 2024"),
        (date(2024, 3, 1), "ngày 01 tháng 3 năm 2024"),
        (date(2024, 11, 25), "ngày 25 tháng 11 năm 2024"),
        (None, "ngày … tháng … năm 2024"),
    ],
)
def test_days_below_ten_and_the_first_two_months_take_a_zero(day: date | None, expected: str) -> None:
    assert vietnamese_date(day, 2024) == expected


def test_a_number_takes_its_symbol_and_below_ten_a_zero() -> None:
    assert [numbered(n, "QĐ-UBND") for n in ("5", "15", "2345", "15/QĐ-UBND", "")] == [
        "05/QĐ-UBND",
        "15/QĐ-UBND",
        "2345/QĐ-UBND",
        "15/QĐ-UBND",
        "",
    ]


def test_a_decision_is_cited_with_its_number_day_and_body() -> None:
    cited = decision_reference("7", date(2024, 2, 3), 2024, symbol="QĐ-UBND", body="Ủy ban nhân dân huyện Tháp Mười")
    assert cited == "Quyết định số 07/QĐ-UBND ngày 03 tháng 02 năm 2024 của Ủy ban nhân dân huyện Tháp Mười"


def test_the_kinds_of_communes_come_in_the_customary_order_once_each() -> None:
    assert kinds_of(["Thị trấn Mỹ An", "Xã Mỹ An", "Xã Mỹ Quý"]) == "xã, thị trấn"
    assert kinds_of(["Đặc khu Phú Quốc", "Phường Rạch Giá"]) == "phường, đặc khu"


def test_from_july_2025_no_wording_of_ours_knows_townships() -> None:
    assert standard_name(date(2025, 6, 30)) == "xã, phường, thị trấn"
    assert standard_name(date(2025, 7, 1)) == "xã, phường, đặc khu"


@pytest.mark.parametrize(
    ("day", "law"),
    [
        (date(2025, 2, 28), "ngày 19 tháng 6 năm 2015"),
        (date(2025, 3, 1), "ngày 19 tháng 02 năm 2025"),
        (date(2025, 6, 30), "ngày 19 tháng 02 năm 2025"),
        (date(2025, 7, 1), "ngày 16 tháng 6 năm 2025"),
    ],
)
def test_the_law_on_local_government_is_the_one_in_force(day: date, law: str) -> None:
    assert law in legal_bases(day)[0]


def test_who_signs_for_whom() -> None:
    committee = "Ủy ban nhân dân huyện Tháp Mười"
    assert signature_lines(committee, "Chủ tịch") == ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH")
    assert signature_lines(committee, "Phó Chủ tịch") == ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH")
    assert signature_lines(f"Chủ tịch {committee}", "Chủ tịch") == ("CHỦ TỊCH",)
    assert signature_lines("Sở Y tế", "Giám đốc") == ("GIÁM ĐỐC",)


def test_who_signs_for_somebody_on_leave_signs_in_the_form_of_the_law() -> None:
    committee = "Ủy ban nhân dân huyện Tháp Mười"
    deputy = ("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH")
    assert signature_lines(committee, "Phó Chủ tịch", "Chủ tịch") == deputy
    assert signature_lines("Sở Y tế", "Phó Giám đốc", "Giám đốc") == ("KT. GIÁM ĐỐC", "PHÓ GIÁM ĐỐC")
    assert signature_lines(committee, "Chánh Văn phòng", "Chủ tịch") == ("TUQ. CHỦ TỊCH", "CHÁNH VĂN PHÒNG")
    assert head_of("Sở Y tế tỉnh Đồng Tháp") == "Giám đốc Sở Y tế tỉnh Đồng Tháp"
    assert head_of("Phòng Y tế") == "Trưởng Phòng Y tế"


# ---- the decision --------------------------------------------------------------------------------------------------
def test_the_decision_has_its_parts_in_the_order_of_the_decree() -> None:
    html = decision_html(decision())
    assert lines_of(html, ".agency p") == ["ỦY BAN NHÂN DÂN", "HUYỆN THÁP MƯỜI"]
    assert lines_of(html, ".nation p") == ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"]
    assert lines_of(html, ".number, .place") == ["Số: 2345/QĐ-UBND", "Tháp Mười, ngày 05 tháng 11 năm 2024"]
    assert lines_of(html, "h1, .subject, .authority") == [
        "QUYẾT ĐỊNH",
        "Về việc công nhận xã, thị trấn phù hợp với trẻ em năm 2024",
        "ỦY BAN NHÂN DÂN HUYỆN THÁP MƯỜI",
    ]
    bases = lines_of(html, ".basis")
    assert [base[-1] for base in bases] == [";", ";", ";", "."]
    assert bases[-1] == (
        "Theo đề nghị của Trưởng Phòng Lao động - Thương binh và Xã hội huyện Tháp Mười tại Tờ trình số 45/TTr-LĐTBXH."
    )
    assert lines_of(html, ".article") == [
        "Điều 1. Công nhận 02 xã, thị trấn đạt tiêu chuẩn xã, phường, thị trấn phù hợp với trẻ em năm 2024 "
        "(có danh sách tại Phụ lục kèm theo).",
        "Điều 2. Quyết định này có hiệu lực kể từ ngày ký. Các xã, thị trấn được công nhận tại Điều 1 được cấp "
        "Giấy công nhận.",
        "Điều 3. Chánh Văn phòng Hội đồng nhân dân và Ủy ban nhân dân huyện Tháp Mười, Trưởng Phòng Lao động - "
        "Thương binh và Xã hội huyện Tháp Mười, Chủ tịch Ủy ban nhân dân các xã, thị trấn có tên tại Điều 1 và thủ "
        "trưởng các cơ quan, đơn vị có liên quan chịu trách nhiệm thi hành Quyết định này./.",
    ]
    assert lines_of(html, ".recipients p") == [
        "Nơi nhận:",
        "- Như Điều 3;",
        "- CT, các PCT UBND huyện;",
        "- Lưu: VT, LĐTBXH.",
    ]
    assert lines_of(html, ".signature p") == ["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", "Nguyễn Văn Hiệp"]
    assert lines_of(html, ".annex h2, .annex-title, .attached") == [
        "PHỤ LỤC",
        "DANH SÁCH XÃ, THỊ TRẤN",
        "ĐƯỢC CÔNG NHẬN PHÙ HỢP VỚI TRẺ EM NĂM 2024",
        "(Kèm theo Quyết định số 2345/QĐ-UBND ngày 05 tháng 11 năm 2024 của Ủy ban nhân dân huyện Tháp Mười)",
    ]
    assert lines_of(html, ".annex tr") == [
        "TT Xã, thị trấn Tổng điểm đạt được Điểm tối thiểu phải đạt",
        "1 Xã Đốc Binh Kiều 1.000 850",
        "2 Thị trấn Mỹ An 902 850",
    ]


def test_recognised_and_refused_communes_stand_in_two_annexes() -> None:
    html = decision_html(decision(refused=REFUSED))
    assert lines_of(html, ".clause") == [
        "1. Công nhận 02 xã, thị trấn đạt tiêu chuẩn xã, phường, thị trấn phù hợp với trẻ em năm 2024 "
        "(có danh sách tại Phụ lục I kèm theo).",
        "2. Không công nhận 01 xã đạt tiêu chuẩn xã, phường, thị trấn phù hợp với trẻ em năm 2024 "
        "(có danh sách và lý do tại Phụ lục II kèm theo).",
    ]
    assert lines_of(html, ".annex h2") == ["PHỤ LỤC I", "PHỤ LỤC II"]
    assert lines_of(html, ".annex td.reasons p") == ["Tiêu chí 3 bị 0 điểm.", "Tiêu chí 5 bị 0 điểm."]


def test_a_decision_that_recognises_nobody_says_so_in_its_subject_and_promises_no_certificate() -> None:
    paper = decision(recognised=(), refused=REFUSED)
    assert paper.subject == "Về việc không công nhận xã phù hợp với trẻ em năm 2024"
    assert paper.articles[1].text == "Quyết định này có hiệu lực kể từ ngày ký."
    assert [annex.label for annex in paper.annexes] == ["PHỤ LỤC"]


def test_the_annex_names_the_district_only_where_there_are_several() -> None:
    elsewhere = replace(RECOGNISED[1], parent_name="Huyện Cao Lãnh")
    html = decision_html(decision(recognised=(RECOGNISED[0], elsewhere)))
    assert lines_of(html, "td.parent") == ["Huyện Tháp Mười", "Huyện Cao Lãnh"]


def test_points_are_written_the_vietnamese_way() -> None:
    row = replace(RECOGNISED[0], total_points=Fraction(1785, 2))
    assert (row.points_text, RECOGNISED[0].points_text) == ("892,5", "1.000")


def test_a_parent_body_stands_above_the_issuing_body() -> None:
    letterhead = Letterhead(
        parent_body="Ủy ban nhân dân tỉnh Đồng Tháp", body="Sở Y tế", number_symbol="QĐ-SYT", place="Đồng Tháp"
    )
    html = decision_html(replace(decision(), letterhead=letterhead))
    assert lines_of(html, ".agency p") == ["ỦY BAN NHÂN DÂN TỈNH ĐỒNG THÁP", "SỞ Y TẾ"]


def test_an_annex_that_would_take_minutes_to_print_is_refused() -> None:
    decision_html(decision(recognised=many(MAX_ANNEX_ROWS)))
    with pytest.raises(Refused, match=r"^Phụ lục có 301 dòng, nhiều hơn 300: hãy tách thành nhiều hồ sơ trình\.$"):
        decision_html(decision(recognised=many(MAX_ANNEX_ROWS + 1)))


def test_the_pdf_of_a_decision_says_what_its_page_says() -> None:
    paper = decision(refused=REFUSED)
    read = " ".join(pages(printed(paper)))
    assert unicodedata.is_normalized("NFC", read)
    for line in lines_of(decision_html(paper), "p, h1, h2, td"):
        assert line in read


def test_a_decision_with_its_list_takes_two_a4_pages_and_only_the_second_has_a_number() -> None:
    reader = PdfReader(BytesIO(printed(decision())))
    assert len(reader.pages) == 2
    for page in reader.pages:
        assert (round(float(page.mediabox.width) / MM), round(float(page.mediabox.height) / MM)) == (210, 297)
    first, second = pages(printed(decision()))
    assert not re.search(r"(^|\D)1($| CỘNG)", first)
    assert "PHỤ LỤC" in second
    assert "2" in re.split(r"\D+", second)


def test_text_keeps_the_margins_of_the_decree(tmp_path: Path) -> None:
    for found in word_boxes(printed(decision(recognised=many(60))), tmp_path):
        body = [box for _, box in found if box[1] >= 19]
        above = [(word, box) for word, box in found if box[1] < 19]
        assert min(box[0] for box in body) >= 30 - 0.1
        assert max(box[2] for box in body) <= 210 - 15 + 0.3  # justified lines end on the pixel
        assert max(box[3] for box in body) <= 297 - 20 + 0.1
        assert all(word.isdigit() for word, _ in above)  # in the top margin stands the page's number, nothing else
        for _, box in above:
            assert (box[0] + box[2]) / 2 == pytest.approx((30 + 195) / 2, abs=0.5)


def test_a_long_list_repeats_its_heads_on_every_page() -> None:
    read = pages(printed(decision(recognised=many(80))))
    annex_pages = read[1:]
    assert len(annex_pages) == 3
    assert all("Tổng điểm đạt được" in page for page in annex_pages)


def test_the_signature_never_stands_on_a_page_of_its_own() -> None:
    for length in range(0, 2400, 480):
        paper = decision()
        filler = replace(paper.articles[1], text="Quyết định này có hiệu lực kể từ ngày ký. " * (length // 40))
        read = pages(printed(replace(paper, articles=(paper.articles[0], filler, paper.articles[2]))))
        signed = next(page for page in read if "Nguyễn Văn Hiệp" in page)
        assert "./." in signed


@pytest.mark.parametrize("paper", [decision(number="", issued_on=None), decision(number="")])
def test_a_decision_without_number_or_day_is_a_draft_on_every_page(paper: DecisionPaper) -> None:
    assert all(DRAFT in page for page in pages(printed(paper)))
    assert paper.title.startswith("Dự thảo quyết định về việc công nhận")


def test_an_issued_decision_carries_no_draft_mark() -> None:
    paper = decision()
    assert not any(DRAFT in page for page in pages(printed(paper)))
    assert paper.title == "Quyết định về việc công nhận xã, thị trấn phù hợp với trẻ em năm 2024"


def test_a_demo_paper_says_on_every_page_that_it_has_no_force() -> None:
    assert [page.count(DEMO) for page in pages(printed(decision(is_demo=True)))] == [1, 1]
    assert pages(printed(certificate(is_demo=True)))[0].count(DEMO) == 1
    assert not any("GIẢ ĐỊNH" in page for page in pages(printed(decision())))


# ---- the certificate -----------------------------------------------------------------------------------------------
def test_the_certificate_names_commune_year_and_decision() -> None:
    paper = certificate(register_number="07")
    html = certificate_html(paper)
    assert lines_of(html, "main p, main h1") == [
        "GIẤY CÔNG NHẬN",
        "ỦY BAN NHÂN DÂN HUYỆN THÁP MƯỜI",
        "Công nhận:",
        "XÃ ĐỐC BINH KIỀU",
        "huyện Tháp Mười, tỉnh Đồng Tháp",
        "đạt tiêu chuẩn xã, phường, thị trấn phù hợp với trẻ em năm 2024",
    ]
    assert lines_of(html, ".reference p") == [
        "Theo Quyết định số 2345/QĐ-UBND ngày 25 tháng 11 năm 2024 của Ủy ban nhân dân huyện Tháp Mười",
        "Số vào sổ: 07",
    ]
    (read,) = pages(printed(paper))
    assert unicodedata.is_normalized("NFC", read)
    for line in lines_of(html, "p, h1"):
        assert line in read
    assert DRAFT not in read


def test_the_certificate_of_an_unnumbered_decision_is_a_draft() -> None:
    (read,) = pages(printed(certificate(decision_number="", decided_on=None)))
    assert DRAFT in read
    assert "Theo Quyết định số …/QĐ-UBND ngày … tháng … năm 2024" in read


@pytest.mark.parametrize(
    "name",
    [
        "Xã Mỹ An",
        ("Xã " + "Nguyễn Thị Minh Khai " * 20)[:200],
        "Xã " + "W" * 197,
        ("Phường " + "Ở Ữ Ệ " * 40)[:200],
    ],
)
def test_a_certificate_is_one_landscape_page_whatever_the_commune_is_called(name: str, tmp_path: Path) -> None:
    content = printed(certificate(commune_name=name, is_demo=True, register_number="1234"))
    reader = PdfReader(BytesIO(content))
    assert len(reader.pages) == 1
    box = reader.pages[0].mediabox
    assert (round(float(box.width) / MM), round(float(box.height) / MM)) == (297, 210)
    assert name.upper().replace(" ", "").strip() in pages(content)[0].replace(" ", "")
    (found,) = word_boxes(content, tmp_path)
    bottoms = {word: box[3] for word, box in found}
    tops = {word: box[1] for word, box in found}
    assert bottoms["chuẩn"] < tops["Mười,"]  # the name pushes nothing into the place and day, which come last
    assert bottoms["Hiệp"] < 194  # inside the frame


# ---- the file ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("paper", [decision(), certificate()], ids=["decision", "certificate"])
def test_a_paper_embeds_liberation_serif_and_nothing_else(
    paper: DecisionPaper | CertificatePaper, tmp_path: Path
) -> None:
    path = tmp_path / "paper.pdf"
    path.write_bytes(printed(paper))
    table = tool("pdffonts", str(path)).splitlines()[2:]
    assert table
    for line in table:
        assert re.fullmatch(r"[A-Z]{6}\+Liberation-Serif(-Bold)?(-Italic)?", line.split()[0])
        assert line.split()[-5:-2] == ["yes", "yes", "yes"]  # embedded, a subset, with a table back to Unicode


def test_a_paper_says_what_it_is_to_machines_too() -> None:
    reader = PdfReader(BytesIO(printed(decision())))
    assert reader.metadata is not None
    assert reader.metadata.title == "Quyết định về việc công nhận xã, thị trấn phù hợp với trẻ em năm 2024"
    assert reader.metadata.author == "Ủy ban nhân dân huyện Tháp Mười"
    assert reader.root_object["/Lang"] == "vi"
    assert reader.root_object["/MarkInfo"] == {"/Marked": True}


def test_typed_text_prints_as_text() -> None:
    hostile = "Xã {{ 7*7 }} {% now 'Y' %} <script>alert(1)</script> <b>x</b> &lt;i&gt;"
    html = decision_html(decision(recognised=(replace(RECOGNISED[0], commune_name=hostile),)))
    assert BeautifulSoup(html, "html.parser").find_all(["script", "b", "i"]) == []
    assert hostile in lines_of(html, ".annex td")
    assert hostile.split()[0] in pages(printed(decision()))[1]
    read = pages(printed(certificate(commune_name=hostile)))[0]
    assert hostile.upper() in read


def test_control_and_direction_characters_never_reach_a_paper() -> None:
    html = certificate_html(certificate(commune_name="Xã\u202e \u200bMỹ\x00\x07 An\u2066"))
    assert lines_of(html, ".commune") == ["XÃ MỸ AN"]
    assert not re.search("[\x00-\x08\u200b-\u200f\u202a-\u202e\u2066-\u2069]", html)


def test_decomposed_letters_are_printed_composed() -> None:
    html = certificate_html(certificate(commune_name=unicodedata.normalize("NFD", "Xã Đốc Binh Kiều")))
    assert lines_of(html, ".commune") == ["XÃ ĐỐC BINH KIỀU"]
    assert unicodedata.is_normalized("NFC", html)


def test_the_same_decision_gives_the_same_file() -> None:
    assert decision_pdf(decision()) == decision_pdf(decision())


def test_papers_can_be_printed_by_several_threads_at_once() -> None:
    wanted = certificate_pdf(certificate())
    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(lambda _: certificate_pdf(certificate()), range(6))) == {wanted}


# ---- nothing is fetched (F-12) ---------------------------------------------------------------------------------------
@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    hits: list[str] = []

    class Canary(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hits.append(self.path)
            if self.path.startswith("/chuyen/"):  # a redirect, the way around a check of the first address
                self.send_response(302)
                self.send_header("Location", self.path.removeprefix("/chuyen"))
            else:
                self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Canary) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", hits
        server.shutdown()
        thread.join()


def test_the_canary_hears_whoever_does_fetch(canary: tuple[str, list[str]]) -> None:
    """WeasyPrint's own fetcher, for comparison: the silence below means something."""
    address, hits = canary
    pulls = f"<style>@import '{address}/a.css';</style><img src='{address}/chuyen/b.png'>"
    weasyprint.HTML(string=f"<p>chữ</p>{pulls}").write_pdf()
    assert sorted(hits) == ["/a.css", "/b.png", "/chuyen/b.png"]


def test_a_page_can_reach_neither_the_network_nor_the_disk(canary: tuple[str, list[str]], tmp_path: Path) -> None:
    address, hits = canary
    secret = tmp_path / "secret.txt"
    secret.write_text("CANARY-TRONG-TEP", encoding="utf-8")
    sheet = tmp_path / "sheet.css"
    sheet.write_text("p::after { content: 'CANARY-TRONG-CSS' }", encoding="utf-8")
    targets = (f"{address}/x", f"{address}/chuyen/x", secret.as_uri(), "data:text/plain,CANARY-DATA")
    pulls = "".join(
        f'<img src="{target}"><link rel="stylesheet" href="{target}"><link rel="attachment" href="{target}">'
        f'<a rel="attachment" href="{target}">tệp</a><object data="{target}"></object><embed src="{target}">'
        f'<svg width="9" height="9"><image href="{target}" width="9" height="9"/><use href="{target}#a"/></svg>'
        f'<div style="background: url({target})">nền</div><p style="content: url({target})">nội dung</p>'
        f"<style>@import url({target}); @font-face {{ font-family: X; src: url({target}) }} p {{ font-family: X }} "
        f"li {{ list-style-image: url({target}) }}</style><ul><li>dòng</li></ul>"
        for target in targets
    )
    html = (
        f'<html lang="vi"><head><title>t</title><base href="{address}/">'
        f'<meta http-equiv="refresh" content="0;{address}"><style>@import "{sheet.as_uri()}";</style></head>'
        f"<body><p>Còn chữ</p>{pulls}<img src='relative.png'></body></html>"
    )
    content = pdf.render(html, ("paper.css",))
    assert hits == []
    reader = PdfReader(BytesIO(content))
    assert "Còn chữ" in reader.pages[0].extract_text()
    streams = b"".join(
        obj.get_data()
        for obj in (reader.get_object(n) for n in range(1, len(reader.xref[0]) + 1))
        if hasattr(obj, "get_data")
    )
    assert b"CANARY" not in content + streams
    assert dict(reader.attachments) == {}
    assert not any("CANARY" in page for page in pages(content))
