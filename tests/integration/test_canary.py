"""A child's name that somebody typed stays where it was typed: no log line, letter, queued job, address or file name
bears it, whether the form was taken or refused (SECURITY.md L-01, L-02). The world is that of test_visibility."""

from io import StringIO
from typing import Any
from urllib.parse import unquote_plus

import pytest
from django.apps import apps
from django.core import mail
from django.core.files.base import File
from django.db import models, transaction
from django.http.response import HttpResponseBase

from childfriendly.core.models import Job
from childfriendly.core.text import fold
from tests.integration.test_leaks import log
from tests.integration.test_visibility import NAMES, PAGES, World, address, media, stored_files, world

__all__ = ["log", "media", "stored_files", "world"]  # fixtures

pytestmark = pytest.mark.django_db

CANARY = "Nguyễn Thị Canary"
TRACE = "canary"  # whatever became of the rest of the name
POSTED = [name for name in NAMES if PAGES[name].post]
READ = [name for name in NAMES if not PAGES[name].post]
QUEUED: list[type[models.Model]] = [Job, *apps.get_app_config("django_q").get_models()]


def bearing(sent: dict[str, Any]) -> dict[str, Any]:
    """The form with the name in every field, files and version apart: mistakes wherever one can be made."""
    kept = {name: value for name, value in sent.items() if isinstance(value, File) or name == "version"}
    typed = {name: [CANARY] if isinstance(value, list) else CANARY for name, value in sent.items() if name not in kept}
    return {**typed, **kept}


def in_prose(sent: dict[str, Any]) -> dict[str, Any]:
    """The form as it is taken, with the name behind every text that is no number, date, choice or key."""
    prose = {
        name: f"{value} {CANARY}"
        for name, value in sent.items()
        if isinstance(value, str) and " " in value and not value.isascii()
    }
    return {**sent, **prose}


def outside(answer: HttpResponseBase, log: StringIO) -> str:
    """Everything about an answer that others than its reader come to see."""
    headers = [
        unquote_plus(answer.headers.get(name, "")) for name in ("Location", "Content-Disposition", "HX-Redirect")
    ]
    queued = [str(row) for model in QUEUED for row in model._default_manager.values()]
    letters = [f"{letter.subject} {letter.body}" for letter in mail.outbox]
    return fold("\n".join([*headers, *queued, *letters, unquote_plus(log.getvalue())]))


def title(answer: HttpResponseBase) -> str:
    page = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return fold(page.decode(errors="replace").partition("<title>")[2].partition("</title>")[0])


@pytest.mark.parametrize("name", POSTED)
@pytest.mark.parametrize("typed", [bearing, in_prose])
def test_a_name_that_is_typed_into_a_form_goes_no_further(world: World, name: str, typed: Any, log: StringIO) -> None:
    acts, page = PAGES[name], address(name, world)
    assert acts.post is not None
    with transaction.atomic():
        answer = world.client(sorted(acts.actors)[0]).post(page, typed(acts.post(world)))
        assert answer.status_code < 500
        assert TRACE not in outside(answer, log)
        assert TRACE not in title(answer)
        transaction.set_rollback(True)
    assert log.getvalue()  # the log was listened to


@pytest.mark.parametrize("name", READ)
def test_a_name_that_is_searched_for_goes_no_further(world: World, name: str, log: StringIO) -> None:
    with transaction.atomic():
        reader = sorted(PAGES[name].readers)[0]
        answer = world.client(reader).get(address(name, world), {"q": CANARY, "nguoi": CANARY, "doi_tuong": CANARY})
        assert answer.status_code < 500
        assert TRACE not in outside(answer, log)
        assert TRACE not in title(answer)
        transaction.set_rollback(True)
