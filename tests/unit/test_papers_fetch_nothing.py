"""Nothing is fetched while a paper is printed, whatever the page points to (SECURITY.md F-12)."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path

import pytest
import weasyprint
from pypdf import PdfReader

from papers.rendering import pdf
from tests.paper_files import pages


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
