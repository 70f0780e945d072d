"""Accounts and roles: opened, given, ended; who may administer whom."""

import datetime
import re
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.models import AuditEvent
from communes import services
from communes.models import AccountReview, Role, RoleAssignment, Unit, User
from communes.queries import roles_of
from tests.factories import (
    NEW_FROM,
    PASSWORD,
    CommuneFactory,
    ProvinceFactory,
    RoleAssignmentFactory,
    SuccessionFactory,
    UserFactory,
    user_with,
)
from tests.signing_in import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("march")]

NOW = datetime.datetime(2026, 3, 10, 2, 0, tzinfo=datetime.UTC)
TODAY = datetime.date(2026, 3, 10)
PEOPLE = "/nguoi-dung/"
CREATE = "/them-nguoi-dung/"


@pytest.fixture
def march() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def province() -> Unit:
    return ProvinceFactory(new=True, name="Tỉnh Đồng Tháp")


@pytest.fixture
def commune(province: Unit) -> Unit:
    return CommuneFactory(new=True, parent=province, name="Xã Tháp Mười", code="30037")


@pytest.fixture
def admin(province: Unit) -> User:
    return user_with(Role.CATALOGUE_ADMIN, province, full_name="Người Quản Trị")


@pytest.fixture
def lan(commune: Unit) -> User:
    return user_with(Role.COMMUNE_EDITOR, commune, full_name="Trần Thị Lan", username="lan")


# ---- services ----------------------------------------------------------------------------------------------------
def new_account(unit: Unit, by: User | None, **changed: Any) -> services.NewAccount:
    fields: dict[str, Any] = {
        "username": "minh",
        "full_name": "Lê Văn Minh",
        "role": Role.COMMUNE_EDITOR,
        "unit": unit,
        "valid_from": TODAY,
        "by": by,
        "at": NOW,
    }
    return services.create_account(**(fields | changed))


def test_an_account_is_opened_with_its_first_role(commune: Unit, admin: User) -> None:
    account = new_account(commune, admin, username=" Minh.ThapMuoi ", full_name=" Lê  Văn Minh\u200b ")
    user = User.objects.get(pk=account.user.pk)
    assert (user.username, user.full_name, user.is_active, user.is_demo) == (
        "minh.thapmuoi",
        "Lê Văn Minh",
        True,
        False,
    )
    assert roles_of(user, TODAY).units(Role.COMMUNE_EDITOR) == {commune.pk}
    assert user.check_password(account.password)
    assert [event.action for event in AuditEvent.objects.order_by("seq")] == ["create_account", "assign_role"]
    assert account.password not in str(list(AuditEvent.objects.values()))
    assert account.password not in user.password


def test_passwords_are_random_and_readable() -> None:
    made = {services.random_password() for _ in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch(r"([a-hjkmnp-z2-9]{4}-){3}[a-hjkmnp-z2-9]{4}", password) for password in made)


def test_an_account_must_make_sense(commune: Unit, admin: User, lan: User) -> None:
    elsewhere = CommuneFactory(new=True)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"username": "LAN "}, "«lan» đã có người dùng"),
        ({"username": "nguyễn"}, "chữ không dấu"),
        ({"username": ""}, "chữ không dấu"),
        ({"username": ".."}, "bắt đầu bằng chữ hoặc số"),
        ({"username": "a/b"}, "chữ không dấu"),
        ({"username": "a" * 151}, "chữ không dấu"),
        ({"full_name": " "}, "Nhập họ và tên"),
        ({"full_name": "x" * 151}, "Họ và tên dài quá 150 ký tự"),
        ({"unit": elsewhere}, "không thuộc địa bàn"),
        ({"role": Role.CATALOGUE_ADMIN}, "chỉ được giao trên máy chủ"),
        ({"role": Role.SYSTEM_ADMIN}, "chỉ được giao trên máy chủ"),
        ({"valid_from": datetime.date(2025, 6, 30)}, "chỉ có từ ngày 01/07/2025"),
        ({"by": lan}, "Chỉ người quản trị danh mục"),
    ]
    before = User.objects.count()
    for changed, sentence in cases:
        with pytest.raises(Refused, match=sentence):
            new_account(**({"unit": commune, "by": admin} | changed))
    assert User.objects.count() == before
    assert not AuditEvent.objects.exists()


