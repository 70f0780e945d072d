"""Passwords: what they are made of, how they are kept, those given to somebody (SECURITY.md N-01, N-02, N-14, N-16)."""

import datetime
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings as django_settings
from django.contrib.auth.hashers import identify_hasher, make_password
from django.contrib.auth.password_validation import get_default_password_validators, validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client, override_settings

from childfriendly import settings as real_settings
from childfriendly.core.exceptions import Refused
from childfriendly.core.models import AuditEvent
from communes import access, services
from communes.models import Role, User
from communes.validators import CharacterClassesValidator
from tests.factories import PASSWORD, CommuneFactory, DistrictFactory, ProvinceFactory, UserFactory, user_with
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime.datetime(2026, 3, 10, 2, 0, tzinfo=datetime.UTC)
OWN = "câu riêng chỉ mình tôi nhớ"


def enter(client: Client, name: str, password: str) -> Any:
    return client.post("/dang-nhap/", {"login": name, "password": password})


# ---- what they are made of ---------------------------------------------------------------------------------------
@pytest.fixture
def lan() -> User:
    province = ProvinceFactory(name="Tỉnh Lai Châu", code="12")
    commune = CommuneFactory(
        name="Xã Thèn Sin", code="03391", parent=DistrictFactory(name="Huyện Tam Đường", parent=province)
    )
    return user_with(Role.COMMUNE_EDITOR, commune, username="lan.thensin", full_name="Nguyễn Thị Lan")


