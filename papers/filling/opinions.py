"""What departments said to an office that asked them, as its minutes and its reports tell it."""

from datetime import date

from communes.models import Unit
from criteria.models import Period
from papers.models.recheck import opinions_on
from papers.structure import Paragraph


def told_opinions(period: Period, unit: Unit, on: date) -> list[Paragraph]:
    """One line for each department that was asked, as it stood on that day; nothing where none was. An opinion on a
    sensitive criterion may tell a small count in free words, so that only its being there is told."""
    opinions = opinions_on(period, unit, on)
    if not opinions:
        return []
    rules, lines = period.criteria_set.rules(), [Paragraph("Ý kiến các ngành:")]
    for opinion in opinions:
        criterion = rules.criterion(opinion.criterion)
        words = " ".join(opinion.words(on, tells_text=not criterion.sensitive).split())
        about = f"{opinion.department} về tiêu chí {criterion.number} ({criterion.title})"
        lines.append(Paragraph(f"{about}: {words}.", is_item=True))
    return lines
