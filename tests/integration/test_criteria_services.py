import datetime
import json
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.models import AuditEvent
from communes.models import Role, Unit, User
from criteria import services
from criteria.labels import counts_by_certainty, labelled_figures, proposals
from criteria.models import Authority, Certainty, CriteriaSet, Deadline, DeadlineKind, Period, Target, Task
from tests.factories import (
    NEW_FROM,
    QD06,
    CommuneFactory,
    DistrictFactory,
    Place,
    ProvinceFactory,
    SuccessionFactory,
    UserFactory,
    criteria_set,
    make_place,
    user_with,
)

pytestmark = pytest.mark.django_db

AT = datetime.datetime(2024, 1, 15, 2, 0, tzinfo=datetime.UTC)
TODAY = datetime.date(2024, 1, 15)


@pytest.fixture
def province() -> Unit:
    return ProvinceFactory(name="Tỉnh Đồng Tháp")


@pytest.fixture
def admin(province: Unit) -> User:
    return user_with(Role.CATALOGUE_ADMIN, province, full_name="Người Quản Trị")


# ---- sets --------------------------------------------------------------------------------------------------------
def test_a_set_is_stored_as_its_file_reads_and_loading_again_writes_nothing() -> None:
    stored, written = services.load_criteria(QD06, at=AT)
    again, written_again = services.load_criteria(QD06, at=AT + datetime.timedelta(days=1))
    assert (written, written_again) == (True, False)
    assert stored == again
    assert again.source_text == QD06
    assert again.loaded_at == AT
    assert again.rules().sha256 == again.sha256


def test_an_unconfirmed_set_may_be_corrected_and_a_confirmed_one_never(admin: User) -> None:
    stored, _ = services.load_criteria(QD06, at=AT)
    corrected = QD06.replace("Trẻ em bị xâm hại", "Trẻ em bị xâm hại ")
    changed, written = services.load_criteria(corrected, at=AT)
    assert (changed.pk, written, changed.source_text) == (stored.pk, True, corrected)
    services.confirm_criteria(criteria_set_id=stored.pk, by=admin, at=AT)
    with pytest.raises(Refused, match="đã được xác nhận nên không ghi đè"):
        services.load_criteria(QD06, at=AT)
    document = json.loads(QD06)
    newer, written = services.load_criteria(json.dumps({**document, "version": 2}), at=AT)
    assert (newer.version, written, newer.is_confirmed) == (2, True, False)


def test_confirming_takes_down_the_name_and_happens_once(admin: User) -> None:
    stored, _ = services.load_criteria(QD06, at=AT)
    confirmed = services.confirm_criteria(criteria_set_id=stored.pk, by=admin, at=AT)
    assert (confirmed.confirmed_by, confirmed.confirmed_by_name, confirmed.confirmed_at) == (
        admin,
        "Người Quản Trị",
        AT,
    )
    assert not confirmed.confirmation_is_demo
    with pytest.raises(Stale, match="đã được xác nhận trước đó"):
        services.confirm_criteria(criteria_set_id=stored.pk, by=admin, at=AT)
    assert [(event.action, event.after) for event in AuditEvent.objects.all()] == [
        ("load_criteria", {"sha256": stored.sha256}),
        ("confirm_criteria", {"sha256": stored.sha256}),
    ]


@pytest.mark.parametrize("role", [role for role in Role if role != Role.CATALOGUE_ADMIN])
def test_no_other_role_confirms_a_set(role: Role, province: Unit) -> None:
    stored, _ = services.load_criteria(QD06, at=AT)
    with pytest.raises(Refused, match="dành cho quản trị danh mục"):
        services.confirm_criteria(criteria_set_id=stored.pk, by=user_with(role, province), at=AT)


def test_what_an_account_of_the_demo_does_is_a_demo(province: Unit) -> None:
    demo = user_with(Role.CATALOGUE_ADMIN, province, is_demo=True)
    stored, _ = services.load_criteria(QD06, at=AT)
    assert services.confirm_criteria(criteria_set_id=stored.pk, by=demo, at=AT).confirmation_is_demo
    assert opened(province, demo).is_demo


def test_every_figure_carries_a_label_and_proposals_are_named() -> None:
    rules = services.load_criteria(QD06, at=AT)[0].rules()
    counts = {certainty.value: count for certainty, count in counts_by_certainty(rules)}
    assert sum(counts.values()) == len(list(labelled_figures(rules)))
    assert counts["unknown"] == 0
    assert counts["verified_partial"] == 1  # TC01.4, the name
    named = dict(proposals(rules))
    assert sum(len(words) for words in named.values()) == counts["reconstructed"]
    assert named["Chung"] == ["tổng điểm 1000"]
    assert "TC01" not in named
    assert named["TC01.1"] == ["mức «có» được 50 điểm", "mức «không» được 0 điểm"]
    assert "cách xử lý mẫu số bằng 0" in named["TC02.1"]


