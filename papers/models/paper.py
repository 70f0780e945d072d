import secrets
import uuid
from collections.abc import Collection
from datetime import date
from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from assessments.models import Decision, DecisionItem, Dossier, Proposal
from assessments.models.scope import Condition
from assessments.policy import REACHING_BACK, Relation
from childfriendly.core.files import Scan, waits_for_scan
from communes.models import Succession, Unit, User, any_of, within
from communes.queries import Roles, roles_of
from criteria.models import Period
from papers.kinds import KINDS, Desk, Form, Kind, Spec
from papers.policy import Right, rules_of
from papers.rendering.comparing import Match

CODE_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0 O 1 I: people type it from paper
CODE_LENGTH: Final = 10  # 50 bits; looked up at a limited rate


def new_code() -> str:
    """For the public check: short, and not to be guessed."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


class State(models.TextChoices):
    """The life of a paper. It only goes forward; what was issued stays, whatever later papers say of it."""

    DRAFT = "draft", "Dự thảo"
    SIGNED = "signed", "Đã ký, chờ vào số"
    NUMBERED = "numbered", "Đã vào số, chờ phát hành"
    ISSUED = "issued", "Đã phát hành"
    DROPPED = "dropped", "Đã bỏ dự thảo"


LIVE: Final = (State.DRAFT, State.SIGNED, State.NUMBERED)
"""On its way: of these there is one of a kind about one thing."""


def _read_when_issued(relation: Relation) -> Q:
    return Q(state=State.ISSUED, kind__in=[kind for kind, spec in KINDS.items() if relation in spec.readers])


def _of_commune(units: Collection[int]) -> Q:
    """Their own papers; and the notices of refusal to communes that were merged into them, who now have to mend what
    those ask. Such a notice hides small counts, as all papers do that leave the office."""
    decided = DecisionItem.objects.filter(dossier__commune__in=units).values("decision")
    merged = Succession.objects.filter(successor__in=units).values("predecessor")
    return (
        Q(commune__in=units) | Q(commune__isnull=True, decision__in=decided) | Q(commune__in=merged, kind=Kind.REFUSAL)
    )


IN_WORK: dict[Relation, Condition] = {
    Relation.COMMUNE: lambda units: Q(desk=Desk.COMMUNE, unit__in=units),
    Relation.APPRAISING: lambda units: Q(desk__in=[Desk.OFFICE, Desk.DECIDING], appraising_unit__in=units),
    Relation.DECIDING: lambda units: Q(desk=Desk.DECIDING, unit__in=units),
    Relation.PROVINCE: lambda units: Q(desk=Desk.PROVINCE, unit__in=units),
}
"""Papers of a desk, for those who work there."""

ISSUED: dict[Relation, Condition] = {
    Relation.COMMUNE: lambda units: _read_when_issued(Relation.COMMUNE) & _of_commune(units),
    Relation.APPRAISING: lambda units: _read_when_issued(Relation.APPRAISING) & Q(appraising_unit__in=units),
    Relation.DECIDING: lambda units: _read_when_issued(Relation.DECIDING) & Q(deciding_unit__in=units),
    Relation.AREA: lambda units: _read_when_issued(Relation.AREA) & within(units, "unit"),
    Relation.PROVINCE: lambda units: _read_when_issued(Relation.PROVINCE) & Q(period__province__in=units),
}


def _reached(roles: Roles, right: Right, where: dict[Relation, Condition]) -> Q:
    """One condition for each rule that the person really meets: every condition more costs on every page."""
    ways = []
    for rule in rules_of(right):
        units = roles.covered_unit_ids(*rule.roles) if rule.relation in REACHING_BACK else roles.units(*rule.roles)
        if units:
            ways.append(where[rule.relation](units))
    return any_of(ways)


class PaperQuerySet(models.QuerySet["Paper"]):
    def visible_to(self, user: User, today: date) -> "PaperQuerySet":
        """The papers of one's own desk in every state, and those that were issued to where one works."""
        roles = roles_of(user, today)
        return self.filter(_reached(roles, Right.READ_UNISSUED, IN_WORK) | _reached(roles, Right.READ, ISSUED))


