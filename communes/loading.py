"""Reads the published lists of units into the database; running it again changes only what changed in the files."""

import csv
import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from django.db import transaction

from childfriendly.core.text import nfc
from communes.models import NAME_LENGTH, Kind, Level, Succession, Unit

# Nghị quyết 203/2025/QH15: the district level ended on 30/06/2025. The old list stands from a day that means "before
# the system", since no list says when each of its units began.
OLD_FROM: Final = datetime.date(2000, 1, 1)
OLD_TO: Final = datetime.date(2025, 6, 30)
NEW_FROM: Final = datetime.date(2025, 7, 1)

OLD_UNITS: Final = "units_until_2025-06-30.csv"
NEW_UNITS: Final = "units_from_2025-07-01.csv"
COMMUNE_SUCCESSION: Final = "commune_succession_2025-07-01.csv"
PROVINCE_SUCCESSION: Final = "province_succession_2025-07-01.csv"

_UNIT_COLUMNS: Final = ("code", "level", "type", "name", "parent_code")
_CODE_LENGTHS: Final = {Level.PROVINCE: 2, Level.DISTRICT: 3, Level.COMMUNE: 5}
_FIELDS: Final = ["name", "level", "kind", "parent", "search_key", "sort_key"]
_BATCH: Final = 1000

Row = dict[str, str]


class BadFileError(Exception):
    """A file is missing or is not the list that it should be; nothing was loaded."""


@dataclass
class Report:
    """What a run did, and in Vietnamese what it left aside."""

    old_units: int = 0
    new_units: int = 0
    successions: int = 0
    created: int = 0
    changed: int = 0
    notes: list[str] = field(default_factory=list)


@transaction.atomic
def load(folder: Path) -> Report:
    """Loads both lists and what became of what. A row that does not fit is left aside and noted; BadFileError."""
    report = Report()
    old = _load_units(_rows(folder / OLD_UNITS, _UNIT_COLUMNS), OLD_FROM, OLD_TO, report)
    new = _load_units(_rows(folder / NEW_UNITS, _UNIT_COLUMNS), NEW_FROM, None, report)
    report.old_units, report.new_units = len(old), len(new)
    communes = list(_rows(folder / COMMUNE_SUCCESSION, ("old_code", "new_code", "extent")))
    provinces = list(_rows(folder / PROVINCE_SUCCESSION, ("old_code", "new_code")))
    pairs = _commune_pairs(communes, old, new, report)
    pairs |= _province_pairs(provinces, pairs, old, new, report)
    _store_successions(pairs, report)
    report.successions = len(pairs)
    return report


# ---- units -------------------------------------------------------------------------------------------------------
def _load_units(
    rows: Iterable[Row], valid_from: datetime.date, valid_to: datetime.date | None, report: Report
) -> dict[str, Unit]:
    """The units of one list by code, parents first, so that each finds its own."""
    stored = {unit.code: unit for unit in Unit.objects.filter(valid_from=valid_from)}
    by_level: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_level[row["level"]].append(row)
    for level in by_level.keys() - set(Level.values):
        report.notes += [f"Không nạp {_named(row)}: cấp «{row['level']}» không có." for row in by_level[level]]
    units: dict[str, Unit] = {}
    for level in (Level.PROVINCE, Level.DISTRICT, Level.COMMUNE):
        added: list[Unit] = []
        altered: list[Unit] = []
        for row in by_level[level]:
            problem = _problem(row, level, units)
            if problem:
                report.notes.append(f"Không nạp {_named(row)}: {problem}.")
                continue
            unit = stored.get(row["code"]) or Unit(code=row["code"], valid_from=valid_from, valid_to=valid_to)
            if _fill(unit, row, level, units):
                (added if unit.pk is None else altered).append(unit)
            units[unit.code] = unit
        Unit.objects.bulk_create(added, batch_size=_BATCH)
        # the last day is left alone: once a unit has ended, an older list does not revive it
        Unit.objects.bulk_update(altered, _FIELDS, batch_size=_BATCH)
        report.created += len(added)
        report.changed += len(altered)
    return units


def _problem(row: Row, level: Level, units: dict[str, Unit]) -> str | None:
    code, parent = row["code"], units.get(row["parent_code"])
    if len(code) != _CODE_LENGTHS[level] or not (code.isascii() and code.isdigit()):
        return f"mã phải có {_CODE_LENGTHS[level]} chữ số"
    if code in units:
        return "mã này đã có ở một dòng khác"
    if not row["name"]:
        return "thiếu tên"
    if len(row["name"]) > NAME_LENGTH:
        return f"tên dài quá {NAME_LENGTH} ký tự"
    if row["type"] not in Kind.values:
        return f"loại «{row['type']}» không có"
    if level == Level.PROVINCE:
        return "đơn vị cấp tỉnh không có đơn vị cấp trên" if row["parent_code"] else None
    if parent is None:
        return f"không có đơn vị cấp trên mang mã «{row['parent_code']}»"
    if level == Level.DISTRICT and parent.level != Level.PROVINCE:
        return "đơn vị cấp trên không phải cấp tỉnh"
    return None


