"""A real word processor opens what we write, without repair, and prints what the PDF prints."""

import subprocess
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook
from pypdf import PageObject, PdfReader

from papers.rendering import annex_workbook, lines_of, render_docx, render_pdf
from papers.structure import Column, Content, Paragraph, Printed, Row, Table
from tests.sample_papers import SAMPLES, certificate, decision, report

LONG = replace(
    report(),
    blocks=(
        Paragraph("Danh sách dài."),
        Table((Column("TT", 20), Column("Tên", 80)), tuple(Row((f"{n}", "=1+1")) for n in range(1, 331))),
    ),
)
PAPERS: dict[str, Printed] = {
    **SAMPLES,
    "danh-sach-200-xa": decision(count=200),
    "ten-200-chu": certificate(name="Xã " + "Đường Thắng Lợi " * 12),
    "dai": LONG,
}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every paper as LibreOffice prints it, and the annexed workbook as it reads it; started once, for it is slow."""
    folder = tmp_path_factory.mktemp("libreoffice")
    files = []
    for name, paper in PAPERS.items():
        (folder / f"{name}.docx").write_bytes(render_docx(paper))
        files.append(folder / f"{name}.docx")
    workbook = annex_workbook(LONG)
    assert workbook is not None
    (folder / "phu-luc.xlsx").write_bytes(workbook)
    subprocess.run(
        [
            "/usr/bin/soffice",
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            folder,
            *files,
            folder / "phu-luc.xlsx",
        ],
        check=True,
        capture_output=True,
        timeout=240,
    )
    return folder


def words(path: Path) -> list[str]:
    return subprocess.run(["pdftotext", "-raw", path, "-"], capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.parametrize("name", PAPERS)
def test_libreoffice_prints_the_words_of_the_paper(name: str, opened: Path) -> None:
    paper = PAPERS[name]
    pages = len(PdfReader(opened / f"{name}.pdf").pages)
    printed, said = Counter(words(opened / f"{name}.pdf")), Counter(" ".join(lines_of(paper)).split())
    assert not said - printed
    more = printed - said
    numbers = [f"{number}" for number in range(2, pages + 1)] if isinstance(paper, Content) else []
    heads = {word for table in paper.tables for c in table.columns for word in c.heading.split()} if numbers else set()
    marks = {"DỰ", "THẢO"} if paper.is_draft else set()
    assert set(more) <= {*numbers, *heads, *marks}
    assert not Counter(numbers) - more


@pytest.mark.parametrize("name", PAPERS)
def test_libreoffice_needs_as_many_pages_as_the_pdf(name: str, opened: Path, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(render_pdf(PAPERS[name]))
    ours, theirs = PdfReader(tmp_path / "a.pdf").pages, PdfReader(opened / f"{name}.pdf").pages
    assert [size(page) for page in theirs[:2]] == [size(page) for page in ours[:2]]
    # three hundred rows, each a hair higher or lower, end on another page
    assert abs(len(theirs) - len(ours)) <= len(ours) // 8


def size(page: PageObject) -> tuple[int, int]:
    return round(page.mediabox.width / 72 * 25.4), round(page.mediabox.height / 72 * 25.4)


def test_the_annexed_workbook_opens_and_runs_nothing(opened: Path) -> None:
    text = words(opened / "phu-luc.pdf")
    assert text.count("=1+1") == 330
    sheet = load_workbook(opened / "phu-luc.xlsx").active
    assert sheet is not None
    assert [cell.data_type for cell in sheet["B"]] == ["s"] * 331
