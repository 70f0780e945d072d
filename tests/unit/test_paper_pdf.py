"""Papers as PDF, read back from the finished file word for word, and measured against Nghị định 30/2020, phụ lục I."""

import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import openpyxl
import pikepdf
import pytest
import zxingcpp
from bs4 import BeautifulSoup
from pypdf import PdfReader

from papers.rendering import annex_workbook, html_of, lines_of, render_pdf
from papers.rendering.html import balanced
from papers.rendering.qr import check_url
from papers.structure import MAX_ROWS, Annex, Content, Letterhead, Paragraph, Printed, Row, Table
from tests.paper_files import (
    MM,
    Piece,
    dark_lines,
    fonts,
    is_composed,
    pages,
    pdf_of,
    picture,
    pieces,
    read_aloud,
    tool,
    word_boxes,
)
from tests.sample_papers import (
    CODE,
    LIST_COLUMNS,
    SAMPLES,
    certificate,
    communes,
    decision,
    letter,
    minutes,
    report,
    submission,
)

DRAFT = "DỰ THẢO"
DEMO = "SỐ LIỆU GIẢ ĐỊNH – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ"
CONTENTS = {name: paper for name, paper in SAMPLES.items() if isinstance(paper, Content)}

LEFT, RIGHT = 30, 210 - 15  # the margins that we took from those that the decree allows, in millimetres
MIDDLE = (LEFT + RIGHT) / 2


def draft() -> Content:
    return decision(number="", issued_on=None)


def hostile(text: str) -> Content:
    """A paper with `text` wherever anybody may type."""
    paper = decision()
    return replace(
        paper,
        letterhead=Letterhead(body=text, parent_body=text, place=text),
        subject=text,
        authority_line=text,
        bases=(text, text),
        addressees=(text, text),
        blocks=(Paragraph(text), Table(LIST_COLUMNS, (Row((text, text, "1", text)),), caption=text), *paper.blocks),
        recipients=(text,),
        annexes=(Annex(label=text, title=(text,), blocks=(Paragraph(text, is_item=True),), is_landscape=True),),
    )


# ---- words ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", SAMPLES)
def test_the_pdf_says_exactly_the_lines_of_the_paper(name: str, tmp_path: Path) -> None:
    paper = SAMPLES[name]
    said = read_aloud(pdf_of(paper), tmp_path)
    if paper.is_draft:
        said = said.replace(f"{DRAFT} ", "")
    assert said == " ".join(lines_of(paper))
    assert is_composed(said)


def test_the_lines_of_a_decision_stand_in_reading_order() -> None:
    lines = lines_of(decision(count=2))
    assert lines[:9] == [
        "ỦY BAN NHÂN DÂN",
        "HUYỆN VÍ DỤ",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Số: 2345/QĐ-UBND",
        "Ví Dụ, ngày 05 tháng 11 năm 2024",
        "QUYẾT ĐỊNH",
        "Về việc công nhận xã, thị trấn phù hợp với trẻ em năm 2024",
        "ỦY BAN NHÂN DÂN HUYỆN VÍ DỤ",
    ]
    assert [line[-1] for line in lines[9:13]] == [";", ";", ";", "."]
    assert lines[13] == "QUYẾT ĐỊNH:"
    assert [line[:7] for line in lines[14:17]] == ["Điều 1.", "Điều 2.", "Điều 3."]
    assert lines[17:21] == ["Nơi nhận:", "- Như Điều 3;", "- CT, các PCT UBND huyện;", "- Lưu: VT, LĐTBXH."]
    assert lines[21] == "Mã tra cứu: 7K2QX-9MPLT"
    assert re.fullmatch(r"Kiểm tra tại: [a-z0-9.:]+/kiem-tra/", lines[22])
    assert lines[23:27] == ["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", "Trần Thị Giả Định"]
    assert lines[27:31] == [
        "PHỤ LỤC",
        "DANH SÁCH XÃ, THỊ TRẤN",
        "ĐƯỢC CÔNG NHẬN PHÙ HỢP VỚI TRẺ EM NĂM 2024",
        "(Kèm theo Quyết định số 2345/QĐ-UBND ngày 05 tháng 11 năm 2024 của Ủy ban nhân dân huyện Ví Dụ)",
    ]
    assert lines[31:39] == [
        "TT",
        "Xã, thị trấn",
        "Tổng điểm đạt được",
        "Điểm tối thiểu phải đạt",
        "1",
        "Xã Suối Mẫu",
        "881,5",
        "850",
    ]