@pytest.mark.parametrize(
    "password",
    [
        "ngắn mà lạ",  # 10
        "12345678901234567",
        "qwertyuiop123",
        "password1234",
        "ThenSin-2026!",
        "thèn sin 03391",
        "Tam Đường 2026",
        "TAMDUONG@12345",
        "Lai Châu, 2025",
        "lan.thensin2026",
        "Nguyễn Thị Lan 1990",
        "XaPhuHopVoiTreEm1",
        "Trẻ em 2026 2027",
        "matkhau@20262026",
    ],
)
def test_these_are_refused(lan: User, password: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_password(password, lan)
    assert all(sentence.endswith(".") for sentence in refused.value.messages)


@pytest.mark.parametrize(
    "password",
    [
        "mười hai chữ",  # exactly twelve
        "con ngựa xanh chạy qua cầu",
        "Thèn Sin có con ngựa xanh",  # a long sentence may name the commune
        "k7-vịt-bầu-đỏ",
        "a" * 3 + "đ1ặ" * 30,  # far beyond 64
        "  hai đầu có dấu cách  ",
    ],
)
def test_these_are_taken(lan: User, password: str) -> None:
    validate_password(password, lan)
    lan.set_password(password)
    assert lan.check_password(password)


def test_no_kind_of_letter_is_asked_for_unless_an_agency_wants_it() -> None:
    assert (real_settings.PASSWORD_MIN_CLASSES, real_settings.PASSWORD_MAX_AGE_DAYS) == (0, 0)
    validate_password("chỉ toàn chữ thường")
    strict = CharacterClassesValidator(min_classes=3)
    strict.validate("Có hoa, có thường")
    with pytest.raises(ValidationError, match="Dùng ít nhất 3 trong 4 loại"):
        strict.validate("chỉ toàn chữ thường")
    assert get_default_password_validators()[-1].min_classes == 0  # type: ignore[attr-defined]


def test_a_password_past_its_age_must_be_changed_first_where_an_age_is_set(lan: User, settings: Any) -> None:
    User.objects.filter(pk=lan.pk).update(password_changed_at=NOW)
    with time_machine.travel(NOW + datetime.timedelta(days=91), tick=False):
        client = signed_in(lan)
        assert client.get("/").status_code == 200
        settings.PASSWORD_MAX_AGE_DAYS = 90
        assert client.get("/")["Location"] == "/doi-mat-khau/"
        fields = {"oldpassword": PASSWORD, "password1": OWN, "password2": OWN, "next": "/"}
        assert client.post("/doi-mat-khau/", fields)["Location"] == "/"
        enter(client, "lan.thensin", OWN)
        assert client.get("/").status_code == 200


# ---- how they are kept -------------------------------------------------------------------------------------------
@override_settings(PASSWORD_HASHERS=real_settings.PASSWORD_HASHERS)
def test_passwords_are_kept_with_argon2_and_old_ones_change_over_at_sign_in(client: Client) -> None:
    assert make_password(OWN).startswith("argon2$argon2id$")
    user = UserFactory(username="lan")
    User.objects.filter(pk=user.pk).update(password=make_password(PASSWORD, hasher="pbkdf2_sha256"))
    enter(client, "lan", PASSWORD)
    user.refresh_from_db()
    assert identify_hasher(user.password).algorithm == "argon2"
    assert client.get("/doi-mat-khau/").status_code == 200  # and the session holds


# ---- those given to somebody -------------------------------------------------------------------------------------
@pytest.fixture
def admin() -> User:
    return user_with(Role.CATALOGUE_ADMIN, ProvinceFactory(new=True))


def opened_by(admin: User, at: datetime.datetime) -> services.NewAccount:
    unit = CommuneFactory(new=True, parent=admin.role_assignments.get().unit)
    return services.create_account(
        username="minh",
        full_name="Trần Minh",
        role=Role.COMMUNE_EDITOR,
        unit=unit,
        valid_from=datetime.date(2026, 1, 1),
        by=admin,
        at=at,
    )


def test_a_given_password_serves_once_and_leads_to_one_page_only(admin: User, client: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        account = opened_by(admin, NOW)
        enter(client, "minh", account.password)
        for page in ("/", "/ho-so/", "/doi-mat-khau/", "/tieu-chi/"):
            assert client.get(page, follow=True).redirect_chain[-1] == ("/dat-mat-khau/", 302)
        fragment = client.get("/ho-so/", headers={"HX-Request": "true"})
        assert (fragment.status_code, "Đặt mật khẩu riêng" in fragment.text) == (403, True)
        typed = client.post("/ho-so/", {"explanation": "Số liệu của trạm"})
        assert (typed.status_code, "Số liệu của trạm" in typed.text) == (409, True)

        again = Client()
        assert enter(again, "minh", account.password).status_code == 200  # used up, though nothing was chosen yet
        assert again.session.get("_auth_user_id") is None

        weak = client.post("/dat-mat-khau/", {"password1": "tranminh2026", "password2": "tranminh2026"})
        assert "Mật khẩu" in weak.text
        assert weak.status_code == 200
        client.post("/dat-mat-khau/", {"password1": OWN, "password2": OWN, "next": "/"})
        enter(client, "minh", OWN)
        assert client.get("/").status_code == 200
    assert list(AuditEvent.objects.order_by("seq").values_list("action", flat=True)) == [
        "create_account",
        "assign_role",
        "sign_in",
        "deny",
        "sign_in_failed",
        "change_password",
        "sign_out",
        "sign_in",
    ]


def test_a_given_password_ends_after_seventy_two_hours(admin: User, client: Client) -> None:
    account = opened_by(admin, NOW)
    with time_machine.travel(NOW + datetime.timedelta(hours=72), tick=False):
        late = enter(client, "minh", account.password)
        assert "Mật khẩu tạm đã hết hạn. Đề nghị cán bộ quản trị danh mục đặt lại." in late.text
        assert client.session.get("_auth_user_id") is None
    with time_machine.travel(NOW + datetime.timedelta(hours=72, seconds=-1), tick=False):
        assert enter(client, "minh", account.password).status_code == 302


def test_of_two_that_use_the_same_given_password_one_is_refused(admin: User) -> None:
    account = opened_by(admin, NOW)
    first, second = (User.objects.get(pk=account.user.pk) for _ in range(2))
    access.sign_in(user=first, at=NOW)
    with pytest.raises(Refused, match="Mật khẩu tạm này đã được dùng"):
        access.sign_in(user=second, at=NOW)


def test_a_reset_ends_the_old_password_and_gives_one_that_must_be_changed(admin: User, client: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        account = opened_by(admin, NOW)
        enter(client, "minh", account.password)
        client.post("/dat-mat-khau/", {"password1": OWN, "password2": OWN})
        given = services.reset_password(user=account.user, by=admin, at=NOW)
        assert enter(client, "minh", OWN).status_code == 200
        assert enter(client, "minh", given).status_code == 302
        assert client.get("/")["Location"] == "/dat-mat-khau/"


def test_a_password_that_is_given_is_never_more_than_three_days_valid() -> None:
    for hours in ("0", "73"):
        done = start(TEMPORARY_PASSWORD_HOURS=hours)
        assert done.returncode != 0
        assert "TEMPORARY_PASSWORD_HOURS phải từ 1 đến 72 giờ." in done.stderr


# ---- the first one -----------------------------------------------------------------------------------------------
def test_the_first_administrator_must_change_the_printed_password(client: Client) -> None:
    ProvinceFactory(new=True, code="82")
    out = io.StringIO()
    call_command("create_admin", username="quan.tri", full_name="Đỗ Văn Quản", province="82", stdout=out)
    enter(client, "quan.tri", out.getvalue().split()[-1])
    assert client.get("/")["Location"] == "/dat-mat-khau/"


def start(**environment: str) -> "subprocess.CompletedProcess[str]":
    """`manage.py check` as a province would run it."""
    production = {
        "PATH": os.environ["PATH"],
        "DEBUG": "0",
        "DEMO_ALLOWED": "0",
        "HTTPS": "1",
        "SECRET_KEY": "k" * 50,
        "AUDIT_KEY": "a" * 50,
        "EVIDENCE_KEY": "e" * 50,
        "MFA_KEY": "m" * 50,
        "VAR_DIR": str(django_settings.VAR_DIR),
        "DJANGO_SETTINGS_MODULE": "childfriendly.settings",
    }
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=production | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("key", [real_settings.SAMPLE_SECRET_KEY, ""])
def test_nothing_starts_in_production_with_the_sample_key_or_none(key: str) -> None:
    done = start(SECRET_KEY=key)
    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr
