"""Made-up units and people. Two provinces are one line, so that every visibility test can have data that could leak."""

import datetime
from typing import Any

import factory
from factory.django import DjangoModelFactory, Password

from communes.models import AreaType, AreaTypeAssignment, Kind, Level, Role, RoleAssignment, Succession, Unit, User

OLD_FROM = datetime.date(2000, 1, 1)
OLD_TO = datetime.date(2025, 6, 30)
NEW_FROM = datetime.date(2025, 7, 1)
PASSWORD = "mat-khau-chi-de-thu-nghiem"


# ---- communes ----------------------------------------------------------------------------------------------------
class ProvinceFactory(DjangoModelFactory[Unit]):
    """A province until 30/06/2025; `new=True` makes one from 01/07/2025."""

    class Meta:
        model = Unit

    class Params:
        new = factory.Trait(valid_from=NEW_FROM, valid_to=None)

    code = factory.Sequence(lambda n: f"{n % 100:02}")
    name = factory.Sequence(lambda n: f"Tỉnh Thử {n}")
    level = Level.PROVINCE
    kind = Kind.PROVINCE
    valid_from = OLD_FROM
    valid_to = OLD_TO


class DistrictFactory(DjangoModelFactory[Unit]):
    class Meta:
        model = Unit

    code = factory.Sequence(lambda n: f"{n % 1000:03}")
    name = factory.Sequence(lambda n: f"Huyện Thử {n}")
    level = Level.DISTRICT
    kind = Kind.DISTRICT
    parent = factory.SubFactory(ProvinceFactory)
    valid_from = OLD_FROM
    valid_to = OLD_TO


class CommuneFactory(DjangoModelFactory[Unit]):
    """A commune of a district until 30/06/2025; `new=True` makes one of a province from 01/07/2025."""

    class Meta:
        model = Unit

    class Params:
        new = factory.Trait(valid_from=NEW_FROM, valid_to=None, parent=factory.SubFactory(ProvinceFactory, new=True))

    code = factory.Sequence(lambda n: f"{n % 100000:05}")
    name = factory.Sequence(lambda n: f"Xã Thử {n}")
    level = Level.COMMUNE
    kind = Kind.COMMUNE
    parent = factory.SubFactory(DistrictFactory)
    valid_from = OLD_FROM
    valid_to = OLD_TO


class SuccessionFactory(DjangoModelFactory[Succession]):
    class Meta:
        model = Succession

    predecessor = factory.SubFactory(ProvinceFactory)
    successor = factory.SubFactory(ProvinceFactory, new=True)
    on = NEW_FROM
    extent = Succession.Extent.WHOLE


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User

    username = factory.Sequence(lambda n: f"nguoi.dung.{n}")
    full_name = factory.Sequence(lambda n: f"Người Dùng {n}")
    password = Password(PASSWORD)


class RoleAssignmentFactory(DjangoModelFactory[RoleAssignment]):
    class Meta:
        model = RoleAssignment

    user = factory.SubFactory(UserFactory)
    role = Role.COMMUNE_EDITOR
    unit = factory.SubFactory(CommuneFactory)
    valid_from = OLD_FROM


class AreaTypeAssignmentFactory(DjangoModelFactory[AreaTypeAssignment]):
    class Meta:
        model = AreaTypeAssignment

    unit = factory.SubFactory(CommuneFactory)
    area_type = AreaType.OTHER
    valid_from = factory.SelfAttribute("unit.valid_from")
    valid_to = factory.SelfAttribute("unit.valid_to")
    document_number = "01/QĐ-THỬ"
    accepted_by_name = "Người Quản Trị"
    accepted_at = datetime.datetime(2024, 1, 2, tzinfo=datetime.UTC)


def user_with(role: Role, unit: Unit, **user: Any) -> User:
    """Somebody who holds this role at this unit without end."""
    somebody: User = UserFactory(**user)
    RoleAssignmentFactory(user=somebody, role=role, unit=unit)
    return somebody