def test_an_official_letter_has_no_title_and_says_below_its_number_what_it_is_about() -> None:
    lines = lines_of(letter())
    assert lines[5:11] == [
        "Số: 312/LĐTBXH-TE",
        "V/v đề nghị bổ sung, hoàn thiện hồ sơ công nhận xã phù hợp với trẻ em năm 2024",
        "Ví Dụ, ngày 02 tháng 10 năm 2024",
        "Kính gửi:",
        "- Ủy ban nhân dân xã Suối Mẫu;",
        "- Ủy ban nhân dân xã Đồi Thử.",
    ]
    assert "CÔNG VĂN" not in lines


def test_one_addressee_stands_on_the_line_of_the_address() -> None:
    assert "Kính gửi: Ủy ban nhân dân huyện Ví Dụ" in lines_of(submission())


def test_the_text_of_a_paper_ends_with_its_mark_once() -> None:
    assert [line for line in lines_of(minutes()) if line.endswith("./.")] == [
        "Cuộc họp kết thúc hồi 10 giờ 30 phút cùng ngày./."
    ]
    assert sum(line.count("./.") for line in lines_of(decision())) == 1


def test_two_sign_minutes_side_by_side(tmp_path: Path) -> None:
    assert lines_of(minutes())[-4:] == ["THƯ KÝ", "Đỗ Thị Nháp", "CHỦ TRÌ", "Lê Văn Thí Dụ"]
    (page,) = pieces(pdf_of(minutes()), tmp_path)
    by_text = {piece.text: piece for piece in page}
    assert by_text["THƯ KÝ"].top == by_text["CHỦ TRÌ"].top
    assert by_text["THƯ KÝ"].right < MIDDLE < by_text["CHỦ TRÌ"].left
    assert by_text["Đỗ Thị Nháp"].top - by_text["THƯ KÝ"].top > 25  # room for a signature


def test_a_form_to_fill_in_has_no_number_and_its_text_no_end() -> None:
    assert not any("Số:" in line or "./." in line for line in lines_of(SAMPLES["phieu-lay-y-kien"]))


def test_long_lines_are_broken_evenly() -> None:
    assert balanced("PHÒNG LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI", 23) == ["PHÒNG LAO ĐỘNG -", "THƯƠNG BINH VÀ XÃ HỘI"]
    assert balanced("HUYỆN VÍ DỤ", 27) == ["HUYỆN VÍ DỤ"]
    assert balanced("", 27) == []
    assert balanced("SỞ LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI TỈNH THỬ NGHIỆM", 23) == [
        "SỞ LAO ĐỘNG -",
        "THƯƠNG BINH VÀ XÃ HỘI",
        "TỈNH THỬ NGHIỆM",
    ]


def test_no_line_ends_inside_a_name_a_date_or_what_is_read_as_one_word() -> None:
    assert balanced("Hồ sơ đề nghị công nhận xã Suối Mẫu phù hợp với trẻ em năm 2024", 62) == [
        "Hồ sơ đề nghị công nhận xã Suối Mẫu",
        "phù hợp với trẻ em năm 2024",
    ]
    assert balanced("Họp Hội đồng đánh giá xã, phường, thị trấn phù hợp với trẻ em năm 2024", 62) == [
        "Họp Hội đồng đánh giá xã, phường,",
        "thị trấn phù hợp với trẻ em năm 2024",
    ]
    assert balanced("Về việc thu hồi Quyết định số 7/QĐ-UBND ngày 02 tháng 11 năm 2024 của huyện Ví Dụ", 62) == [
        "Về việc thu hồi Quyết định số 7/QĐ-UBND",
        "ngày 02 tháng 11 năm 2024 của huyện Ví Dụ",
    ]