def test_what_the_demo_opens_ends_with_the_demo(commune: Unit) -> None:
    demo = user_with(Role.CATALOGUE_ADMIN, commune.province, is_demo=True)
    assert new_account(commune, demo).user.is_demo


@pytest.mark.parametrize("role", [Role.CATALOGUE_ADMIN, Role.SYSTEM_ADMIN])
def test_one_administrator_does_not_make_another(role: Role, province: Unit, admin: User, lan: User) -> None:
    with pytest.raises(Refused, match="chỉ được giao trên máy chủ; đề nghị người vận hành máy chủ giao"):
        services.assign_role(user=lan, role=role, unit=province, valid_from=TODAY, by=admin, at=NOW)


def test_nobody_administers_themselves(admin: User) -> None:
    held = admin.role_assignments.get()
    with pytest.raises(Refused, match="tự kết thúc vai trò của chính mình"):
        services.end_role(assignment=held, last_day=TODAY, by=admin, at=NOW)
    for act in (services.reset_password, services.deactivate_account, services.reactivate_account):
        with pytest.raises(Refused, match="tự quản trị tài khoản của mình"):
            act(user=admin, by=admin, at=NOW)


def test_an_account_is_out_of_reach_where_it_would_lead_further_than_the_area(
    province: Unit, commune: Unit, admin: User, lan: User
) -> None:
    """Whoever sets a password can sign in with it."""
    elsewhere = CommuneFactory(new=True)
    other_admin = user_with(Role.CATALOGUE_ADMIN, province)
    system = user_with(Role.SYSTEM_ADMIN, province)
    both = user_with(Role.COMMUNE_EDITOR, commune)
    RoleAssignmentFactory(user=both, unit=elsewhere, role=Role.COMMUNE_HEAD)
    to_be = user_with(Role.COMMUNE_EDITOR, commune)
    RoleAssignmentFactory(user=to_be, unit=province, role=Role.CATALOGUE_ADMIN, valid_from=datetime.date(2027, 1, 1))
    cases = [
        (other_admin, "đang giữ vai trò quản trị"),
        (system, "đang giữ vai trò quản trị"),
        (to_be, "đang giữ vai trò quản trị"),
        (both, "còn giữ vai trò ngoài địa bàn"),
        (user_with(Role.LEADER, elsewhere), "không thuộc địa bàn"),
        (UserFactory(), "không thuộc địa bàn"),
    ]
    for somebody, sentence in cases:
        for act in (services.reset_password, services.deactivate_account):
            with pytest.raises(Refused, match=sentence):
                act(user=somebody, by=admin, at=NOW)
        assert User.objects.get(pk=somebody.pk).check_password(PASSWORD)
    with pytest.raises(Refused, match="Chỉ người quản trị danh mục"):
        services.reset_password(user=admin, by=lan, at=NOW)


def test_a_role_that_ended_elsewhere_is_no_hindrance(commune: Unit, admin: User, lan: User) -> None:
    RoleAssignmentFactory(
        user=lan, unit=CommuneFactory(new=True), role=Role.COMMUNE_HEAD, valid_to=TODAY - datetime.timedelta(days=1)
    )
    password = services.reset_password(user=lan, by=admin, at=NOW)
    assert User.objects.get(pk=lan.pk).check_password(password)
    assert [(event.action, event.after) for event in AuditEvent.objects.all()] == [("reset_password", {})]