class Register(models.Model):
    """Sổ cấp giấy công nhận of one deciding body and year: the last number given out. The row is counted up in the very
    transaction that issues, so that a rollback gives its numbers back and nobody else gets them meanwhile (SECURITY.md
    R-03); the year is that of the decision's date, or of the day of a certificate that is issued again."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="registers", db_index=False)
    year = models.PositiveIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "year"], name="papers_register_one_a_year")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.year}: {self.last}"

    @staticmethod
    def take(unit: Unit, year: int, count: int) -> "tuple[Register, range]":
        """The register and its next `count` numbers, for the transaction that is open: 1 … n without a gap once it
        commits."""
        Register.objects.bulk_create([Register(unit=unit, year=year)], ignore_conflicts=True)
        rows = Register.objects.filter(unit=unit, year=year)
        rows.update(last=F("last") + count)
        register = rows.get()
        return register, range(register.last - count + 1, register.last + 1)


class Paper(models.Model):
    """Văn bản: one paper of the procedure, from its draft to the bytes that were issued.

    A draft has no content of its own: it is worked out from the data and `edits` each time. Signing freezes `content`;
    number and day are put in when the clerk enters them; issuing writes the bytes, and from then on nothing of the row
    changes (`papers.services.life`). What later papers say of it is read from them (`earlier`).
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    form = models.CharField(max_length=5, choices=Form.choices)
    desk = models.CharField(max_length=10, choices=Desk.choices)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="papers")
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="papers")

    # What it is about (`Spec.subject` says which is filled), and where it belongs.
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, null=True, blank=True, related_name="papers")
    proposal = models.ForeignKey(Proposal, on_delete=models.PROTECT, null=True, blank=True, related_name="papers")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, null=True, blank=True, related_name="papers")
    item = models.ForeignKey(DecisionItem, on_delete=models.PROTECT, null=True, blank=True, related_name="papers")
    earlier = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="later")
    commune = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    appraising_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    deciding_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    version = models.PositiveIntegerField(default=1)
    edits = models.JSONField(default=dict, blank=True)  # passage → the text that a person put in its place
    reason = models.TextField(blank=True)  # why it corrects, replaces or revokes
    is_reason_public = models.BooleanField(default=False)
    content = models.JSONField(null=True, blank=True)  # `structure.to_json`, from signing on
    content_sha256 = models.CharField(max_length=64, blank=True)

    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )  # null: the system, for the certificates of an issued decision
    drafted_at = models.DateTimeField()
    signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    signed_at = models.DateTimeField(null=True, blank=True)
    signed_on_paper_entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    symbol = models.CharField(max_length=40, blank=True)  # a draft's may still change with the settings
    number = models.CharField(max_length=10, blank=True)
    issued_on = models.DateField(null=True, blank=True)  # the day that stands on the paper
    number_year = models.PositiveIntegerField(null=True, blank=True)
    numbered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    numbered_at = models.DateTimeField(null=True, blank=True)
    register = models.ForeignKey(
        Register, on_delete=models.PROTECT, null=True, blank=True, related_name="papers", db_index=False
    )
    register_number = models.PositiveIntegerField(null=True, blank=True)  # số vào sổ cấp giấy công nhận
    code = models.CharField(max_length=12, blank=True)  # for the public check

    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    issued_at = models.DateTimeField(null=True, blank=True)
    pdf_path = models.CharField(max_length=200, blank=True)
    pdf_sha256 = models.CharField(max_length=64, blank=True)
    pdf_size = models.PositiveBigIntegerField(null=True, blank=True)
    docx_path = models.CharField(max_length=200, blank=True)
    docx_sha256 = models.CharField(max_length=64, blank=True)

    objects = PaperQuerySet.as_manager()
    read_on: date | None = None  # not stored: the day on which somebody reads a draft, which is worked out as of then

    class Meta:
        ordering = ["-drafted_at", "-pk"]
        constraints = [
            # NĐ 30/2020, Điều 15: số và ký hiệu là duy nhất trong một năm của một cơ quan.
            models.UniqueConstraint(
                fields=["unit", "desk", "form", "number_year", "number"],
                condition=~Q(number=""),
                name="papers_paper_number_unique_a_year",
            ),
            # One agency may keep two desks (Sở Y tế appraises, and reports for its province): the register is the same.
            models.UniqueConstraint(
                fields=["unit", "symbol", "number_year", "number"],
                condition=~Q(number=""),
                name="papers_paper_number_and_symbol_once_a_year",
            ),
            models.UniqueConstraint(fields=["register", "register_number"], name="papers_paper_in_register_once"),
            models.UniqueConstraint(fields=["code"], condition=~Q(code=""), name="papers_paper_code_unique"),
            models.UniqueConstraint(
                fields=["decision"],
                condition=Q(kind="decision") & ~Q(state="dropped"),
                name="papers_paper_one_of_a_decision",
            ),
            models.UniqueConstraint(
                fields=["item"],
                condition=Q(kind="certificate", earlier__isnull=True) & ~Q(state="dropped"),
                name="papers_paper_one_first_certificate",
            ),
            *(
                models.UniqueConstraint(
                    fields=["kind", subject],
                    condition=Q(state__in=["draft", "signed", "numbered"]),
                    name=f"papers_paper_one_live_of_{subject}",
                )
                for subject in ("dossier", "proposal", "item", "earlier")
            ),
            models.UniqueConstraint(
                fields=["kind", "period", "unit"],
                condition=Q(state__in=["draft", "signed", "numbered"], kind__in=["result_report", "province_report"]),
                name="papers_paper_one_live_of_period",
            ),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="papers_paper_kind_known"),
            models.CheckConstraint(condition=Q(desk__in=Desk.values), name="papers_paper_desk_known"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "dropped"])
                | Q(signer__isnull=False, signed_at__isnull=False)
                & (
                    Q(content__isnull=False) & ~Q(content_sha256="")
                    # Numbered before papers were kept: what it says is frozen on its decision until it is issued.
                    | Q(state="numbered", drafted_by__isnull=True, content__isnull=True, content_sha256="")
                ),
                name="papers_paper_signed_has_content",
            ),
            models.CheckConstraint(
                condition=Q(number="", number_year__isnull=True)
                | ~Q(number="")
                & Q(issued_on__isnull=False, numbered_at__isnull=False, number_year=F("issued_on__year")),
                name="papers_paper_number_with_date",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "signed", "dropped"], number="", register_number__isnull=True)
                | Q(state__in=["numbered", "issued"], issued_on__isnull=False)
                & (
                    ~Q(number="") & Q(register_number__isnull=True)
                    | Q(number="", kind="certificate", register__isnull=False, register_number__gte=1)
                ),
                name="papers_paper_numbered_has_number",
            ),
            models.CheckConstraint(
                condition=Q(state="issued", issued_at__isnull=False, pdf_size__gt=0)
                & ~Q(pdf_path="")
                & ~Q(pdf_sha256="")
                | ~Q(state="issued") & Q(issued_at__isnull=True, pdf_path="", docx_path=""),
                name="papers_paper_issued_has_bytes",
            ),
            # Different people: who drafts does not sign, who signs does not number (NĐ 30/2020, Điều 13, 14).
            models.CheckConstraint(
                condition=Q(signer__isnull=True) | Q(drafted_by__isnull=True) | ~Q(signer=F("drafted_by")),
                name="papers_paper_drafter_does_not_sign",
            ),
            models.CheckConstraint(
                condition=Q(numbered_by__isnull=True) | ~Q(numbered_by=F("signer")),
                name="papers_paper_signer_does_not_number",
            ),
        ]

    def __str__(self) -> str:
        """«Quyết định công nhận số 15/QĐ-UBND», «Giấy công nhận số vào sổ 12/2024»; of a draft its kind alone."""
        number = f"số {self.full_number}" if self.number else self.register_words
        return f"{self.get_kind_display()} {number}".strip()

    @property
    def register_words(self) -> str:
        """«số vào sổ 12/2024» of a certificate: the register begins anew every year."""
        return (
            f"số vào sổ {self.register_number}/{self.issued_on.year}" if self.register_number and self.issued_on else ""
        )

    @property
    def spec(self) -> Spec:
        return KINDS[Kind(self.kind)]

    @property
    def audit_unit_id(self) -> int:
        return self.unit_id

    @property
    def is_issued(self) -> bool:
        return self.state == State.ISSUED

    @property
    def full_number(self) -> str:
        """«05/QĐ-UBND»: single digits get a zero in front, as registers write them (NĐ 30/2020, phụ lục I)."""
        return f"{self.number.zfill(2)}/{self.symbol}" if self.number else ""


