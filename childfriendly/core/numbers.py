"""Numbers the Vietnamese way: «1.234», «95,4», «95,4 %». Pure: no Django, exact arithmetic, never a float.

Screen, PDF and messages all write numbers through here, so that they cannot disagree.
"""

import re
from decimal import Decimal
from fractions import Fraction

_FLOAT = "A float is not exact; pass an int, Decimal or Fraction."

LARGEST_COUNT = 1_000_000_000
"""No count in the system is larger; a larger one is a slip of the keyboard."""

DIGITS_WANTED = "Nhập số bằng chữ số, ví dụ 1.234."
NOT_NEGATIVE = "Nhập số từ 0 trở lên, không nhập số âm."
WHOLE_WANTED = "Nhập số nguyên, không có phần thập phân, ví dụ 1.234."
GROUPS_WANTED = "Dùng dấu chấm để tách từng nhóm ba chữ số, ví dụ 1.234 hoặc 12.345."
FULL_WIDTH = "Nhập lại bằng chữ số thường 0–9, ví dụ 1.234."
ONE_NUMBER = "Mỗi ô chỉ nhập một số, ví dụ 1.234."

Number = int | Decimal | Fraction

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_PLAIN = re.compile(r"[0-9]+")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:([. ])[0-9]{3})(?:\1[0-9]{3})*")
_DECIMAL_COMMA = re.compile(r"[0-9. ]*,[0-9]+")
_DOTTED = re.compile(r"[0-9]+(?:[. ][0-9]*)+|\.[0-9]+")
_SPACES = re.compile("[ \u00a0\u2007\u2009\u202f]")


def _group(digits: str) -> str:
    return f"{int(digits):,}".replace(",", ".")


def _round_half_up(value: Fraction, places: int) -> int:
    """`value` times 10**places as a whole number, halves away from zero (98,00 for 97,996; not banker's rounding)."""
    scaled = abs(value) * 10**places
    whole: int = (scaled.numerator * 2 + scaled.denominator) // (scaled.denominator * 2)
    return -whole if value < 0 else whole


def format_number(value: Number, places: int | None = None) -> str:
    """«1.234», «95,4». With `places` exactly so many decimals, halves rounded up; without, the exact value without
    trailing zeros, or four decimals where it does not end sooner."""
    if isinstance(value, float):
        raise TypeError(_FLOAT)
    if isinstance(value, int) and places is None and value >= 0:
        return _group(str(int(value)))  # most figures of a page are counts
    exact = Fraction(value)
    scaled = _round_half_up(exact, 4 if places is None else places)
    width = 4 if places is None else places
    sign = "−" if scaled < 0 else ""  # a true minus sign, which no spreadsheet takes for a formula
    digits = str(abs(scaled)).rjust(width + 1, "0")
    whole, decimals = (digits[:-width], digits[-width:]) if width else (digits, "")
    if places is None:
        decimals = decimals.rstrip("0")
    return sign + _group(whole) + ("," + decimals if decimals else "")


def _short(value: Number) -> str:
    """At most two decimals; zeros stay only where something was rounded away: 95,4 and 98, but 98,00 for 97,996."""
    exact = Fraction(value)
    return format_number(value) if (exact * 100).denominator == 1 else format_number(value, 2)


def format_percent(value: Number) -> str:
    """«95,4 %» for 95.4 (already a percentage). 97.996 is «98,00 %»: the zeros tell that it was rounded."""
    if isinstance(value, float):
        raise TypeError(_FLOAT)
    return f"{_short(value)} %"


def format_rate(value: Number, per: int) -> str:
    """A rate already multiplied by `per`: «95,4 %» per 100, «1,25 / 1.000» else."""
    if isinstance(value, float):
        raise TypeError(_FLOAT)
    return format_percent(value) if per == 100 else f"{_short(value)} / {format_number(per)}"


def format_points(value: Number) -> str:
    """«875 điểm»."""
    return f"{format_number(value)} điểm"


def parse_whole(text: str) -> int:
    """A whole number of 0 or more as people type it: 1234, 1.234, 1 234.

    Raises ValueError with one Vietnamese sentence that says what to do. Nothing is guessed: 1,234 (English) and 1.23
    (a decimal?) are refused, never read as something else.
    """
    shown = _INVISIBLE.sub("", text).strip()
    if not shown:
        raise ValueError(DIGITS_WANTED)
    if any(mark in shown for mark in "\t\r\n\v\f"):
        raise ValueError(ONE_NUMBER)
    shown = _SPACES.sub(" ", shown)
    if not shown.isascii() and any(character.isnumeric() and not character.isascii() for character in shown):
        raise ValueError(FULL_WIDTH)
    if shown[0] in "-−–" and any(character.isdigit() for character in shown):
        raise ValueError(NOT_NEGATIVE)
    if _PLAIN.fullmatch(shown) or _GROUPED.fullmatch(shown):
        digits = re.sub(r"[. ]", "", shown).lstrip("0") or "0"
        # Compared by length first: int() of a very long text is slow and refused by Python itself.
        if len(digits) > len(str(LARGEST_COUNT)) or int(digits) > LARGEST_COUNT:
            raise ValueError(f"Số lớn quá {format_number(LARGEST_COUNT)}. Kiểm tra lại và nhập số đúng.")
        return int(digits)
    if _DECIMAL_COMMA.fullmatch(shown):
        raise ValueError(WHOLE_WANTED)
    if _DOTTED.fullmatch(shown):
        raise ValueError(GROUPS_WANTED)
    raise ValueError(DIGITS_WANTED)
