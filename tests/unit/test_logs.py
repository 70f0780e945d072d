"""One JSON line a record, without anything that people typed (SECURITY.md L-01)."""

import json
import logging
import sys

from django.test import RequestFactory

from childfriendly.core.logs import JsonLines
from childfriendly.core.requests import answering

CANARY = "Nguyễn Thị Canary"


def line_of(record: logging.LogRecord) -> dict[str, object]:
    text = JsonLines().format(record)
    assert "\n" not in text
    told: dict[str, object] = json.loads(text)
    return told


def test_a_line_bears_the_id_of_its_request() -> None:
    record = logging.makeLogRecord({"name": "x", "levelname": "ERROR", "msg": "Two\nlines %s", "args": (7,)})
    with answering(RequestFactory().get("/")) as here:
        told = line_of(record)
    assert told["request_id"] == here.request_id
    assert (told["logger"], told["level"], told["message"]) == ("x", "ERROR", "Two\nlines 7")
    assert line_of(record)["request_id"] == ""


def test_an_error_is_told_by_its_kind_and_place_never_by_its_words() -> None:
    try:
        try:
            int(CANARY)
        except ValueError as error:
            raise KeyError(CANARY) from error
    except KeyError:
        record = logging.makeLogRecord({"name": "x", "levelname": "ERROR", "msg": "Broken", "exc_info": sys.exc_info()})
    assert CANARY not in JsonLines().format(record)
    told = line_of(record)["errors"]
    assert [error["kind"] for error in told] == ["builtins.KeyError", "builtins.ValueError"]  # type: ignore[attr-defined]
    assert str(told).count("test_logs.py") == 2
