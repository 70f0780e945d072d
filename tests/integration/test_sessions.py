"""How long a session lives and who ends it (SECURITY.md N-09 to N-12)."""

import datetime
import re
from typing import Any

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

from childfriendly.core.models import AuditEvent
from communes import services
from communes.models import Role, User
from tests.factories import PASSWORD, CommuneFactory, ProvinceFactory, UserFactory, user_with
from tests.integration.test_passwords import start
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 3, 10, 2, 0, tzinfo=datetime.UTC)
ACCOUNT = "/tai-khoan/"
END = "/tai-khoan/phien/ket-thuc/"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"
TELEPHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36"


def minutes(count: float) -> datetime.timedelta:
    return datetime.timedelta(minutes=count)


def entered(name: str, password: str = PASSWORD, **client: Any) -> Client:
    opened = Client(**client)
    opened.post("/dang-nhap/", {"login": name, "password": password})
    return opened


def is_open(client: Client) -> bool:
    return client.get(ACCOUNT).status_code == 200


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def lan() -> User:
    return user_with(Role.COMMUNE_EDITOR, CommuneFactory(), username="lan", full_name="Nguyễn Thị Lan")


# ---- ends by themselves ------------------------------------------------------------------------------------------
IDLE = [(Role.COMMUNE_EDITOR, 60), (Role.COMMUNE_HEAD, 60), (Role.APPRAISER, 60), (Role.HEAD_OF_OFFICE, 60)] + [
    (role, 30)
    for role in (
        Role.LEADER,
        Role.CLERK,
        Role.PROVINCE_STAFF,
        Role.INSPECTOR,
        Role.CATALOGUE_ADMIN,
        Role.SYSTEM_ADMIN,
    )
]


@pytest.mark.parametrize(("role", "limit"), IDLE)
def test_an_unused_session_ends(role: Role, limit: int, clock: Any) -> None:
    client = signed_in(user_with(role, ProvinceFactory()))
    assert is_open(client)
    clock.shift(minutes(limit) - datetime.timedelta(seconds=1))
    assert is_open(client)  # and counts anew
    clock.shift(minutes(limit) - datetime.timedelta(seconds=1))
    assert is_open(client)
    clock.shift(minutes(limit))
    assert client.get(ACCOUNT)["Location"] == f"/dang-nhap/?next={ACCOUNT}"
    assert AuditEvent.objects.filter(action="session_expired").count() == 1


def test_a_session_in_use_ends_after_twelve_hours(lan: User, clock: Any) -> None:
    client = signed_in(lan)
    for _ in range(24):
        assert is_open(client)
        clock.shift(minutes(30))
    assert not is_open(client)


def test_both_times_are_settings(lan: User, clock: Any, settings: Any) -> None:
    settings.SESSION_IDLE_MINUTES, settings.SESSION_COOKIE_AGE = 10, 3600
    client = signed_in(lan)
    assert is_open(client)
    clock.shift(minutes(10))
    assert not is_open(client)
    for wrong in ({"SESSION_IDLE_MINUTES": "4"}, {"SESSION_IDLE_MINUTES_OFFICE": "0"}, {"SESSION_HOURS": "25"}):
        assert "Phiên đăng nhập" in start(**wrong).stderr


def test_every_answer_says_how_many_seconds_are_left(lan: User, clock: Any) -> None:
    client = signed_in(lan)
    page = client.get(ACCOUNT)
    assert page["Session-Ends-In"] == "3600"
    assert 'data-seconds="3600"' in page.text
    clock.shift(datetime.timedelta(seconds=59))
    assert client.get(ACCOUNT)["Session-Ends-In"] == "3541"  # noted once a minute
    clock.shift(datetime.timedelta(seconds=1))
    assert client.post("/tai-khoan/phien/giu/")["Session-Ends-In"] == "3600"
    clock.shift(datetime.timedelta(hours=11, minutes=58))
    assert "Session-Ends-In" not in client.get(ACCOUNT)
    assert "Session-Ends-In" not in Client().get("/dang-nhap/")


def test_the_twelve_hours_end_is_said_as_well(lan: User, clock: Any) -> None:
    client = signed_in(lan)
    for _ in range(14):
        client.get(ACCOUNT)
        clock.shift(minutes(50))
    assert client.get(ACCOUNT)["Session-Ends-In"] == str(20 * 60)


