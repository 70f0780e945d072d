import uuid

from django.db import models
from django.db.models import F, Q

from communes.models import Unit
from criteria.models import Certainty
from papers.kinds import Desk


class Issuer(models.Model):
    """What one desk of one unit prints on its papers, from a day to a day: letterhead, form of signing, recipients and
    further bases of each kind, its own layout of the certificate. Without a row, `papers.filling.issuers` works the
    same out from the period's `Authority` and the unit's name, as a proposal."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="issuers")
    desk = models.CharField(max_length=10, choices=Desk.choices)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    body_name = models.CharField("tên cơ quan", max_length=200)
    parent_body_name = models.CharField("cơ quan chủ quản", max_length=200, blank=True)
    place = models.CharField("địa danh", max_length=100)
    abbreviation = models.CharField("chữ viết tắt trong ký hiệu", max_length=30)  # «UBND», «LĐTBXH»
    drafter = models.CharField("đơn vị soạn", max_length=30, blank=True)  # «VX» of «12/UBND-VX», of «Lưu: VT, VX»
    is_collective = models.BooleanField("làm việc theo chế độ tập thể (ký TM.)", default=True)
    by_order_of = models.CharField("ký thừa lệnh (TL.) của", max_length=150, blank=True)  # «Chủ tịch»
    recipients = models.JSONField(default=dict, blank=True)  # kind → lines of «Nơi nhận», without the last «Lưu: VT»
    bases = models.JSONField(default=dict, blank=True)  # kind → further «Căn cứ …»
    certificate_layout = models.TextField("mẫu giấy công nhận riêng", blank=True)
    certainty = models.CharField(max_length=20, choices=Certainty.choices, default=Certainty.RECONSTRUCTED)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["desk", "unit__sort_key", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "desk", "valid_from"], name="papers_issuer_one_row_a_day"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="papers_issuer_ends_after_it_starts",
            ),
            models.CheckConstraint(condition=Q(desk__in=Desk.values), name="papers_issuer_desk_known"),
            models.CheckConstraint(condition=Q(certainty__in=Certainty.values), name="papers_issuer_certainty_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_desk_display()}: {self.body_name}"

    @property
    def audit_unit_id(self) -> int:
        return self.unit_id
