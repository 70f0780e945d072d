"""Names of the files that people take away: ASCII, since they end in logs, mails and old systems, and of units only."""

from assessments.models import Decision, DecisionItem
from childfriendly.core.text import ascii_words
from communes.models import Unit
from criteria.models import Period


def summary_file(period: Period, unit: Unit) -> str:
    """«tong-hop-2024-872-huyen-thap-muoi.xlsx»."""
    return f"tong-hop-{period.year}-{unit.code}-{ascii_words(unit.name)}.xlsx"


def decision_file(decision: Decision) -> str:
    """«quyet-dinh-1105-qd-ubnd-2024-11-21.pdf»; a draft is named after the year and the unit."""
    if decision.issued_on is None:
        return f"du-thao-quyet-dinh-{decision.period.year}-{ascii_words(decision.deciding_unit.name)}.pdf"
    return f"quyet-dinh-{ascii_words(decision.full_number)}-{decision.issued_on:%Y-%m-%d}.pdf"


def certificate_file(item: DecisionItem) -> str:
    """«giay-cong-nhan-2024-30037-thi-tran-my-an.pdf»; names of communes repeat, so the code is there too."""
    draft = "" if item.decision.is_issued else "du-thao-"
    year, code = item.decision.period.year, item.dossier.commune.code
    return f"{draft}giay-cong-nhan-{year}-{code}-{ascii_words(item.commune_name)}.pdf"