def test_text_typed_into_an_ended_session_is_given_back(lan: User, clock: Any) -> None:
    client = signed_in(lan)
    client.get(ACCOUNT)
    clock.shift(minutes(60))
    body = "explanation=S%E1%BB%91+li%E1%BB%87u+c%E1%BB%A7a+tr%E1%BA%A1m"
    answer = client.post(ACCOUNT, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 401
    assert "Số liệu của trạm" in answer.text
    fragment = signed_out_fragment(client)
    assert "Phiên đăng nhập đã hết." in fragment


def signed_out_fragment(client: Client) -> str:
    return str(client.get(ACCOUNT, headers={"HX-Request": "true"}).text)


def test_using_the_system_writes_the_session_once_a_minute(
    lan: User, clock: Any, django_assert_num_queries: Any
) -> None:
    client = signed_in(lan)
    client.get("/doi-mat-khau/")
    with django_assert_num_queries(3):  # session, person, roles
        client.get("/doi-mat-khau/")


def test_a_page_that_asks_by_itself_keeps_no_session_alive(lan: User, clock: Any) -> None:
    client, asking = signed_in(lan), {"HX-Request": "true", "Unattended": "1"}
    for _ in range(6):
        answer = client.get(ACCOUNT, headers=asking)
        assert (answer.status_code, "Session-Ends-In" in answer) == (200, False)
        clock.shift(minutes(10))
    assert client.get(ACCOUNT, headers=asking).status_code == 401
    assert not is_open(client)


# ---- new ids -----------------------------------------------------------------------------------------------------
def test_the_session_gets_a_new_id_at_sign_in(lan: User) -> None:
    client = Client()
    client.get("/dang-nhap/")
    session = client.session
    session["before"] = "1"
    session.save()
    client.cookies["sessionid"] = before = str(session.session_key)
    client.post("/dang-nhap/", {"login": "lan", "password": PASSWORD})
    assert client.session.session_key != before
    stranger = Client()
    stranger.cookies["sessionid"] = before
    assert not is_open(stranger)


# ---- ended by others ---------------------------------------------------------------------------------------------
def test_a_changed_password_ends_all_sessions(lan: User) -> None:
    here, there = entered("lan"), entered("lan")
    new = "câu khác hẳn, cũng đủ dài"
    here.post("/doi-mat-khau/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert (is_open(here), is_open(there)) == (False, False)


def test_a_stopped_account_stays_out_also_after_it_is_opened_again(lan: User) -> None:
    admin = user_with(Role.CATALOGUE_ADMIN, lan.role_assignments.get().unit.province)
    client = entered("lan")
    services.deactivate_account(user=lan, by=admin, at=NOW)
    assert not is_open(client)
    cookie = client.cookies["sessionid"].value
    services.reactivate_account(user=lan, by=admin, at=NOW)
    client.cookies["sessionid"] = cookie
    assert not is_open(client)


def test_own_sessions_are_listed_with_device_and_address(lan: User, clock: Any) -> None:
    entered("lan", HTTP_USER_AGENT=TELEPHONE, REMOTE_ADDR="203.0.113.7")
    clock.shift(minutes(5))
    here = entered("lan", HTTP_USER_AGENT=WINDOWS)
    clock.shift(minutes(2))
    here.get(ACCOUNT)
    text = " ".join(here.get(ACCOUNT).text.split())
    rows = re.findall(r'<th scope="row" data-label="Thiết bị">([^<]+)</th>', text)
    assert rows == ["Chrome trên Windows", "Chrome trên Android"]
    assert "203.0.113.7" in text
    assert re.findall(r'data-label="Thao tác gần nhất">([^<]+)<', text) == ["09:07 10/03/2026", "09:00 10/03/2026"]


def test_one_session_is_ended_from_another(lan: User) -> None:
    here, there, third = entered("lan"), entered("lan"), entered("lan")
    keys = re.findall(r'name="phien" value="([0-9a-f]{32})"', here.get(ACCOUNT).text)
    assert len(keys) == 2
    assert not set(keys) & set(UserSession.objects.values_list("session_key", flat=True))
    assert here.post(END, {"phien": keys[0]})["Location"] == ACCOUNT
    assert sorted(map(is_open, (there, third))) == [False, True]
    assert is_open(here)
    assert here.post(END, {"phien": keys[0]}).status_code == 409
    row = AuditEvent.objects.get(action="end_sessions")
    assert (row.actor_name, row.after) == ("Nguyễn Thị Lan", {"sessions": 1})


def test_all_other_sessions_are_ended_at_once(lan: User) -> None:
    here, *others = (entered("lan") for _ in range(4))
    assert here.post(END, {"khac": "1"})["Location"] == ACCOUNT
    assert [is_open(client) for client in (here, *others)] == [True, False, False, False]


def test_nobody_ends_the_session_of_somebody_else(lan: User) -> None:
    UserFactory(username="minh")
    theirs, mine = entered("minh"), entered("lan")
    (key,) = re.findall(r'value="([0-9a-f]{32})"', entered("minh").get(ACCOUNT).text)
    assert mine.post(END, {"phien": key}).status_code == 409
    assert is_open(theirs)


def test_an_administrator_ends_all_sessions_of_somebody_in_the_own_area(lan: User) -> None:
    admin = user_with(Role.CATALOGUE_ADMIN, lan.role_assignments.get().unit.province)
    theirs = [entered("lan"), signed_in(lan)]
    page = reverse("communes:end_sessions_of", args=[lan.uuid])
    client = signed_in(admin)
    assert "Kết thúc mọi phiên đăng nhập của Nguyễn Thị Lan" in client.get(page).text
    assert client.post(page)["Location"] == reverse("communes:person", args=[lan.uuid])
    assert [is_open(session) for session in theirs] == [False, False]
    assert AuditEvent.objects.get(action="end_sessions").actor_name == admin.full_name
    assert is_open(entered("lan"))
    stranger = signed_in(user_with(Role.CATALOGUE_ADMIN, ProvinceFactory()))
    assert stranger.post(page).status_code == 404


def test_the_last_sign_in_but_this_one_is_shown(lan: User, clock: Any) -> None:
    assert "chưa lần nào" in entered("lan").get(ACCOUNT).text
    clock.shift(datetime.timedelta(days=1))
    text = " ".join(entered("lan").get(ACCOUNT).text.split())
    assert 'Lần đăng nhập trước</dt> <dd class="col-sm-9">09:00 10/03/2026</dd>' in text
