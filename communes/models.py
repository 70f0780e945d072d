"""Units with their days of validity, what became of them, their area types, and people with dated roles.

Everything here is dated with *inclusive* days: `valid_to` is the last day, null means "still in force".
"""

import datetime
import re
import uuid
from collections.abc import Collection, Iterable
from functools import reduce
from operator import or_
from typing import Any, Final, Self

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.validators import ASCIIUsernameValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from childfriendly.core.text import fold, nfc, sort_key

NAME_LENGTH: Final = 100
DOCUMENT_NUMBER_LENGTH: Final = 100
TITLE_LENGTH: Final = 150

_KIND_PREFIX: Final = re.compile(
    r"^(thành phố|thị trấn|thị xã|đặc khu|phường|quận|huyện|tỉnh|xã)\s+(?=\S)", re.IGNORECASE
)
_NOT_A_WORD: Final = re.compile(r"\W+")


def _words(text: str) -> str:
    """Folded words only: «Phan Rang - Tháp Chàm» and «Ea H'Leo» are found however hyphen and apostrophe are typed."""
    return _NOT_A_WORD.sub(" ", re.sub("['’‘ʼ]", "", fold(text))).strip()


def _in_force(day: datetime.date) -> Q:
    return Q(valid_from__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gte=day))


def _dates_in_order(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name=name)


# ---- units -------------------------------------------------------------------------------------------------------
class Level(models.TextChoices):
    PROVINCE = "province", "Cấp tỉnh"
    DISTRICT = "district", "Cấp huyện"
    COMMUNE = "commune", "Cấp xã"


class Kind(models.TextChoices):
    """The type as the National Statistics Office writes it."""

    CENTRAL_CITY = "thành phố trung ương", "Thành phố trực thuộc trung ương"
    PROVINCE = "tỉnh", "Tỉnh"
    DISTRICT_CITY = "thành phố", "Thành phố thuộc tỉnh"
    TOWN = "thị xã", "Thị xã"
    URBAN_DISTRICT = "quận", "Quận"
    DISTRICT = "huyện", "Huyện"
    COMMUNE = "xã", "Xã"
    WARD = "phường", "Phường"
    TOWNSHIP = "thị trấn", "Thị trấn"
    SPECIAL_ZONE = "đặc khu", "Đặc khu"


class UnitQuerySet(models.QuerySet["Unit"]):
    def in_force_on(self, day: datetime.date) -> Self:
        return self.filter(_in_force(day))

    def with_parents(self) -> Self:
        """Loads the (at most two) units above along, which `full_name_with_parents` needs."""
        return self.select_related("parent__parent")

    def within(self, unit: "Unit") -> Self:
        return self.filter(within(unit.pk))

    def search(self, text: str) -> Self:
        """Units found by `named`, or by the name or code of a unit that they succeeded."""
        return self._found(text, with_predecessors=True)

    def named(self, text: str) -> Self:
        """Units found by name without accents, or by code.

        What stands after a comma narrows by the unit above: «my an, thap muoi». Blank text finds nothing.
        """
        return self._found(text, with_predecessors=False)

    def _found(self, text: str, *, with_predecessors: bool) -> Self:
        name, *above = [part for part in map(_words, nfc(text).split(",")) if part] or [""]
        if not name:
            return self.none()
        wanted = _matches(name)
        if with_predecessors:
            wanted |= Q(pk__in=Succession.objects.filter(_matches(name, "predecessor__")).values("successor"))
        found = self.filter(wanted)
        for part in above:
            found = found.filter(_matches(part, "parent__") | _matches(part, "parent__parent__"))
        return found


def _matches(words: str, prefix: str = "") -> Q:
    """The words stand at the beginning of a word of the name («an» finds «Mỹ An», not «Tân»), or begin the code."""
    found = Q(**{f"{prefix}search_key__startswith": words}) | Q(**{f"{prefix}search_key__contains": f" {words}"})
    if words.isascii() and words.isdigit():
        found |= Q(**{f"{prefix}code__startswith": words})
    return found


