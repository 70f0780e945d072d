"""The log: one JSON line a record. What people type, their names and the names of their files never enter it, and a
line names a person by key only (SECURITY.md L-01)."""

import json
import logging
import time
import traceback
from datetime import UTC, datetime
from urllib.parse import quote

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from childfriendly.core.requests import origin

LONGEST_PART = 60

access = logging.getLogger("childfriendly.access")


class JsonLines(logging.Formatter):
    """`extra={"fields": {…}}` of a call stands beside the message. Of an exception only its kind and where it happened
    are told: its text may quote the form («Key (name)=(…) already exists»)."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request_id": origin().request_id,
            **getattr(record, "fields", {"message": record.getMessage()}),
        }
        if record.exc_info and (error := record.exc_info[1]):
            line["errors"] = list(_without_words(error))
        return json.dumps(line, ensure_ascii=False)


def _without_words(error: BaseException | None) -> list[dict[str, object]]:
    told: list[dict[str, object]] = []
    while error is not None and len(told) < 5:
        frames = traceback.extract_tb(error.__traceback__)
        told.append(
            {
                "kind": f"{type(error).__module__}.{type(error).__qualname__}",
                "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-15:]],
            }
        )
        error = error.__cause__ or error.__context__
    return told


def _without_tokens(path: str) -> str:
    """No part of an address of ours is longer than a uuid, but tickets and tokens are."""
    return "/".join(part if len(part) <= LONGEST_PART else "…" for part in path.split("/"))


def note_answer(request: HttpRequest, response: HttpResponseBase, started: float) -> None:
    """The line of one request: without its query, and with the path percent-encoded, so that no request can write a
    line of its own. Asks nothing of the database: the person is told only where the answer already knew one."""
    user = getattr(request, "_cached_user", None)  # where Django keeps it; `request.user` would look it up
    access.info(
        "",
        extra={
            "fields": {
                "user": str(getattr(user, "pk", "") or ""),
                "address": origin().address,
                "method": request.method,
                "path": _without_tokens(quote(request.path)),
                "status": response.status_code,
                "ms": round((time.perf_counter() - started) * 1000),
            }
        },
    )
