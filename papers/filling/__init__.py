"""One content function for each kind of paper: stored rows → `structure.Content`. `FILLERS` is the table."""

from dataclasses import replace

from papers.filling import commune, later, leader, minutes, office, reports
from papers.filling.frame import Filler, Passage
from papers.kinds import Kind
from papers.models import Paper, State
from papers.structure import Certificate, Content, Printed, from_json

FILLERS: dict[Kind, Filler] = {
    Kind.COUNCIL_DECISION: Filler(commune.council_decision, commune.council_decision_passages),
    Kind.SELF_ASSESSMENT: Filler(commune.self_assessment, commune.report_passages),
    Kind.COMMUNE_MINUTES: Filler(minutes.commune_minutes, minutes.commune_passages),
    Kind.REQUEST: Filler(commune.request, commune.request_passages),
    Kind.REQUEST_LETTER: Filler(commune.request_letter, commune.request_passages),
    Kind.RECEIPT: Filler(office.receipt, office.receipt_passages),
    Kind.SUPPLEMENT: Filler(office.supplement, office.supplement_passages),
    Kind.APPRAISAL_REPORT: Filler(office.appraisal_report, office.report_passages),
    Kind.SUBMISSION: Filler(office.submission, office.submission_passages),
    Kind.COUNCIL_MINUTES: Filler(minutes.council_minutes, minutes.council_passages),
    Kind.DECISION: Filler(leader.recognition_decision, leader.decision_passages),
    Kind.CERTIFICATE: Filler(leader.certificate),
    Kind.REFUSAL: Filler(leader.refusal, leader.refusal_passages),
    Kind.CORRECTION: Filler(later.correction, later.correction_passages),
    Kind.REPLACEMENT: Filler(later.replacement, later.later_passages),
    Kind.REVOCATION: Filler(later.revocation, later.later_passages),
    Kind.RESULT_REPORT: Filler(reports.result_report, reports.passages),
    Kind.PROVINCE_REPORT: Filler(reports.province_report, reports.passages),
}


def content_of(paper: Paper) -> Printed:
    """As frozen at signing, with number and day once they are entered; of a draft worked out from the data of now.

    Raises `Refused` where the paper cannot be written: the sentence says what is missing.
    """
    if paper.state in (State.DRAFT, State.DROPPED) or paper.content is None:
        return FILLERS[Kind(paper.kind)].content(paper)
    printed = from_json(paper.content)
    if isinstance(printed, Content) and paper.number and paper.issued_on:
        return printed.numbered(paper.number, paper.issued_on)
    if isinstance(printed, Certificate) and paper.register_number:
        return replace(printed, register_number=str(paper.register_number), decided_on=paper.issued_on)
    return printed


def passages_of(paper: Paper) -> tuple[Passage, ...]:
    return tuple(FILLERS[Kind(paper.kind)].passages(paper))