class PaperItem(models.Model):
    """A commune that a replacement or a revocation names: with its name as it now reads, or as revoked."""

    paper = models.ForeignKey(Paper, on_delete=models.PROTECT, related_name="items", db_index=False)
    item = models.ForeignKey(DecisionItem, on_delete=models.PROTECT, related_name="paper_items")
    commune_name = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["paper", "item"], name="papers_paperitem_once")]

    def __str__(self) -> str:
        return self.commune_name


class Attachment(models.Model):
    """A file beside a paper: the scan of what was signed by hand, or the PDF with digital signatures. `signatures` is
    what was read from it when it came in (`papers.services.signatures`)."""

    class Kind(models.TextChoices):
        SCAN = "scan", "Bản quét văn bản đã ký"
        SIGNED_PDF = "signed_pdf", "Bản PDF đã ký số"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    paper = models.ForeignKey(Paper, on_delete=models.PROTECT, related_name="attachments")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=150)
    path = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=100)
    scan = models.CharField(max_length=10, choices=Scan.choices, default=Scan.WAITING)  # what the virus scanner said
    has_active_content = models.BooleanField(default=False)
    signatures = models.JSONField(default=list, blank=True)
    match = models.CharField(max_length=10, choices=Match.choices, blank=True)  # «»: no PDF, so not compared
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()

    class Meta:
        ordering = ["uploaded_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["scan", "signed_pdf"]), name="papers_attachment_kind_known"),
            models.CheckConstraint(condition=Q(scan__in=Scan.values), name="papers_attachment_scan_known"),
            models.CheckConstraint(condition=Q(match__in=["", *Match.values]), name="papers_attachment_match_known"),
            models.UniqueConstraint(fields=["paper", "sha256"], name="papers_attachment_same_file_once_a_paper"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_unit_id(self) -> int:
        return self.paper.unit_id

    @property
    def is_quarantined(self) -> bool:
        return self.scan == Scan.INFECTED

    @property
    def is_unscanned(self) -> bool:
        return waits_for_scan(self.scan)
