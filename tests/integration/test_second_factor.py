"""The second factor: who must have it, how it is turned on, asked for, lost and kept (SECURITY.md N-06 to N-08)."""

import datetime
import io
import json
import re
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from childfriendly.core.exceptions import Refused
from childfriendly.core.models import AuditEvent
from communes import second_factor
from communes.models import Role, User
from communes.services import reset_password
from tests.factories import PASSWORD, CommuneFactory, ProvinceFactory, UserFactory, user_with
from tests.integration.test_passwords import start
from tests.integration.test_races import WON, race
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db

NOW = datetime.datetime(2026, 3, 10, 2, 0, tzinfo=datetime.UTC)
ENROL = "/tai-khoan/xac-thuc-hai-buoc/"
CODE_PAGE = "/dang-nhap/ma-xac-thuc/"
SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STEP = datetime.timedelta(seconds=30)
HTMX = {"HX-Request": "true"}
NEED_IT = [
    "appraiser",
    "head_of_office",
    "leader",
    "clerk",
    "province_staff",
    "inspector",
    "catalogue_admin",
    "system_admin",
]


def code(seed: str = SEED, *, steps: int = 0) -> str:
    """What the app on the telephone shows now, or so many steps of thirty seconds away."""
    now = datetime.datetime.now(datetime.UTC).timestamp()
    return str(format_hotp_value(hotp_value(seed, int(now) // 30 + steps)))


def enter(client: Client, name: str, password: str = PASSWORD) -> Any:
    return client.post("/dang-nhap/", {"login": name, "password": password})


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.fixture
def lan() -> User:
    return user_with(Role.COMMUNE_EDITOR, CommuneFactory(), username="lan", full_name="Nguyễn Thị Lan")


@pytest.fixture
def required(settings: Any) -> None:
    settings.SECOND_FACTOR_WAIVED = False


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def enrolled(user: User) -> list[str]:
    return second_factor.enrol(user=user, seed=SEED, code=code(steps=-1), at=NOW)


# ---- who must have it --------------------------------------------------------------------------------------------
def unit_of(role: Role) -> Any:
    return CommuneFactory() if role in {Role.COMMUNE_EDITOR, Role.COMMUNE_HEAD} else ProvinceFactory()


@pytest.mark.parametrize("role", list(Role))
def test_the_roles_that_decide_or_watch_must_have_one(role: Role, required: None) -> None:
    user = user_with(role, unit_of(role))
    assert second_factor.is_required(user, NOW.date()) is (role.value in NEED_IT)


@pytest.mark.parametrize("role", list(Role))
def test_where_communes_must_too_everybody_must(role: Role, required: None, settings: Any) -> None:
    settings.SECOND_FACTOR_FOR_COMMUNES = True
    assert second_factor.is_required(user_with(role, unit_of(role)), NOW.date())


@pytest.mark.parametrize("role", NEED_IT)
def test_without_one_only_the_page_that_turns_it_on_can_be_reached(role: str, required: None) -> None:
    client = signed_in(user_with(Role(role), ProvinceFactory()))
    for page in ("/", "/ho-so/", "/tai-khoan/", "/nguoi-dung/", "/tong-hop/"):
        assert client.get(page)["Location"] == ENROL
        fragment = client.get(page, headers=HTMX)
        assert fragment.status_code == 403
        assert "bắt buộc xác thực hai bước" in fragment.text
        assert client.post(page, {"a": "b"})["Location"] == ENROL
    assert client.get(ENROL).status_code == 200
    assert client.get("/khong-co-trang-nay/").status_code == 404
    assert client.get("/dang-xuat/").status_code == 200


def test_a_role_that_begins_asks_for_one_from_the_next_click(lan: User, required: None) -> None:
    client = signed_in(lan)
    assert client.get("/").status_code == 200
    unit = ProvinceFactory()
    lan.role_assignments.create(role=Role.INSPECTOR, unit=unit, valid_from=datetime.date(2020, 1, 1))
    assert client.get("/")["Location"] == ENROL


def test_the_demo_alone_may_waive_it() -> None:
    refused = start(SECOND_FACTOR_WAIVED="1")
    assert refused.returncode != 0
    assert "SECOND_FACTOR_WAIVED=1 chỉ dùng được khi DEMO_ALLOWED=1" in refused.stderr


# ---- turning it on -----------------------------------------------------------------------------------------------
def seed_on(page: Any) -> str:
    (shown,) = re.findall(r'<code id="khoa">([^<]+)</code>', page.text)
    return str(shown).replace(" ", "")


def test_it_is_turned_on_with_a_code_and_shows_the_recovery_codes_once(lan: User, required: None, clock: Any) -> None:
    lan.role_assignments.create(role=Role.LEADER, unit=ProvinceFactory(), valid_from=datetime.date(2020, 1, 1))
    client, elsewhere = signed_in(lan), signed_in(lan)
    page = client.get(ENROL)
    assert 'src="data:image/svg+xml' in page.text
    seed = seed_on(page)
    assert seed_on(client.get(ENROL)) == seed  # a page loaded again shows what the app has already scanned
    wrong = client.post(ENROL, {"code": "000000"})
    assert (wrong.status_code, "Mã chưa đúng." in wrong.text) == (422, True)
    before = client.session.session_key
    done = client.post(ENROL, {"code": code(seed)})
    codes = re.findall(r"<li><code>(\d{8})</code>", done.text)
    assert len(set(codes)) == 10
    assert client.get("/").status_code == 200
    assert client.session.session_key != before  # the session goes on under a new id, all others end
    assert is_in(client)
    assert elsewhere.get("/")["Location"] == "/dang-nhap/?next=/"
    later = client.get("/tai-khoan/")
    assert "Còn 10 mã dự phòng" in later.text
    assert not any(kept in later.text for kept in codes)
    assert client.get(ENROL)["Location"] == "/tai-khoan/"


def test_turning_it_on_asks_who_is_there(lan: User) -> None:
    client = Client()
    client.force_login(lan)
    assert client.get(ENROL)["Location"] == f"/xac-nhan-danh-tinh/?next={quote(ENROL, safe='')}"


def test_the_seed_is_in_the_database_only_encrypted(lan: User, clock: Any) -> None:
    client = signed_in(lan)
    seed = seed_on(client.get(ENROL))
    assert seed not in json.dumps(dict(client.session))
    client.post(ENROL, {"code": code(seed)})
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        dump = str(cursor.fetchall())
        cursor.execute("SELECT session_data FROM django_session")
        dump += str(cursor.fetchall())
    assert seed not in dump
    assert re.findall(r"[A-Z2-7]{32}", dump) == []
    assert second_factor.decrypt(Authenticator.objects.get(type="totp").data["secret"]) == seed


def test_seeds_move_to_a_new_key_and_the_old_one_can_go(lan: User, settings: Any, clock: Any) -> None:
    enrolled(lan)
    old, new = settings.MFA_KEY, "khoa-moi-" + "9876543210" * 4
    settings.MFA_KEY = f"{new},{old}"
    call_command("encrypt_second_factors", stdout=io.StringIO())
    settings.MFA_KEY = new
    assert second_factor.use_code(lan, code(steps=1)) is not None
    settings.MFA_KEY = old
    with pytest.raises(Refused, match="MFA_KEY"):
        second_factor.use_code(lan, code())


def test_production_wants_a_key_for_seeds_of_its_own() -> None:
    for key in ("", "ngan", "k" * 50):  # the last is its SECRET_KEY
        refused = start(MFA_KEY=key)
        assert refused.returncode != 0
        assert "MFA_KEY phải là một chuỗi ngẫu nhiên riêng" in refused.stderr


# ---- signing in with it ------------------------------------------------------------------------------------------
def test_signing_in_asks_for_the_code_and_one_step_of_a_wrong_clock_is_forgiven(lan: User, clock: Any) -> None:
    enrolled(lan)
    clock.shift(10 * STEP)
    for steps, gets_in in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        client = Client()
        assert enter(client, "lan")["Location"] == CODE_PAGE
        assert not is_in(client)
        assert client.get("/")["Location"] == "/dang-nhap/?next=/"
        client.post(CODE_PAGE, {"code": code(steps=steps)})
        assert is_in(client) is gets_in, steps
        clock.shift(10 * STEP)


def test_a_code_serves_once_as_long_as_it_would_be_taken(lan: User, clock: Any) -> None:
    enrolled(lan)
    clock.shift(10 * STEP)
    shown = code(steps=1)
    first = Client()
    enter(first, "lan")
    first.post(CODE_PAGE, {"code": f"{shown[:3]} {shown[3:]}"})
    assert is_in(first)
    for wait in (0, 29, 30):  # over all three steps
        clock.shift(datetime.timedelta(seconds=wait))
        again = Client()
        enter(again, "lan")
        refused = again.post(CODE_PAGE, {"code": shown})
        assert "Mã chưa đúng hoặc đã dùng." in refused.text
        assert not is_in(again)


def test_the_code_that_turned_it_on_does_not_sign_in(lan: User, clock: Any) -> None:
    used = code(steps=-1)
    enrolled(lan)
    assert second_factor.use_code(lan, used) is None


def test_five_wrong_codes_and_the_next_minute_must_be_waited_for(lan: User, clock: Any) -> None:
    enrolled(lan)
    clock.shift(10 * STEP)
    client = Client()
    enter(client, "lan")
    for _ in range(5):
        assert "Mã chưa đúng hoặc đã dùng." in client.post(CODE_PAGE, {"code": "000000"}).text
    locked = client.post(CODE_PAGE, {"code": code()})
    assert locked.status_code == 429
    assert "Đã nhập sai mã nhiều lần. Đợi 1 phút rồi thử lại." in locked.text
    clock.shift(datetime.timedelta(seconds=61))
    client.post(CODE_PAGE, {"code": code()})
    assert is_in(client)


def test_a_recovery_code_serves_once(lan: User, clock: Any) -> None:
    first_code, *_ = enrolled(lan)
    for gets_in in (True, False):
        client = Client()
        enter(client, "lan")
        client.post(CODE_PAGE, {"code": first_code})
        assert is_in(client) is gets_in
    assert second_factor.recovery_codes_left(lan) == 9


def test_a_session_that_began_with_a_code_passes_everywhere(required: None, clock: Any) -> None:
    leader = user_with(Role.LEADER, ProvinceFactory(), username="lanh.dao")
    enrolled(leader)
    client = Client()
    enter(client, "lanh.dao")
    client.post(CODE_PAGE, {"code": code()})
    assert client.get("/").status_code == 200


def test_confirming_takes_a_code_instead_of_the_password(lan: User, clock: Any) -> None:
    enrolled(lan)
    client = Client()
    client.force_login(lan)
    page = "/tai-khoan/xac-thuc-hai-buoc/ma-du-phong/"
    asked = client.post(page)["Location"]
    other = re.search(r'href="(/xac-nhan-danh-tinh/ma/[^"]+)"', client.get(asked).text)
    assert other is not None
    ask_code = other[1].replace("&amp;", "&")
    back = client.post(ask_code, {"code": code()})["Location"]
    assert len(re.findall(r"<li><code>", client.get(back).text)) == 10


@pytest.mark.django_db(transaction=True)
def test_of_many_that_send_the_same_code_at_once_one_gets_in() -> None:
    lan = UserFactory(username="lan")
    now = datetime.datetime.now(datetime.UTC)
    codes = second_factor.enrol(user=lan, seed=SEED, code=code(steps=-1), at=now)
    shown = code()

    def use(typed: str) -> None:
        if second_factor.use_code(User.objects.get(pk=lan.pk), typed) is None:
            raise Refused("used")

    assert race(lambda _: use(shown), 8) == {WON: 1, "Refused": 7}
    assert race(lambda _: use(codes[0]), 8) == {WON: 1, "Refused": 7}


# ---- changing and losing it --------------------------------------------------------------------------------------
def test_new_recovery_codes_end_the_old_ones(lan: User, clock: Any) -> None:
    old, *_ = enrolled(lan)
    client = signed_in(lan)
    page = "/tai-khoan/xac-thuc-hai-buoc/ma-du-phong/"
    assert "Còn 10 mã dự phòng" in client.get(page).text
    new = re.findall(r"<li><code>(\d{8})</code>", client.post(page).text)
    assert second_factor.use_code(lan, old) is None
    assert second_factor.use_code(lan, new[0]) is not None


def test_it_is_turned_off_only_where_no_role_needs_it(lan: User, required: None, clock: Any) -> None:
    page = "/tai-khoan/xac-thuc-hai-buoc/bo/"
    leader = user_with(Role.LEADER, ProvinceFactory(), username="lanh.dao")
    for user in (lan, leader):
        enrolled(user)
    client = Client()
    enter(client, "lanh.dao")
    client.post(CODE_PAGE, {"code": code()})
    refused = client.post(page)
    assert (refused.status_code, "bắt buộc xác thực hai bước" in refused.text) == (409, True)
    assert second_factor.has_one(leader)
    client, elsewhere = signed_in(lan), signed_in(lan)
    assert client.post(page)["Location"] == "/tai-khoan/"
    assert not second_factor.has_one(lan)
    assert Authenticator.objects.filter(user=lan).count() == 0
    assert client.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302


def test_a_lost_one_is_reset_by_the_administrator_with_a_reason_and_ends_sessions(lan: User, clock: Any) -> None:
    unit = lan.role_assignments.get().unit
    admin = user_with(Role.CATALOGUE_ADMIN, unit.province, full_name="Quản Trị")
    enrolled(lan)
    theirs, client = signed_in(lan), signed_in(admin)
    page = reverse("communes:reset_second_factor", args=[lan.uuid])
    blank = client.post(page, {"reason": " "})
    assert (blank.status_code, "Nhập lý do đặt lại" in blank.text) == (422, True)
    assert second_factor.has_one(lan)
    reason = "Mất điện thoại, đã gọi lại cơ quan."
    assert client.post(page, {"reason": reason})["Location"] == reverse("communes:person", args=[lan.uuid])
    assert not second_factor.has_one(lan)
    assert theirs.get("/").status_code == 302
    row = AuditEvent.objects.get(action="reset_second_factor")
    assert (row.actor_name, row.object_id, row.reason) == ("Quản Trị", str(lan.uuid), reason)
    assert client.post(page, {"reason": reason}).status_code == 409


def test_resetting_asks_who_is_there_first(lan: User) -> None:
    admin = user_with(Role.CATALOGUE_ADMIN, lan.role_assignments.get().unit.province)
    client = Client()
    client.force_login(admin)
    answer = client.post(reverse("communes:reset_second_factor", args=[lan.uuid]), {"reason": "Mất."})
    assert answer["Location"].startswith("/xac-nhan-danh-tinh/")


def test_a_reset_password_still_asks_for_the_code(lan: User, clock: Any) -> None:
    admin = user_with(Role.CATALOGUE_ADMIN, lan.role_assignments.get().unit.province)
    enrolled(lan)
    given = reset_password(user=lan, by=admin, at=NOW)
    client = Client()
    assert enter(client, "lan", given)["Location"] == CODE_PAGE
    client.post(CODE_PAGE, {"code": "000000"})
    assert not is_in(client)
    client.post(CODE_PAGE, {"code": code()})  # and a wrong code has not used the password up
    assert client.get("/")["Location"] == "/dat-mat-khau/"


def test_every_change_is_a_row(lan: User, clock: Any) -> None:
    enrolled(lan)
    second_factor.renew_recovery_codes(user=lan, at=NOW)
    client = Client()
    enter(client, "lan")
    client.post(CODE_PAGE, {"code": "000000"})
    client.post(CODE_PAGE, {"code": code()})
    second_factor.remove(user=lan, at=NOW)
    rows = [(row.action, row.after) for row in AuditEvent.objects.order_by("seq")]
    assert rows == [
        ("enrol_second_factor", {}),
        ("renew_recovery_codes", {}),
        ("second_factor_failed", {}),
        ("sign_in", {"second_factor": "totp"}),
        ("remove_second_factor", {}),
    ]
