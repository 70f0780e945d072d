"""Words of papers: dates, numbers, names of units inside a sentence, forms of signing. Pure functions on text."""

from collections.abc import Iterable
from datetime import date

UNIT_KINDS = ("xã", "phường", "thị trấn", "đặc khu")
ALL_KINDS = (*UNIT_KINDS, "huyện", "quận", "thị xã", "thành phố", "tỉnh")


def vietnamese_date(day: date | None, year: int, *, blank: str = "…") -> str:
    """«ngày 05 tháng 02 năm 2024»: days below 10 and the months 1 and 2 take a zero (NĐ 30/2020, phụ lục I)."""
    if day is None:
        return f"ngày {blank} tháng {blank} năm {year}"
    month = f"{day.month:02d}" if day.month <= 2 else str(day.month)
    return f"ngày {day.day:02d} tháng {month} năm {day.year}"


def numbered(number: str, symbol: str) -> str:
    """«15/QĐ-UBND»; a number below 10 takes a zero, one that was typed with its symbol is left alone; «» for none."""
    if not number or "/" in number:
        return number
    return f"{number.zfill(2)}/{symbol}"


def paper_reference(form: str, number: str, issued_on: date | None, year: int, *, symbol: str, body: str) -> str:
    """«Tờ trình số 15/TTr-UBND ngày 05 tháng 02 năm 2024 của Ủy ban nhân dân xã Đốc Binh Kiều»."""
    of_number = numbered(number, symbol) or f"…/{symbol}"
    return f"{form} số {of_number} {vietnamese_date(issued_on, year)} của {body}"


def decision_reference(number: str, issued_on: date | None, year: int, *, symbol: str, body: str) -> str:
    return paper_reference("Quyết định", number, issued_on, year, symbol=symbol, body=body)


def in_sentence(name: str) -> str:
    """«Xã Đốc Binh Kiều» → «xã Đốc Binh Kiều»: inside a sentence the kind of a unit is written small."""
    return small_first(name) if name.lower().startswith(tuple(f"{kind} " for kind in ALL_KINDS)) else name


def kinds_of(names: Iterable[str]) -> str:
    """The kinds of these communes in the customary order: «xã, thị trấn»."""
    lowered = [name.lower() for name in names]
    return ", ".join(kind for kind in UNIT_KINDS if any(name.startswith(f"{kind} ") for name in lowered))


def head_of(body: str) -> str:
    """Who answers for an agency: «Giám đốc Sở Y tế», «Trưởng Phòng Lao động - Thương binh và Xã hội»."""
    for kind, title in (("Sở ", "Giám đốc"), ("Phòng ", "Trưởng")):
        if body.startswith(kind):
            return f"{title} {body}"
    return f"Thủ trưởng {body}"


def signature_lines(body: str, signer_title: str, signed_for_title: str = "") -> tuple[str, ...]:
    """A people's committee works as a collective, so its chair signs «TM.» and a deputy «KT.» (NĐ 30/2020, Điều 13).

    A decision of the chair alone (`body` «Chủ tịch Ủy ban nhân dân …») has no «TM.». Whoever signs in the place of the
    one called `signed_for_title` signs «KT.» as a deputy, «TUQ.» as anybody else (Điều 13, khoản 3), never «TM.».
    """
    title = signer_title.strip().upper()
    on_behalf = ("TM. ỦY BAN NHÂN DÂN",) if body.upper().startswith("ỦY BAN NHÂN DÂN") else ()
    if title.startswith("PHÓ CHỦ TỊCH"):
        return (*on_behalf, "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH")
    if title.startswith("CHỦ TỊCH"):
        return (*on_behalf, "CHỦ TỊCH")
    if signed_for_title:
        form = "KT." if title.startswith("PHÓ ") else "TUQ."
        return (f"{form} {signed_for_title.strip().upper()}", title)
    return (title,)


def small_first(text: str) -> str:
    return text[:1].lower() + text[1:]
