"""What people type to the commands, made into a decision, a year or a file; each refusal is one sentence."""

import contextlib
import re
from pathlib import Path

from django.db.models import Q, QuerySet

from assessments.models import Decision, DecisionItem, Result
from assessments.summaries import area_by_code
from childfriendly.core.exceptions import Refused
from childfriendly.core.text import fold, nfc
from communes.models import Level, Unit

NUMBER = re.compile(r"0*([1-9][0-9]{0,9})(?:/(.+))?")


def year_of(text: str) -> int:
    if not re.fullmatch(r"(?:19|20)[0-9]{2}", text.strip()):
        raise Refused("Nhập năm bằng bốn chữ số, ví dụ --year 2024.")
    return int(text)


def decision_by_number(text: str, year: int, code: str) -> Decision:
    """The issued decision with this number («1105», «1105/QĐ-UBND») in the register of the year of its date.

    `code` is the unit in force on the closing day of that year's period. A decision that comes in the year after its
    period may be by a unit that this year's period no longer knows: then the code alone names the unit. A province's
    code also finds the one decision with this number among its districts.
    """
    match = NUMBER.fullmatch(nfc(text).strip())
    if match is None:
        raise Refused("Nhập số quyết định bằng chữ số, ví dụ 1105 hoặc 1105/QĐ-UBND.")
    number, symbol = match[1], match[2] or ""
    unit: Unit | None = None
    unknown_area: Refused | None = None
    try:
        _, unit = area_by_code(year, code)
    except Refused as refusal:
        unknown_area = refusal
    by_unit = Q(deciding_unit__code=code) | Q(deciding_unit__parent__code=code)
    if unit is not None:
        by_unit = Q(deciding_unit=unit) | Q(deciding_unit__parent=unit)
    numbered = (
        Decision.objects.filter(by_unit, number=number)
        .select_related("period__province", "deciding_unit", "proposal")
        .order_by("deciding_unit__sort_key", "pk")
    )
    found = [row for row in numbered.filter(number_year=year) if fold(symbol) in ("", fold(row.symbol))]
    if len(found) == 1:
        return found[0]
    if found:
        bodies = ", ".join(f"{row.body_name} (mã {row.deciding_unit.code})" for row in found)
        raise Refused(f"Có {len(found)} quyết định số {number} năm {year}: {bodies}. Ghi mã của đơn vị ban hành.")
    if unit is None and unknown_area is not None:
        raise unknown_area
    name = unit.name if unit else code
    elsewhere = numbered.filter(period__year=year).first()
    if elsewhere is not None and elsewhere.issued_on is not None and elsewhere.issued_on.year != year:
        raise Refused(
            f"Quyết định số {elsewhere.full_number} của kỳ {year} ban hành ngày {elsewhere.issued_on:%d/%m/%Y}. "
            f"Chạy lại với --year {elsewhere.issued_on.year}."
        )
    where = f"{name} hoặc đơn vị cấp dưới" if unit and unit.level == Level.PROVINCE else name
    raise Refused(
        f"Không có quyết định số {number} ban hành trong năm {year} của {where}. Kiểm tra lại số, năm và mã đơn vị."
    )


def recognised_items(decision: Decision) -> QuerySet[DecisionItem]:
    return decision.items.filter(result=Result.RECOGNISED).select_related("dossier__commune").order_by("position")


def make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"Không tạo được thư mục {path}. Kiểm tra đường dẫn và quyền ghi.") from error


def write_file(path: Path, content: bytes) -> None:
    """Whole or not at all, so that a full disk never leaves half a paper under the right name."""
    refusal = f"Không ghi được tệp {path}. Kiểm tra đường dẫn, quyền ghi và chỗ trống trên đĩa."
    draft = path.with_name(f".{path.name}.tmp")
    try:
        if path.exists() and not path.is_file():  # a folder, or a device that must not be replaced
            raise Refused(refusal)
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise Refused(refusal) from error
