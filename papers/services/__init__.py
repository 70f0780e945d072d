"""Every write to a paper. Keyword arguments only; the person is `by`, the time is `at`."""

from papers.services.life import (
    Questionable,
    draft,
    drop,
    enter_signed,
    issue,
    issue_certificate,
    issue_prepared,
    number,
    prepared,
    reword,
    sign,
)

__all__ = [
    "Questionable",
    "draft",
    "drop",
    "enter_signed",
    "issue",
    "issue_certificate",
    "issue_prepared",
    "number",
    "prepared",
    "reword",
    "sign",
]