# ---- the page ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", CONTENTS)
def test_text_keeps_the_margins_of_the_decree(name: str, tmp_path: Path) -> None:
    content = pdf_of(CONTENTS[name])
    for page, found in zip(PdfReader(BytesIO(content)).pages, word_boxes(content, tmp_path), strict=True):
        width, height = (round(float(side) / MM) for side in (page.mediabox.width, page.mediabox.height))
        assert (width, height) in {(210, 297), (297, 210)}
        upright = [word for word in found if word.text not in DRAFT.split()]  # the draft's mark lies across the page
        body = [word for word in upright if word.top >= 19]
        assert min(word.left for word in body) >= 30 - 0.1
        assert max(word.right for word in body) <= width - 15 + 0.3  # justified lines end on the pixel
        assert max(word.bottom for word in body) <= height - 20 + 0.1
        above = [word for word in upright if word.top < 19]
        assert all(word.text.isdigit() for word in above)  # in the top margin the page's number, nothing else


def test_pages_are_numbered_in_the_middle_of_the_top_margin_from_the_second_on(tmp_path: Path) -> None:
    found = pieces(pdf_of(decision(count=80)), tmp_path)
    numbers = [[piece for piece in page if piece.top < 19] for page in found]
    assert [[piece.text for piece in page] for page in numbers] == [[], ["2"], ["3"], ["4"]]
    for (number,) in numbers[1:]:
        assert (number.left + number.right) / 2 == pytest.approx(MIDDLE, abs=0.5)
        assert number.size == 13
        assert not number.is_bold
        assert not number.is_italic


def _only(page: list[Piece], text: str) -> Piece:
    (piece,) = [piece for piece in page if piece.text.startswith(text)]
    return piece


@pytest.mark.parametrize(
    ("name", "text", "size", "is_bold", "is_italic"),
    [
        ("bao-cao", "HUYỆN VÍ DỤ", 13, False, False),  # the parent body
        ("bao-cao", "XÃ SUỐI MẪU", 13, True, False),
        ("bao-cao", "CỘNG HÒA XÃ HỘI", 13, True, False),
        ("bao-cao", "Độc lập - Tự do", 14, True, False),
        ("bao-cao", "Số: 57/BC-UBND", 13, False, False),
        ("bao-cao", "Suối Mẫu, ngày", 14, False, True),
        ("bao-cao", "BÁO CÁO", 14, True, False),
        ("bao-cao", "Tự đánh giá kết quả", 14, True, False),
        ("bao-cao", "II. KẾT QUẢ", 14, True, False),
        ("bao-cao", "Hội đồng đánh giá", 14, False, False),
        ("bao-cao", "TM. ỦY BAN", 14, True, False),
        ("bao-cao", "Lê Văn Thí Dụ", 14, True, False),
        ("bao-cao", "Nơi nhận:", 12, True, True),
        ("bao-cao", "- Lưu: VT", 11, False, False),
        ("cong-van", "V/v đề nghị", 12, False, False),
        ("cong-van", "Kính gửi:", 14, False, False),
        ("quyet-dinh", "Căn cứ Luật Trẻ em", 14, False, True),
        ("quyet-dinh", "QUYẾT ĐỊNH:", 14, True, False),
        ("quyet-dinh", "Điều 2.", 14, True, False),
        ("quyet-dinh", "Quyết định này có hiệu lực", 14, False, False),
        ("quyet-dinh", "PHỤ LỤC", 14, True, False),
        ("quyet-dinh", "DANH SÁCH XÃ, THỊ TRẤN", 14, True, False),
        ("quyet-dinh", "(Kèm theo", 14, False, True),
    ],
)
def test_every_part_has_the_size_and_style_of_the_decree(
    name: str, text: str, size: int, is_bold: bool, is_italic: bool, tmp_path: Path
) -> None:
    piece = _only([piece for page in pieces(pdf_of(SAMPLES[name]), tmp_path) for piece in page], text)
    assert (piece.size, piece.is_bold, piece.is_italic) == (size, is_bold, is_italic)


