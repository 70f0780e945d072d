"""The papers, from the draft to the issued bytes; what an authority prints on them; councils and their meetings."""

from papers.models.council import Attendance, Council, Meeting, Member, Seat, Vote
from papers.models.issuer import Issuer
from papers.models.paper import Attachment, Paper, PaperItem, Register, State
from papers.models.recheck import Finding, Opinion, Recheck

__all__ = [
    "Attachment",
    "Attendance",
    "Council",
    "Finding",
    "Issuer",
    "Meeting",
    "Member",
    "Opinion",
    "Paper",
    "PaperItem",
    "Recheck",
    "Register",
    "Seat",
    "State",
    "Vote",
]
