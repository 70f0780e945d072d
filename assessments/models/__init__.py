from assessments.models.access import EvidenceAccess
from assessments.models.appraisal import AppraisedAnswer, AppraisedBaseFigure, ReturnedItem
from assessments.models.decision import Decision, DecisionItem, Proposal, ProposalItem, Result
from assessments.models.dossier import Dossier, Recommendation, StepTime
from assessments.models.entry import Answer, BaseFigure, CriterionEntry, Figures, FrozenSheet
from assessments.models.evidence import Evidence

__all__ = [
    "Answer",
    "AppraisedAnswer",
    "AppraisedBaseFigure",
    "BaseFigure",
    "CriterionEntry",
    "Decision",
    "DecisionItem",
    "Dossier",
    "Evidence",
    "EvidenceAccess",
    "Figures",
    "FrozenSheet",
    "Proposal",
    "ProposalItem",
    "Recommendation",
    "Result",
    "ReturnedItem",
    "StepTime",
]
