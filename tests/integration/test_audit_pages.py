"""The audit as inspectors read it: their area, no content of dossiers, filters, a workbook that is itself recorded."""

import ast
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments import services
from assessments.models import Figures
from assessments.workflow import Status
from childfriendly.core.models import AuditEvent
from childfriendly.core.sheets import read_workbook
from communes.models import Import, User
from reports.auditing import ACTIONS
from tests.factories import Place, dossier_in, make_place
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db

ALL = {"tu": "01/01/2024", "den": "31/12/2024"}


def things(place: Place, **filters: str) -> list[str]:
    response = signed_in(place.inspector).get(reverse("reports:audit"), {**ALL, **filters})
    assert response.status_code == 200
    return [line.thing for line in response.context["lines"]]


def test_an_inspector_reads_the_own_area_only() -> None:
    home, away = make_place(), make_place()
    own, foreign = dossier_in(Status.SUBMITTED, home), dossier_in(Status.SUBMITTED, away)
    assert str(own) in things(home)
    assert str(foreign) not in things(home)
    assert {str(own), str(home.period)} == set(things(home))


def test_nothing_of_a_dossiers_content_is_shown() -> None:
    place = make_place()
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    services.save_entry(
        dossier_id=dossier.pk,
        criterion="TC03",
        version=0,
        answers={"TC03.1": Figures(numerator=3)},
        explanation="Cháu Nguyễn Thị Canary",
        by=place.editors[0],
        at=place.later(),
    )
    client = signed_in(place.inspector)
    page = client.get(reverse("reports:audit"), ALL).content.decode()
    assert "Lưu số liệu tiêu chí" in page
    assert "Canary" not in page
    workbook = client.get(reverse("reports:audit_xlsx"), ALL).content
    assert "Canary" not in str(read_workbook(BytesIO(workbook)))


@pytest.mark.parametrize(
    ("filters", "actions"),
    [
        ({"viec": "submit"}, ["submit"]),
        ({"loai": "criteria.Period"}, ["open_period"]),
        ({"nguoi": "duc tho"}, ["submit"]),
        ({"nguoi": "Đức Thọ"}, ["submit"]),
        ({"nguoi": "khong ai"}, []),
        ({"doi_tuong": "ho so", "viec": "create"}, ["create"]),
        ({"ket_qua": "denied"}, []),
        ({"tu": "01/01/2023", "den": "31/12/2023"}, []),
    ],
)
def test_each_filter_filters(filters: dict[str, str], actions: list[str]) -> None:
    place = make_place()
    User.objects.filter(pk=place.heads[0].pk).update(full_name="Nguyễn Đức Thọ")
    place.heads[0].refresh_from_db()
    dossier_in(Status.SUBMITTED, place)
    response = signed_in(place.inspector).get(reverse("reports:audit"), {**ALL, **filters})
    assert [event.action for event in response.context["page"]] == actions


def test_a_filter_that_cannot_be_read_shows_its_error_and_no_row() -> None:
    place = make_place()
    client = signed_in(place.inspector)
    response = client.get(reverse("reports:audit"), {"tu": "hôm qua"})
    assert (response.status_code, list(response.context["page"])) == (422, [])
    assert "Nhập ngày có thật" in response.content.decode()
    assert client.get(reverse("reports:audit_xlsx"), {"tu": "hôm qua"}).status_code == 302


def test_the_workbook_holds_the_rows_of_the_page_and_is_recorded() -> None:
    place = make_place()
    dossier = dossier_in(Status.SUBMITTED, place)
    client = signed_in(place.inspector)
    query = {**ALL, "doi_tuong": dossier.code}
    shown = [line.seq for line in client.get(reverse("reports:audit"), query).context["lines"]]
    response = client.get(reverse("reports:audit_xlsx"), query)
    rows: list[Any] = read_workbook(BytesIO(response.content))["Nhật ký"]
    assert [row[0] for row in rows[3:]] == shown
    assert place.inspector.full_name in str(rows[0][0])
    event = AuditEvent.objects.get(action="export_audit")
    assert (event.after, event.actor_name) == ({"rows": len(shown)}, place.inspector.full_name)


def test_more_rows_cost_no_more_queries() -> None:
    place = make_place(communes=4)
    client = signed_in(place.inspector)
    counts = []
    for number in (0, 1, 2, 3):
        dossier_in(Status.SUBMITTED, place, number)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("reports:audit"), {**ALL, "nguoi": "nguoi", "doi_tuong": "ho so"})
        counts.append(len(queries))
    assert len(set(counts)) == 1


def recorded_actions() -> set[str]:
    """Each name that a call of `audit.record` or `exported` in our source begins with, and those put together there."""
    root = Path(settings.BASE_DIR)
    found = {f"import_{kind}" for kind in Import.Kind.values}
    for app in ("communes", "criteria", "assessments", "papers", "reports"):
        for path in (root / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                    called = ast.unparse(node.func)
                    if called == "audit.record":
                        found.add(str(node.args[0].value))
                    elif called == "exported":
                        found.add(f"export_{node.args[0].value}")
    return found


def test_every_action_that_is_recorded_has_words() -> None:
    assert len(recorded_actions()) > 20
    assert recorded_actions() - ACTIONS.keys() == set()