def test_the_rules_have_the_lengths_of_the_decree(tmp_path: Path) -> None:
    content = pdf_of(decision())
    (page, _) = pieces(content, tmp_path)
    below_body, below_motto, below_subject = sorted(dark_lines(picture(content, tmp_path, dpi=150), dpi=150))[:3]
    motto = _only(page, "Độc lập")
    assert below_motto[1:] == pytest.approx((motto.left, motto.right), abs=0.6)  # as long as the line
    for rule, text in ((below_body, "HUYỆN VÍ DỤ"), (below_subject, "Về việc")):
        line = _only(page, text)
        assert 1 / 3 <= (rule[2] - rule[1]) / (line.right - line.left) <= 1 / 2
        assert (rule[1] + rule[2]) / 2 == pytest.approx((line.left + line.right) / 2, abs=0.5)
        assert 0 < rule[0] - line.top < 8


def test_paragraphs_begin_one_centimetre_in_with_six_points_above(tmp_path: Path) -> None:
    (page, *_) = pieces(pdf_of(letter()), tmp_path)
    first, second = _only(page, "Qua thẩm định"), _only(page, "Phòng Lao động - Thương binh và Xã hội huyện")
    assert first.left - second.left == pytest.approx(10, abs=0.3)
    item, after = _only(page, "- Tiêu chí 3"), _only(page, "- Tiêu chí 9")
    assert (after.top - item.top) * MM >= 14 * 1.15 + 6  # one line and the distance


def test_the_signature_stands_on_the_right_and_the_recipients_on_the_left_at_one_height(tmp_path: Path) -> None:
    (page, _) = pieces(pdf_of(decision()), tmp_path)
    to, first, name = (_only(page, text) for text in ("Nơi nhận:", "TM. ỦY BAN", "Trần Thị"))
    assert to.left == pytest.approx(LEFT, abs=0.3)
    assert abs(to.top - first.top) < 1
    assert first.left > MIDDLE
    assert (name.left + name.right) / 2 == pytest.approx((first.left + first.right) / 2, abs=0.5)
    assert name.top - _only(page, "PHÓ CHỦ TỊCH").top > 25  # room for signature and seal


