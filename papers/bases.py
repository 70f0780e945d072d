"""The laws that papers rest on, and the name of the standard: dated facts, read from `fixtures/legal-bases.json`.

Pure: it knows no database. What a period's criteria set says of its own decision comes from the set, not from here.
"""

import json
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from papers.kinds import Kind

SHIPPED = Path(__file__).resolve().parents[1] / "fixtures" / "legal-bases.json"


@dataclass(frozen=True, slots=True)
class Dated:
    """A text in force from a day to a day, both included; None is an open end."""

    text: str
    valid_from: date | None
    valid_to: date | None

    def is_in_force_on(self, day: date) -> bool:
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Law(Dated):
    kinds: frozenset[Kind]


def laws(kind: Kind, on: date) -> tuple[str, ...]:
    """«Căn cứ …», the laws that a paper of this kind and day rests on, in the order of the file."""
    return tuple(law.text for law in _shipped()[0] if kind in law.kinds and law.is_in_force_on(on))


def standard_name(on: date) -> str:
    """What the standard is called on a day: «xã, phường, thị trấn», and «xã, phường, đặc khu» from 01/07/2025."""
    return next(name.text for name in _shipped()[1] if name.is_in_force_on(on))


@lru_cache(maxsize=1)
def _shipped() -> tuple[tuple[Law, ...], tuple[Dated, ...]]:
    stored = json.loads(SHIPPED.read_text(encoding="utf-8"))
    laws = tuple(
        Law(row["text"], *_days(row), frozenset(Kind(kind) for kind in row["kinds"])) for row in stored["laws"]
    )
    return laws, tuple(Dated(row["text"], *_days(row)) for row in stored["standard_names"])


def _days(row: dict[str, Any]) -> tuple[date | None, date | None]:
    first, last = (date.fromisoformat(row[key]) if row[key] else None for key in ("valid_from", "valid_to"))
    return first, last
