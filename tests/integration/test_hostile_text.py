"""Markup and template tags in every text that is stored: shown as typed and never run, on every page, in the papers and
in the workbook (SECURITY.md H-11, H-12, E-01)."""

from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.apps import apps
from django.db import models, transaction
from django.db.models.functions import Length

from tests.integration.test_visibility import (  # noqa: F401 — the fixtures of that module
    NAMES,
    Answer,
    World,
    address,
    media,
    some_reader,
    stored_files,
    world,
)

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"
HOSTILE = f"{SCRIPT}{{{{ 7*7 }}}}{{% debug %}}"
SHORT = "<b>{{7*7}}"
TURNED = "\u202e"  # turns round what follows it on the screen: «fdp.exe» would read as «exe.pdf»
APPS = ["communes", "criteria", "assessments"]
# Not prose: what the system makes or compares by itself.
MADE_HERE = {
    "code",
    "username",
    "password",
    "email",
    "language",
    "first_name",
    "last_name",
    "sort_key",
    "search_key",
    "sha256",
    "rules_sha256",
    "source_text",
    "criterion",
    "item",
    "target",
    "key",
    "declared_as",
    "symbol",
    "number",
    "content_type",
    "minutes_content_type",
    "path",
    "minutes_path",
    "area_type",
    "wording",
}


def texts(model: type[models.Model]) -> list[Any]:
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField)
        and not (field.choices or field.unique or field.primary_key or field.name in MADE_HERE)
    ]


def plant() -> list[str]:
    """Every text that somebody has typed, in every row, past every form. Empty ones stay empty."""
    planted = []
    for model in (model for app in APPS for model in apps.get_app_config(app).get_models()):
        for field in texts(model):
            text = next(text for text in (HOSTILE + TURNED, SHORT + TURNED) if len(text) <= (field.max_length or 1000))
            filled = models.QuerySet(model).annotate(length=Length(field.name)).filter(length__gt=0)
            if filled.update(**{field.name: text}):
                planted.append(f"{model.__name__}.{field.name}")
    return planted


def test_what_people_typed_is_shown_and_never_run(world: World) -> None:  # noqa: F811
    with transaction.atomic():
        planted = plant()
        assert len(planted) > 25, planted
        shown = set()
        for name in NAMES:
            response = world.client(some_reader(name)).get(address(name, world))
            text = Answer.of(response).body
            if "html" not in response.headers.get("Content-Type", ""):
                continue
            assert SCRIPT not in text, name
            assert "<b>{{" not in text, name
            if "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}{% debug %}" in text:
                shown.add(name)
        transaction.set_rollback(True)
    # so that it was escaped and not merely left out
    assert shown >= {
        "assessments:appraisal",
        "assessments:criterion",
        "assessments:decision",
        "assessments:dossier",
        "assessments:proposal",
        "communes:people",
        "communes:person",
        "communes:unit",
        "criteria:period",
        "reports:summary",
    }


def test_the_workbook_holds_it_as_text(world: World) -> None:  # noqa: F811
    """Papers are tried in test_every_kind.py."""
    with transaction.atomic():
        plant()
        name = "reports:summary_xlsx"
        workbook = openpyxl.load_workbook(BytesIO(world.client(some_reader(name)).get(address(name, world)).getvalue()))
        transaction.set_rollback(True)
    cells = [cell for sheet in workbook for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert any(HOSTILE in str(cell.value) for cell in cells)
    assert [cell.coordinate for cell in cells if TURNED in str(cell.value)] == []
    assert [cell.coordinate for cell in cells if cell.data_type == "f" and "alert" in str(cell.value)] == []
