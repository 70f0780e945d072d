"""`make sabotage`: ten deliberate faults, one after the other, and the test that catches each.

Each fault is one replacement in one file of a throw-away copy of the last commit. A fault whose text is no longer
there, or which its test lets pass, makes the command fail: the list stays true, or says so. It is written to
docs/security/sabotage.md.
"""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
REPORT = BASE_DIR / "docs" / "security" / "sabotage.md"


@dataclass(frozen=True, slots=True)
class Fault:
    """`old` stands exactly once in `file` and becomes `new`; `test` is a pytest address that must then fail.
    `on_postgres` where only that database shows it."""

    what: str
    file: str
    old: str
    new: str
    test: str
    on_postgres: bool = False


FAULTS: tuple[Fault, ...] = ()


def pytest_run(copy: Path, fault: Fault) -> subprocess.CompletedProcess[str]:
    python = str(BASE_DIR / ".venv" / "bin" / "python")
    command = [python, "-m", "pytest", "-q", "-x", "-p", "no:randomly", "-p", "no:cacheprovider", fault.test]
    if fault.on_postgres:
        command = [python, str(BASE_DIR / "scripts" / "with_postgres.py"), *command]
    return subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)  # noqa: S603 — our own tests


def outcome(fault: Fault, clean: Path) -> str:
    """What the test said: "" where it did not notice, or where it fails without the fault as well."""
    source = clean / fault.file
    text = source.read_text(encoding="utf-8")
    if text.count(fault.old) != 1:
        return ""
    source.write_text(text.replace(fault.old, fault.new), encoding="utf-8")
    try:
        done = pytest_run(clean, fault)
    finally:
        source.write_text(text, encoding="utf-8")
    failures = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    if done.returncode != 1 or not failures or pytest_run(clean, fault).returncode != 0:
        return ""
    return failures[0].removeprefix("FAILED ").partition(" - ")[0]


def main() -> int:
    rows, missed = [], []
    with tempfile.TemporaryDirectory(prefix="childfriendly-sabotage-") as name:
        copy = Path(name) / "copy"
        git = shutil.which("git") or sys.exit("git is needed.")
        subprocess.run(  # noqa: S603 — a copy of the last commit
            [git, "clone", "--quiet", "--shared", str(BASE_DIR), str(copy)], check=True
        )
        for number, fault in enumerate(FAULTS, start=1):
            caught = outcome(fault, copy)
            print(f"{number}. {fault.what}: {caught or 'NOT CAUGHT'}", flush=True)
            rows.append(f"| {number} | {fault.what} | `{fault.file}` | `{caught}` |")
            if not caught:
                missed.append(fault.what)
    if missed:
        return 1
    head = [
        "# Deliberate faults, and the test that caught each",
        "",
        "<!-- Written by `make sabotage`; do not edit by hand. The faults themselves stand in scripts/sabotage.py. -->",
        "",
        "Each fault was put alone into a copy of the code; the test failed with it and passed without it.",
        "",
        "| | fault | in | caught by |",
        "|---|---|---|---|",
    ]
    REPORT.write_text("\n".join([*head, *rows, ""]), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
