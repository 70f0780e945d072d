"""docs/security/README.md names what proves each requirement: every id once, and nothing that is not there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security" / "README.md"
ROW = re.compile(r"^\| ([A-Z]-\d{2}) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
GROUPS = {"Z": 12, "N": 16, "H": 12, "F": 15, "P": 10, "I": 4, "E": 5, "A": 6, "L": 5, "R": 15, "T": 7, "B": 7}


def proofs() -> dict[str, str]:
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))
    assert len(rows) == len({name for name, _, _ in rows})
    return {name: proved_by for name, _, proved_by in rows}


def is_there(proof: str) -> bool:
    path, _, test = proof.partition("::")
    file = ROOT / path
    return file.is_file() and (not test or f"def {test}(" in file.read_text(encoding="utf-8"))


def test_every_requirement_has_a_row() -> None:
    wanted = [f"{group}-{number:02}" for group, size in GROUPS.items() for number in range(1, size + 1)]
    assert sorted(proofs()) == sorted(wanted)


def test_every_row_names_something_that_is_there() -> None:
    for name, cell in proofs().items():
        found = re.findall(r"`([^`]+)`", cell)
        records = re.findall(r"\]\(\.\./(decisions/[^)]+)\)", cell)
        assert found or records, f"{name} names nothing"
        missing = [proof for proof in found if not is_there(proof)]
        missing += [record for record in records if not (ROOT / "docs" / record).is_file()]
        assert missing == [], f"{name} names what is not there"
