"""Papers as Word files: read back from the finished file, word for word and piece for piece."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papers.kinds import Form
from papers.rendering import lines_of, render_docx, render_pdf
from papers.rendering.sheet import DEMO_MARK, DRAFT_MARK
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
from tests.paper_reading import W, lines_of_docx, part, words_of_pdf
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


@settings(max_examples=60, deadline=None)
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
