"""Which files papers keep, for the nightly round over all that is kept (`assessments.services.files`), and whether one
of them is still what was issued, for whoever is about to read it."""

import logging
from typing import Final

from django.conf import settings

from assessments.services.files import KEEPERS, Keeper
from childfriendly.core.files import sha256_of
from papers.models import Attachment, Paper

logger = logging.getLogger(__name__)

NOT_WHOLE: Final = "Tệp lưu trên máy chủ không còn đúng như khi phát hành. Báo cán bộ quản trị hệ thống."

OWN = (
    Keeper("văn bản (PDF)", Paper, "pdf_path", "pdf_sha256", scan=""),
    Keeper("văn bản (Word)", Paper, "docx_path", "docx_sha256", scan=""),
    Keeper("tệp kèm văn bản", Attachment, subject="paper"),
)


def register() -> None:
    """Called when the app starts; again does no harm."""
    KEEPERS.extend(keeper for keeper in OWN if keeper not in KEEPERS)


def is_whole(path: str, sha256: str) -> bool:
    try:
        found = sha256_of(path, root=settings.MEDIA_ROOT) == sha256
    except FileNotFoundError:
        found = False
    if not found:
        logger.error("The issued file is gone or was changed: %s.", path)
    return found


def damaged(paper: Paper) -> list[str]:
    """Which of the files of an issued paper are not what was issued: «PDF», «Word»."""
    kept = (("PDF", paper.pdf_path, paper.pdf_sha256), ("Word", paper.docx_path, paper.docx_sha256))
    return [name for name, path, sha256 in kept if path and not is_whole(path, sha256)]
