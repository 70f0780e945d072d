"""What a form does not offer cannot be posted: no column by its name, no row of somebody else, no step out of its turn
(SECURITY.md Z-08, Z-09, Z-12). The world and the addresses are those of test_visibility."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone

from assessments.models import Dossier
from assessments.workflow import MOVES, Action, Status
from childfriendly.core.models import AuditEvent
from communes.forms import assignment_key, type_field
from communes.models import Role
from tests.integration.test_visibility import (
    EVERYBODY,
    NAMES,
    OF_SESSIONS,
    PAGES,
    Kwargs,
    World,
    address,
    media,
    stored,
    stored_files,
    world,
)

__all__ = ["media", "stored_files", "world"]  # fixtures

pytestmark = pytest.mark.django_db

POSTED = [name for name in NAMES if PAGES[name].post]


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


# ---- columns -----------------------------------------------------------------------------------------------------
MODELS = sorted(set(apps.get_models()) - OF_SESSIONS - {AuditEvent}, key=lambda model: model._meta.label)

# Drawn anew for every row, so that no two runs agree.
RANDOM = {"uuid", "password", "path", "file_path", "payload"}
CODE = "papers.Paper.code"  # drawn as well; other codes are not


def hostile_fields(world: World) -> dict[str, str]:
    """Every column of every table with a value that would change something, under its name and as a foreign key, and
    what a formset would take for the row of another province."""
    foreign = world.dossiers["abroad", "draft"]
    found: dict[str, str] = {}
    for model in MODELS:
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey):
                value = str({"dossier": foreign.pk, "commune": foreign.commune_id}.get(field.name, 1))
            elif isinstance(field, models.BooleanField):
                value = "True"
            elif isinstance(field, models.DateField):
                value = "2077-12-31"
            elif isinstance(field, models.CharField) and field.choices:
                value = str(list(field.flatchoices)[-1][0])
            else:
                value = "7731"
            found[field.name] = found[field.attname] = value
    return found | {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-id": str(foreign.pk), "pk": "1"}


Rows = dict[type[models.Model], dict[Any, dict[str, Any]]]


def everything() -> Rows:
    return {
        model: {row["pk"]: row for row in model._default_manager.values("pk", *_columns(model))} for model in MODELS
    }


def _columns(model: type[models.Model]) -> list[str]:
    left_out = {*RANDOM, "last_login"}
    return [f.attname for f in model._meta.concrete_fields if f.name not in left_out and str(f) != CODE]


def changes(before: Rows, after: Rows) -> Counter[str]:
    """What of the rows is new or other than before, in words that do not depend on the numbers of new rows."""
    said: Counter[str] = Counter()
    for model, rows in after.items():
        related = {
            field.attname: field.related_model
            for field in model._meta.concrete_fields
            if isinstance(field, models.ForeignKey)
        }
        for pk, row in rows.items():
            if before[model].get(pk) == row:
                continue
            words = []
            for column, value in sorted(row.items()):
                target = related.get(column)
                is_new = column in {"pk", "id"} and pk not in before[model]
                if is_new or (target in before and value is not None and value not in before[target]):
                    words.append(f"{column} new")
                else:
                    words.append(f"{column} {value!r}")
            said[f"{model._meta.label}: {', '.join(words)}"] += 1
        said.update(f"{model._meta.label}: {pk} gone" for pk in before[model].keys() - rows.keys())
    return said


@pytest.mark.parametrize("name", POSTED)
def test_no_column_can_be_written_by_posting_its_name(world: World, name: str) -> None:
    """The same post, once as the form sends it and once with every column besides, changes the same."""
    acts, page = PAGES[name], address(name, world)
    assert acts.post is not None
    person, before, moment = sorted(acts.actors)[0], everything(), timezone.now()
    outcomes = []
    for forged in ({}, hostile_fields(world)):
        with undone(), time_machine.travel(moment, tick=False):
            response = world.client(person).post(page, {**forged, **acts.post(world)})
            assert response.status_code in {200, 302}, response.status_code
            outcomes.append(changes(before, everything()))

    plain, with_columns = outcomes
    assert plain
    assert with_columns == plain


# ---- rows of others ----------------------------------------------------------------------------------------------
def foreign_dossier(world: World) -> str:
    return str(world.dossiers["abroad", "concluded"].uuid)


FOREIGN: list[tuple[str, Callable[[World], Kwargs]]] = [
    ("assessments:propose", lambda world: {"dossiers": [foreign_dossier(world)]}),
    (
        "assessments:propose",
        lambda world: {"dossiers": [str(world.dossiers["home", "concluded"].uuid), foreign_dossier(world)]},
    ),
    ("assessments:return", lambda world: {"TC99_9-pick": "on", "TC99_9-why": "Có lý do.", "TC01_1-pick": ""}),
    (
        "communes:end_role",
        lambda world: {
            "assignment": assignment_key(world.people["appraiser", "other province"].role_assignments.get())
        },
    ),
    (
        "criteria:area_types",
        lambda world: {
            "chon": [str(world.abroad.communes[0].uuid)],
            type_field(world.abroad.communes[0]): "ward_of_central_city",
        },
    ),
    ("criteria:target", lambda world: {"unit": world.abroad.deciding.uuid}),
    ("criteria:holidays", lambda world: {"province": world.abroad.province.uuid}),
    ("criteria:open_period", lambda world: {"criteria_set": "00000000-0000-4000-8000-000000000000"}),
]


@pytest.mark.parametrize("case", range(len(FOREIGN)), ids=lambda case: f"{FOREIGN[case][0]}-{case}")
def test_no_form_adopts_what_belongs_to_somebody_else(world: World, case: int) -> None:
    name, forged = FOREIGN[case]
    acts = PAGES[name]
    assert acts.post is not None
    for person in sorted(acts.actors)[:2]:
        response = world.client(person).post(address(name, world), {**acts.post(world), **forged(world)})
        assert response.status_code in {404, 409, 422}, (person, response.status_code)
    assert stored() == world.fingerprint


# ---- steps out of their turn -------------------------------------------------------------------------------------
STEPS: dict[Action, tuple[str, dict[str, str]]] = {
    Action.SUBMIT: ("assessments:submit", {}),
    Action.WITHDRAW: ("assessments:withdraw", {"reason": "Có lý do."}),
    Action.RESUME: ("assessments:resume", {}),
    Action.TAKE: ("assessments:take", {}),
    Action.RETURN: ("assessments:return", {"TC01_1-pick": "on", "TC01_1-why": "Có lý do."}),
    Action.CONCLUDE: ("assessments:conclude", {"recommendation": "recognise", "reason": "Có lý do."}),
    Action.REOPEN: ("assessments:reopen", {"reason": "Có lý do."}),
}


def test_every_step_that_has_a_button_is_tried() -> None:
    assert set(STEPS) == {action for action, move in MOVES.items() if not move.only_by_decision}


@pytest.mark.parametrize("action", STEPS, ids=str)
def test_a_step_posted_out_of_its_turn_moves_nothing(world: World, action: Action) -> None:
    """By every role at home, in every state from which the table knows no such move, with the right version."""
    name, fields = STEPS[action]
    for status, (role, where) in product(Status, sorted(EVERYBODY)):
        if status in MOVES[action].sources or where != "own":
            continue
        dossier = world.dossiers["home", status.value]
        data = {**fields, "version": str(dossier.version), "status": MOVES[action].target.value}
        response = world.client((role, where)).post(reverse(name, args=[dossier.uuid]), data)
        assert response.status_code in {404, 409, 422}, (status, role, response.status_code)
        if response.status_code == 422:  # a form that says why
            assert "phải ở trạng thái" in response.content.decode() or "Việc này dành cho" in response.content.decode()
    assert stored() == world.fingerprint


@pytest.mark.parametrize("action", STEPS, ids=str)
def test_a_step_in_its_turn_is_refused_to_every_other_role(world: World, action: Action) -> None:
    name, fields = STEPS[action]
    for status, role in product(sorted(MOVES[action].sources), Role):
        if role is MOVES[action].role:
            continue
        dossier = world.dossiers["home", status]
        response = world.client((role.value, "own")).post(
            reverse(name, args=[dossier.uuid]), {**fields, "version": str(dossier.version)}
        )
        assert response.status_code in {404, 409, 422}, (status, role, response.status_code)
    assert stored() == world.fingerprint


def test_an_old_form_moves_nothing(world: World) -> None:
    """A page left open since before the last move: its version is not the present one any more."""
    dossier = world.dossiers["home", "submitted"]
    client = world.client((Role.APPRAISER.value, "own"))
    page = reverse("assessments:take", args=[dossier.uuid])
    assert client.post(page, {"version": str(dossier.version - 1)}).status_code == 409
    assert Dossier.objects.get(pk=dossier.pk).status == Status.SUBMITTED
    assert stored() == world.fingerprint
