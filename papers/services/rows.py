"""The row of a paper as it begins: all that follows from its kind and from what it is about."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from assessments.models import Decision, DecisionItem, Dossier, Proposal
from communes.models import Unit, User
from criteria.models import Authority, Period, Task
from papers.filling.frame import issuer_of, symbol_of
from papers.kinds import KINDS, Desk, Form, Kind
from papers.models import Paper
from papers.models.paper import new_code

About = Dossier | Proposal | Decision | DecisionItem | Period | Paper


def new_paper(kind: Kind, about: About, *, by: User | None, at: datetime, unit: Unit | None = None) -> Paper:
    """The row, not yet saved, with all that follows from its kind and from what it is about."""
    spec = KINDS[kind]
    paper = Paper(kind=kind, form=spec.form, desk=spec.desk, drafted_by=by, drafted_at=at, **_belongs(about))
    match spec.desk:
        case Desk.COMMUNE if paper.commune is not None:
            paper.unit = paper.commune
        case Desk.OFFICE if paper.appraising_unit is not None:
            paper.unit = paper.appraising_unit
        case Desk.PROVINCE:
            paper.unit = paper.period.province
        case _:
            deciding = unit or paper.deciding_unit
            if deciding is None:
                raise ValueError("A report on a period needs the unit that reports.")
            paper.unit = paper.deciding_unit = deciding
            paper.appraising_unit = paper.appraising_unit or _office_of(paper.period, deciding)
    if isinstance(about, Decision):
        paper.symbol = about.symbol
    elif spec.has_number:
        paper.symbol = symbol_of(Form(spec.form), issuer_of(paper))
    if spec.is_public:
        paper.code = new_code()
    return paper


def _belongs(about: About) -> dict[str, Any]:
    """The columns that say what a paper is about and where it belongs."""
    match about:
        case Dossier():
            return {"dossier": about, **_of_dossier(about)}
        case Proposal():
            units = {"appraising_unit": about.appraising_unit, "deciding_unit": about.deciding_unit}
            return {"proposal": about, "period": about.period, **units}
        case Decision():
            units = {"appraising_unit": about.proposal.appraising_unit, "deciding_unit": about.deciding_unit}
            return {"decision": about, "period": about.period, **units}
        case DecisionItem():
            return {"item": about, **_of_dossier(about.dossier)}
        case Period():
            return {"period": about}
        case Paper():
            names = ("decision", "item", "period", "commune", "appraising_unit", "deciding_unit")
            return {"earlier": about, **{name: getattr(about, name) for name in names}}


def _of_dossier(dossier: Dossier) -> dict[str, Any]:
    names = ("period", "commune", "appraising_unit", "deciding_unit")
    return {name: getattr(dossier, name) for name in names}


def _office_of(period: Period, unit: Unit) -> Unit | None:
    """Which office works for a deciding body: the nearest that appraises there."""
    rows = Authority.objects.filter(period=period, task=Task.APPRAISE).select_related("unit")
    offices = {row.unit_id: row.unit for row in rows}
    return next((offices[place.pk] for place in (unit, *unit.ancestors) if place.pk in offices), None)


def digest_of(content: Mapping[str, Any]) -> str:
    """Of the structure as it is stored, whatever order the database gives its keys in."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
