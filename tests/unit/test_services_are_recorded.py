"""No service writes without an audit row (SECURITY.md A-01): read from the source, so that a new one is not forgotten.
That the rows are the expected ones: tests/integration/test_audit_coverage.py."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

WRITING = {"create", "update", "save", "delete", "update_or_create", "get_or_create", "bulk_create", "bulk_update"}
RECORDING = {"audit.record", "audit.append", "audit.exported"}

# Parts of services that record for them. Nothing else calls these.
PARTS = {
    "add_attachment": "attach, enter_signed",
    "add_authority": "open_period",
    "add_deadline": "open_period",
    "change_row": "every step of a paper's life",
    "hold_for_figures": "every service that saves figures",
    "move_row": "perform, issue_decision",
    "record_step_time": "perform, issue_decision",
}


APPS = ("communes", "criteria", "assessments", "papers")


def modules() -> list[Path]:
    roots = [Path(settings.BASE_DIR) / app for app in APPS]
    return sorted(path for root in roots for path in [*root.glob("services*.py"), *root.glob("services/*.py")])


def calls(function: ast.FunctionDef) -> Iterator[str]:
    """«name» for plain calls, «.name» for calls on something, «audit.name» for those that add a row."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield "audit.exported" if node.func.id == "exported" else node.func.id
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            on = node.func.value
            is_audit = isinstance(on, ast.Name) and on.id == "audit"
            yield f"{'audit' if is_audit else ''}.{node.func.attr}"


def functions() -> dict[str, set[str]]:
    """Each function of the services, as «module:name», with all that it calls, through helpers and other services too.
    A name is looked for in the own module first; what begins with «_» is nowhere else."""
    direct = {
        f"{path}:{node.name}": set(calls(node))
        for path in modules()
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    public = {key.rpartition(":")[2]: key for key in direct if ":_" not in key}

    def reached(key: str, seen: set[str]) -> set[str]:
        seen.add(key)
        found = set(direct[key])
        for name in direct[key]:
            own = f"{key.rpartition(':')[0]}:{name}"
            called = own if own in direct else public.get(name)
            if called and called not in seen:
                found |= reached(called, seen)
        return found

    return {key: reached(key, set()) for key in direct}


def test_every_service_that_writes_adds_an_audit_row() -> None:
    called = functions()
    writing = {key for key, names in called.items() if names & {f".{verb}" for verb in WRITING}}
    recording = {key for key, names in called.items() if names & RECORDING}
    assert len(recording) >= 20
    assert {key.rpartition(":")[2] for key in writing - recording if ":_" not in key} <= PARTS.keys()
