"""A real spreadsheet opens what we write and runs nothing of it (SECURITY.md E-01)."""

import csv
import subprocess
from pathlib import Path

from childfriendly.core.sheets import Column, clean_cell_text, table_workbook
from tests.corpus.strings import STRINGS


def test_libreoffice_finds_every_dangerous_text_as_it_was_written(tmp_path: Path) -> None:
    texts = [text for text in map(clean_cell_text, STRINGS) if text]
    book = tmp_path / "a.xlsx"
    book.write_bytes(table_workbook("Chuỗi", [Column("STT"), Column("Chuỗi")], list(enumerate(texts))))
    subprocess.run(
        [
            "/usr/bin/soffice",
            f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
            "--headless",
            "--convert-to",
            "csv:Text - txt - csv (StarCalc):44,34,76",  # comma, quotation mark, UTF-8
            "--outdir",
            tmp_path,
            book,
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert [text for _, text in rows[1:]] == texts
