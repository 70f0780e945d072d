"""What `make check-supply` asks for: the gates that need no network hold at every commit."""

import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUPPLY: dict[str, Any] = runpy.run_path(str(ROOT / "scripts" / "supply.py"))
HASH = "--hash=sha256:" + "0" * 64


@pytest.mark.parametrize("name", SUPPLY["LOCKS"])
def test_our_lock_files_are_pinned_by_hash_and_name_no_registry(name: str) -> None:
    assert SUPPLY["lock_problems"](name, (ROOT / name).read_text()) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"django==5.2.19 \\\n    {HASH}\n    # via x\n", []),
        ("django==5.2.19\n", ["l: django==5.2.19 chưa ghim phiên bản và mã băm"]),
        (f"django>=5 \\\n    {HASH}\n", ["l: django>=5 chưa ghim phiên bản và mã băm"]),
        ("# --index-url https://kho.example/\n", ["l: có địa chỉ kho thư viện (# --index-url https://kho.example/)"]),
    ],
)
def test_what_is_wrong_in_a_lock_file_is_named(text: str, found: list[str]) -> None:
    assert SUPPLY["lock_problems"]("l", text) == found


def test_our_pages_load_nothing_from_elsewhere() -> None:
    files = [path for folder in ("templates", "static") for path in (ROOT / folder).rglob("*.*")]
    texts = {str(path): path.read_text(encoding="utf-8") for path in files if path.suffix in {".html", ".css", ".js"}}
    assert len(texts) > 100
    assert [problem for name, text in texts.items() for problem in SUPPLY["page_problems"](name, text)] == []


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://cdn.example/htmx.js"></script>',
        "<link href='//cdn.example/a.css'>",
        '<form action="http://thu.example/">',
        "@import url('https://cdn.example/font.css');",
    ],
)
def test_what_a_page_would_load_from_elsewhere_is_named(text: str) -> None:
    assert len(SUPPLY["page_problems"]("p", text)) == 1


def test_what_could_not_be_asked_is_not_called_good() -> None:
    hole = {"id": "PYSEC-2026-1", "fix_versions": ["2.0"]}
    report = {
        "dependencies": [
            {"name": "good", "version": "1.0", "vulns": []},
            {"name": "bad", "version": "1.0", "vulns": [hole]},
            {"name": "unknown", "skip_reason": "Dependency not found"},
        ]
    }
    assert SUPPLY["audit"](report) == (["bad 1.0: PYSEC-2026-1, sửa ở 2.0"], ["unknown"])


@pytest.mark.parametrize(
    ("licence", "fits"),
    [("MIT", True), ("LGPL-3.0-only", True), ("GPL-3.0-only", False), ("AGPL-3.0-only", False), ("không rõ", False)],
)
def test_a_licence_that_does_not_fit_is_noticed(licence: str, fits: bool) -> None:
    assert (SUPPLY["FITTING"].search(licence) is not None) is fits
