"""What an authority prints on its papers: set by the catalogue administrator, dated, one row a desk at a time."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from childfriendly.core import audit
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.text import nfc
from communes.models import Level, Role, Unit, User
from communes.services import check_can_manage_catalogue
from criteria.models import Certainty
from papers.kinds import KINDS, Desk, Kind
from papers.models import Issuer
from papers.rendering import check_layout

DESKS_OF: dict[Level, tuple[Desk, ...]] = {
    Level.COMMUNE: (Desk.COMMUNE,),
    Level.DISTRICT: (Desk.OFFICE, Desk.DECIDING),
    Level.PROVINCE: (Desk.OFFICE, Desk.DECIDING, Desk.PROVINCE),
}
"""Which desks a unit may have. A province appraises and decides where there are no districts."""

_SYMBOL: Final = re.compile(r"([^\W_]+(-[^\W_]+)*)?")  # a blank or «/» would end the number where it goes on
MOST_LETTERS: Final = 39  # of abbreviation and drafter together: `Paper.symbol` of a letter holds both and «-»
_CHANGED = "Phần này vừa được người khác sửa. Mở lại trang để xem nội dung mới rồi sửa lại."


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What is set; texts as typed, recipients and bases one text a line, by kind of paper."""

    body_name: str
    parent_body_name: str
    place: str
    abbreviation: str
    drafter: str
    is_collective: bool
    by_order_of: str
    recipients: Mapping[Kind, Sequence[str]]
    bases: Mapping[Kind, Sequence[str]]
    certificate_layout: str = ""


def kinds_of(desk: Desk) -> list[Kind]:
    return [kind for kind, spec in KINDS.items() if spec.desk is desk]


def issuer_in_force(unit: Unit, desk: Desk, day: date) -> Issuer | None:
    rows = Issuer.objects.filter(unit=unit, desk=desk, valid_from__lte=day)
    return rows.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day)).order_by("-valid_from").first()


@transaction.atomic
def set_issuer(*, unit: Unit, desk: Desk, printed: Printed, seen: int, version: int, by: User, at: datetime) -> Issuer:
    """From today on papers that are not signed yet carry this; those that are signed keep what they had.

    `seen` and `version` are those of the row that the page showed, 0 where there was none. A row of today is
    changed; one of an earlier day ends yesterday. Raises Refused for somebody who does not administer the area, for a
    desk that such a unit has not, for a blank name and for a layout that cannot be printed; Stale where somebody else
    was faster.
    """
    today = timezone.localdate(at)
    check_can_manage_catalogue(by, unit, today)
    if desk not in DESKS_OF[Level(unit.level)]:
        raise Refused(f"{unit.name} không có {desk.label.lower()}. Chọn cơ quan trong danh sách.")
    fields = _cleaned(printed)
    current = issuer_in_force(unit, desk, today)
    if (current.pk if current else 0) != seen:
        raise Stale(_CHANGED)
    if current is not None and current.valid_from == today:
        rows = Issuer.objects.filter(pk=current.pk, version=version)
        if not rows.update(version=F("version") + 1, certainty=Certainty.CONFIRMED, **fields):
            raise Stale(_CHANGED)
        row = Issuer.objects.get(pk=current.pk)
    else:
        if current is not None:
            rows = Issuer.objects.filter(pk=current.pk, version=version)
            if not rows.update(valid_to=today - timedelta(days=1), version=F("version") + 1):
                raise Stale(_CHANGED)
        try:
            with transaction.atomic():
                row = Issuer.objects.create(
                    unit=unit, desk=desk, valid_from=today, certainty=Certainty.CONFIRMED, **fields
                )
        except IntegrityError as error:
            raise Stale(_CHANGED) from error
    audit.record("set_issuer", row, by=by, at=at, role=Role.CATALOGUE_ADMIN.label, after={"desk": desk, **fields})
    return row


def _cleaned(printed: Printed) -> dict[str, object]:
    names = {
        field: " ".join(nfc(getattr(printed, field)).split())
        for field in ("body_name", "parent_body_name", "place", "abbreviation", "drafter", "by_order_of")
    }
    for field in ("body_name", "place", "abbreviation"):
        if not names[field]:
            raise Refused("Nhập tên cơ quan, địa danh và chữ viết tắt trong ký hiệu.")
    if len(names["abbreviation"]) + len(names["drafter"]) > MOST_LETTERS:
        raise Refused(f"Chữ viết tắt và đơn vị soạn dài quá {MOST_LETTERS} ký tự. Viết ngắn lại.")
    if not all(_SYMBOL.fullmatch(names[field]) for field in ("abbreviation", "drafter")):
        raise Refused("Chữ viết tắt và đơn vị soạn chỉ gồm chữ, số và dấu gạch nối, ví dụ UBND, LĐTBXH, VX. Sửa lại.")
    layout = nfc(printed.certificate_layout).strip()
    if layout:
        check_layout(layout)
    return {
        **names,
        "is_collective": printed.is_collective,
        "recipients": _lines(printed.recipients),
        "bases": _lines(printed.bases),
        "certificate_layout": layout,
    }


def _lines(by_kind: Mapping[Kind, Sequence[str]]) -> dict[str, list[str]]:
    """Without blank lines, and without the kinds that have none: there the proposal holds."""
    cleaned = {kind.value: [line for text in texts if (line := _line(text))] for kind, texts in by_kind.items()}
    return {kind: lines for kind, lines in cleaned.items() if lines}


def _line(text: str) -> str:
    """«- Như trên;» as people copy it from a paper is «Như trên»."""
    return " ".join(nfc(text).split()).removeprefix("-").strip().rstrip(";.").strip()
