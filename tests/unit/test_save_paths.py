"""No save path without its guard (SECURITY.md R-02): what is written over something else asks whether that is still
what the person saw, or says below why it need not."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("assessments", "criteria", "communes", "papers", "reports", "childfriendly")

# What writes over rows. Adding rows (create, bulk_create, save(force_insert=True)) overwrites nothing: the constraints
# of the database decide there.
WRITERS = {"update", "save", "delete", "update_or_create", "bulk_update"}
NOT_ROWS = {
    "digest",
    "picture",
    "together",
    "document",
    "segno",
    "hashlib",
    "hasher",
    "context",
    "environ",
    "seal",
    "super()",
    "services",
}

# Function → why it writes without a version and without looking whether the row was still as expected.
EXPLAINED = {
    "assessments.services.figures._write_answer": "save_entry has claimed the version of the criterion before",
    "assessments.services.figures._mark_mended": "marks only what is not marked yet; called under a claimed version",
    "assessments.services.files._scan_one": "the scanner's newest verdict on bytes that never change; nobody typed it",
    "assessments.services.moves.create": "locks a set that is not locked yet; locking twice is locking once",
    "childfriendly.core.once.once": "rows of the form that this very transaction has put in, and those of a month ago",
    "childfriendly.core.jobs._end": "writes while the job is still this attempt's; a stale attempt changes nothing",
    "childfriendly.core.jobs._give_back": "as above",
    "childfriendly.core.jobs._take": "as above, for giving up; the taking itself is asked how many rows it changed",
    "childfriendly.core.nightly.set_up": "the schedule is what the code says, whoever wrote it before",
    "papers.models.paper.take": "counts up in one UPDATE, whatever stood there: nobody chose the number",
    "communes.access.set_password": "the newest password is meant to replace whatever was there",
    "communes.services.reset_password": "as above",
    "communes.second_factor._fresh_codes": "the newest recovery codes replace those before, by the person themselves",
    "communes.second_factor.encrypt_anew": "holds every row; the same seed under another key, by an operator",
    "communes.sessions.end_everywhere": "counts up by one, whatever stands there",
    "communes.sessions.follow": "the own session under its new id",
    "communes.sessions.keep_seen": "the time of this very request in the own session",
    "communes.imports.service.forget_expired": "wipes passwords that have run out; wiping twice is wiping once",
    "communes.loading._load_units": "the official list replaces what was loaded before, by an operator, on the server",
    "communes.loading._store_successions": "as above",
    "criteria.services.load_holidays": "shipped days, which nobody edits, are replaced by those of the file",
}


def is_write(node: ast.AST) -> bool:
    """A call that changes rows which are there already."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr not in WRITERS:
        return False
    if ast.unparse(node.func.value).split(".")[0] in NOT_ROWS:
        return False
    if node.keywords and all(ast.unparse(keyword.value) == f"F('{keyword.arg}')" for keyword in node.keywords):
        return False  # x=F("x") holds the row and changes nothing
    return not any(keyword.arg == "force_insert" for keyword in node.keywords)


def asked(function: ast.FunctionDef) -> set[ast.AST]:
    """Everything whose value decides something: the calls in conditions, and those that are assigned or returned. A
    conditional UPDATE stands there, because the number of rows that it changed is the answer."""
    deciding: list[ast.expr | None] = []
    for node in ast.walk(function):
        if isinstance(node, ast.If | ast.While | ast.IfExp | ast.Assert):
            deciding.append(node.test)
        elif isinstance(node, ast.Assign | ast.Return):
            deciding.append(node.value)
    return {inner for expression in deciding if expression for inner in ast.walk(expression)}


def unguarded(tree: ast.Module) -> Iterator[str]:
    """Functions with a write that nothing guards; for a function inside another the outer one."""
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    for function in (node for body in bodies for node in body if isinstance(node, ast.FunctionDef)):
        names = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
        if "version" not in names and any(is_write(node) for node in set(ast.walk(function)) - asked(function)):
            yield function.name


def modules() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                yield name, ast.parse(path.read_text(encoding="utf-8"))


def test_every_save_path_is_guarded_or_explained() -> None:
    found = {f"{module}.{function}" for module, tree in modules() for function in unguarded(tree)}
    assert found == set(EXPLAINED), (
        "A write that looks at no version: make it conditional and ask how many rows changed "
        "(`if not rows.update(...): raise Stale`), or add the function to EXPLAINED with the reason."
    )
