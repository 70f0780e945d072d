"""Several administrators press the same button in the same moment: one act, and a sentence for all others."""

import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from assessments.services import leave
from childfriendly.core.models import AuditEvent, Job
from childfriendly.core.sheets import Column, table_workbook
from communes.acting import give_acting
from communes.imports.plans import HEADS
from communes.imports.service import confirm_area_types, confirm_people, receive
from communes.models import AreaType, AreaTypeAssignment, Import, Role, RoleAssignment, User
from communes.services import create_account, deactivate_account
from criteria.models import CriteriaSet, Period
from criteria.services import confirm_criteria, load_criteria, open_period
from tests.factories import QD06, CommuneFactory, ProvinceFactory, criteria_set, user_with
from tests.integration.test_races import WON, race

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime.datetime(2026, 3, 10, 2, 0, tzinfo=datetime.UTC)
PEOPLE = 8


def test_a_year_is_opened_once() -> None:
    province = ProvinceFactory(new=True)
    admin = user_with(Role.CATALOGUE_ADMIN, province)
    stored = criteria_set(admin, NOW)
    answers = race(
        lambda number: open_period(
            province=province,
            year=2026,
            starts_on=datetime.date(2026, 1, 1),
            ends_on=datetime.date(2026, 12, 31),
            figures_as_of=datetime.date(2026, 10, 31),
            criteria_set=stored,
            deadlines={},
            authorities=[],
            by=User.objects.get(pk=admin.pk),
            at=NOW,
        ),
        PEOPLE,
    )
    assert answers == {WON: 1, "Refused": PEOPLE - 1}
    assert Period.objects.count() == AuditEvent.objects.filter(action="open_period").count() == 1


def test_a_user_name_is_given_once() -> None:
    commune = CommuneFactory(new=True)
    admin = user_with(Role.CATALOGUE_ADMIN, commune.province)
    answers = race(
        lambda number: create_account(
            username="minh",
            full_name=f"Người thứ {number}",
            role=Role.COMMUNE_EDITOR,
            unit=commune,
            valid_from=datetime.date(2026, 3, 10),
            by=User.objects.get(pk=admin.pk),
            at=NOW,
        ),
        PEOPLE,
    )
    assert answers == {WON: 1, "Refused": PEOPLE - 1}
    assert User.objects.filter(username="minh").count() == 1


def test_a_set_is_confirmed_and_an_account_stopped_once() -> None:
    commune = CommuneFactory(new=True)
    admin = user_with(Role.CATALOGUE_ADMIN, commune.province)
    lan = user_with(Role.COMMUNE_EDITOR, commune)
    stored, _ = load_criteria(QD06, at=NOW)

    def confirm(number: int) -> CriteriaSet:
        return confirm_criteria(criteria_set_id=stored.pk, by=User.objects.get(pk=admin.pk), at=NOW)

    def stop(number: int) -> None:
        deactivate_account(user=User.objects.get(pk=lan.pk), by=User.objects.get(pk=admin.pk), at=NOW)

    for act in (confirm, stop):
        assert race(act, PEOPLE) == {WON: 1, "Stale": PEOPLE - 1}


def test_one_acts_for_a_role_at_a_time() -> None:
    """Different papers, different colleagues, even different superiors: the unit's row lets one through at a time."""
    commune = CommuneFactory(new=True)
    superiors = [user_with(Role.COMMUNE_HEAD, commune) for _ in range(2)]
    colleagues = [user_with(Role.COMMUNE_EDITOR, commune) for _ in range(PEOPLE)]
    answers = race(
        lambda number: give_acting(
            held=superiors[number % 2].role_assignments.get(),
            to=colleagues[number],
            title="Phó Chủ tịch",
            valid_from=NOW.date(),
            valid_to=NOW.date() + datetime.timedelta(days=number),
            document_number=f"{number}/GUQ-UBND",
            by=User.objects.get(pk=superiors[number % 2].pk),
            at=NOW,
        ),
        PEOPLE,
    )
    assert answers == {WON: 1, "Refused": PEOPLE - 1}
    assert RoleAssignment.objects.exclude(acting_for=None).count() == 1
    assert AuditEvent.objects.filter(action="give_acting").count() == 1


def test_the_last_two_of_a_role_do_not_leave_together() -> None:
    commune = CommuneFactory(new=True)
    admin = user_with(Role.CATALOGUE_ADMIN, commune.province)
    editors = [user_with(Role.COMMUNE_EDITOR, commune) for _ in range(2)]
    answers = race(lambda number: leave(person=editors[number], by=User.objects.get(pk=admin.pk), at=NOW), 2)
    assert answers == {WON: 1, "Refused": 1}
    assert User.objects.filter(pk__in=[editor.pk for editor in editors], is_active=True).count() == 1


def uploaded(kind: Import.Kind, by: User, row: list[str]) -> Import:
    name, heads = HEADS[kind]
    content = table_workbook(name, [Column(head) for head in heads], [row])
    return receive(kind=kind, upload=SimpleUploadedFile("a.xlsx", content), by=by, at=NOW)


def test_area_types_pressed_twice_come_in_once() -> None:
    commune = CommuneFactory(new=True)
    admin = user_with(Role.CATALOGUE_ADMIN, commune.province)
    item = uploaded(Import.Kind.AREA_TYPES, admin, [commune.code, AreaType.OTHER.label, "1/QĐ", "01/01/2026"])
    answers = race(
        lambda number: confirm_area_types(
            item=Import.objects.get(pk=item.pk), by=User.objects.get(pk=admin.pk), at=NOW
        ),
        PEOPLE,
    )
    assert answers.pop(WON) == 1
    assert set(answers) <= {"Stale", "Refused"}  # before or after the winner's rows were there to be seen
    assert AreaTypeAssignment.objects.filter(unit=commune).count() == 1
    assert AuditEvent.objects.filter(action="import_area_types").count() == 1


def test_people_pressed_twice_are_one_job() -> None:
    commune = CommuneFactory(new=True)
    admin = user_with(Role.CATALOGUE_ADMIN, commune.province)
    item = uploaded(Import.Kind.PEOPLE, admin, ["An", "an", commune.code, "Văn thư", "", "10/03/2026", ""])
    answers = race(
        lambda number: confirm_people(item=Import.objects.get(pk=item.pk), by=User.objects.get(pk=admin.pk), at=NOW),
        PEOPLE,
    )
    assert answers == {WON: PEOPLE}
    assert Job.objects.count() == 1
