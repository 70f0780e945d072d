"""What an earlier notice asked a commune to improve: its own to-do in the next period. Notices are papers, which an app
above keeps; it puts its reader into `NOTICES` when it starts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from assessments.figures import DossierFigures
from childfriendly.core.text import fold
from communes.models import Unit, User
from criteria.models import Period
from criteria.scoring import Criterion, CriterionScore


@dataclass(frozen=True, slots=True)
class AskedCriterion:
    """One criterion that lost points, in the words of the notice, and below it the items that did."""

    title: str  # without «Tiêu chí 3.»: the next set may number it otherwise
    points: str  # «50/75», or that they are hidden
    items: Sequence[str]  # «TC03.1 – Trẻ em bị xâm hại tình dục. Mức cần đạt: không có: 75 điểm»


@dataclass(frozen=True, slots=True)
class Notice:
    label: str  # «Thông báo không công nhận số 12/TB-UBND»
    year: int
    url: str
    criteria: Sequence[AskedCriterion]
    predecessor: str = ""  # who got it, where that commune was merged into the present one


NOTICES: list[Callable[[User, Unit, int, date], list[Notice]]] = []
"""The notices that this person may read, that went to the commune or to one that was merged into it, before that year
and not decided anew since."""


def notices_for(user: User, commune: Unit, period: Period, day: date) -> list[Notice]:
    return [notice for read in NOTICES for notice in read(user, commune, period.year, day)]


@dataclass(frozen=True, slots=True)
class ToDo:
    """One criterion of a notice beside where the dossier stands today; without `score` where it stands nowhere."""

    asked: AskedCriterion
    name: str  # «Tiêu chí 3. …» as the present set numbers it
    url: str = ""
    score: CriterionScore | None = None

    @property
    def is_done(self) -> bool:
        return self.score is not None and not self.score.is_hidden and self.score.points == self.score.max


@dataclass(frozen=True, slots=True)
class ToDoList:
    notice: Notice
    lines: Sequence[ToDo]

    @property
    def done(self) -> int:
        return sum(line.is_done for line in self.lines)


def to_do_of(notices: Iterable[Notice], period: Period, figures: DossierFigures | None = None) -> list[ToDoList]:
    """The lists of these notices in the words of the period's set; with `figures`, each criterion as it stands."""
    criteria = {fold(criterion.title): criterion for criterion in period.criteria_set.rules().criteria}
    return [ToDoList(notice, [_to_do(asked, criteria, figures) for asked in notice.criteria]) for notice in notices]


def _to_do(asked: AskedCriterion, criteria: Mapping[str, Criterion], figures: DossierFigures | None) -> ToDo:
    criterion = criteria.get(fold(asked.title))
    if criterion is None:  # the next decision's set has no such criterion
        return ToDo(asked, asked.title)
    name = f"Tiêu chí {criterion.number}. {criterion.title}"
    if figures is None:
        return ToDo(asked, name)
    url = reverse("assessments:criterion", args=[figures.dossier.uuid, criterion.code])
    return ToDo(asked, name, url, figures.declared_sheet.criterion(criterion.code))


@dataclass(frozen=True, slots=True)
class Asked:
    """What one notice asked of one criterion, for the page of that criterion."""

    notice: Notice
    items: Sequence[str]


def asked_of(criterion: Criterion, notices: Iterable[Notice]) -> list[Asked]:
    title = fold(criterion.title)
    return [Asked(notice, asked.items) for notice in notices for asked in notice.criteria if fold(asked.title) == title]
