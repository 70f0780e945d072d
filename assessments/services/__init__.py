"""Every write to a dossier, a proposal or a decision. Keyword arguments only; the person is `by`, the time is `at`."""

from assessments.services.access import (
    acknowledge,
    lock_evidence,
    may_open,
    note_reading,
    open_evidence,
    unlock_evidence,
)
from assessments.services.appraisal import Appraised, differs, save_appraisal, save_appraised_totals
from assessments.services.decisions import approve, issue_decision, propose, return_proposal, revoke, take_over
from assessments.services.figures import attach_evidence, remove_evidence, save_base_figures, save_entry
from assessments.services.files import delete_orphans, named_files, orphans, scan_files, verify_files
from assessments.services.handover import hand_over, leave, work_of
from assessments.services.moves import create, perform

__all__ = [
    "Appraised",
    "acknowledge",
    "approve",
    "attach_evidence",
    "create",
    "delete_orphans",
    "differs",
    "hand_over",
    "issue_decision",
    "leave",
    "lock_evidence",
    "may_open",
    "named_files",
    "note_reading",
    "open_evidence",
    "orphans",
    "perform",
    "propose",
    "remove_evidence",
    "return_proposal",
    "revoke",
    "save_appraisal",
    "save_appraised_totals",
    "save_base_figures",
    "save_entry",
    "scan_files",
    "take_over",
    "unlock_evidence",
    "verify_files",
    "work_of",
]