# ---- opening a period --------------------------------------------------------------------------------------------
def opened(province: Unit, by: User, **changed: Any) -> Period:
    fields: dict[str, Any] = {
        "province": province,
        "year": 2024,
        "starts_on": datetime.date(2024, 1, 1),
        "ends_on": datetime.date(2024, 12, 31),
        "figures_as_of": datetime.date(2024, 10, 31),
        "deadlines": {DeadlineKind.DOSSIER: "trước ngày 15/11"},
        "authorities": [],
        "by": by,
        "at": AT,
    } | changed
    if "criteria_set" not in fields:
        fields["criteria_set"] = criteria_set(by, AT)
    return services.open_period(**fields)


def test_a_period_keeps_the_wording_and_the_cut_off(province: Unit, admin: User) -> None:
    period = opened(province, admin, deadlines={DeadlineKind.DOSSIER: " trước ngày 15/11 "})
    (deadline,) = period.deadlines.all()
    assert deadline.wording == "trước ngày 15/11"
    assert deadline.cutoff == datetime.datetime(2024, 11, 14, 17, tzinfo=datetime.UTC)  # midnight in Việt Nam
    assert deadline.last_moment == datetime.datetime(2024, 11, 14, 16, 59, 59, tzinfo=datetime.UTC)
    assert AuditEvent.objects.about(period).get().action == "open_period"


def test_refusals_before_a_period_is_opened(province: Unit, admin: User) -> None:
    confirmed = criteria_set(admin, AT)
    unconfirmed, _ = services.load_criteria(json.dumps({**json.loads(QD06), "version": 9}), at=AT)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"criteria_set": unconfirmed}, "chưa được xác nhận. Xác nhận bộ tiêu chí trước khi mở"),
        ({"figures_as_of": NEW_FROM, "year": 2025, "ends_on": datetime.date(2025, 12, 31)}, "không phải tỉnh"),
        ({"province": DistrictFactory(parent=province)}, "không phải tỉnh"),
        ({"ends_on": datetime.date(2023, 12, 31)}, "phải sau ngày bắt đầu"),
        ({"figures_as_of": datetime.date(2023, 12, 31)}, "phải sau ngày bắt đầu"),
        ({"year": 2023}, "không có năm 2023"),
        ({"deadlines": {DeadlineKind.DOSSIER: "nhanh lên"}}, "Không hiểu thời hạn «nhanh lên»"),
        ({"province": ProvinceFactory()}, "không thuộc địa bàn"),
        ({"by": user_with(Role.PROVINCE_STAFF, province)}, "Chỉ người quản trị danh mục"),
        (
            {
                "authorities": [
                    services.AuthoritySpec(Task.DECIDE, CommuneFactory(new=True), "UBND", "Chủ tịch", "X", "01")
                ]
            },
            "không có hiệu lực vào ngày chốt số liệu",
        ),
    ]
    for changed, sentence in cases:
        with pytest.raises(Refused, match=sentence):
            opened(**({"province": province, "by": admin, "criteria_set": confirmed} | changed))
    assert not Period.objects.exists()
    opened(province, admin)
    with pytest.raises(Refused, match="đã có kỳ đánh giá năm 2024"):
        opened(province, admin)


def test_an_administrator_of_the_successor_opens_for_the_predecessor(province: Unit, admin: User) -> None:
    successor = SuccessionFactory(predecessor=province).successor
    heir = user_with(Role.CATALOGUE_ADMIN, successor)
    other = ProvinceFactory()
    assert services.provinces_to_open(heir, TODAY) == [successor, province]
    assert services.provinces_to_open(admin, TODAY) == [province]
    assert services.provinces_to_open(user_with(Role.CATALOGUE_ADMIN, DistrictFactory(parent=other)), TODAY) == []
    period = opened(province, heir)
    assert list(Period.objects.visible_to(heir, TODAY)) == [period]
    assert list(Period.objects.visible_to(admin, TODAY)) == [period]
    assert list(Period.objects.visible_to(user_with(Role.CATALOGUE_ADMIN, other), TODAY)) == []
    assert list(Period.objects.visible_to(user_with(Role.PROVINCE_STAFF, province), TODAY)) == []