def _fill(unit: Unit, row: Row, level: Level, units: dict[str, Unit]) -> bool:
    """Puts the row's content into the unit; whether anything is new."""
    parent = units.get(row["parent_code"])
    # one name of the list begins with a small letter
    name = row["name"][:1].upper() + row["name"][1:]
    before = (unit.pk, unit.name, unit.level, unit.kind, unit.parent_id, unit.search_key, unit.sort_key)
    unit.name, unit.level, unit.kind, unit.parent = name, level, row["type"], parent
    unit.fill_keys()
    after = (unit.pk, unit.name, unit.level, unit.kind, unit.parent_id, unit.search_key, unit.sort_key)
    return unit.pk is None or before != after


# ---- successions -------------------------------------------------------------------------------------------------
Pairs = dict[tuple[int, int], str]


def _commune_pairs(rows: list[Row], old: dict[str, Unit], new: dict[str, Unit], report: Report) -> Pairs:
    pairs: Pairs = {}
    for row in rows:
        predecessor, successor = old.get(row["old_code"]), new.get(row["new_code"])
        if row["extent"] not in Succession.Extent.values:
            report.notes.append(f"Bỏ qua dòng kế thừa {_codes(row)}: phạm vi «{row['extent']}» không có.")
        elif successor is None:
            report.notes.append(f"Bỏ qua dòng kế thừa {_codes(row)}: không có đơn vị mới mang mã {row['new_code']}.")
        elif predecessor is None:
            report.notes.append(
                f"Bỏ qua dòng kế thừa {_codes(row)}: không có đơn vị cũ mang mã {row['old_code']} "
                f"(đơn vị mới: {_title(successor)})."
            )
        else:
            pairs[predecessor.pk, successor.pk] = row["extent"]
    with_successor = {predecessor for predecessor, _ in pairs}
    with_predecessor = {successor for _, successor in pairs}
    report.notes += [
        f"{_title(unit)} (mã {unit.code}, đến hết {OLD_TO:%d/%m/%Y}) không có đơn vị kế thừa."
        for unit in old.values()
        if unit.level == Level.COMMUNE and unit.pk not in with_successor
    ]
    report.notes += [
        f"{_title(unit)} (mã {unit.code}, từ {NEW_FROM:%d/%m/%Y}) không có đơn vị tiền thân."
        for unit in new.values()
        if unit.level == Level.COMMUNE and unit.pk not in with_predecessor
    ]
    return pairs


def _province_pairs(
    rows: list[Row], communes: Pairs, old: dict[str, Unit], new: dict[str, Unit], report: Report
) -> Pairs:
    """The list of provinces gives no extent. It follows from the communes: all of them went there, or some, or none."""
    old_units, new_units = {u.pk: u for u in old.values()}, {u.pk: u for u in new.values()}
    went: dict[int, set[int]] = defaultdict(set)
    for predecessor, successor in communes:
        went[old_units[predecessor].province.pk].add(new_units[successor].province.pk)
    pairs: Pairs = {}
    for row in rows:
        province, taker = old.get(row["old_code"]), new.get(row["new_code"])
        if province is None or taker is None or {province.level, taker.level} != {Level.PROVINCE}:
            report.notes.append(f"Bỏ qua dòng kế thừa {_codes(row)}: không có tỉnh, thành phố mang mã này.")
            continue
        whole = went[province.pk] <= {taker.pk}
        pairs[province.pk, taker.pk] = Succession.Extent.WHOLE if whole else Succession.Extent.PARTIAL
        if not whole and taker.pk not in went[province.pk]:
            report.notes.append(
                f"{province.name} → {taker.name}: ghi là kế thừa một phần, nhưng không có xã nào của "
                f"{province.name} thuộc {taker.name}."
            )
    return pairs


def _store_successions(pairs: Pairs, report: Report) -> None:
    stored = {(s.predecessor_id, s.successor_id): s for s in Succession.objects.filter(on=NEW_FROM)}
    added = [
        Succession(predecessor_id=predecessor, successor_id=successor, on=NEW_FROM, extent=extent)
        for (predecessor, successor), extent in pairs.items()
        if (predecessor, successor) not in stored
    ]
    altered = []
    for pair, extent in pairs.items():
        if pair in stored and stored[pair].extent != extent:
            stored[pair].extent = extent
            altered.append(stored[pair])
    Succession.objects.bulk_create(added, batch_size=_BATCH)
    Succession.objects.bulk_update(altered, ["extent"], batch_size=_BATCH)
    report.created += len(added)
    report.changed += len(altered)


# ---- files -------------------------------------------------------------------------------------------------------
def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[Row]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [column for column in columns if column not in (reader.fieldnames or [])]
            if missing:
                raise BadFileError(f"Tệp {path.name} thiếu cột {', '.join(missing)}; chép lại tệp gốc.")
            for row in reader:
                yield {column: " ".join(nfc(row[column] or "").split()) for column in columns}
    except FileNotFoundError as error:
        raise BadFileError(f"Không có tệp {path}; chép tệp vào thư mục này.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadFileError(f"Tệp {path.name} không đọc được dưới dạng CSV mã UTF-8; chép lại tệp gốc.") from error


def _title(unit: Unit) -> str:
    return unit.full_name_with_parents


def _named(row: Row) -> str:
    return f"«{row['name']}» (mã {row['code']})"


def _codes(row: Row) -> str:
    return f"{row['old_code']} → {row['new_code']}"
