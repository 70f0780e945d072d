"""HTML → PDF. The only module that touches WeasyPrint. It knows no Django, so that a process which does nothing but
print starts at once.

WeasyPrint is imported inside the functions: the import costs more than the rest of the start-up, and most processes
never print. Fonts and style sheets are read once per process, since reading them for every document makes the process
grow without end.
"""

import atexit
import threading
import warnings
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pikepdf

if TYPE_CHECKING:
    from weasyprint import CSS, Attachment, Document
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

STYLES_DIR = Path(__file__).resolve().parents[1] / "rendering" / "styles"
ANNEX_NAME = "phu-luc.xlsx"
FONT_FAMILY = "Liberation Serif"  # the widths and shapes of Times New Roman (NĐ 30/2020, phụ lục I), free to embed

# Pango's font map, which all documents share, is not safe to use from two threads at once.
_rendering = threading.Lock()


@lru_cache(maxsize=1)
def _fetcher() -> "URLFetcher":
    from weasyprint.urls import URLFetcher

    class RefusingFetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
        """Fetches nothing: a paper is text, and text that people typed must not reach the network or the disk."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> "object":
            raise ValueError("Papers load nothing from outside.")

    return RefusingFetcher()


@lru_cache(maxsize=1)
def _font_configuration() -> "FontConfiguration":
    from weasyprint.text.fonts import FontConfiguration

    # Let go while WeasyPrint still stands: freed later, it ends every process with a traceback.
    atexit.register(_font_configuration.cache_clear)
    return FontConfiguration()


@lru_cache(maxsize=16)
def _stylesheet(name: str) -> "CSS":
    from weasyprint import CSS

    source = (STYLES_DIR / name).read_text(encoding="utf-8")
    return CSS(string=source, url_fetcher=_fetcher(), font_config=_font_configuration())


def render(html: str, stylesheets: Sequence[str], *, annex: bytes | None = None, frame: str = "") -> bytes:
    """One HTML page as a PDF; `stylesheets` are names of files in `papers/rendering/styles`, `annex` a workbook to put
    inside, `frame` an SVG as large as the page that lies under each page.

    Nothing is fetched: images, style sheets and attachments that the HTML points to are left out.
    """
    with _rendering:
        content = _written(_laid_out(html, stylesheets), annex)
        return _on_frame(content, frame) if frame else content


def _on_frame(content: bytes, frame: str) -> bytes:
    """Drawing the frame of a certificate takes WeasyPrint longer than all the rest of it, so a process draws it once
    and lays it under every certificate. To readers with a screen reader it is an ornament (/Artifact)."""
    with pikepdf.open(BytesIO(content)) as document, pikepdf.open(BytesIO(_frame_page(frame))) as drawn:
        under = document.copy_foreign(drawn.pages[0].as_form_xobject())
        for page in document.pages:
            name = page.add_resource(under, pikepdf.Name.XObject, pikepdf.Name("/Frame"))
            page.contents_add(f"/Artifact BMC q {name} Do Q EMC".encode(), prepend=True)
        whole = BytesIO()
        document.save(whole, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return whole.getvalue()


@lru_cache(maxsize=4)
def _frame_page(frame: str) -> bytes:
    from weasyprint import CSS, HTML

    page = CSS(string="@page { size: A4 landscape; margin: 0 } svg { display: block }")
    return bytes(HTML(string=frame, url_fetcher=_fetcher()).write_pdf(stylesheets=[page]))


def _laid_out(html: str, stylesheets: Sequence[str]) -> "Document":
    from weasyprint import HTML

    return HTML(string=html, url_fetcher=_fetcher()).render(
        stylesheets=[_stylesheet(name) for name in stylesheets], font_config=_font_configuration()
    )


def _written(document: "Document", annex: bytes | None = None) -> bytes:
    """PDF/A-3a, to keep for ever and with a workbook inside, that says of itself that it is PDF/UA-1 as well: tags,
    language, title and bookmarks are those of both."""
    metadata = document.metadata
    described = metadata.generate_rdf_metadata
    metadata.generate_rdf_metadata = lambda *given: described(*given).replace(b"</rdf:RDF>", ACCESSIBLE + b"</rdf:RDF>")
    attachments = [_attachment(annex, metadata.created)] if annex else []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # WeasyPrint lets go of its colour profile without closing it
        return bytes(document.write_pdf(pdf_variant="pdf/a-3a", attachments=attachments))


def _attachment(workbook: bytes, created: str | None) -> "Attachment":
    from weasyprint import Attachment

    on = datetime.fromisoformat(created) if created else datetime(1970, 1, 1)  # noqa: DTZ001  the same file every time
    return Attachment(
        file_obj=BytesIO(workbook),
        name=ANNEX_NAME,
        description="Phụ lục đầy đủ",
        created=on,
        modified=on,
        relationship="Supplement",
    )


# WeasyPrint names one standard in the metadata; PDF/A wants the property of the other one described (ISO 19005-3, 6.6).
ACCESSIBLE = b"""
<rdf:Description xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" rdf:about="" pdfuaid:part="1"/>
<rdf:Description xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
    xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
    xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" rdf:about="">
  <pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
    <pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
    <pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
    <pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
    <pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
      <pdfaProperty:name>part</pdfaProperty:name>
      <pdfaProperty:valueType>Integer</pdfaProperty:valueType>
      <pdfaProperty:category>internal</pdfaProperty:category>
      <pdfaProperty:description>Part of ISO 14289</pdfaProperty:description>
    </rdf:li></rdf:Seq></pdfaSchema:property>
  </rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
"""