# ---- authorities -------------------------------------------------------------------------------------------------
def test_every_district_in_force_gets_its_two_authorities(province: Unit) -> None:
    district = DistrictFactory(parent=province, name="Huyện Tháp Mười")
    DistrictFactory()  # of another province
    DistrictFactory(parent=province, valid_to=datetime.date(2010, 12, 31))
    specs = services.authorities_to_open(province, datetime.date(2024, 10, 31))
    assert [(spec.task, spec.unit, spec.body_name, spec.signer_title, spec.certainty) for spec in specs] == [
        (
            Task.APPRAISE,
            district,
            "Phòng Lao động - Thương binh và Xã hội huyện Tháp Mười",
            "Trưởng phòng",
            Certainty.VERIFIED,
        ),
        (Task.DECIDE, district, "Ủy ban nhân dân huyện Tháp Mười", "Chủ tịch", Certainty.VERIFIED),
    ]


def test_in_two_tiers_the_province_does_both_as_a_proposal() -> None:
    province = ProvinceFactory(new=True, name="Tỉnh Đồng Tháp")
    specs = services.authorities_to_open(province, datetime.date(2026, 10, 31))
    assert [(spec.task, spec.unit, spec.body_name, spec.place, spec.certainty) for spec in specs] == [
        (Task.APPRAISE, province, "Sở Y tế tỉnh Đồng Tháp", "Đồng Tháp", Certainty.RECONSTRUCTED),
        (Task.DECIDE, province, "Ủy ban nhân dân tỉnh Đồng Tháp", "Đồng Tháp", Certainty.RECONSTRUCTED),
    ]


def test_the_province_confirms_an_authority_once_with_its_document() -> None:
    place = make_place(year=2026, new=True)
    authority = place.period.authorities.get(task=Task.DECIDE)
    fields: dict[str, Any] = {"authority_id": authority.pk, "at": AT.replace(year=2026)}
    for number, by, sentence in (
        ("  ", place.catalogue_admin, "Nhập số văn bản"),
        ("x" * 101, place.catalogue_admin, "dài quá 100 ký tự"),
        ("12", user_with(Role.CATALOGUE_ADMIN, ProvinceFactory(new=True)), "không thuộc địa bàn"),
        ("12", place.leader, "Chỉ người quản trị danh mục"),
    ):
        with pytest.raises(Refused, match=sentence):
            services.confirm_authority(**fields, document_number=number, by=by)
    confirmed = services.confirm_authority(**fields, document_number=" 12/QĐ-UBND ", by=place.catalogue_admin)
    assert (confirmed.certainty, confirmed.document_number) == (Certainty.CONFIRMED, "12/QĐ-UBND")
    with pytest.raises(Stale, match="đã được xác nhận trước đó"):
        services.confirm_authority(**fields, document_number="13", by=place.catalogue_admin)
    assert AuditEvent.objects.about(authority).get().after == {"document_number": "12/QĐ-UBND"}


def test_the_nearest_authority_serves_a_commune() -> None:
    place = make_place()
    services.add_authority(
        place.period, services.AuthoritySpec(Task.DECIDE, place.province, "UBND tỉnh", "Chủ tịch", "X", "01")
    )
    assert services.authority_for(place.period, Task.DECIDE, place.communes[0]).unit == place.deciding
    elsewhere = CommuneFactory(parent=DistrictFactory(parent=place.province))
    assert services.authority_for(place.period, Task.DECIDE, elsewhere).unit == place.province
    with pytest.raises(Refused, match="chưa giao cơ quan thẩm định cho"):
        services.authority_for(place.period, Task.APPRAISE, elsewhere)


def test_an_authority_outside_its_days_serves_nobody() -> None:
    place = make_place()
    Authority.objects.filter(period=place.period, task=Task.DECIDE).update(valid_to=datetime.date(2024, 10, 30))
    with pytest.raises(Refused, match="chưa giao cơ quan quyết định cho"):
        services.authority_for(place.period, Task.DECIDE, place.communes[0])


# ---- targets -----------------------------------------------------------------------------------------------------
def test_a_target_is_replaced_and_the_old_one_stays_on_record() -> None:
    place = make_place(communes=3)
    for version, communes, number in ((1, 2, "01/KH"), (2, 3, " 05/KH  ")):
        services.set_target(
            period=place.period,
            version=version,
            unit=place.deciding,
            communes=communes,
            document_number=number,
            by=place.catalogue_admin,
            at=AT,
        )
    target = Target.objects.get()
    assert (target.communes, target.document_number, str(target)) == (
        3,
        "05/KH",
        f"{place.deciding.name}: 3 xã năm 2024",
    )
    event = AuditEvent.objects.filter(action="set_target").latest("seq")
    assert event.before == {"communes": 2, "document_number": "01/KH"}
    assert event.after == {"unit": str(place.deciding.uuid), "communes": 3, "document_number": "05/KH"}


