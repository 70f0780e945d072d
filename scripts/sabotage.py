"""`make sabotage`: deliberate faults, one after the other, and the test that catches each.

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


FAULTS: tuple[Fault, ...] = (
    Fault(
        "the province reads drafts that no commune has sent",
        "assessments/policy.py",
        "    Rule(R.READ, STAFF, AT.PROVINCE, SENT),\n",
        "    Rule(R.READ, STAFF, AT.PROVINCE, ALWAYS),\n",
        "tests/unit/test_policy.py::test_every_cell_agrees_with_the_copy_written_by_hand",
    ),
    Fault(
        "lists forget where a role is held",
        "assessments/models/scope.py",
        "        if units and rule.relation in where:\n            ways.append(where[rule.relation](units) & (",
        "        if units and rule.relation in where:\n            ways.append(Q(pk__gt=0) & (",
        "tests/integration/test_visibility.py::test_the_querysets_give_everybody_exactly_what_is_theirs",
    ),
    Fault(
        "a leader approves what the same person appraised",
        "assessments/policy.py",
        "    Rule(R.APPROVE, LEADER, AT.DECIDING, WAITING, barred=ANY_WORK),\n",
        "    Rule(R.APPROVE, LEADER, AT.DECIDING, WAITING, barred=OWN_WORK),\n",
        "tests/integration/test_four_eyes.py::test_who_had_a_hand_in_it_does_not_decide",
    ),
    Fault(
        "a decision is numbered whoever numbered it meanwhile",
        "assessments/services/decisions.py",
        'Decision.objects.filter(pk=decision.pk, number="", version=version)',
        "Decision.objects.filter(pk=decision.pk)",
        "tests/integration/test_races.py::test_one_number_for_one_decision",
        on_postgres=True,
    ),
    Fault(
        "the reason of an audit row is not sealed",
        "childfriendly/core/audit.py",
        '    "reason",\n    "result",\n',
        '    "result",\n',
        "tests/integration/test_audit.py::test_every_column_but_the_key_is_under_the_hash",
    ),
    Fault(
        "writers of the audit do not wait for each other",
        "childfriendly/core/audit.py",
        'f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK});"',
        '"SELECT 1;"',
        "tests/integration/test_audit.py::test_twenty_writers_at_once_make_one_chain",
        on_postgres=True,
    ),
    Fault(
        "four children are no small number any more",
        "criteria/disclosure.py",
        "SMALL = range(1, 5)",
        "SMALL = range(1, 4)",
        "tests/unit/test_disclosure.py::test_count_rate_band_points_and_totals_are_hidden_together",
    ),
    Fault(
        "files about single children are kept open",
        "assessments/services/files.py",
        "seal_with=keys()[0] if is_sensitive else None",
        "seal_with=None",
        "tests/integration/test_kept_files.py::test_only_evidence_of_sensitive_criteria_is_sealed",
    ),
    Fault(
        "a leader needs no second factor",
        "communes/second_factor.py",
        "        Role.LEADER,\n",
        "",
        "tests/integration/test_second_factor.py::test_the_roles_that_decide_or_watch_must_have_one",
    ),
    Fault(
        "nobody looks for the token of a form",
        "childfriendly/settings.py",
        '    "django.middleware.csrf.CsrfViewMiddleware",\n',
        "",
        "tests/integration/test_methods.py::test_no_post_is_taken_without_its_token",
    ),
    Fault(
        "a backup is believed without reading it again",
        "childfriendly/core/backup.py",
        "        if _content(path) != content:\n",
        "        if path.stat().st_size != content.size:\n",
        "tests/integration/test_backup.py::test_what_does_not_fit_is_refused_and_nothing_is_touched",
    ),
    Fault(
        "an archive may unpack to any size",
        "childfriendly/core/files/office.py",
        " or unpacked > MAX_UNPACKED_BYTES or unpacked > MAX_RATIO * max(packed_size, 1):",
        ":",
        "tests/unit/test_files.py::test_an_archive_that_swells_is_refused_before_it_is_unpacked",
    ),
)


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
