"""Hội đồng: who sits in it, when it met, who came, how it voted. Entered once for a commune (or an office) and a
period; minutes, decisions and requests are written from it.

A meeting keeps its own copy of the members, so that whoever replaces one of them later changes no meeting that was
closed. What the council voted on (points, recommendation) is frozen when its meeting is closed.
"""

import uuid
from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from assessments.models import Dossier, Recommendation
from assessments.policy import CONCLUDED
from assessments.workflow import Status
from communes.models import Level, Unit, User
from communes.queries import roles_of
from criteria.models import Period
from criteria.scoring import side_of, vietnamese
from papers.kinds import Desk
from papers.policy import RELATION_OF, Right, roles_with
from papers.words import small_first

NAMES = {Desk.COMMUNE: "Hội đồng đánh giá", Desk.OFFICE: "Hội đồng xét duyệt"}
"""A commune has one to assess itself, an office one to go through what it has appraised (LEGAL 1.5, 3)."""


def desk_of(unit: Unit) -> Desk:
    return Desk.COMMUNE if unit.level == Level.COMMUNE else Desk.OFFICE


class CouncilQuerySet(models.QuerySet["Council"]):
    def visible_to(self, user: User, today: date) -> "CouncilQuerySet":
        """The council of one's own desk; others read what it has issued."""
        roles = roles_of(user, today)
        seen = Q(pk__in=())
        for desk in NAMES:
            seen |= Q(desk=desk, unit__in=roles.units(*roles_with(Right.READ_UNISSUED, RELATION_OF[desk])))
        return self.filter(seen)


