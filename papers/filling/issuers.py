"""What a desk prints on its papers on a day: its stored `Issuer`, else one worked out from the period and the unit."""

import re
from datetime import date

from communes.models import Level, Unit
from criteria.models import TWO_TIER_FROM, Authority, Certainty, Period, Task
from papers.kinds import Desk
from papers.models import Issuer

_DEPARTMENT = re.compile(r"(?P<kind>Phòng|Sở|Ban) (?P<name>.+?)(?= (?:huyện|quận|thị xã|thành phố|tỉnh|xã|phường) |$)")
_TASK = {Desk.OFFICE: Task.APPRAISE, Desk.DECIDING: Task.DECIDE}


def issuer_for(desk: Desk, unit: Unit, period: Period | None, on: date) -> Issuer:
    """The row in force on that day; without one, an unsaved row that is marked as a proposal."""
    stored = Issuer.objects.filter(unit=unit, desk=desk, valid_from__lte=on).order_by("-valid_from").first()
    if stored is not None and (stored.valid_to is None or on <= stored.valid_to):
        return stored
    if desk in _TASK and period is not None:
        authority = Authority.objects.filter(period=period, task=_TASK[desk], unit=unit).order_by("-valid_from").first()
        if authority is not None:
            return _from_authority(desk, authority)
    return _from_name(desk, unit, on)


def _from_authority(desk: Desk, authority: Authority) -> Issuer:
    is_committee = authority.body_name.lower().startswith("ủy ban nhân dân")
    return Issuer(
        unit=authority.unit,
        desk=desk,
        valid_from=authority.valid_from,
        valid_to=authority.valid_to,
        body_name=authority.body_name,
        parent_body_name=authority.parent_body_name,
        place=authority.place,
        abbreviation="UBND" if is_committee else abbreviation_of(authority.body_name),
        is_collective=is_committee,
        certainty=Certainty.RECONSTRUCTED,  # the body has a source; how it abbreviates itself and signs has none
    )


def _from_name(desk: Desk, unit: Unit, on: date) -> Issuer:
    """«Ủy ban nhân dân xã Đốc Binh Kiều» below «Ủy ban nhân dân huyện Tháp Mười»; at a province the department."""
    small = unit.name[:1].lower() + unit.name[1:]
    above = f"Ủy ban nhân dân {unit.parent.name[:1].lower()}{unit.parent.name[1:]}" if unit.parent else ""
    body, parent, short = f"Ủy ban nhân dân {small}", above, "UBND"
    if desk is Desk.PROVINCE and unit.level == Level.PROVINCE:
        department = "Sở Y tế" if on >= TWO_TIER_FROM else "Sở Lao động - Thương binh và Xã hội"
        body, parent, short = f"{department} {small}", f"Ủy ban nhân dân {small}", abbreviation_of(department)
    return Issuer(
        unit=unit,
        desk=desk,
        valid_from=on,
        body_name=body,
        parent_body_name=parent,
        place=unit.proper_name,
        abbreviation=short,
        is_collective=short == "UBND",
        certainty=Certainty.RECONSTRUCTED,
    )


def abbreviation_of(body: str) -> str:
    """The first letters of what a department is called: «LĐTBXH» of «Phòng Lao động - Thương binh và Xã hội huyện …»,
    «SYT» of «Sở Y tế tỉnh …»."""
    match = _DEPARTMENT.match(body)
    if match is None:
        return "UBND"
    letters = "".join(word[0].upper() for word in match["name"].split() if word not in {"và", "-"})
    return f"S{letters}" if match["kind"] == "Sở" else letters
