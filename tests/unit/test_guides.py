"""The guides in docs/huong-dan say what the screen says. Their convention: **bold** is a label exactly as it stands on
the screen, «quoted» in the first column of a table is a sentence of the system, and «…» in either stands for what
changes from case to case. When a button is renamed, this test names the page that still has the old word."""

import ast
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

from assessments.workflow import Status
from communes.models import Role

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "docs" / "huong-dan"
INDEX = GUIDES / "README.md"
PAGES = sorted(GUIDES.glob("*.md"))
PACKAGES = ("assessments", "childfriendly", "communes", "criteria", "papers", "reports")

# Role by role, so that a role without a page is seen and not only a page without a role.
PAGE_OF = {
    Role.COMMUNE_EDITOR: "can-bo-lap-ho-so.md",
    Role.COMMUNE_HEAD: "lanh-dao-xa.md",
    Role.APPRAISER: "chuyen-vien-tham-dinh.md",
    Role.HEAD_OF_OFFICE: "truong-phong.md",
    Role.LEADER: "lanh-dao-quyet-dinh.md",
    Role.CLERK: "van-thu.md",
    Role.PROVINCE_STAFF: "can-bo-cap-tinh.md",
    Role.INSPECTOR: "can-bo-kiem-tra.md",
    Role.CATALOGUE_ADMIN: "quan-tri-danh-muc.md",
    Role.SYSTEM_ADMIN: "quan-tri-he-thong.md",
}

ALSO = {
    "xac-thuc-hai-buoc.md",
    "tra-cuu-cong-khai.md",
}  # what every role needs, and no role alone; what anybody may ask

# Words that the guides may set bold without their being a label.
NOT_A_LABEL = {"chữ đậm"}

COMMENT = re.compile(r"{#.*?#}|{%\s*comment\b.*?%}.*?{%\s*endcomment\s*%}", re.DOTALL)
MARK = re.compile(r"{%.*?%}|{{.*?}}|<[^>]*>", re.DOTALL)
QUOTED_IN_MARK = re.compile(r'"([^"{}<>]+)"')
GETTEXT = re.compile(r'^msgstr "(.*)"$', re.MULTILINE)


def squeeze(text: str) -> str:
    return " ".join(text.split())


def strings_of(path: Path) -> list[str]:
    """The constants of a module and the fixed parts of its f-strings."""
    return [
        node.value
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


@cache
def labels() -> frozenset[str]:
    """Everything that can stand on the screen by itself: the text between two marks of a template, the words handed to
    a component, and each string of the code."""
    found: set[str] = set()
    for path in (ROOT / "templates").rglob("*.html"):
        text = COMMENT.sub("", path.read_text(encoding="utf-8"))
        found.update(MARK.split(text))
        for mark in MARK.findall(text):
            found.update(QUOTED_IN_MARK.findall(mark))
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            found.update(strings_of(path))
    translations = (ROOT / "locale/vi/LC_MESSAGES/django.po").read_text(encoding="utf-8")
    found.update(GETTEXT.findall(translations))
    return frozenset(squeeze(label).strip(" .:(,") for label in found)


@cache
def corpus() -> str:
    scripts = (squeeze(path.read_text(encoding="utf-8")) for path in (ROOT / "static/js").glob("*.js"))
    return "\n".join([*labels(), *scripts])


def pieces(text: str) -> list[str]:
    return [piece for part in text.split("…") if (piece := squeeze(part).strip(" .:(,"))]


def bold_of(text: str) -> list[str]:
    return [squeeze(label) for label in re.findall(r"\*\*(.+?)\*\*", text, re.DOTALL)]


def sentences_of(text: str) -> list[str]:
    """What tables quote in their first column."""
    cells = [line.split("|")[1] for line in text.splitlines() if line.startswith("|")]
    return [sentence for cell in cells for sentence in re.findall(r"«(.+?)»", cell)]


def links_of(text: str) -> list[str]:
    found = re.findall(r"\]\(([^)\s]+)\)", text)
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def heading_anchors(path: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_role_has_its_page_and_the_index_leads_to_it() -> None:
    assert set(PAGE_OF) == set(Role)
    assert {path.name for path in PAGES} == {INDEX.name, *PAGE_OF.values(), *ALSO}
    index = INDEX.read_text(encoding="utf-8")
    for role, page in PAGE_OF.items():
        assert (GUIDES / page).read_text(encoding="utf-8").startswith(f"# {role.label}\n")
        assert f"[{role.label}]({page})" in index


def test_the_index_names_every_state_of_a_dossier() -> None:
    assert [status.label for status in Status if f"**{status.label}**" not in INDEX.read_text(encoding="utf-8")] == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_what_is_bold_stands_on_the_screen(path: Path) -> None:
    bold = bold_of(path.read_text(encoding="utf-8"))
    assert [label for label in bold if label not in NOT_A_LABEL and not set(pieces(label)) <= labels()] == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_what_is_quoted_in_a_table_is_said_by_the_system(path: Path) -> None:
    quoted = sentences_of(path.read_text(encoding="utf-8"))
    assert [sentence for sentence in quoted if any(piece not in corpus() for piece in pieces(sentence))] == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_guide_is_polite(path: Path) -> None:
    assert re.findall(r"\bbạn\b", path.read_text(encoding="utf-8"), re.IGNORECASE) == []


@pytest.mark.parametrize("path", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=name_of)
def test_links_lead_somewhere(path: Path) -> None:
    dead = []
    for link in links_of(path.read_text(encoding="utf-8")):
        file, _, anchor = unquote(link).partition("#")
        target = (path.parent / file).resolve() if file else path
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in heading_anchors(target)):
            dead.append(link)
    assert dead == []


def test_a_renamed_button_would_be_noticed() -> None:
    assert "Nộp hồ sơ" in labels()
    assert "Gửi hồ sơ" not in labels()
