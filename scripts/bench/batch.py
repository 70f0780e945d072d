"""Papers in number: two hundred certificates through the batch, and a decision with an annex of two hundred rows, each
against bare WeasyPrint. Run by itself it issues the certificates once and prints how much memory that took."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from papers.models import Paper

CERTIFICATES = 200
ROWS = 200


@dataclass(frozen=True, slots=True)
class Pair:
    """Seconds."""

    ours: float
    bare: float


class Bare:
    """WeasyPrint in one process, with fonts and style sheets read once."""

    def __init__(self, styles: Sequence[str]) -> None:
        from weasyprint import CSS
        from weasyprint.text.fonts import FontConfiguration

        from papers.press.weasy import STYLES_DIR

        self.fonts = FontConfiguration()
        self.styles = [
            CSS(string=(STYLES_DIR / name).read_text(encoding="utf-8"), font_config=self.fonts) for name in styles
        ]

    def print(self, html: str) -> bytes:
        from weasyprint import HTML

        made = HTML(string=html).write_pdf(stylesheets=self.styles, font_config=self.fonts, pdf_variant="pdf/a-3a")
        return bytes(made)


def waiting() -> "list[Paper]":
    """Certificates that are numbered and have no bytes; those of the last round are taken back, which the database of
    an agency refuses."""
    from django.db import connection

    from papers.kinds import Kind
    from papers.models import Paper, State

    ids = list(Paper.objects.filter(kind=Kind.CERTIFICATE).order_by("pk").values_list("pk", flat=True)[:CERTIFICATES])
    rows = Paper.objects.filter(pk__in=ids)
    table = " ON papers_paper" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER IF EXISTS papers_paper_issued_is_never_changed{table}")
    rows.update(state=State.NUMBERED, issued_at=None, pdf_path="", pdf_sha256="", pdf_size=None)
    return list(rows.select_related("unit", "period", "signer", "item__decision", "commune").order_by("pk"))


def issue(papers: "list[Paper]") -> None:
    from django.utils import timezone

    from papers.services.batch import issue_all

    issue_all(papers, at=timezone.now(), progress=lambda done, total: None)


class BatchBench:
    """By the clock on the wall: the point of the batch is that it uses every core."""

    def __init__(self) -> None:
        from papers.filling import content_of
        from papers.rendering.html import frame_of, html_of, styles_of

        contents = [content_of(paper) for paper in waiting()]
        # one page as a whole: what a process draws once and shares is in every page of the floor
        self.pages = [html_of(content).replace("<body>", f"<body>{frame_of(content)}", 1) for content in contents]
        self.bare = Bare(styles_of(contents[0]))
        self.bare.print(self.pages[0])

    def round(self) -> Pair:
        papers = waiting()
        began = time.perf_counter()
        issue(papers)
        ours = time.perf_counter() - began
        began = time.perf_counter()
        for page in self.pages:
            self.bare.print(page)
        return Pair(ours, time.perf_counter() - began)


def megabytes() -> int:
    """At most so much at once: the process that issues and each that prints, all at their peaks."""
    script = Path(__file__).resolve()
    said = subprocess.run(  # noqa: S603 — this very file
        [sys.executable, str(script)], check=True, capture_output=True, text=True
    )
    return int(said.stdout.split()[-1])


class AnnexBench:
    def __init__(self) -> None:
        from datetime import date

        from papers.kinds import Form
        from papers.rendering.html import html_of, styles_of
        from papers.structure import Annex, Article, Column, Content, Letterhead, Row, Signature, Table

        rows = tuple(
            Row((str(number), f"Xã Đốc Binh Kiều {number}", "Huyện Tháp Mười", "955", "850"))
            for number in range(1, ROWS + 1)
        )
        columns = (
            Column("TT", 8, "center"),
            Column("Xã", 40),
            Column("Trực thuộc", 24),
            Column("Tổng điểm", 14, "center"),
            Column("Điểm tối thiểu", 14, "center"),
        )
        annex = Annex(label="PHỤ LỤC", title=("DANH SÁCH XÃ",), blocks=(Table(columns, rows),))
        self.content = Content(
            form=Form.DECISION,
            letterhead=Letterhead(body="Ủy ban nhân dân huyện Tháp Mười", place="Tháp Mười"),
            symbol="QĐ-UBND",
            year=2024,
            subject="Về việc công nhận xã phù hợp với trẻ em năm 2024",
            blocks=(Article("Công nhận 200 xã (có danh sách tại Phụ lục kèm theo)."),),
            signatures=(Signature(lines=("CHỦ TỊCH",), name="Nguyễn Văn Giả Định"),),
            number="15",
            issued_on=date(2024, 11, 25),
            annexes=(annex,),
        )
        self.page = html_of(self.content)
        self.bare = Bare(styles_of(self.content))

    def round(self) -> Pair:
        from leaving import seconds

        from papers.rendering import render_pdf

        return Pair(seconds(render_pdf, self.content), seconds(self.bare.print, self.page))


def _peak() -> int:
    """Kilobytes of this process alone: its resource usage begins with those of the larger one that started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def main() -> None:
    import django

    django.setup()
    issue(waiting())
    ours = _peak()
    each = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print((ours + each * (os.cpu_count() or 1)) // 1024)


if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]
    main()
