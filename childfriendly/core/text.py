"""Vietnamese text: one form for storing (`nfc`), one for searching (`fold`), one for sorting (`sort_key`).

Pure functions without Django. macOS types «Nguyễn» as base letters with combining marks, Word pastes zero-width marks
along, and neither SQLite nor a PostgreSQL of unknown locale sorts Vietnamese: so each form is computed here.
"""

import re
import unicodedata
from typing import Final

_KEPT_CONTROLS: Final = frozenset("\n\t")
# Cc controls, Cf zero-width marks and bidi controls, Cs lone surrogates (no database can store those)
_DROPPED_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs"})
_NONCHARACTERS: Final = re.compile("[\ufffe\uffff]")  # XML may hold none: no spreadsheet or Word file would open
_LINE_ENDS: Final = re.compile("\r\n?|\u2028|\u2029|\x85")
_DIGITS: Final = re.compile(r"[0-9]+")

# The alphabet of 29 letters, with f, j, w, z where foreign words put them; tones only decide between equal letters.
_ALPHABET: Final = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_LETTER_MARKS: Final = frozenset("\u0306\u0302\u031b")  # breve, circumflex, horn: they make another letter
_TONES: Final = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}  # huyền hỏi ngã sắc nặng
_NUMBER_WIDTH: Final = 6  # «Phường 2» before «Phường 10»

# Two decimal digits a character and nothing but digits in the key: every database collation sorts those alike.
_END, _SPACE, _OTHER = "00", "01", "02"
_CODES: Final = {str(digit): f"{10 + digit}" for digit in range(10)} | {
    letter: f"{20 + index}" for index, letter in enumerate(_ALPHABET)
}


def nfc(text: str) -> str:
    """`text` in NFC, without zero-width marks, bidi controls and control characters.

    Newlines and tabs stay, and every kind of line end becomes a newline. Spaces are left as they are.
    """
    lines = _NONCHARACTERS.sub("", _LINE_ENDS.sub("\n", text))
    kept = "".join(c for c in lines if c in _KEPT_CONTROLS or unicodedata.category(c) not in _DROPPED_CATEGORIES)
    return unicodedata.normalize("NFC", kept)


def fold(text: str) -> str:
    """`text` for an accent-blind comparison: lower case, no marks, đ as d, single spaces («Đường» → «duong»)."""
    # đ is a letter of its own and does not decompose, so it is mapped by hand
    plain = unicodedata.normalize("NFKD", nfc(text).casefold()).replace("đ", "d")
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def ascii_words(text: str) -> str:
    """For names of files and folders: «Thị trấn Mỹ An» → «thi-tran-my-an», «Xã Ea H'Leo» → «xa-ea-hleo»."""
    plain = "".join(c for c in fold(text) if c not in "'’‘ʼ")
    return "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in plain).split())


def sort_key(text: str) -> str:
    """A string of digits whose order is that of the Vietnamese alphabet, whatever the database's collation.

    Letters decide first (a ă â … d đ …), as in CLDR's rules for `vi`; tones decide only where all letters are equal, in
    the order ngang, huyền, hỏi, ngã, sắc, nặng. Numbers compare as numbers. Upper and lower case are equal.
    """
    padded = _DIGITS.sub(lambda number: number[0].zfill(_NUMBER_WIDTH), " ".join(nfc(text).casefold().split()))
    letters: list[str] = []
    tones: list[str] = []
    for character in padded:
        decomposed = unicodedata.normalize("NFD", character)
        letter = unicodedata.normalize("NFC", decomposed[0] + "".join(m for m in decomposed[1:] if m in _LETTER_MARKS))
        letters.append(_SPACE if letter == " " else _CODES.get(letter, _OTHER))
        tones.append(next((_TONES[mark] for mark in decomposed if mark in _TONES), "0"))
    return "".join(letters) + _END + "".join(tones)
