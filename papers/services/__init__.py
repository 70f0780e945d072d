"""Every write to a paper. Keyword arguments only; the person is `by`, the time is `at`."""

from papers.services.later import (
    begin_correction,
    begin_reissue,
    begin_replacement,
    begin_revocation,
    enter_in_register,
)
from papers.services.life import (
    Questionable,
    draft,
    drop,
    enter_signed,
    issue,
    issue_prepared,
    number,
    prepared,
    reword,
    sign,
)

__all__ = [
    "Questionable",
    "begin_correction",
    "begin_reissue",
    "begin_replacement",
    "begin_revocation",
    "draft",
    "drop",
    "enter_in_register",
    "enter_signed",
    "issue",
    "issue_prepared",
    "number",
    "prepared",
    "reword",
    "sign",
]
