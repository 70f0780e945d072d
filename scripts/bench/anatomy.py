"""Where the time of a page goes: a clock that is always running for exactly one part, handed over at each call.

Read in process, without a server, so that one request can be followed. CPU time of the thread, and the fastest of many
requests: what slows one down on a shared machine is not the page's own. (With PostgreSQL the server's share of a query
is therefore not in it.)
"""

import functools
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from django.core.handlers.base import BaseHandler
from django.db import connection
from django.db.models.query import QuerySet
from django.forms.forms import BaseForm
from django.template.base import Template
from django.test import Client

from assessments import figures

REQUESTS = 60

MIDDLEWARE = "middleware, session, user"
VIEW = "view (Python of our own)"
ORM = "ORM: building queries, reading rows"
DRIVER = "database and its driver"
FORMS = "building forms"
SCORING = "scoring"
TEMPLATES = "rendering templates"
PARTS = (MIDDLEWARE, VIEW, SCORING, FORMS, ORM, DRIVER, TEMPLATES)


@dataclass
class Clock:
    """Exclusive times: what a part spends inside another one counts for the other."""

    spent: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    queries: int = 0
    _running: list[str] = field(default_factory=list)
    _since: float = 0.0

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        self._hand_over()
        self._running.append(name)
        try:
            yield
        finally:
            self._hand_over()
            self._running.pop()

    def _hand_over(self) -> None:
        now = time.thread_time()
        if self._running:
            self.spent[self._running[-1]] += now - self._since
        self._since = now

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def inner(*args: Any, **kwargs: Any) -> Any:
            with self.part(name):
                return function(*args, **kwargs)

        return inner

    def query(self, execute: Callable[..., Any], *rest: Any) -> Any:
        self.queries += 1
        with self.part(DRIVER):
            return execute(*rest)


@dataclass(frozen=True, slots=True)
class Anatomy:
    queries: int
    milliseconds: dict[str, float]

    @property
    def total(self) -> float:
        return sum(self.milliseconds.values())


def dissect(path: str, session: str = "") -> Anatomy:
    """The parts of the fastest of many requests for one page."""
    client = Client(headers={"host": "127.0.0.1"})
    if session:
        client.cookies["sessionid"] = session
    best: Clock | None = None
    for number in range(REQUESTS):  # each from another address, since the public is counted by address
        clock = Clock()
        with _listening(clock), clock.part(MIDDLEWARE):
            answer = client.get(path, headers={"x-forwarded-for": f"10.0.0.{number}"})
        if answer.status_code != 200:
            raise SystemExit(f"{path}: {answer.status_code}")
        if best is None or sum(clock.spent.values()) < sum(best.spent.values()):
            best = clock
    assert best is not None  # noqa: S101 — REQUESTS is not zero
    return Anatomy(best.queries, {part: best.spent[part] * 1000 for part in PARTS})


@contextmanager
def _listening(clock: Clock) -> Iterator[None]:
    make_view = BaseHandler.make_view_atomic  # asked once a request for the function to call

    def view_of(handler: BaseHandler, view: Callable[..., Any]) -> Callable[..., Any]:
        return clock.timed(VIEW, make_view(handler, view))

    with ExitStack() as stack:
        stack.enter_context(connection.execute_wrapper(clock.query))
        for owner, name, part in (
            (QuerySet, "_fetch_all", ORM),
            (QuerySet, "_filter_or_exclude", ORM),
            (QuerySet, "select_related", ORM),
            (BaseForm, "__init__", FORMS),
            (Template, "render", TEMPLATES),
            (figures, "score", SCORING),
        ):
            stack.enter_context(patch.object(owner, name, clock.timed(part, getattr(owner, name))))
        stack.enter_context(patch.object(BaseHandler, "make_view_atomic", view_of))
        yield
