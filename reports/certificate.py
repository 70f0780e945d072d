"""The certificate (Giấy công nhận): A4 landscape, one page, made to be framed.

Nghị định 30/2020 (Điều 7) does not list certificates: what has legal force is the decision, and the certificate cites
it. The name «Giấy công nhận» is the one plans of the provinces use; its uniform model was not found, so the words are
our proposal and a province may set its own (NĐ 30/2020, Điều 3 and 4).
"""

from dataclasses import dataclass
from datetime import date

from django.template.loader import render_to_string

from childfriendly.core.text import nfc
from papers.rendering import pdf
from papers.words import decision_reference, in_sentence, vietnamese_date
from reports.documents import Letterhead, SignatureBlock

STYLES = ("paper.css", "certificate.css")
_GAP = "\u00a0" * 6


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatePaper:
    """One commune's certificate. Without the decision's number and day it is a draft and says so."""

    letterhead: Letterhead
    commune_name: str
    located_in: str  # «huyện Tháp Mười, tỉnh Đồng Tháp»
    standard: str  # «xã, phường, thị trấn»
    year: int
    decision_number: str
    decided_on: date | None
    signature: SignatureBlock
    register_number: str = ""
    is_demo: bool = False
    mark: str = ""  # who took it away and when; on drafts only

    @property
    def is_draft(self) -> bool:
        return not (self.decision_number and self.decided_on)

    @property
    def awarding_body(self) -> str:
        return self.letterhead.body.upper()

    @property
    def commune_heading(self) -> str:
        return self.commune_name.upper()

    @property
    def name_size(self) -> str:
        """The longer the name, the smaller it is set: one page whatever a commune is called."""
        for longest, size in ((28, "large"), (60, "medium"), (110, "small"), (160, "smaller")):
            if len(self.commune_name) <= longest:
                return size
        return "smallest"

    @property
    def standard_line(self) -> str:
        return f"đạt tiêu chuẩn {self.standard} phù hợp với trẻ em năm {self.year}"

    @property
    def reference(self) -> str:
        return decision_reference(
            self.decision_number,
            self.decided_on,
            self.year,
            symbol=self.letterhead.number_symbol,
            body=self.letterhead.body,
        )

    @property
    def place_and_date(self) -> str:
        return f"{self.letterhead.place}, {vietnamese_date(self.decided_on, self.year, blank=_GAP)}"

    @property
    def title(self) -> str:
        name = f"Giấy công nhận {in_sentence(self.commune_name)} phù hợp với trẻ em năm {self.year}"
        return f"Dự thảo {name}" if self.is_draft else name


def certificate_html(paper: CertificatePaper) -> str:
    return nfc(render_to_string("reports/pdf/certificate.html", {"paper": paper}))


def certificate_pdf(paper: CertificatePaper) -> bytes:
    return pdf.render(certificate_html(paper), STYLES)