def within(unit_ids: int | Collection[int], field: str = "") -> Q:
    """Everything in the area of these units: themselves and the two levels below, for a path `field` to a unit.

    `Dossier.objects.filter(within(ids, "commune"))`; with no field for a query on units themselves.
    """
    ids = [unit_ids] if isinstance(unit_ids, int) else list(unit_ids)
    own = field or "pk"
    path = f"{field}__" if field else ""
    return Q(**{f"{own}__in": ids}) | Q(**{f"{path}parent__in": ids}) | Q(**{f"{path}parent__parent__in": ids})


def any_of(conditions: Iterable[Q]) -> Q:
    """Whatever meets one of these; nothing where there is none, whereas an empty `Q()` would let everything through."""
    return reduce(or_, conditions, Q(pk__in=()))


class Unit(models.Model):
    """An administrative unit as it stood from `valid_from` on.

    A code is not an identity: 30037 was Thị trấn Mỹ An until 30/06/2025 and is Xã Tháp Mười from 01/07/2025.
    """

    uuid = models.UUIDField("mã trong địa chỉ trang", default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField("mã đơn vị hành chính", max_length=5)
    name = models.CharField("tên", max_length=NAME_LENGTH)
    level = models.CharField("cấp", max_length=8, choices=Level.choices)
    kind = models.CharField("loại đơn vị hành chính", max_length=20, choices=Kind.choices)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name="đơn vị cấp trên"
    )
    valid_from = models.DateField("có hiệu lực từ ngày")
    valid_to = models.DateField("có hiệu lực đến hết ngày", null=True, blank=True)
    search_key = models.CharField(max_length=NAME_LENGTH, editable=False)
    sort_key = models.CharField(max_length=320, editable=False)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = "đơn vị hành chính"
        verbose_name_plural = "đơn vị hành chính"
        ordering = ["sort_key", "code", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["code", "valid_from"], name="communes_unit_unique_code_and_day"),
            _dates_in_order("communes_unit_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(level="province", parent__isnull=True) | (~Q(level="province") & Q(parent__isnull=False)),
                name="communes_unit_only_provinces_have_no_parent",
            ),
            models.CheckConstraint(condition=Q(level__in=Level.values), name="communes_unit_known_level"),
        ]
        indexes = [models.Index(fields=["level", "valid_from", "valid_to"], name="communes_unit_in_force")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.fill_keys()
        if (fields := kwargs.get("update_fields")) is not None and "name" in fields:
            kwargs["update_fields"] = {*fields, "search_key", "sort_key"}
        super().save(*args, **kwargs)

    @property
    def audit_unit_id(self) -> int:
        return self.pk

    def fill_keys(self) -> None:
        """The only place that works out the keys; bulk writers call it, `save` does so by itself."""
        self.search_key = _words(self.name)
        self.sort_key = sort_key(self.proper_name)

    @property
    def proper_name(self) -> str:
        """«Mỹ An» of «Thị trấn Mỹ An»; «Phường 1» keeps its word, since 1 alone is no name to look for."""
        rest = _KIND_PREFIX.sub("", self.name)
        return self.name if rest.isdigit() else rest

    @property
    def ancestors(self) -> "list[Unit]":
        """The unit above and the one above that, nearest first."""
        above: list[Unit] = []
        unit = self.parent
        while unit is not None:
            above.append(unit)
            unit = unit.parent
        return above

    @property
    def province(self) -> "Unit":
        return [self, *self.ancestors][-1]

    @property
    def full_name_with_parents(self) -> str:
        """«Xã Tháp Mười, tỉnh Đồng Tháp»: names repeat, so a commune is never shown alone."""
        return ", ".join([self.name, *(unit.name[:1].lower() + unit.name[1:] for unit in self.ancestors)])

    def is_in_force_on(self, day: datetime.date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Succession(models.Model):
    """Which unit took over another one, on the first day of the new unit."""

    class Extent(models.TextChoices):
        WHOLE = "whole", "Toàn bộ"
        PARTIAL = "partial", "Một phần"

    predecessor = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="successions", verbose_name="đơn vị cũ"
    )
    successor = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="precessions", verbose_name="đơn vị mới")
    on = models.DateField("từ ngày")
    extent = models.CharField("phạm vi", max_length=7, choices=Extent.choices)

    class Meta:
        verbose_name = "kế thừa đơn vị hành chính"
        verbose_name_plural = "kế thừa đơn vị hành chính"
        constraints = [
            models.UniqueConstraint(fields=["predecessor", "successor"], name="communes_succession_unique_pair"),
            models.CheckConstraint(condition=~Q(predecessor=F("successor")), name="communes_succession_not_of_itself"),
            models.CheckConstraint(
                condition=Q(extent__in=["whole", "partial"]), name="communes_succession_known_extent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.predecessor} → {self.successor}"


# ---- area types --------------------------------------------------------------------------------------------------
class AreaType(models.TextChoices):
    """What sets the threshold (QĐ 06/QĐ-TTg, điều kiện công nhận: 900, 800 hoặc 850 điểm).

    The wording fits two tiers as well as three: it names no tier that a period may not have.
    """

    WARD_OF_CENTRAL_CITY = "ward_of_central_city", "Phường thuộc thành phố trực thuộc trung ương"
    MOUNTAIN_ISLAND_DISADVANTAGED = (
        "mountain_island_disadvantaged",
        "Xã miền núi, hải đảo, đặc biệt khó khăn",
    )
    OTHER = "other", "Đơn vị cấp xã còn lại"


class AreaTypeAssignmentQuerySet(models.QuerySet["AreaTypeAssignment"]):
    def in_force_on(self, day: datetime.date) -> Self:
        return self.filter(_in_force(day))


class AreaTypeAssignment(models.Model):
    """The area type of a commune for a time, with the document that says so; no two overlap (`services`)."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="area_types", verbose_name="đơn vị")
    area_type = models.CharField("loại xã", max_length=32, choices=AreaType.choices)
    valid_from = models.DateField("từ ngày")
    valid_to = models.DateField("đến hết ngày", null=True, blank=True)
    document_number = models.CharField("số văn bản", max_length=DOCUMENT_NUMBER_LENGTH)
    accepted_by = models.ForeignKey(
        "communes.User", on_delete=models.PROTECT, null=True, related_name="+", verbose_name="người chấp nhận"
    )
    accepted_by_name = models.CharField("tên người chấp nhận", max_length=150)
    accepted_at = models.DateTimeField("thời điểm chấp nhận")

    objects = AreaTypeAssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = "xếp loại xã"
        verbose_name_plural = "xếp loại xã"
        ordering = ["unit", "valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["unit", "valid_from"], name="communes_areatypeassignment_unique_first_day"),
            models.UniqueConstraint(
                fields=["unit"], condition=Q(valid_to__isnull=True), name="communes_areatypeassignment_one_open"
            ),
            _dates_in_order("communes_areatypeassignment_ends_after_it_begins"),
            models.CheckConstraint(condition=~Q(document_number=""), name="communes_areatypeassignment_has_document"),
            models.CheckConstraint(
                condition=Q(area_type__in=AreaType.values), name="communes_areatypeassignment_known_type"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit}: {self.get_area_type_display()}"


# ---- people ------------------------------------------------------------------------------------------------------
class Role(models.TextChoices):
    """What somebody does at a unit; the same roles serve any level, what a unit does in a period is data."""

    COMMUNE_EDITOR = "commune_editor", "Cán bộ lập hồ sơ của xã"
    COMMUNE_HEAD = "commune_head", "Lãnh đạo UBND xã"
    APPRAISER = "appraiser", "Chuyên viên thẩm định"
    HEAD_OF_OFFICE = "head_of_office", "Trưởng phòng"
    LEADER = "leader", "Lãnh đạo quyết định"
    CLERK = "clerk", "Văn thư"
    PROVINCE_STAFF = "province_staff", "Cán bộ cấp tỉnh"
    INSPECTOR = "inspector", "Cán bộ kiểm tra"
    CATALOGUE_ADMIN = "catalogue_admin", "Quản trị danh mục"
    SYSTEM_ADMIN = "system_admin", "Quản trị hệ thống"


class User(AbstractUser):
    """Somebody *of* one or more units. Rights come from `RoleAssignment`, never from `is_staff`."""

    uuid = models.UUIDField("mã trong địa chỉ trang", default=uuid.uuid4, unique=True, editable=False)
    first_name = None  # type: ignore[assignment]  # a Vietnamese name is one field
    last_name = None  # type: ignore[assignment]
    username = models.CharField(
        "tên đăng nhập",
        max_length=150,
        unique=True,
        validators=[ASCIIUsernameValidator()],
        help_text="Chỉ gồm chữ không dấu, chữ số và các ký tự @ . + - _",
        error_messages={"unique": "Tên đăng nhập này đã có người dùng; chọn một tên khác."},
    )
    full_name = models.CharField("họ và tên", max_length=150)
    is_demo = models.BooleanField("tài khoản trình diễn", default=False)  # shut out wherever DEMO_ALLOWED is not set
    # set: the password was given to the person, serves for one sign-in until then, and a new one must be chosen
    password_expires_at = models.DateTimeField("mật khẩu tạm dùng được đến", null=True, blank=True, editable=False)
    password_changed_at = models.DateTimeField("đổi mật khẩu lần cuối", null=True, blank=True, editable=False)
    session_version = models.PositiveIntegerField("lượt phiên đăng nhập", default=0, editable=False)

    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        verbose_name = "người dùng"
        verbose_name_plural = "người dùng"
        ordering = ["username"]
        constraints = [
            # «Nguyen» and «nguyen» would be two people to the machine and one to everybody else
            models.UniqueConstraint(
                Lower("username"),
                name="communes_user_unique_username_in_any_case",
                violation_error_message="Tên đăng nhập này đã có người dùng; chọn một tên khác.",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.username

    @property
    def audit_unit_id(self) -> int | None:
        """Where the person works now or worked last."""
        last = RoleAssignment.objects.filter(user_id=self.pk).order_by("-valid_from", "-pk")
        return last.values_list("unit_id", flat=True).first()

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Sessions are bound to the password, as Django has it, and to `session_version`: one more ends them all."""
        text = f"{self.password}:{self.session_version}"
        return salted_hmac("communes.User.session", text, secret=secret, algorithm="sha256").hexdigest()

    @classmethod
    def normalize_username(cls, username: str) -> str:
        return nfc(username).strip().lower()


class RoleAssignmentQuerySet(models.QuerySet["RoleAssignment"]):
    def in_force_on(self, day: datetime.date) -> Self:
        return self.filter(_in_force(day), withdrawn_at__isnull=True)

    def own(self) -> Self:
        """Without those by which somebody acts for somebody else."""
        return self.filter(acting_for__isnull=True)

    def with_backing(self, day: datetime.date) -> Self:
        """Says of each row (`is_backed`) whether it gives rights: whoever acts for somebody has the role only as long
        as that person has it, and an account that was stopped gives nothing away."""
        superior = (
            RoleAssignment.objects.own()
            .in_force_on(day)
            .filter(user=OuterRef("acting_for"), user__is_active=True, role=OuterRef("role"), unit=OuterRef("unit"))
        )
        return self.annotate(is_backed=Q(acting_for__isnull=True) | Q(Exists(superior)))


class RoleAssignment(models.Model):
    """A role of a person at a unit for a time; it may outlast the unit, whose own periods are still to be finished.

    With `acting_for` it is the role of a superior on leave, held in that person's place: it always has a last day and
    the number of the paper that says so.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_assignments", verbose_name="người dùng")
    role = models.CharField("vai trò", max_length=16, choices=Role.choices)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="role_assignments", verbose_name="đơn vị")
    title = models.CharField("chức danh", max_length=TITLE_LENGTH, blank=True)
    valid_from = models.DateField("từ ngày")
    valid_to = models.DateField("đến hết ngày", null=True, blank=True)
    acting_for = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="substitutes", verbose_name="làm thay"
    )
    withdrawn_at = models.DateTimeField("thu hồi lúc", null=True, blank=True)  # the superior came back before the day
    acting_document = models.CharField("số văn bản giao làm thay", max_length=DOCUMENT_NUMBER_LENGTH, blank=True)

    objects = RoleAssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = "vai trò được giao"
        verbose_name_plural = "vai trò được giao"
        ordering = ["user", "role", "unit", "valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "unit", "valid_from"],
                condition=Q(withdrawn_at__isnull=True),
                name="communes_roleassignment_unique_first_day",
            ),
            _dates_in_order("communes_roleassignment_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="communes_roleassignment_known_role"),
            models.CheckConstraint(
                condition=Q(acting_for__isnull=True, acting_document="")
                | Q(acting_for__isnull=False, valid_to__isnull=False) & ~Q(acting_document=""),
                name="communes_roleassignment_acting_has_document_and_end",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(acting_for__isnull=False),
                name="communes_roleassignment_only_acting_is_withdrawn",
            ),
            models.CheckConstraint(
                condition=~Q(user=F("acting_for")), name="communes_roleassignment_nobody_acts_for_themselves"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}, {self.unit}"

    @property
    def acting_words(self) -> str:
        """«(thay đồng chí Lê Văn An, văn bản số 12/GUQ-UBND)», or nothing for a role of one's own."""
        if self.acting_for is None:
            return ""
        return f"(thay đồng chí {self.acting_for.full_name}, văn bản số {self.acting_document})"

    @property
    def words(self) -> str:
        """How papers and the audit name it: role, unit, and in whose place."""
        return f"{self.get_role_display()}, {self.unit.name} {self.acting_words}".rstrip()

    def is_in_force_on(self, day: datetime.date) -> bool:
        if self.withdrawn_at is not None:
            return False
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class AccountReview(models.Model):
    """Somebody looked, once in a year, whether the person still needs the account and its roles."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reviews", verbose_name="tài khoản")
    year = models.PositiveSmallIntegerField("năm")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="người rà soát")
    at = models.DateTimeField("rà soát lúc")

    class Meta:
        verbose_name = "lần rà soát tài khoản"
        verbose_name_plural = "lần rà soát tài khoản"
        ordering = ["user", "year"]
        constraints = [
            models.UniqueConstraint(fields=["user", "year"], name="communes_accountreview_once_a_year"),
            models.CheckConstraint(condition=~Q(user=F("by")), name="communes_accountreview_not_of_oneself"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.year}"


# ---- workbooks that come in ----------------------------------------------------------------------------------------
class Import(models.Model):
    """A workbook between its preview and its confirmation, and what came of it. The file lies sealed under its hash
    until `expires_at`; afterwards the row tells that there was one."""

    class Kind(models.TextChoices):
        PEOPLE = "people", "Người dùng và vai trò"
        AREA_TYPES = "area_types", "Loại xã"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("nội dung", max_length=10, choices=Kind.choices)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name="người tải lên")
    name = models.CharField("tên tệp", max_length=150)
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=200)
    uploaded_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    summary = models.CharField("kết quả", max_length=300, blank=True)
    passwords = models.TextField(blank=True)  # sealed and in base64, until they are handed out

    class Meta:
        ordering = ["-uploaded_at"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["people", "area_types"]), name="communes_import_known_kind"),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True, summary="", passwords="")
                | Q(confirmed_at__isnull=False) & ~Q(summary=""),
                name="communes_import_result_only_when_confirmed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.uploaded_at:%d/%m/%Y}"
