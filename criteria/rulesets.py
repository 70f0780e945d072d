"""The stored text of a criteria set becomes a `RuleSet`; the only module that knows the JSON. Pure Python.

A set that could score wrongly is refused as a whole, with the place named: a gap between two bands would leave a
commune without points, and a wrong sum would make a threshold mean something else.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import pairwise

from criteria.scoring import (
    LIMIT,
    Band,
    BaseFigureSpec,
    Certainty,
    Criterion,
    CriterionCertainty,
    EvidenceSlot,
    Founding,
    Item,
    ItemCertainty,
    ItemKind,
    RuleSet,
    Threshold,
    ZeroDenominator,
    vietnamese,
)

AREA_TYPES = ("ward_of_central_city", "mountain_island_disadvantaged", "other")

_KINDS = {
    "boolean": ItemKind.BOOLEAN,
    "percentage_bands": ItemKind.PERCENTAGE,
    "rate_bands": ItemKind.RATE,
    "count_bands": ItemKind.COUNT,
}
_ZERO_DENOMINATORS = {"not_applicable_full": ZeroDenominator.FULL, "invalid": ZeroDenominator.ERROR}
_MOST_DECIMALS = 9

Node = dict[str, object]


def load_rules(text: str) -> RuleSet:
    """Parse and check a stored set; ValueError (Vietnamese, names the place) where it is malformed."""
    try:
        loaded = json.loads(text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise ValueError(f"Bộ tiêu chí: không phải JSON hợp lệ ở dòng {error.lineno}, cột {error.colno}.") from error
    except (InvalidOperation, RecursionError) as error:
        raise ValueError("Bộ tiêu chí: có số quá dài hoặc dữ liệu lồng quá sâu.") from error
    place = "Bộ tiêu chí"
    root = _node(loaded, place)
    base_figures = tuple(
        BaseFigureSpec(_text(node, "key", "Số liệu nền"), _text(node, "title_vi", "Số liệu nền"))
        for node in _nodes(root, "base_figures", place)
    )
    _refuse_repeats((figure.key for figure in base_figures), "Số liệu nền")
    keys = frozenset(figure.key for figure in base_figures)
    criteria = tuple(_criterion(node, keys) for node in _nodes(root, "criteria", place))
    _refuse_repeats((criterion.code for criterion in criteria), place)
    _refuse_repeats((item.code for criterion in criteria for item in criterion.items), place)
    max_points = _whole(root, "total_max_points", place)
    _check_sum(max_points, (criterion.max_points for criterion in criteria), place)
    founding = _founding(root)
    return RuleSet(
        code=_text(root, "code", place),
        version=_whole(root, "version", place),
        title=f"Quyết định {founding.number}: {founding.title}",
        warning=_optional_text(root, "warning_vi", place),
        max_points=max_points,
        thresholds=_thresholds(root, max_points),
        base_figures=base_figures,
        criteria=criteria,
        max_points_certainty=_certainty(root.get("total_max_points_certainty"), place),
        max_points_note=_optional_text(root, "total_note", place),
        notes=_texts(root, "scoring_notes_vi", place),
        effective_from=_optional_text(root, "effective_from", place),
        founding=founding,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def _founding(root: Node) -> Founding:
    place = "Quyết định"
    decision = _node(root.get("decision"), place)
    issued_on = _optional_text(decision, "date", place)
    try:
        date.fromisoformat(issued_on or "2000-01-01")
    except ValueError:
        raise ValueError(f"{place}: ngày «{issued_on}» không đúng dạng năm-tháng-ngày (date).") from None
    return Founding(
        number=_text(decision, "number", place),
        title=_text(decision, "title_vi", place),
        issuer=_optional_text(decision, "issuer", place),
        issued_on=issued_on,
    )


def _thresholds(root: Node, max_points: int) -> tuple[Threshold, ...]:
    place = "Ngưỡng công nhận"
    thresholds = []
    for node in _nodes(_node(root.get("recognition"), place), "thresholds", place):
        area_type = _area_type(_text(node, "commune_type", place), place)
        minimum = _whole(node, "min_total", f"{place} {area_type}")
        if minimum > max_points:
            raise ValueError(f"{place} {area_type}: mức tối thiểu {minimum} lớn hơn tổng điểm {max_points}.")
        label = _text(node, "label_vi", f"{place} {area_type}")
        thresholds.append(Threshold(area_type, label, minimum, _certainty(node.get("certainty"), place)))
    _refuse_repeats((threshold.area_type for threshold in thresholds), place)
    for area_type in AREA_TYPES:
        if all(threshold.area_type != area_type for threshold in thresholds):
            raise ValueError(f"{place}: thiếu loại xã «{area_type}».")
    return tuple(thresholds)


def _criterion(node: Node, base_figures: frozenset[str]) -> Criterion:
    code = _text(node, "code", "Tiêu chí")
    place = f"Tiêu chí {code}"
    items = tuple(_item(child, base_figures) for child in _nodes(node, "items", place))
    max_points = _whole(node, "max_points", place)
    _check_sum(max_points, (item.max_points for item in items), place)
    certainty = _certainties(node, place)
    return Criterion(
        code=code,
        number=_whole(node, "no", place),
        title=_text(node, "title_vi", place),
        max_points=max_points,
        items=items,
        sensitive=_flag(node, "sensitive", place),
        certainty=CriterionCertainty(
            _certainty(certainty.get("title"), place), _certainty(certainty.get("max_points"), place)
        ),
        note=_optional_text(node, "note", place),
        sources=_texts(node, "sources", place),
    )


def _item(node: Node, base_figures: frozenset[str]) -> Item:
    code = _text(node, "code", "Mục")
    place = f"Mục {code}"
    rule_type = _text(node, "rule_type", place)
    if rule_type not in _KINDS:
        raise ValueError(f"{place}: không có cách chấm «{rule_type}» (rule_type).")
    kind = _KINDS[rule_type]
    is_pair = kind in (ItemKind.PERCENTAGE, ItemKind.RATE)
    per = _whole(node, "per", place) if is_pair else 1
    if per < 1 or (kind is ItemKind.PERCENTAGE and per != 100):
        raise ValueError(f"{place}: hệ số nhân (per) {per} không dùng được.")
    unit = "%" if kind is ItemKind.PERCENTAGE else _optional_text(node, "unit", place)
    max_points = _whole(node, "max_points", place)
    denominator_key = _optional_text(node, "denominator_key", place)
    if denominator_key and (denominator_key not in base_figures or not is_pair):
        raise ValueError(f"{place}: không có số liệu nền «{denominator_key}» (denominator_key).")
    certainty = _certainties(node, place)
    by_area_type = _node(node.get("bands_by_commune_type", {}), place)
    return Item(
        code=code,
        title=_text(node, "title_vi", place),
        kind=kind,
        max_points=max_points,
        bands=_bands(_nodes(node, "bands", place), kind, per, unit, max_points, place),
        per=per,
        unit=unit,
        bands_by_area_type={
            _area_type(area_type, place): _bands(
                _nodes(by_area_type, area_type, place), kind, per, unit, max_points, f"{place}, loại xã {area_type}"
            )
            for area_type in by_area_type
        },
        numerator_label=_text(node, "numerator_vi", place) if is_pair else "",
        denominator_label=_text(node, "denominator_vi", place) if is_pair else "",
        denominator_key=denominator_key,
        zero_denominator=_zero_denominator(node, place) if is_pair else ZeroDenominator.ERROR,
        zero_fails_criterion=_flag(node, "zero_fails_criterion", place),
        evidence_slots=tuple(
            EvidenceSlot(_text(slot, "title_vi", place), _flag(slot, "required", place))
            for slot in _nodes(node, "evidence_slots", place, required=False)
        ),
        certainty=ItemCertainty(
            _certainty(certainty.get("title"), place),
            _certainty(certainty.get("max_points"), place),
            _certainty(certainty.get("bands"), place),
        ),
        zero_denominator_certainty=_certainty(node.get("zero_denominator_certainty"), place),
        note=_optional_text(node, "note", place),
        sources=_texts(node, "sources", place),
    )


def _zero_denominator(node: Node, place: str) -> ZeroDenominator:
    text = _text(node, "zero_denominator", place)
    if text not in _ZERO_DENOMINATORS:
        raise ValueError(f"{place}: không có cách xử lý mẫu số bằng 0 «{text}» (zero_denominator).")
    return _ZERO_DENOMINATORS[text]


# -------------------------------------------------------------------------------------------------------- bands


def _bands(nodes: Sequence[Node], kind: ItemKind, per: int, unit: str, max_points: int, place: str) -> tuple[Band, ...]:
    bands = tuple(_band(node, kind, unit, place) for node in nodes)
    for band in bands:
        if band.points > max_points:
            raise ValueError(f"{place}: mức «{band.label}» cho {band.points} điểm, quá tối đa {max_points}.")
    _check_cover(bands, kind, per, place)
    return bands


def _band(node: Node, kind: ItemKind, unit: str, place: str) -> Band:
    points = _whole(node, "points", place)
    certainty = _certainty(node.get("certainty"), place)
    if kind is ItemKind.BOOLEAN:
        value = node.get("value")
        if not isinstance(value, bool):
            raise ValueError(f"{place}: mức điểm có/không phải có value là true hoặc false.")
        edge = Fraction(int(value))
        return Band(edge, True, edge, True, points, certainty, kind, unit)
    low_key, high_key = {
        ItemKind.PERCENTAGE: ("min", "max_exclusive"),
        ItemKind.RATE: ("min_exclusive", "max"),
        ItemKind.COUNT: ("min", "max"),
    }[kind]
    low, high = _edge(node, low_key, kind, place), _edge(node, high_key, kind, place)
    return Band(low, low_key == "min", high, high_key == "max", points, certainty, kind, unit)


def _edge(node: Node, key: str, kind: ItemKind, place: str) -> Fraction | None:
    if key not in node:
        raise ValueError(f"{place}: mức điểm thiếu «{key}» (không giới hạn thì ghi null).")
    value = node[key]
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 <= value <= LIMIT:
        raise ValueError(f"{place}: mốc «{key}» phải là số từ 0 đến {vietnamese(LIMIT)}.")
    if isinstance(value, Decimal) and value != 0 and value.adjusted() < -_MOST_DECIMALS:
        raise ValueError(f"{place}: mốc «{key}» có quá nhiều chữ số thập phân.")
    edge = Fraction(value if value else 0)
    if kind is ItemKind.COUNT and edge.denominator != 1:
        raise ValueError(f"{place}: mốc «{key}» phải là số nguyên.")
    return edge


def _check_cover(bands: Sequence[Band], kind: ItemKind, per: int, place: str) -> None:
    """Every value that can occur lies in exactly one band: from 0 to `per` for a pair, any count, yes and no."""
    for band in bands:
        if band.low is not None and band.high is not None:
            empty = band.low > band.high or (band.low == band.high and not (band.low_inclusive and band.high_inclusive))
            if empty:
                raise ValueError(f"{place}: mức «{band.label}» không chứa giá trị nào.")
    # An open lower end is taken as lying before 0, so two open ends are an overlap like any other.
    ordered = sorted(bands, key=lambda band: (band.low is not None, band.low or 0, not band.low_inclusive))
    if not ordered or not ordered[0].contains(0):
        raise ValueError(f"{place}: các mức điểm để hở, không mức nào chứa 0.")
    for below, above in pairwise(ordered):
        if below.high is None or above.low is None:
            raise ValueError(f"{place}: mức «{below.label}» và mức «{above.label}» chồng lên nhau.")
        if kind in (ItemKind.BOOLEAN, ItemKind.COUNT):  # only whole numbers occur
            distance = above.low - below.high - 1
        elif above.low != below.high:
            distance = above.low - below.high
        else:  # the shared edge belongs to exactly one of the two
            distance = Fraction(1 - below.high_inclusive - above.low_inclusive)
        if distance < 0:
            raise ValueError(f"{place}: mức «{below.label}» và mức «{above.label}» chồng lên nhau.")
        if distance > 0:
            raise ValueError(f"{place}: giữa mức «{below.label}» và mức «{above.label}» để hở.")
    last = {ItemKind.BOOLEAN: 1, ItemKind.COUNT: LIMIT}.get(kind, per)
    if not ordered[-1].contains(last):
        raise ValueError(f"{place}: các mức điểm để hở, không mức nào chứa {vietnamese(last)}.")


def _check_sum(max_points: int, parts: Iterable[int], place: str) -> None:
    total = sum(parts)
    if total != max_points:
        raise ValueError(f"{place}: điểm tối đa là {max_points} nhưng các phần cộng lại được {total}.")


# --------------------------------------------------------------------------------------------- reading the JSON


def _no_constant(name: str) -> object:
    raise ValueError(f"Bộ tiêu chí: {name} không phải là số.")


def _unique(pairs: list[tuple[str, object]]) -> Node:
    _refuse_repeats((key for key, _ in pairs), "Bộ tiêu chí")
    return dict(pairs)


def _refuse_repeats(names: Iterable[str], place: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{place}: «{name}» xuất hiện hai lần.")
        seen.add(name)


def _area_type(code: str, place: str) -> str:
    if code not in AREA_TYPES:
        raise ValueError(f"{place}: không có loại xã «{code}».")
    return code


def _certainty(value: object, place: str) -> Certainty:
    """What carries no label is a proposal."""
    if value is None:
        return Certainty.RECONSTRUCTED
    if not isinstance(value, str) or value not in tuple(Certainty):
        raise ValueError(f"{place}: không có mức tin cậy «{value}» (certainty).")
    return Certainty(value)


def _certainties(node: Node, place: str) -> Node:
    return _node(node.get("certainty", {}), place)


def _node(value: object, place: str) -> Node:
    if not isinstance(value, dict):
        raise ValueError(f"{place}: thiếu hoặc không phải là một đối tượng JSON.")
    return value


def _list(node: Node, key: str, place: str, *, required: bool) -> list[object]:
    value = node.get(key, None if required else [])
    if not isinstance(value, list) or (required and not value):
        raise ValueError(f"{place}: «{key}» phải là một danh sách{' có nội dung' if required else ''}.")
    return value


def _nodes(node: Node, key: str, place: str, *, required: bool = True) -> list[Node]:
    return [_node(child, f"{place}, {key}") for child in _list(node, key, place, required=required)]


def _texts(node: Node, key: str, place: str) -> tuple[str, ...]:
    texts = _list(node, key, place, required=False)
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(f"{place}: «{key}» phải là một danh sách văn bản.")
    return tuple(str(text) for text in texts)


def _text(node: Node, key: str, place: str) -> str:
    value = node.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{place}: thiếu «{key}» hoặc «{key}» không phải là văn bản.")
    return value


def _optional_text(node: Node, key: str, place: str) -> str:
    return _text(node, key, place) if node.get(key) is not None else ""


def _whole(node: Node, key: str, place: str) -> int:
    value = node.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LIMIT:
        raise ValueError(f"{place}: «{key}» phải là số nguyên từ 0 trở lên.")
    return value


def _flag(node: Node, key: str, place: str) -> bool:
    value = node.get(key, False)
    if not isinstance(value, bool):
        raise ValueError(f"{place}: «{key}» phải là true hoặc false.")
    return value