def test_a_target_must_make_sense() -> None:
    place, other = make_place(communes=2), make_place()
    cases: list[tuple[dict[str, Any], str]] = [
        ({"communes": 3}, "chỉ có 2 đơn vị cấp xã"),
        ({"document_number": " "}, "Nhập số văn bản giao chỉ tiêu"),
        ({"document_number": "x" * 101}, "dài quá 100 ký tự"),
        ({"unit": other.deciding}, "không có nhiệm vụ trong kỳ đánh giá này"),
        ({"by": other.catalogue_admin}, "không thuộc địa bàn"),
    ]
    fields: dict[str, Any] = {
        "period": place.period,
        "version": 1,
        "unit": place.deciding,
        "communes": 1,
        "document_number": "01/KH",
        "by": place.catalogue_admin,
        "at": AT,
    }
    for changed, sentence in cases:
        with pytest.raises(Refused, match=sentence):
            services.set_target(**(fields | changed))
    assert not Target.objects.exists()


# ---- what the database refuses -----------------------------------------------------------------------------------
@pytest.fixture
def place() -> Place:
    return make_place()


def refuses(**kwargs: Any) -> Any:
    return pytest.raises(IntegrityError, **kwargs)


def test_the_database_refuses_sets_that_cannot_be(admin: User) -> None:
    fields: dict[str, Any] = {
        "code": "X",
        "version": 1,
        "title": "X",
        "effective_from": TODAY,
        "source_text": "{}",
        "sha256": "0" * 64,
        "loaded_at": AT,
    }
    CriteriaSet.objects.create(**fields)
    for changed in (
        {},  # the same code and version
        {"version": 2, "confirmed_at": AT},  # by nobody
        {"version": 2, "confirmed_by_name": "Ai Đó"},  # never
        {"version": 2, "locked_at": AT},  # not confirmed
    ):
        with refuses(), transaction.atomic():
            CriteriaSet.objects.create(**(fields | changed))
    CriteriaSet.objects.create(
        **fields | {"version": 2, "confirmed_at": AT, "confirmed_by_name": "Ai Đó", "locked_at": AT}
    )


def test_the_database_refuses_periods_that_cannot_be(place: Place) -> None:
    fields: dict[str, Any] = {
        "province": place.province,
        "year": 2023,
        "starts_on": datetime.date(2023, 1, 1),
        "ends_on": datetime.date(2023, 12, 31),
        "figures_as_of": datetime.date(2023, 10, 31),
        "criteria_set": place.period.criteria_set,
        "opened_at": AT,
    }
    for changed in (
        {"year": 2024},
        {"ends_on": datetime.date(2022, 12, 31)},
        {"figures_as_of": datetime.date(2022, 12, 31)},
    ):
        with refuses(), transaction.atomic():
            Period.objects.create(**(fields | changed))
    Period.objects.create(**fields)


def test_the_database_refuses_authorities_deadlines_and_targets_that_cannot_be(place: Place) -> None:
    authority = place.period.authorities.get(task=Task.DECIDE)
    row: dict[str, Any] = {
        "period": place.period,
        "task": Task.DECIDE,
        "unit": place.province,
        "body_name": "UBND",
        "signer_title": "Chủ tịch",
        "place": "X",
        "document_number": "01",
        "valid_from": place.period.starts_on,
    }
    for changed in (
        {"unit": authority.unit},
        {"valid_to": datetime.date(2023, 12, 31)},
        {"task": "dance"},
        {"certainty": "surely"},
    ):
        with refuses(), transaction.atomic():
            Authority.objects.create(**(row | changed))
    Authority.objects.create(**row)
    for kind in (DeadlineKind.DOSSIER, "party"):
        with refuses(), transaction.atomic():
            Deadline.objects.create(period=place.period, kind=kind, wording="X", cutoff=AT)
    Target.objects.create(period=place.period, unit=place.deciding, communes=1, document_number="01")
    for unit, number, communes in (
        (place.deciding, "02", 1),
        (place.province, "", 1),
        (place.province, "01", -1),
    ):
        with refuses(), transaction.atomic():
            Target.objects.create(period=place.period, unit=unit, communes=communes, document_number=number)


def test_what_a_period_stands_on_is_not_deleted(place: Place) -> None:
    for row in (place.period.criteria_set, place.period, place.deciding):
        with pytest.raises(ProtectedError):
            row.delete()


def test_whoever_confirmed_stays(place: Place) -> None:
    nobody = UserFactory()
    nobody.delete()
    confirmed_by = place.period.criteria_set.confirmed_by
    assert confirmed_by is not None
    with pytest.raises(ProtectedError):
        confirmed_by.delete()
