"""The criteria, to be read by anyone signed in; a catalogue administrator confirms them."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from childfriendly.core.clock import received_at
from communes.auth import catalogue_admin_or_404, current_user, today
from communes.models import AreaType
from criteria import services
from criteria.labels import counts_by_certainty, proposals
from criteria.models import CriteriaSet
from criteria.scoring import Band, Criterion, Item, ItemKind, RuleSet, ZeroDenominator


@require_safe
def sets(request: HttpRequest) -> HttpResponse:
    return render(request, "criteria/sets.html", {"sets": CriteriaSet.objects.order_by("code", "-version")})


@dataclass(frozen=True, slots=True)
class ItemLine:
    item: Item
    kind: str
    base_figure: str
    """Title of the shared total that is the denominator; "" if the item has its own."""
    ladders: list[tuple[str, tuple[Band, ...]]]
    """With the area types for which it holds; "" where it holds for all."""
    zero_rule: str


_KINDS = {
    ItemKind.BOOLEAN: "Trả lời có hoặc không",
    ItemKind.PERCENTAGE: "Tỷ lệ phần trăm, chấm theo mức",
    ItemKind.RATE: "Tỷ suất, chấm theo mức",
    ItemKind.COUNT: "Số đếm, chấm theo mức",
}
_ZERO_RULES = {
    ZeroDenominator.FULL: "Không phát sinh trường hợp nào: được điểm tối đa, phải ghi lý do.",
    ZeroDenominator.ERROR: "Mẫu số không được bằng 0: xã phải kiểm tra lại số liệu.",
}


def _lines(rules: RuleSet) -> list[tuple[Criterion, list[ItemLine]]]:
    totals = {total.key: total.title for total in rules.base_figures}
    return [(criterion, [_line(item, totals) for item in criterion.items]) for criterion in rules.criteria]


def _line(item: Item, totals: dict[str, str]) -> ItemLine:
    special = [(AreaType(code).label, bands) for code, bands in item.bands_by_area_type.items()]
    rest = [str(area.label) for area in AreaType if area not in item.bands_by_area_type]
    ladders = [("; ".join(rest) if special else "", item.bands)] if rest else []
    return ItemLine(
        item=item,
        kind=_KINDS[item.kind],
        base_figure=totals.get(item.denominator_key, ""),
        ladders=[*ladders, *((str(label), bands) for label, bands in special)],
        zero_rule=_ZERO_RULES[item.zero_denominator] if item.is_pair else "",
    )


@require_safe
def criteria_set(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Everything that the set says, with how sure we are of it. The set's own words quote the law of its time."""
    user = current_user(request)
    stored = get_object_or_404(CriteriaSet, uuid=uuid)
    rules = stored.rules()
    context = {
        "set": stored,
        "rules": rules,
        "criteria": _lines(rules),
        "thresholds": [(AreaType(row.area_type).label, row) for row in rules.thresholds],
        "counts": counts_by_certainty(rules),
        "can_confirm": not stored.is_confirmed and services.can_confirm_criteria(user, received_at(request)),
    }
    return render(request, "criteria/criteria_set.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The check page on which somebody answers for the figures by name."""
    user = catalogue_admin_or_404(request)
    stored = get_object_or_404(CriteriaSet, uuid=uuid)
    if request.method == "POST":
        services.confirm_criteria(criteria_set_id=stored.pk, by=user, at=received_at(request))
        messages.success(request, f"Đã xác nhận bộ tiêu chí {stored}.")
        return redirect("criteria:criteria_set", stored.uuid)
    if stored.is_confirmed:
        return redirect("criteria:criteria_set", stored.uuid)
    rules = stored.rules()
    context = {
        "set": stored,
        "rules": rules,
        "counts": counts_by_certainty(rules),
        "proposals": proposals(rules),
        "today": today(),
    }
    return render(request, "criteria/confirm.html", context)
