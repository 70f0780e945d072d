"""What has changed since a paper was signed: the figures that were frozen with it, and the same worked out anew."""

from dataclasses import dataclass

from papers.filling import FILLERS
from papers.kinds import Kind
from papers.models import Paper
from papers.structure import Content, Figure, Printed, from_json

NOT_THEN, NOT_NOW = "chưa có", "không còn"


@dataclass(frozen=True, slots=True)
class Change:
    """One figure that reads otherwise today, in words: «Số xã được công nhận»: «6» → «7»."""

    label: str
    then: str
    now: str


def figures_of(paper: Paper) -> tuple[Figure, ...]:
    """The figures frozen with a signed paper; none of a draft, which has no figures of its own."""
    return _figures(from_json(paper.content)) if paper.content else ()


def changes_since(paper: Paper) -> list[Change]:
    """In the order of the paper, what is new at the end. Raises `Refused` where it could not be written today."""
    then = {figure.key: figure for figure in figures_of(paper)}
    if not then:
        return []
    now = {figure.key: figure for figure in _figures(FILLERS[Kind(paper.kind)].content(paper))}
    return [
        Change(
            (then.get(key) or now[key]).label,
            then[key].value if key in then else NOT_THEN,
            now[key].value if key in now else NOT_NOW,
        )
        for key in {**then, **now}
        if key not in then or key not in now or then[key].value != now[key].value
    ]


def _figures(printed: Printed) -> tuple[Figure, ...]:
    return printed.figures if isinstance(printed, Content) else ()
