"""`python manage.py score FILE|-`: score answers from a file, one line of JSON out for each object in."""

import io
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NoReturn

from django.core.management.base import BaseCommand

from criteria.models import CriteriaSet
from criteria.scoring import Ratio, RuleSet, score

_BOM = b"\xef\xbb\xbf"
_LONGEST_INT = 20  # digits; Python refuses to read an int of more than 4.300, a Decimal has no such end


class BadInput(ValueError):
    """A line that cannot be scored: its number (from 1) and the reason in Vietnamese."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"Dòng {line}: {reason}.")


class _Reason(ValueError):
    """The reason, by somebody who does not know the line."""


class Command(BaseCommand):
    help = "Chấm điểm số liệu từ một tệp JSON hoặc JSON Lines (dấu - để đọc từ đầu vào chuẩn)."
    requires_system_checks = []  # arithmetic needs no fonts

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE|-", help="Đường dẫn tệp, hoặc - để đọc từ đầu vào chuẩn.")

    def handle(self, *args: object, file: str, **options: object) -> None:
        _speak_utf8()
        try:
            content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        except (OSError, ValueError) as error:
            self._refuse(f"Dòng 1: không đọc được tệp «{file}», kiểm tra lại đường dẫn ({_cause(error)}).")
        sets: dict[str, RuleSet] = {}
        try:
            for line, loaded in _objects(content):
                try:
                    answer = _score(loaded, sets)
                except _Reason as reason:
                    raise BadInput(line, str(reason)) from reason
                self.stdout.write(answer)
                self.stdout.flush()
        except BadInput as error:
            self._refuse(str(error))

    def _refuse(self, sentence: str) -> NoReturn:
        self.stderr.write(sentence)
        sys.exit(2)


def _cause(error: Exception) -> str:
    """In the words of the people who read it; the operating system only speaks English."""
    if isinstance(error, FileNotFoundError):
        return "không có tệp này"
    if isinstance(error, IsADirectoryError):
        return "đây là thư mục"
    if isinstance(error, PermissionError):
        return "không có quyền đọc"
    return "tệp không đọc được"


def _speak_utf8() -> None:
    """Vietnamese goes out as UTF-8 whatever the locale says; a half-configured server often says ASCII."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8")


# ------------------------------------------------------------------------------------------------- the objects


def _objects(content: bytes) -> Iterator[tuple[int, object]]:
    """(line number, JSON value) for each object: one a line, or a single one over many lines.

    JSON Lines where the first line is a value by itself. Where it is not, a single object over many lines; if that
    cannot be read either and some later line is an object by itself, it was JSON Lines with a bad first line.
    """
    lines = [
        (number, line) for number, line in enumerate(content.removeprefix(_BOM).split(b"\n"), start=1) if line.strip()
    ]
    if not lines:
        raise BadInput(1, "không có dữ liệu, nhập ít nhất một đối tượng JSON")
    first = lines[0][0]
    if not _is_json(lines[0][1]) and len(lines) > 1:
        whole = b"\n".join(content.removeprefix(_BOM).split(b"\n")[first - 1 :])
        try:
            loaded = _load(whole, first)
        except BadInput:
            if not any(_is_json_object(line) for _, line in lines[1:]):
                raise
        else:
            yield first, loaded
            return
    for number, line in lines:
        yield number, _load(line, number)


def _is_json(line: bytes) -> bool:
    """True also for a value that is refused for what it says (a repeated key): it is still a line of its own."""
    try:
        json.loads(line, parse_int=Decimal)
    except (ValueError, InvalidOperation, RecursionError):
        return False
    return True


def _is_json_object(line: bytes) -> bool:
    return line.lstrip().startswith(b"{") and _is_json(line)


def _load(text: bytes, first_line: int) -> object:
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(first_line + text.count(b"\n", 0, error.start), "không phải văn bản UTF-8") from error
    try:
        loaded: object = json.loads(
            decoded,
            parse_float=_decimal,
            parse_int=_whole,
            parse_constant=_no_constant,
            object_pairs_hook=_unique,
        )
    except json.JSONDecodeError as error:
        line = first_line + error.lineno - 1
        raise BadInput(line, f"không phải JSON hợp lệ (cột {error.colno})") from error
    except RecursionError as error:
        raise BadInput(first_line, "dữ liệu lồng nhau quá sâu") from error
    except _Reason as reason:
        raise BadInput(first_line, str(reason)) from reason
    return loaded


def _whole(text: str) -> int | Decimal:
    return int(text) if len(text) <= _LONGEST_INT else _decimal(text)


def _decimal(text: str) -> Decimal:
    """The exact number. An exponent beyond what Decimal can hold is far beyond every limit as well: keep its side."""
    try:
        return Decimal(text)
    except InvalidOperation:
        mantissa, _, exponent = text.lower().partition("e")
        if Decimal(mantissa) == 0:
            return Decimal(0)
        sign = "-" if text.startswith("-") else ""
        return Decimal(f"{sign}1e-999999") if exponent.startswith("-") else Decimal(f"{sign}1e999999")


def _no_constant(name: str) -> object:
    raise _Reason(f"{name} không phải là số trong JSON")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise _Reason(f"khóa «{key}» xuất hiện hai lần")
        found[key] = value
    return found


# ------------------------------------------------------------------------------------------------- the scoring


def _score(loaded: object, sets: dict[str, RuleSet]) -> str:
    """One line of compact JSON; _Reason where the object cannot be scored."""
    if not isinstance(loaded, dict):
        raise _Reason("phải là một đối tượng JSON")
    rules = _rules(_text(loaded, "criteria_set"), sets)
    area_type = _text(loaded, "area_type")
    answers = loaded.get("answers")
    if not isinstance(answers, dict):
        raise _Reason("«answers» phải là một đối tượng JSON (mã mục và số liệu)")
    try:
        sheet = score(rules, area_type, {code: _answer(value) for code, value in answers.items()})
    except ValueError as error:  # UnknownItem, UnknownAreaType
        raise _Reason(str(error).rstrip(".")) from error
    text = json.dumps(sheet.as_json(), ensure_ascii=False, separators=(",", ":"))
    if not text.isprintable() and any("\ud800" <= character <= "\udfff" for character in text):
        raise _Reason("có ký tự không phải là văn bản Unicode")  # half a surrogate pair cannot be written
    return text


def _text(loaded: dict[str, object], key: str) -> str:
    value = loaded.get(key)
    if not isinstance(value, str):
        raise _Reason(f"«{key}» phải là văn bản")
    return value


def _answer(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return Ratio(value.get("numerator"), value.get("denominator"), value.get("reason"))


def _rules(code: str, sets: dict[str, RuleSet]) -> RuleSet:
    """The newest version in the database."""
    if code not in sets:
        # PostgreSQL cannot take NUL or half a surrogate pair as a parameter, and no code holds one.
        newest = CriteriaSet.objects.filter(code=code).order_by("-version").first() if code.isprintable() else None
        if newest is None:
            raise _Reason(f"không có bộ tiêu chí «{code}»")
        sets[code] = newest.rules()
    return sets[code]