class Council(models.Model):
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="councils", db_index=False)
    desk = models.CharField(max_length=10, choices=Desk.choices)
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="councils")
    version = models.PositiveIntegerField(default=1)  # of the list of members
    document = models.CharField("văn bản thành lập", max_length=200, blank=True)  # where it was issued elsewhere
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    objects = CouncilQuerySet.as_manager()

    class Meta:
        ordering = ["-period__year", "unit__sort_key"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "desk", "period"], name="papers_council_one_a_period"),
            models.CheckConstraint(condition=Q(desk__in=["commune", "office"]), name="papers_council_desk_known"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {small_first(self.unit.name)} năm {self.period.year}"

    @property
    def name(self) -> str:
        return NAMES[Desk(self.desk)]

    @property
    def audit_unit_id(self) -> int:
        return self.unit_id

    @property
    def is_of_commune(self) -> bool:
        return self.desk == Desk.COMMUNE


class Seat(models.TextChoices):
    CHAIR = "chair", "Chủ tịch Hội đồng"
    DEPUTY = "deputy", "Phó Chủ tịch Hội đồng"
    SECRETARY = "secretary", "Thư ký"
    MEMBER = "member", "Ủy viên"


class Sitter(models.Model):
    """The columns that a member and somebody invited to one meeting share."""

    position = models.PositiveIntegerField()
    full_name = models.CharField("họ và tên", max_length=150)
    title = models.CharField("chức vụ, đơn vị", max_length=200)
    seat = models.CharField("vai trò trong Hội đồng", max_length=10, choices=Seat.choices, default=Seat.MEMBER)

    class Meta:
        abstract = True
        ordering = ["position"]

    def __str__(self) -> str:
        return self.full_name


class Member(Sitter):
    council = models.ForeignKey(Council, on_delete=models.PROTECT, related_name="members", db_index=False)

    class Meta(Sitter.Meta):
        constraints = [
            models.UniqueConstraint(fields=["council", "position"], name="papers_member_one_a_position"),
            models.UniqueConstraint(
                fields=["council"], condition=Q(seat="chair"), name="papers_member_one_chair_a_council"
            ),
            models.UniqueConstraint(
                fields=["council"], condition=Q(seat="secretary"), name="papers_member_one_secretary_a_council"
            ),
            models.CheckConstraint(condition=Q(seat__in=Seat.values), name="papers_member_seat_known"),
            models.CheckConstraint(condition=~Q(full_name="") & ~Q(title=""), name="papers_member_has_name_and_title"),
        ]


class Meeting(models.Model):
    """Open while it is being typed; closed once its minutes may be drawn up, and from then on as it is."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    council = models.ForeignKey(Council, on_delete=models.PROTECT, related_name="meetings", db_index=False)
    number = models.PositiveIntegerField(help_text="Phiên họp thứ mấy trong kỳ")
    version = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    place = models.CharField("địa điểm", max_length=200, blank=True)
    conclusion = models.TextField("kết luận", blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)  # when it was recorded as complete
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["council", "number"], name="papers_meeting_one_a_number"),
            models.UniqueConstraint(
                fields=["council"], condition=Q(closed_at__isnull=True), name="papers_meeting_one_open"
            ),
            models.CheckConstraint(
                condition=Q(opened_at__isnull=True) | Q(ended_at__isnull=True) | Q(ended_at__gt=F("opened_at")),
                name="papers_meeting_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True)
                | Q(opened_at__isnull=False, ended_at__isnull=False) & ~Q(place="") & ~Q(conclusion=""),
                name="papers_meeting_closed_is_complete",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.council}, phiên họp thứ {self.number}"

    @property
    def audit_unit_id(self) -> int:
        return self.council.unit_id

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None

    def dossiers(self) -> models.QuerySet[Dossier]:
        """What may be voted on: at a commune its own dossier, at an office those that it is about to put before the
        leader, and those of which this meeting has votes already."""
        council = self.council
        own = Dossier.objects.with_place_and_period().filter(period=council.period_id)
        if council.is_of_commune:
            return own.filter(commune=council.unit_id)
        own = own.filter(appraising_unit=council.unit_id).order_by("commune__sort_key", "pk")
        free = Q(status=Status.CONCLUDED) & ~Q(proposal_items__is_live=True)
        return own.filter(free | Q(status__in=CONCLUDED, votes__meeting=self)).distinct()


class Attendance(Sitter):
    """A member as the meeting saw them."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="attendance", db_index=False)
    is_present = models.BooleanField()
    reason = models.CharField("lý do vắng", max_length=200, blank=True)

    class Meta(Sitter.Meta):
        constraints = [
            models.UniqueConstraint(fields=["meeting", "position"], name="papers_attendance_one_a_position"),
            models.CheckConstraint(condition=Q(seat__in=Seat.values), name="papers_attendance_seat_known"),
            models.CheckConstraint(
                condition=Q(is_present=True, reason="") | Q(is_present=False) & ~Q(reason=""),
                name="papers_attendance_absent_has_reason",
            ),
        ]


class Vote(models.Model):
    """How the members present voted on one dossier, and on which result of it."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="votes", db_index=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="votes")
    in_favour = models.PositiveIntegerField("tán thành")
    against = models.PositiveIntegerField("không tán thành")
    abstained = models.PositiveIntegerField("ý kiến khác")
    present = models.PositiveIntegerField("số thành viên có mặt")

    # Frozen when the meeting is closed: what was before the council.
    recommendation = models.CharField(max_length=10, choices=Recommendation.choices, blank=True)
    total = models.PositiveIntegerField(null=True, blank=True)
    threshold = models.PositiveIntegerField(null=True, blank=True)
    hides_total = models.BooleanField(default=False, help_text="Tổng điểm sẽ làm lộ số trẻ em từ 1 đến 4")

    class Meta:
        ordering = ["dossier__commune__sort_key", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["meeting", "dossier"], name="papers_vote_one_a_dossier"),
            models.CheckConstraint(
                condition=Q(present__gte=F("in_favour") + F("against") + F("abstained")),
                name="papers_vote_not_more_than_present",
            ),
            models.CheckConstraint(
                condition=Q(recommendation="", total__isnull=True, threshold__isnull=True)
                | Q(recommendation__in=Recommendation.values, total__isnull=False, threshold__isnull=False),
                name="papers_vote_result_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.dossier_id}"

    @property
    def total_text(self) -> str:
        """As readers of every office may read it: «955», or «từ 850 trở lên» (`criteria.disclosure`)."""
        if self.total is None or self.threshold is None:
            return ""
        return side_of(self.total, self.threshold) if self.hides_total else vietnamese(self.total)