def test_an_account_is_stopped_and_opened_again_once(admin: User, lan: User) -> None:
    services.deactivate_account(user=lan, by=admin, at=NOW)
    with pytest.raises(Stale):
        services.deactivate_account(user=lan, by=admin, at=NOW)
    assert list(roles_of(lan, TODAY)) == []
    services.reactivate_account(user=lan, by=admin, at=NOW)
    assert roles_of(User.objects.get(pk=lan.pk), TODAY).has(Role.COMMUNE_EDITOR)
    assert [(event.action, event.before, event.after) for event in AuditEvent.objects.order_by("seq")] == [
        ("deactivate_account", {"is_active": True}, {"is_active": False}),
        ("reactivate_account", {"is_active": False}, {"is_active": True}),
    ]


def test_the_database_keeps_user_names_apart(lan: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        UserFactory(username="LAN")


# ---- the first one -----------------------------------------------------------------------------------------------
def test_the_server_makes_the_first_administrator(province: Unit) -> None:
    province.code = "82"
    province.save(update_fields=["code"])
    out = StringIO()
    call_command("create_admin", username="quan.tri", full_name="Đỗ Văn Quản", province="82", stdout=out)
    user = User.objects.get(username="quan.tri")
    password = out.getvalue().strip().split()[-1]
    assert user.check_password(password)
    assert roles_of(user, TODAY).units(Role.CATALOGUE_ADMIN) == {province.pk}
    assert {event.actor_name for event in AuditEvent.objects.all()} == {"Hệ thống"}
    with pytest.raises(CommandError, match="đã có người dùng"):
        call_command("create_admin", username="quan.tri", full_name="Đỗ Văn Quản", province="82")
    ended = ProvinceFactory(code="83")
    with pytest.raises(CommandError, match="Không có tỉnh, thành phố nào mang mã «83» vào ngày 10/03/2026"):
        call_command("create_admin", username="khac", full_name="Đỗ Văn Quản", province=ended.code)


# ---- pages -------------------------------------------------------------------------------------------------------
def test_the_people_of_the_area_are_listed_and_found_without_accents(client: Client, admin: User, lan: User) -> None:
    stranger = user_with(Role.LEADER, ProvinceFactory(new=True), full_name="Người Nơi Khác")
    signed_in(admin, client)
    text = client.get(PEOPLE).text
    assert [name in text for name in ("Trần Thị Lan", "Người Quản Trị", "Người Nơi Khác")] == [True, True, False]
    assert "Cán bộ lập hồ sơ của xã, Xã Tháp Mười" in text
    found = client.get(PEOPLE, {"q": "tran lan"}).text
    assert "1 người khớp «tran lan»" in found
    assert "Không có người dùng nào khớp." in client.get(PEOPLE, {"q": "noi khac"}).text
    assert client.get(f"{PEOPLE}{lan.uuid}/").status_code == 200
    for path in ("", "giao-vai-tro/", "ket-thuc-vai-tro/", "dat-lai-mat-khau/", "ngung/", "mo-lai/"):
        assert client.get(f"{PEOPLE}{stranger.uuid}/{path}").status_code == 404
    for path in ("giao-vai-tro/", "ket-thuc-vai-tro/", "dat-lai-mat-khau/", "ngung/", "mo-lai/"):
        assert client.post(f"{PEOPLE}{stranger.uuid}/{path}").status_code == 404


def test_people_of_a_predecessor_province_belong_to_the_area(client: Client, admin: User, province: Unit) -> None:
    old = SuccessionFactory(successor=province).predecessor
    user_with(Role.COMMUNE_HEAD, CommuneFactory(parent__parent=old), full_name="Người Cũ")
    signed_in(admin, client)
    assert "Người Cũ" in client.get(PEOPLE).text


def test_a_unit_is_searched_and_then_an_account_opened_there(client: Client, admin: User, commune: Unit) -> None:
    CommuneFactory(new=True, name="Xã Tháp Mười")  # of another province
    signed_in(admin, client)
    assert "Bước 1 trên 2" in client.get(CREATE).text
    found = client.get(CREATE, {"q": "thap muoi"}).text
    assert re.findall(r'href="\?don-vi=([^"]+)"', found) == [str(commune.uuid)]
    url = f"{CREATE}?don-vi={commune.uuid}"
    form = client.get(url).text
    assert "Xã Tháp Mười, tỉnh Đồng Tháp" in form
    assert 'value="catalogue_admin"' not in form
    assert 'value="10/03/2026"' in form
    fields = {
        "full_name": "Lê Văn Minh",
        "username": "minh",
        "role": "commune_head",
        "title": "Phó Chủ tịch",
        "valid_from": "10/03/2026",
        "valid_to": "",
    }
    for changed, sentence in (
        ({"username": admin.username}, "đã có người dùng; chọn một tên khác."),
        ({"username": "lê"}, "Tên đăng nhập chỉ gồm chữ không dấu"),
        ({"role": "catalogue_admin"}, "Vai trò quản trị chỉ được giao trên máy chủ."),
        ({"role": ""}, "Chọn vai trò."),
        ({"valid_to": "09/03/2026"}, "Ngày kết thúc phải từ ngày bắt đầu trở đi"),
    ):
        refused = client.post(url, fields | changed)
        assert refused.status_code == 422
        assert sentence in refused.text
        assert 'value="Lê Văn Minh"' in refused.text
    assert not User.objects.filter(full_name="Lê Văn Minh").exists()

    shown = client.post(url, fields)
    assert shown.status_code == 200
    assert "no-store" in shown.headers["Cache-Control"]
    (password,) = re.findall(r"<code>([^<]+)</code>", shown.text)
    user = User.objects.get(username="minh")
    assert user.check_password(password)
    assert user.role_assignments.get().title == "Phó Chủ tịch"
    assert password not in client.get(f"{PEOPLE}{user.uuid}/").text
    assert password not in str(dict(client.session))


def test_a_unit_outside_the_area_is_no_choice(client: Client, admin: User) -> None:
    elsewhere = CommuneFactory(new=True)
    signed_in(admin, client)
    for uuid in (elsewhere.uuid, "x"):
        response = client.post(f"{CREATE}?don-vi={uuid}", {"username": "minh"})
        assert "Bước 1 trên 2" in response.text
    assert not User.objects.filter(username="minh").exists()


def test_roles_are_given_and_ended(client: Client, admin: User, lan: User, province: Unit) -> None:
    signed_in(admin, client)
    page = f"{PEOPLE}{lan.uuid}/"
    give = f"{page}giao-vai-tro/"
    assert "Giao vai trò cho Trần Thị Lan" in client.get(give).text
    fields = {"role": "inspector", "title": "", "valid_from": "01/01/2026", "valid_to": ""}
    url = f"{give}?don-vi={province.uuid}"
    assert client.post(url, fields).headers["Location"] == page
    again = client.post(url, fields)
    assert again.status_code == 422
    assert "đã có vai trò «Cán bộ kiểm tra» tại Tỉnh Đồng Tháp trong thời gian này" in again.text

    text = client.get(page).text
    (key,) = re.findall(r'ket-thuc-vai-tro/\?vai-tro=(inspector[^"]+)"', text)
    assert str(RoleAssignment.objects.latest("pk").pk) not in key.split(".")
    end = f"{page}ket-thuc-vai-tro/"
    assert re.search(rf'value="{re.escape(key)}"[^>]* checked', client.get(f"{end}?vai-tro={key}").text)
    early = client.post(end, {"assignment": key, "last_day": "31/12/2025"})
    assert early.status_code == 422
    assert "Ngày kết thúc phải từ ngày bắt đầu trở đi" in early.text
    assert client.post(end, {"assignment": "x", "last_day": "10/03/2026"}).status_code == 422
    assert client.post(end, {"assignment": key, "last_day": "09/03/2026"}).headers["Location"] == page
    assert RoleAssignment.objects.get(role=Role.INSPECTOR).valid_to == datetime.date(2026, 3, 9)
    assert client.post(end, {"assignment": key, "last_day": "09/03/2026"}).status_code == 422


def test_a_password_is_set_anew_and_shown_once(client: Client, admin: User, lan: User) -> None:
    theirs = Client()
    signed_in(lan, theirs)
    assert theirs.get("/doi-mat-khau/").status_code == 200
    signed_in(admin, client)
    url = f"{PEOPLE}{lan.uuid}/dat-lai-mat-khau/"
    assert "Đặt lại mật khẩu của Trần Thị Lan" in client.get(url).text
    assert User.objects.get(pk=lan.pk).check_password(PASSWORD)
    (password,) = re.findall(r"<code>([^<]+)</code>", client.post(url).text)
    assert User.objects.get(pk=lan.pk).check_password(password)
    assert theirs.get("/doi-mat-khau/").status_code == 302  # signed out everywhere


def test_an_account_is_stopped_and_opened_again_from_its_page(
    client: Client, admin: User, lan: User, commune: Unit
) -> None:
    user_with(Role.COMMUNE_EDITOR, commune)  # so that no work is left behind
    theirs = Client()
    signed_in(lan, theirs)
    signed_in(admin, client)
    page = f"{PEOPLE}{lan.uuid}/"
    assert client.post(f"{page}ngung/").headers["Location"] == page
    assert theirs.get("/doi-mat-khau/").status_code == 302
    assert client.post(f"{page}ngung/").status_code == 409
    text = client.get(page).text
    assert "Đã ngừng" in text
    assert "Giao thêm vai trò" not in text
    assert client.post(f"{page}mo-lai/").headers["Location"] == page
    assert theirs.get("/doi-mat-khau/").status_code == 302  # the old session stays shut
    theirs.post("/dang-nhap/", {"login": lan.username, "password": PASSWORD})
    assert theirs.get("/doi-mat-khau/").status_code == 200


def test_the_own_page_and_that_of_another_administrator_have_no_buttons(
    client: Client, admin: User, province: Unit
) -> None:
    other = user_with(Role.CATALOGUE_ADMIN, province)
    signed_in(admin, client)
    for somebody, sentence in (
        (admin, "Không được tự quản trị tài khoản của mình"),
        (other, "đang giữ vai trò quản trị"),
    ):
        page = f"{PEOPLE}{somebody.uuid}/"
        text = client.get(page).text
        assert sentence in text
        assert "Đặt lại mật khẩu" not in text
        for path in ("dat-lai-mat-khau/", "ngung/"):
            assert client.get(page + path).status_code == 409
            refused = client.post(page + path)
            assert refused.status_code == 409
            assert sentence in refused.text
        assert User.objects.get(pk=somebody.pk).is_active


@pytest.mark.parametrize("role", [role for role in Role if role != Role.CATALOGUE_ADMIN])
def test_for_every_other_role_these_pages_do_not_exist(role: Role, client: Client, lan: User, commune: Unit) -> None:
    signed_in(user_with(role, commune.province), client)
    paths = ("giao-vai-tro/", "ket-thuc-vai-tro/", "dat-lai-mat-khau/", "ngung/", "mo-lai/")
    urls = [PEOPLE, CREATE, f"{PEOPLE}{lan.uuid}/", *(f"{PEOPLE}{lan.uuid}/{path}" for path in paths)]
    assert [client.get(url).status_code for url in urls] == [404] * len(urls)
    assert [client.post(url).status_code for url in (CREATE, *urls[3:])] == [404] * 6
    assert User.objects.get(pk=lan.pk).is_active


def test_one_and_many_people_cost_the_same_queries(client: Client, admin: User, lan: User, commune: Unit) -> None:
    signed_in(admin, client)

    def count() -> list[int]:
        found = []
        for url in (PEOPLE, f"{PEOPLE}{lan.uuid}/", f"{PEOPLE}{lan.uuid}/ket-thuc-vai-tro/", f"{CREATE}?q=xa"):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(url).status_code == 200
            found.append(len(captured))
        return found

    before = count()
    for _ in range(3):
        user_with(Role.COMMUNE_EDITOR, CommuneFactory(new=True, parent=commune.province))
        RoleAssignmentFactory(
            user=lan, role=Role.CLERK, unit=CommuneFactory(new=True, parent=commune.province), valid_from=NEW_FROM
        )
    assert count() == before


def test_the_list_for_the_yearly_review_begins_with_who_never_came(client: Client, admin: User, lan: User) -> None:
    user_with(Role.LEADER, ProvinceFactory(new=True), full_name="Người Nơi Khác")
    User.objects.filter(pk=lan.pk).update(last_login=None, full_name="=1+1")
    signed_in(admin, client)
    answer = client.get(f"{PEOPLE}tai-khoan.csv")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[1] == (
        '"\'=1+1";"lan";"Cán bộ lập hồ sơ của xã, Xã Tháp Mười";"chưa lần nào";"Không";"Đang hoạt động"'
        ';"chưa lần nào";"";"Chưa rà soát"'
    )
    assert (len(lines), "Người Nơi Khác" in answer.text) == (4, False)
    told = AuditEvent.objects.get(action="export_accounts")
    assert told.after["rows"] == 2


# ---- the yearly review -------------------------------------------------------------------------------------------
REVIEW = f"{PEOPLE}ra-soat/"


def test_ticked_accounts_are_reviewed_once_a_year(client: Client, admin: User, lan: User) -> None:
    signed_in(admin, client)
    before = client.get(REVIEW).text
    assert before.count("Chưa rà soát năm 2026") == 2
    assert before.count('name="account"') == 1  # nobody reviews themselves
    assert client.post(f"{REVIEW}?chua=1", {"account": lan.uuid}).headers["Location"] == f"{REVIEW}?chua=1"
    review = AccountReview.objects.get()
    assert (review.user, review.year, review.by, review.at) == (lan, 2026, admin, NOW)
    told = AuditEvent.objects.get(action="review_account")
    assert (told.object_id, told.actor_name, told.after) == (str(lan.uuid), admin.full_name, {"year": 2026})
    assert f"Đã rà soát 09:00 10/03/2026, {admin.full_name}" in client.get(REVIEW).text
    assert lan.full_name not in client.get(REVIEW, {"chua": "1"}).text
    assert '"Người Quản Trị";"Đã rà soát"' in client.get(f"{PEOPLE}tai-khoan.csv").text

    client.post(REVIEW, {"account": lan.uuid})
    assert AccountReview.objects.count() == AuditEvent.objects.filter(action="review_account").count() == 1
    with time_machine.travel(NOW.replace(year=2027), tick=False):
        signed_in(admin, client)
        text = client.get(REVIEW).text
        assert text.count("Chưa rà soát năm 2027") == 2
        assert "Lần trước: 09:00 10/03/2026" in text


def test_only_others_of_the_own_area_are_reviewed(client: Client, admin: User, lan: User) -> None:
    stranger = user_with(Role.LEADER, ProvinceFactory(new=True))
    signed_in(admin, client)
    for chosen, sentence in (
        ([], "Chưa chọn tài khoản nào"),
        ([lan.uuid, admin.uuid], "Không được tự rà soát tài khoản của mình"),
        ([lan.uuid, stranger.uuid], "Có tài khoản không thuộc địa bàn"),
        (["x"], "Danh sách tài khoản đã chọn không hợp lệ"),
    ):
        answer = client.post(REVIEW, {"account": chosen})
        assert (answer.status_code, sentence in answer.text) == (422, True)
    with pytest.raises(Refused, match="Chỉ người quản trị danh mục"):
        services.review_accounts(uuids=[admin.uuid], by=lan, at=NOW)
    assert not AccountReview.objects.exists()


def test_the_review_asks_as_many_questions_however_many_accounts(client: Client, admin: User, lan: User) -> None:
    signed_in(admin, client)

    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(REVIEW).status_code == 200
        return len(queries)

    AccountReview.objects.create(user=lan, year=2025, by=admin, at=NOW)
    before = count()
    for _ in range(5):
        other = user_with(Role.CLERK, CommuneFactory(new=True, parent=lan.role_assignments.get().unit.parent))
        AccountReview.objects.create(user=other, year=2026, by=lan, at=NOW)
    assert count() == before
