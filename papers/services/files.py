"""Which files papers keep, for the nightly round over all that is kept (`assessments.services.files`)."""

from assessments.services.files import KEEPERS, Keeper
from papers.models import Attachment, Paper

OWN = (
    Keeper("văn bản (PDF)", Paper, "pdf_path", "pdf_sha256", scan=""),
    Keeper("văn bản (Word)", Paper, "docx_path", "docx_sha256", scan=""),
    Keeper("tệp kèm văn bản", Attachment, subject="paper"),
)


def register() -> None:
    """Called when the app starts; again does no harm."""
    KEEPERS.extend(keeper for keeper in OWN if keeper not in KEEPERS)
