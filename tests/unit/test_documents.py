"""Finished PDF files, read back: pages, margins, fonts, marks, and that nothing is fetched while they are made."""

import re
import subprocess
import threading
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path

import pytest
import weasyprint
from bs4 import BeautifulSoup, Tag
from pypdf import PdfReader

from papers.rendering import html_of, lines_of, pdf, render_pdf
from papers.structure import Article, Content, Printed
from tests.sample_papers import certificate, decision

DRAFT = "DỰ THẢO"
DEMO = "SỐ LIỆU GIẢ ĐỊNH – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ"
MM = 72 / 25.4


def words(text: str) -> str:
    return " ".join(text.split())


@lru_cache(maxsize=32)
def printed(paper: Printed) -> bytes:
    return render_pdf(paper)


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


# ---- the decision --------------------------------------------------------------------------------------------------
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
    for found in word_boxes(printed(decision(count=60)), tmp_path):
        body = [box for _, box in found if box[1] >= 19]
        above = [(word, box) for word, box in found if box[1] < 19]
        assert min(box[0] for box in body) >= 30 - 0.1
        assert max(box[2] for box in body) <= 210 - 15 + 0.3  # justified lines end on the pixel
        assert max(box[3] for box in body) <= 297 - 20 + 0.1
        assert all(word.isdigit() for word, _ in above)  # in the top margin stands the page's number, nothing else
        for _, box in above:
            assert (box[0] + box[2]) / 2 == pytest.approx((30 + 195) / 2, abs=0.5)


def test_a_long_list_repeats_its_heads_on_every_page() -> None:
    annex_pages = pages(printed(decision(count=80)))[1:]
    assert len(annex_pages) == 3
    assert all("Tổng điểm đạt được" in page for page in annex_pages)


def test_the_signature_never_stands_on_a_page_of_its_own() -> None:
    for length in range(0, 2400, 480):
        paper = decision()
        first, _, last = paper.blocks
        filler = Article("Quyết định này có hiệu lực kể từ ngày ký. " * (length // 40))
        read = pages(printed(replace(paper, blocks=(first, filler, last))))
        signed = next(page for page in read if "Trần Thị Giả Định" in page)
        assert "./." in signed


@pytest.mark.parametrize("paper", [decision(number="", issued_on=None), decision(number="")])
def test_a_decision_without_number_or_day_is_a_draft_on_every_page(paper: Content) -> None:
    assert all(DRAFT in page for page in pages(printed(paper)))
    assert title_of(printed(paper)).startswith("Dự thảo quyết định về việc công nhận")


def test_an_issued_decision_carries_no_draft_mark() -> None:
    paper = decision()
    assert not any(DRAFT in page for page in pages(printed(paper)))
    assert title_of(printed(paper)) == "Quyết định về việc công nhận xã, thị trấn phù hợp với trẻ em năm 2024"


def title_of(content: bytes) -> str:
    metadata = PdfReader(BytesIO(content)).metadata
    assert metadata is not None
    return str(metadata.title)


def test_a_demo_paper_says_on_every_page_that_it_has_no_force() -> None:
    assert [page.count(DEMO) for page in pages(printed(replace(decision(), is_demo=True)))] == [1, 1]
    assert pages(printed(replace(certificate(), is_demo=True)))[0].count(DEMO) == 1
    assert not any("GIẢ ĐỊNH" in page for page in pages(printed(decision())))


# ---- the certificate -----------------------------------------------------------------------------------------------
def test_a_certificate_that_is_not_in_the_register_is_a_draft() -> None:
    assert DRAFT not in pages(printed(certificate()))[0]
    assert DRAFT in pages(printed(certificate(register_number="")))[0]


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
    paper = replace(certificate(name=name, register_number="1234", code=""), is_demo=True)
    content = printed(paper)
    reader = PdfReader(BytesIO(content))
    assert len(reader.pages) == 1
    box = reader.pages[0].mediabox
    assert (round(float(box.width) / MM), round(float(box.height) / MM)) == (297, 210)
    assert name.upper().replace(" ", "").strip() in pages(content)[0].replace(" ", "")
    (found,) = word_boxes(content, tmp_path)
    bottoms = {word: box[3] for word, box in found}
    tops = {word: box[1] for word, box in found}
    *_, last_of_place = paper.letterhead.place.split()
    *_, last_of_signer = paper.signature.name.split()
    assert bottoms["chuẩn"] < tops[f"{last_of_place},"]  # the name pushes nothing into the place and day, which follow
    assert bottoms[last_of_signer] < 194  # inside the frame


# ---- the file ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("paper", [decision(), certificate()], ids=["decision", "certificate"])
def test_a_paper_embeds_liberation_serif_and_nothing_else(paper: Printed, tmp_path: Path) -> None:
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
    assert reader.metadata.author == "Ủy ban nhân dân huyện Ví Dụ"
    assert reader.root_object["/Lang"] == "vi"
    assert reader.root_object["/MarkInfo"] == {"/Marked": True}


def test_typed_text_prints_as_text() -> None:
    hostile = "Xã {{ 7*7 }} {% now 'Y' %} <script>alert(1)</script> <b>x</b> &lt;i&gt;"
    for paper in (replace(decision(), subject=hostile, blocks=(Article(hostile),)), certificate(name=hostile)):
        html = BeautifulSoup(html_of(paper), "html.parser")
        assert html.find_all(["script", "b", "i"]) == []
        assert hostile.upper() in words(html.get_text(" ")).upper()
        assert hostile.upper() in " ".join(pages(printed(paper))).upper()


def test_control_and_direction_characters_never_reach_a_paper() -> None:
    paper = certificate(name="Xã\u202e \u200bMỹ\x00\x07 An\u2066")
    assert "XÃ MỸ AN" in lines_of(paper)
    assert not re.search("[\x00-\x08\u200b-\u200f\u202a-\u202e\u2066-\u2069]", html_of(paper))


def test_decomposed_letters_are_printed_composed() -> None:
    paper = certificate(name=unicodedata.normalize("NFD", "Xã Đốc Binh Kiều"))
    assert "XÃ ĐỐC BINH KIỀU" in lines_of(paper)
    assert unicodedata.is_normalized("NFC", html_of(paper))
    assert unicodedata.is_normalized("NFC", " ".join(pages(printed(paper))))


def test_the_same_decision_gives_the_same_file() -> None:
    assert render_pdf(decision()) == render_pdf(decision())


def test_papers_can_be_printed_by_several_threads_at_once() -> None:
    wanted = render_pdf(certificate())
    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(lambda _: render_pdf(certificate()), range(6))) == {wanted}


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