def test_the_signature_never_stands_on_a_page_of_its_own() -> None:
    for length in range(0, 2400, 480):
        paper = replace(decision(), annexes=())
        filler = replace(paper.blocks[1], text="Quyết định này có hiệu lực kể từ ngày ký. " * (length // 40))
        read = pages(pdf_of(replace(paper, blocks=(paper.blocks[0], filler, paper.blocks[2]))))
        signed = next(page for page in read if "Trần Thị Giả Định" in page)
        assert "./." in signed


def test_an_annex_begins_a_page_and_may_lie_on_its_side() -> None:
    sizes = [
        (round(float(page.mediabox.width) / MM), round(float(page.mediabox.height) / MM))
        for page in PdfReader(BytesIO(pdf_of(report()))).pages
    ]
    assert sizes == [(210, 297), (297, 210)]
    assert pages(pdf_of(report()))[1].startswith("PHỤ LỤC BẢNG TỰ CHẤM ĐIỂM")


# ---- tables --------------------------------------------------------------------------------------------------------
def test_a_long_list_repeats_its_heads_on_every_page_and_tears_no_row(tmp_path: Path) -> None:
    rows = tuple(Row((str(n), f"Xã Số {n}\nlàng {n}\nấp {n}", "900", "850")) for n in range(1, 58))
    paper = replace(decision(), annexes=(Annex(label="PHỤ LỤC", title=(), blocks=(Table(LIST_COLUMNS, rows),)),))
    read = pages(pdf_of(paper))[1:]
    assert len(read) == 5
    assert all("Tổng điểm đạt được" in page for page in read)
    for n in range(1, 58):
        (page,) = [page for page in read if f"Xã Số {n} " in page]
        assert f"ấp {n} " in f"{page} "


def test_a_table_without_rows_says_so() -> None:
    paper = replace(
        decision(), annexes=(Annex(label="PHỤ LỤC", title=("DANH SÁCH",), blocks=(Table(LIST_COLUMNS, ()),)),)
    )
    assert lines_of(paper)[-5:] == [*(column.heading for column in LIST_COLUMNS), "(Không có)"]
    assert pages(pdf_of(paper))[1].endswith("(Không có) 2")


def test_an_annex_without_anything_says_so() -> None:
    paper = replace(decision(), annexes=(Annex(label="PHỤ LỤC", title=("DANH SÁCH",), blocks=()),))
    assert pages(pdf_of(paper))[1].endswith("(Không có) 2")


def test_rows_beyond_the_limit_are_counted_on_paper_and_stand_in_the_annexed_workbook() -> None:
    paper = decision(count=MAX_ROWS + 12)
    read = " ".join(pages(pdf_of(paper)))
    assert f"Xã Số {MAX_ROWS} " in read
    assert f"Xã Số {MAX_ROWS + 1} " not in read
    assert read.count("(còn 12 dòng, xem tệp phụ lục kèm theo)") == 1
    with pikepdf.open(BytesIO(pdf_of(paper))) as pdf:
        assert list(pdf.attachments) == ["phu-luc.xlsx"]
        attached = pdf.attachments["phu-luc.xlsx"].get_file()
        assert attached.mime_type == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        workbook = attached.read_bytes()
    assert workbook == annex_workbook(paper)
    (sheet,) = openpyxl.load_workbook(BytesIO(workbook)).worksheets
    heads, *rows = [tuple(str(cell or "") for cell in row) for row in sheet.iter_rows(values_only=True)]
    assert heads == tuple(column.heading for column in LIST_COLUMNS)
    assert rows == [row.cells for row in communes(MAX_ROWS + 12)]


def test_a_table_that_fits_needs_no_workbook() -> None:
    assert annex_workbook(decision(count=4)) is None
    assert annex_workbook(certificate()) is None
    with pikepdf.open(BytesIO(pdf_of(decision()))) as pdf:
        assert list(pdf.attachments) == []


# ---- marks ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("paper", [draft(), decision(number=""), decision(issued_on=None)])
def test_a_paper_without_number_or_day_is_a_draft_on_every_page(paper: Content) -> None:
    assert [page.count(DRAFT) for page in pages(pdf_of(paper))] == [1, 1]
    assert PdfReader(BytesIO(pdf_of(paper))).metadata.title.startswith("Dự thảo quyết định về việc công nhận")  # type: ignore[union-attr]


def test_who_took_a_draft_stands_on_every_page_of_it_and_on_nothing_else() -> None:
    mark = "Bản dự thảo do Lê Văn Thí Dụ tải về"
    assert [page.count(mark) for page in pages(render_pdf(draft(), mark=mark))] == [1, 1]
    assert render_pdf(decision(), mark=mark) == pdf_of(decision())


def test_an_issued_paper_carries_no_draft_mark() -> None:
    assert not any(DRAFT in page for page in pages(pdf_of(decision())))


@pytest.mark.parametrize("paper", [decision(), certificate(), draft()], ids=["decision", "certificate", "draft"])
def test_a_demo_paper_says_on_every_page_that_it_has_no_force(paper: Printed) -> None:
    marked = replace(paper, is_demo=True)
    assert all(page.count(DEMO) == 1 for page in pages(pdf_of(marked)))
    assert not any("GIẢ ĐỊNH" in page for page in pages(pdf_of(paper)))


# ---- the public check ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("paper", [decision(), certificate(), certificate(name="Xã " + "W" * 197)])
@pytest.mark.parametrize("dpi", [100, 200])
def test_the_code_on_the_paper_leads_to_its_check(paper: Printed, dpi: int, tmp_path: Path) -> None:
    (read,) = zxingcpp.read_barcodes(picture(pdf_of(paper), tmp_path, dpi=dpi))
    assert read.text == check_url(CODE)
    assert "Mã tra cứu: 7K2QX-9MPLT" in pages(pdf_of(paper))[0]


@pytest.mark.parametrize("paper", [draft(), certificate(register_number=""), decision(code="")])
def test_a_draft_and_a_paper_without_code_carry_no_check(paper: Printed, tmp_path: Path) -> None:
    assert zxingcpp.read_barcodes(picture(pdf_of(paper), tmp_path)) == []
    assert not any("tra cứu" in page for page in pages(pdf_of(paper)))


# ---- the certificate -----------------------------------------------------------------------------------------------
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
    paper = replace(certificate(name=name, note="(Cấp lại, thay giấy số vào sổ 12)"), is_demo=True)
    content = pdf_of(paper)
    reader = PdfReader(BytesIO(content))
    assert len(reader.pages) == 1
    box = reader.pages[0].mediabox
    assert (round(float(box.width) / MM), round(float(box.height) / MM)) == (297, 210)
    assert name.upper().replace(" ", "").strip() in pages(content)[0].replace(" ", "")
    (found,) = pieces(content, tmp_path)
    standard = next(piece for piece in found if "đạt tiêu chuẩn" in piece.text)
    assert standard.top + standard.size / MM < _only(found, "Ví Dụ, ngày").top  # the name pushes nothing into the end
    inside = [piece for piece in found if piece.text != DEMO]
    assert min(piece.left for piece in inside) > 20  # inside the frame
    assert max(piece.right for piece in inside) < 277
    assert max(piece.top + piece.size / MM for piece in inside) < 190


def test_the_seal_has_its_place_on_the_certificate(tmp_path: Path) -> None:
    """A round seal of 36 mm goes over the left third of the signature, below the titles."""
    (found,) = pieces(pdf_of(certificate(note="(Cấp lại, thay giấy số vào sổ 12)")), tmp_path)
    last_title, name = _only(found, "PHÓ CHỦ TỊCH"), _only(found, "Trần Thị")
    left, right, top, bottom = 152, 210, last_title.top + last_title.size / MM, name.top
    assert bottom - top > 18
    assert [p for p in found if p.right > left and p.left < right and top < p.top < bottom] == []


def test_the_certificate_of_an_unregistered_commune_is_a_draft() -> None:
    (read,) = pages(pdf_of(certificate(register_number="")))
    assert DRAFT in read


# ---- the file ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", SAMPLES)
def test_a_paper_embeds_liberation_serif_and_nothing_else(name: str, tmp_path: Path) -> None:
    listed = fonts(pdf_of(SAMPLES[name]), tmp_path)
    assert listed
    for line in listed:
        assert re.fullmatch(r"[A-Z]{6}\+Liberation-Serif(-Bold)?(-Italic)?", line[0])
        assert line[-5:-2] == ["yes", "yes", "yes"]  # embedded, a subset, with a table back to Unicode


@pytest.mark.parametrize("name", SAMPLES)
def test_qpdf_finds_nothing_wrong(name: str, tmp_path: Path) -> None:
    path = tmp_path / "paper.pdf"
    path.write_bytes(pdf_of(SAMPLES[name]))
    assert "No syntax or stream encoding errors found" in tool("qpdf", "--check", str(path))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_paper_says_what_it_is_to_machines_too(name: str) -> None:
    paper = SAMPLES[name]
    with pikepdf.open(BytesIO(pdf_of(paper))) as pdf:
        assert str(pdf.Root.Lang) == "vi"
        assert pdf.Root.MarkInfo.Marked
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        with pdf.open_metadata() as metadata:
            assert (metadata.pdfa_status, metadata["pdfuaid:part"]) == ("3A", "1")
            assert metadata["dc:title"] == str(pdf.docinfo["/Title"])
            assert metadata["dc:creator"] == [paper.letterhead.body]


def test_headings_and_annexes_are_bookmarks() -> None:
    def titles(items: list[pikepdf.OutlineItem]) -> list[object]:
        return [[item.title, *titles(list(item.children))] for item in items]

    with pikepdf.open(BytesIO(pdf_of(report()))) as pdf, pdf.open_outline() as outline:
        assert titles(list(outline.root)) == [
            [
                "BÁO CÁO",
                ["I. CÔNG TÁC CHỈ ĐẠO, TRIỂN KHAI"],
                ["II. KẾT QUẢ THỰC HIỆN"],
                ["PHỤ LỤC. BẢNG TỰ CHẤM ĐIỂM NĂM 2024"],
            ]
        ]


def test_the_same_paper_gives_the_same_file() -> None:
    for paper in (decision(count=MAX_ROWS + 1), certificate()):
        assert render_pdf(paper) == render_pdf(paper)


def test_papers_can_be_printed_by_several_threads_at_once() -> None:
    wanted = render_pdf(certificate())
    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(lambda _: render_pdf(certificate()), range(6))) == {wanted}


# ---- annexes ------------------------------------------------------------------------------------------------------
def test_what_an_annex_belongs_to_leaves_no_lone_word_on_a_line() -> None:
    paper = decision()
    attached = BeautifulSoup(html_of(paper), "html.parser").select_one(".annex .attached")
    assert attached is not None
    first, second = attached.get_text("\n").split("\n")
    assert (first, second) == (
        "(Kèm theo Quyết định số 2345/QĐ-UBND",
        "ngày 05 tháng 11 năm 2024 của Ủy ban nhân dân huyện Ví Dụ)",
    )


# ---- hostile text --------------------------------------------------------------------------------------------------
TYPED = "Xã {{ 7*7 }} {% now 'Y' %} <script>alert(1)</script> <b>x</b> &lt;i&gt;"


def test_typed_text_prints_as_text(tmp_path: Path) -> None:
    paper = hostile(TYPED)
    assert BeautifulSoup(html_of(paper), "html.parser").find_all(["script", "b", "i"]) == []
    said = read_aloud(pdf_of(paper), tmp_path)
    assert said.replace(" ", "") == "".join(lines_of(paper)).replace(" ", "")  # long words break in narrow columns
    assert said.replace(" ", "").count(TYPED.replace(" ", "")) == 14
    assert TYPED.upper() in pages(pdf_of(certificate(name=TYPED)))[0]


def test_control_and_direction_characters_never_reach_a_paper() -> None:
    typed = "Xã\u202e \u200bMỹ\x00\x07 An\u2066"
    for page in (html_of(hostile(typed)), html_of(certificate(name=typed))):
        assert not re.search("[\x00-\x08\u200b-\u200f\u202a-\u202e\u2066-\u2069]", page)
    assert "XÃ MỸ AN" in lines_of(certificate(name=typed))
    assert "Kính gửi:" in lines_of(hostile(typed))


def test_decomposed_letters_are_printed_composed() -> None:
    lines = lines_of(certificate(name="Xa\u0303 Suo\u0302\u0301i"))
    assert "XÃ SUỐI" in lines
    assert all(is_composed(line) for line in lines)


@pytest.mark.parametrize("text", ["W" * 200, ("Nguyễn Thị Minh Khai " * 20)[:200], "\n\n\n", "a\tb"])
def test_no_text_breaks_a_page(text: str, tmp_path: Path) -> None:
    content = pdf_of(hostile(text))
    path = tmp_path / "paper.pdf"
    path.write_bytes(content)
    assert subprocess.run(["qpdf", "--check", str(path)], capture_output=True, check=False).returncode == 0
    for page, found in zip(PdfReader(BytesIO(content)).pages, word_boxes(content, tmp_path), strict=True):
        assert max(word.right for word in found) <= float(page.mediabox.width) / MM - 10
