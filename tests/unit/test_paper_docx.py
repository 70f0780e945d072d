"""Papers as Word files: read back from the finished file, word for word and piece for piece."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

import pytest
import time_machine
import zxingcpp
from docx.enum.section import WD_ORIENTATION
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image, ImageFont

from papers.kinds import Form
from papers.rendering import lines_of, render_docx, render_pdf
from papers.rendering.docx import MOTTO_WIDTH
from papers.rendering.qr import check_url
from papers.rendering.sheet import DEMO_MARK, DRAFT_MARK, MOTTO
from papers.structure import (
    MAX_ROWS,
    Annex,
    Article,
    Certificate,
    Column,
    Content,
    Heading,
    Letterhead,
    Paragraph,
    Printed,
    Row,
    Signature,
)
from papers.structure import Table as PaperTable
from tests.corpus.strings import STRINGS
from tests.paper_reading import W, lines_of_docx, opened, part, parts_of, words_of_pdf
from tests.sample_papers import CODE, DAY, SAMPLES, certificate, decision, letter, minutes, opinion, report

BOLD = "/usr/share/fonts/truetype/liberation2/LiberationSerif-Bold.ttf"
TAKEN = "Dự thảo do Nguyễn Văn Giả Định tải về lúc 10 giờ 00 ngày 05/11/2024"

EVERY_BLOCK = replace(
    report(),
    blocks=(
        Heading("I. MỤC"),
        Heading("1. Tiểu mục", 2),
        Heading("a) Điểm", 3),
        Paragraph("Đoạn văn."),
        Paragraph("Khoản mục;", is_item=True),
        Paragraph("Ở giữa", is_centered=True),
        Article("Nội dung của điều.", ("1. Khoản một.", "2. Khoản hai.")),
        Article("Điều sau."),
        PaperTable((Column("Trống", 100),), ()),
        PaperTable(
            (Column("TT", 10, "center"), Column("Tên", 90)),
            (Row(("1", "Dòng một\nDòng hai")), Row(("", "")), Row(("2", "Tổng"), is_total=True)),
            caption="Bảng 2.",
        ),
        PaperTable((Column("TT", 100),), tuple(Row((f"{n}",)) for n in range(1, MAX_ROWS + 13))),
    ),
    annexes=(
        Annex(label="PHỤ LỤC I", title=("NGANG",), blocks=(Paragraph("Ngang."),), is_landscape=True),
        Annex(label="PHỤ LỤC II", title=("DỌC",), blocks=(Paragraph("Dọc."),)),
        Annex(label="PHỤ LỤC III", title=("TRỐNG",), blocks=()),
    ),
)
PAPERS: dict[str, Printed] = {
    **SAMPLES,
    "every-block": EVERY_BLOCK,
    "minutes-with-recipients": replace(minutes(), recipients=("UBND huyện", "Lưu: VT"), code=CODE),
    "letter-to-one": replace(letter(), addressees=("Ủy ban nhân dân huyện Ví Dụ",)),
    "unsigned": replace(decision(), signatures=(Signature(lines=("CHỦ TỊCH",), name=""),)),
    "reissued": certificate(note="(Cấp lại, thay giấy số vào sổ 12)"),
    "certificate-draft": certificate(register_number="", code=""),
    "demo": replace(decision(), is_demo=True),
    "index": replace(opinion(), form=Form.INDEX, letterhead=Letterhead(body="", place="Suối Mẫu"), signatures=()),
}


# ---- words ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", PAPERS)
def test_the_word_file_says_exactly_the_lines_of_the_paper(name: str) -> None:
    assert lines_of_docx(render_docx(PAPERS[name])) == lines_of(PAPERS[name])


@pytest.mark.parametrize("name", PAPERS)
def test_pdf_and_word_file_say_the_same_words(name: str, tmp_path: Path) -> None:
    paper = PAPERS[name]
    path = tmp_path / "paper.pdf"
    path.write_bytes(render_pdf(paper))
    said = " ".join(words_of_pdf(path))
    for mark in (DRAFT_MARK, DEMO_MARK):
        said = said.replace(f"{mark} ", "")
    written = " ".join(lines_of_docx(render_docx(paper)))
    if name == "every-block":  # its long table goes over several pages, with its head on each
        head, *pages = said.split(" TT ")
        assert len(pages) > 5
        said = f"{head} TT {pages[0]} TT {' '.join(pages[1:])}"
    assert said == written


def test_every_form_is_among_the_papers() -> None:
    forms = {paper.form for paper in PAPERS.values() if isinstance(paper, Content)}
    assert forms | {Form.CERTIFICATE, Form.RECHECK} == set(Form)


# ---- what people may type ------------------------------------------------------------------------------------------
ANYTHING = st.text(max_size=40)
LINES = st.lists(ANYTHING, max_size=3).map(tuple)


@st.composite
def tables(draw: st.DrawFn) -> PaperTable:
    headings = draw(st.lists(ANYTHING, min_size=1, max_size=4))
    columns = tuple(Column(heading, 100 / len(headings)) for heading in headings)
    cells = st.lists(ANYTHING, min_size=len(headings), max_size=len(headings)).map(tuple)
    return PaperTable(columns, tuple(draw(st.lists(st.builds(Row, cells, st.booleans()), max_size=3))), draw(ANYTHING))


BLOCKS = st.lists(
    st.one_of(
        st.builds(Heading, ANYTHING, st.integers(1, 3)),
        st.builds(Paragraph, ANYTHING, st.booleans(), st.booleans()),
        st.builds(Article, ANYTHING, LINES),
        tables(),
    ),
    max_size=4,
).map(tuple)
LETTERHEADS = st.builds(Letterhead, body=ANYTHING, place=ANYTHING, parent_body=ANYTHING)
SIGNATURES = st.builds(Signature, lines=LINES, name=ANYTHING)
CONTENTS = st.builds(
    Content,
    form=st.sampled_from([form for form in Form if form is not Form.CERTIFICATE]),
    letterhead=LETTERHEADS,
    symbol=ANYTHING,
    year=st.integers(2019, 2030),
    subject=ANYTHING,
    blocks=BLOCKS,
    signatures=st.lists(SIGNATURES, min_size=1, max_size=3).map(tuple),
    recipients=LINES,
    number=ANYTHING,
    issued_on=st.sampled_from([None, DAY]),
    addressees=LINES,
    authority_line=ANYTHING,
    bases=LINES,
    annexes=st.lists(
        st.builds(Annex, label=ANYTHING, title=LINES, blocks=BLOCKS, is_landscape=st.booleans()), max_size=2
    ).map(tuple),
    code=st.sampled_from(["", CODE]),
    has_number=st.booleans(),
)
CERTIFICATES = st.builds(
    Certificate,
    letterhead=LETTERHEADS,
    commune_name=ANYTHING,
    located_in=ANYTHING,
    standard=ANYTHING,
    year=st.integers(2019, 2030),
    decision_reference=ANYTHING,
    signature=SIGNATURES,
    register_number=ANYTHING,
    note=ANYTHING,
)


@settings(max_examples=60)
@given(st.one_of(CONTENTS, CERTIFICATES), ANYTHING)
def test_whatever_people_typed_the_file_opens_and_says_it(paper: Printed, mark: str) -> None:
    assert " ".join(lines_of_docx(render_docx(paper, mark=mark))) == " ".join(lines_of(paper))


@pytest.mark.parametrize(
    "text", [*STRINGS, "<script>alert(1)</script>", "{{ 7*7 }}", "Xã " + "Ơ" * 200, "a\ufffe\ud800\x0b"]
)
def test_hostile_text_is_text(text: str) -> None:
    hostile = replace(
        decision(),
        letterhead=Letterhead(body=text, place=text, parent_body=text),
        subject=text,
        blocks=(Heading(text), Paragraph(text), Article(text), PaperTable((Column(text, 100),), (Row((text,)),), text)),
        signatures=(Signature(lines=(text,), name=text),),
        recipients=(text,),
    )
    content = render_docx(hostile, mark=text)
    assert " ".join(lines_of_docx(content)) == " ".join(lines_of(hostile))
    fields = part(content, "word/document.xml").iter(f"{W}fldSimple", f"{W}fldChar", f"{W}instrText", f"{W}hyperlink")
    assert not list(fields)


# ---- layout --------------------------------------------------------------------------------------------------------
def test_pages_are_a4_with_the_margins_of_the_decree_and_annexes_may_lie() -> None:
    sections = opened(render_docx(EVERY_BLOCK)).sections
    assert [section.orientation for section in sections] == [
        WD_ORIENTATION.PORTRAIT,
        WD_ORIENTATION.LANDSCAPE,
        WD_ORIENTATION.PORTRAIT,
    ]
    for section in sections:
        size = (section.page_width, section.page_height)
        margins = (section.top_margin, section.right_margin, section.bottom_margin, section.left_margin)
        upright = size if section.orientation is WD_ORIENTATION.PORTRAIT else size[::-1]
        assert [round(length.mm) for length in upright if length] == [210, 297]
        assert [round(length.mm) for length in margins if length] == [20, 15, 20, 30]


def test_the_font_and_the_language_are_declared_once_for_all_styles() -> None:
    styles = part(render_docx(decision()), "word/styles.xml")
    fonts = [dict(font.attrib) for font in styles.iter(f"{W}rFonts")]
    assert fonts == [{f"{W}{kind}": "Times New Roman" for kind in ("ascii", "hAnsi", "eastAsia", "cs")}]
    assert [language.get(f"{W}val") for language in styles.iter(f"{W}lang")] == ["vi-VN"]


def test_every_style_that_a_paper_uses_is_in_its_file() -> None:
    for paper in PAPERS.values():
        content = render_docx(paper)
        parts = [part(content, name) for name in parts_of(content) if PurePosixPath(name).match("word/*.xml")]
        styles = {style.get(f"{W}styleId") for style in part(content, "word/styles.xml").iter(f"{W}style")}
        used = {style.get(f"{W}val") for each in parts for style in each.iter(f"{W}pStyle", f"{W}tblStyle")}
        assert used <= styles


def test_page_numbers_stand_in_the_head_of_every_page_but_the_first() -> None:
    first, *others = opened(render_docx(EVERY_BLOCK)).sections
    assert first.different_first_page_header_footer
    assert not any(section.different_first_page_header_footer for section in others)
    assert all(section.header.is_linked_to_previous for section in others)
    fields = [
        [field.get(f"{W}instr") for field in header._element.iter(f"{W}fldSimple")]
        for header in (first.first_page_header, first.header)
    ]
    assert fields == [[], [" PAGE "]]


def test_tables_repeat_their_head_and_tear_no_row() -> None:
    grids = [table for table in opened(render_docx(EVERY_BLOCK)).tables if table.style.name == "Table Grid"]
    assert [len(table.rows) for table in grids] == [2, 4, MAX_ROWS + 1]
    for table in grids:
        heads = [row._tr.find(f"{W}trPr/{W}tblHeader") is not None for row in table.rows]
        assert heads == [True] + [False] * (len(table.rows) - 1)
        assert all(row._tr.find(f"{W}trPr/{W}cantSplit") is not None for row in table.rows)
        assert sum(column.width.mm for column in table.columns if column.width) == pytest.approx(165, abs=0.1)


def test_headings_and_annexes_show_in_the_navigation_pane() -> None:
    document = opened(render_docx(EVERY_BLOCK))
    named = [(p.text, p.style.name) for p in document.paragraphs if p.style and p.style.name in LEVELS]
    assert named == [
        ("I. MỤC", "Heading 1"),
        ("1. Tiểu mục", "Heading 2"),
        ("a) Điểm", "Heading 3"),
        ("PHỤ LỤC I", "Phụ lục"),
        ("PHỤ LỤC II", "Phụ lục"),
        ("PHỤ LỤC III", "Phụ lục"),
    ]
    levels = {
        style.find(f"{W}name").get(f"{W}val"): level.get(f"{W}val")
        for style in part(render_docx(EVERY_BLOCK), "word/styles.xml").iter(f"{W}style")
        for level in style.iter(f"{W}outlineLvl")
    }
    assert levels == {"heading 1": "0", "heading 2": "1", "heading 3": "2", "Phụ lục": "0"}


LEVELS = {"Heading 1", "Heading 2", "Heading 3", "Phụ lục"}


def test_the_rule_under_the_motto_is_as_long_as_the_motto() -> None:
    font = ImageFont.truetype(BOLD, 1400)
    assert pytest.approx(font.getlength(MOTTO) / 100 * 25.4 / 72, abs=0.2) == MOTTO_WIDTH


def test_nothing_that_is_read_stands_in_a_text_box() -> None:
    for paper in PAPERS.values():
        content = render_docx(paper, mark=TAKEN)
        for name in parts_of(content):
            if name.startswith("word/") and name.endswith(".xml"):
                assert b"txbx" not in parts_of(content)[name]


# ---- marks ---------------------------------------------------------------------------------------------------------
def marks_of(paper: Printed) -> list[list[str]]:
    """What stands in the heads and feet, the page number left out; the watermark is said twice, by picture and text."""
    (section, *_) = opened(render_docx(paper, mark=TAKEN)).sections
    places = [section.header, section.footer]
    if section.different_first_page_header_footer:
        places += [section.first_page_header, section.first_page_footer]
    return [
        [
            element.get("string")
            for element in place._element.iter("{urn:schemas-microsoft-com:vml}textpath")
            if element.get("string")
        ]
        + [paragraph.text for paragraph in place.paragraphs if paragraph.text not in ("", "2")]
        for place in places
    ]


def test_a_draft_says_so_on_every_page_and_names_who_took_it() -> None:
    assert marks_of(SAMPLES["quyet-dinh-du-thao"]) == [[DRAFT_MARK, DRAFT_MARK], [TAKEN]] * 2
    assert marks_of(PAPERS["certificate-draft"]) == [[DRAFT_MARK, DRAFT_MARK], [TAKEN]]


def test_an_issued_paper_carries_no_mark_and_demo_data_theirs() -> None:
    assert marks_of(decision()) == [[]] * 4
    assert marks_of(PAPERS["demo"]) == [[], [DEMO_MARK]] * 2


@pytest.mark.parametrize("paper", [decision(), certificate()], ids=["decision", "certificate"])
def test_the_qr_code_leads_to_the_check_page(paper: Printed) -> None:
    content = render_docx(paper)
    (name,) = (name for name in parts_of(content) if name.startswith("word/media/"))
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(parts_of(content)[name])))
    assert found.text == check_url(CODE)
    (picture,) = part(content, "word/document.xml").iter("{*}docPr")
    assert picture.get("descr") == f"Mã QR dẫn đến {check_url(CODE)}"


# ---- the file ------------------------------------------------------------------------------------------------------
def test_the_same_paper_is_the_same_bytes_at_any_time() -> None:
    for paper in (decision(), certificate(), SAMPLES["quyet-dinh-du-thao"]):
        with time_machine.travel(datetime(2024, 11, 5, 8, tzinfo=UTC)):
            once = render_docx(paper)
        with time_machine.travel(datetime(2031, 2, 3, 21, tzinfo=UTC)):
            assert render_docx(paper) == once


def test_the_file_says_of_itself_what_the_paper_says_and_nothing_of_the_machine() -> None:
    properties = part(render_docx(decision()), "docProps/core.xml")
    assert {etree.QName(each).localname: each.text for each in properties} == {
        "title": "Quyết định về việc công nhận xã, thị trấn phù hợp với trẻ em năm 2024",
        "subject": "Quyết định số 2345/QĐ-UBND ngày 05 tháng 11 năm 2024 của Ủy ban nhân dân huyện Ví Dụ",
        "creator": "Ủy ban nhân dân huyện Ví Dụ",
        "lastModifiedBy": "Ủy ban nhân dân huyện Ví Dụ",
        "language": "vi-VN",
        "created": "2024-11-05T00:00:00Z",
        "modified": "2024-11-05T00:00:00Z",
    }


@pytest.mark.parametrize("name", PAPERS)
def test_the_package_is_whole(name: str) -> None:
    parts = parts_of(render_docx(PAPERS[name], mark=TAKEN))
    types = etree.fromstring(parts["[Content_Types].xml"])
    by_end = {each.get("Extension") for each in types.iter("{*}Default")}
    by_name = {each.get("PartName") for each in types.iter("{*}Override")}
    for part_name, content in parts.items():
        assert (
            part_name == "[Content_Types].xml" or f"/{part_name}" in by_name or part_name.rpartition(".")[2] in by_end
        )
        if part_name.endswith(".rels"):
            folder = PurePosixPath(part_name).parent.parent
            for relation in etree.fromstring(content):
                assert relation.get("TargetMode") is None
                assert str(folder / (relation.get("Target") or "")).lstrip("./") in parts


ORDERS = {
    "pPr": ["pStyle", "keepNext", "pageBreakBefore", "pBdr", "spacing", "ind", "jc", "outlineLvl", "sectPr"],
    "rPr": ["rFonts", "b", "bCs", "i", "iCs", "noProof", "color", "spacing", "sz", "szCs", "lang"],
    "tblPr": ["tblStyle", "tblW", "tblBorders", "tblLayout", "tblCellMar"],
    "tcPr": ["tcW", "gridSpan", "vAlign"],
    "sectPr": ["headerReference", "type", "pgSz", "pgMar", "pgBorders", "cols", "titlePg"],
    "settings": ["zoom", "defaultTabStop", "compat", "themeFontLang", "decimalSymbol", "listSeparator"],
    "style": ["name", "basedOn", "uiPriority", "semiHidden", "qFormat", "pPr", "rPr", "tblPr"],
}
"""ISO/IEC 29500-1, annex A: Word refuses a file whose properties stand in another order, LibreOffice does not."""


@pytest.mark.parametrize("name", PAPERS)
def test_properties_stand_in_the_order_that_word_wants(name: str) -> None:
    content = render_docx(PAPERS[name], mark=TAKEN)
    for part_name in parts_of(content):
        if not PurePosixPath(part_name).match("word/*.xml"):
            continue
        for element in part(content, part_name).iter(*(f"{W}{kind}" for kind in ORDERS)):
            order = ORDERS[etree.QName(element).localname]
            names = (etree.QName(child).localname for child in element)
            # a choice in the schema: heads and feet in any order
            places = [order.index("headerReference" if name == "footerReference" else name) for name in names]
            assert places == sorted(places)
