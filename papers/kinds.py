"""Which papers there are, on one screen: form, who issues it, what it is about, who may read it once it is issued.

Pages, services, permissions and renderers read this table; a new paper is a member of `Kind`, its row here, and its
content function in `papers.filling`.
"""

from dataclasses import dataclass
from typing import Final

from django.db.models import TextChoices

from assessments.policy import Relation


class Form(TextChoices):
    """Loại văn bản. The value is the abbreviation in the number (NĐ 30/2020, phụ lục III); the label is the title."""

    DECISION = "QĐ", "Quyết định"
    REPORT = "BC", "Báo cáo"
    SUBMISSION = "TTr", "Tờ trình"
    MINUTES = "BB", "Biên bản"
    NOTICE = "TB", "Thông báo"
    LETTER = "CV", "Công văn"  # has no title, and its number no abbreviation: «12/UBND-VX»
    RECEIPT = "GTN", "Giấy tiếp nhận"
    CERTIFICATE = "GCN", "Giấy công nhận"
    OPINION = "PYK", "Phiếu lấy ý kiến"  # these two are forms to fill in: never numbered, never a `Paper`
    RECHECK = "PPT", "Phiếu phúc tra"
    INDEX = "MLHS", "Mục lục hồ sơ"  # of a bundle; no Paper either


class Desk(TextChoices):
    """Who issues: the same district is an appraising office and a deciding body, with a register of numbers each."""

    COMMUNE = "commune", "Ủy ban nhân dân cấp xã"
    OFFICE = "office", "Cơ quan thẩm định"
    DECIDING = "deciding", "Cơ quan quyết định"
    PROVINCE = "province", "Cơ quan tham mưu cấp tỉnh"


class Subject(TextChoices):
    """Which row a paper is about; the field of `Paper` has the same name."""

    DOSSIER = "dossier", "hồ sơ"
    PROPOSAL = "proposal", "hồ sơ trình"
    DECISION = "decision", "quyết định"
    ITEM = "item", "xã trong quyết định"
    PERIOD = "period", "kỳ đánh giá"  # of the issuing unit's area
    EARLIER = "earlier", "văn bản đã phát hành"  # which this one corrects, replaces or revokes


class Kind(TextChoices):
    COUNCIL_DECISION = "council_decision", "Quyết định thành lập Hội đồng"
    SELF_ASSESSMENT = "self_assessment", "Báo cáo tự đánh giá"
    COMMUNE_MINUTES = "commune_minutes", "Biên bản họp Hội đồng cấp xã"
    REQUEST = "request", "Tờ trình đề nghị công nhận"
    REQUEST_LETTER = "request_letter", "Công văn đề nghị công nhận"
    RECEIPT = "receipt", "Giấy tiếp nhận hồ sơ"
    SUPPLEMENT = "supplement", "Công văn đề nghị bổ sung, hoàn thiện hồ sơ"
    APPRAISAL_REPORT = "appraisal_report", "Báo cáo thẩm định"
    COUNCIL_MINUTES = "council_minutes", "Biên bản họp Hội đồng xét duyệt"
    SUBMISSION = "submission", "Tờ trình đề nghị quyết định công nhận"
    DECISION = "decision", "Quyết định công nhận"
    CERTIFICATE = "certificate", "Giấy công nhận"
    REFUSAL = "refusal", "Thông báo không công nhận"
    CORRECTION = "correction", "Công văn đính chính"
    REPLACEMENT = "replacement", "Quyết định thay thế"
    REVOCATION = "revocation", "Quyết định thu hồi"
    RESULT_REPORT = "result_report", "Báo cáo kết quả của huyện"
    PROVINCE_REPORT = "province_report", "Báo cáo tổng hợp của tỉnh"


@dataclass(frozen=True, slots=True)
class Spec:
    form: Form
    desk: Desk
    subject: Subject
    readers: frozenset[Relation]  # beside the desk itself, once the paper is issued
    is_public: bool = False  # has a code by which anybody may check it
    has_number: bool = True  # typed from the agency's register; the certificate has the register of certificates


AT = Relation
OFFICES: Final = frozenset({AT.APPRAISING, AT.DECIDING, AT.AREA, AT.PROVINCE})
TO_COMMUNE: Final = OFFICES | {AT.COMMUNE}
WITH_SMALL_COUNTS: Final = frozenset({AT.APPRAISING})
"""A paper that says «1 trẻ em bị xâm hại» goes to nobody but those who may know that number (`READ_SMALL_COUNTS`)."""

KINDS: Final[dict[Kind, Spec]] = {
    Kind.COUNCIL_DECISION: Spec(Form.DECISION, Desk.COMMUNE, Subject.DOSSIER, OFFICES),
    Kind.SELF_ASSESSMENT: Spec(Form.REPORT, Desk.COMMUNE, Subject.DOSSIER, WITH_SMALL_COUNTS),
    Kind.COMMUNE_MINUTES: Spec(Form.MINUTES, Desk.COMMUNE, Subject.DOSSIER, OFFICES),
    Kind.REQUEST: Spec(Form.SUBMISSION, Desk.COMMUNE, Subject.DOSSIER, OFFICES),
    Kind.REQUEST_LETTER: Spec(Form.LETTER, Desk.COMMUNE, Subject.DOSSIER, OFFICES),
    Kind.RECEIPT: Spec(Form.RECEIPT, Desk.OFFICE, Subject.DOSSIER, TO_COMMUNE),
    Kind.SUPPLEMENT: Spec(Form.LETTER, Desk.OFFICE, Subject.DOSSIER, TO_COMMUNE),
    Kind.APPRAISAL_REPORT: Spec(Form.REPORT, Desk.OFFICE, Subject.DOSSIER, OFFICES),
    Kind.COUNCIL_MINUTES: Spec(Form.MINUTES, Desk.OFFICE, Subject.PROPOSAL, OFFICES),
    Kind.SUBMISSION: Spec(Form.SUBMISSION, Desk.OFFICE, Subject.PROPOSAL, OFFICES),
    Kind.DECISION: Spec(Form.DECISION, Desk.DECIDING, Subject.DECISION, TO_COMMUNE, is_public=True),
    Kind.CERTIFICATE: Spec(Form.CERTIFICATE, Desk.DECIDING, Subject.ITEM, TO_COMMUNE, is_public=True, has_number=False),
    Kind.REFUSAL: Spec(Form.NOTICE, Desk.DECIDING, Subject.ITEM, TO_COMMUNE),
    Kind.CORRECTION: Spec(Form.LETTER, Desk.DECIDING, Subject.EARLIER, TO_COMMUNE, is_public=True),
    Kind.REPLACEMENT: Spec(Form.DECISION, Desk.DECIDING, Subject.EARLIER, TO_COMMUNE, is_public=True),
    Kind.REVOCATION: Spec(Form.DECISION, Desk.DECIDING, Subject.EARLIER, TO_COMMUNE, is_public=True),
    Kind.RESULT_REPORT: Spec(Form.REPORT, Desk.DECIDING, Subject.PERIOD, OFFICES),
    Kind.PROVINCE_REPORT: Spec(Form.REPORT, Desk.PROVINCE, Subject.PERIOD, frozenset({AT.PROVINCE})),
}
