"""The second factor: a code of an app on the phone (TOTP), with recovery codes for the day the phone is lost.

django-allauth keeps the rows and asks at sign-in. Ours: seeds are encrypted, a code serves once, some roles must have
it, and every change is a service with its row in the audit (SECURITY.md N-06 to N-08)."""

import base64
import datetime
from typing import Final

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from childfriendly.core import audit
from childfriendly.core.exceptions import Refused, Stale
from communes import sessions
from communes.models import Role, User
from communes.queries import roles_of
from communes.services import check_can_administer_account

# Whoever decides, watches over others' dossiers or gives rights. Communes: SECOND_FACTOR_FOR_COMMUNES.
ROLES_THAT_NEED_IT: Final = frozenset(
    {
        Role.APPRAISER,
        Role.HEAD_OF_OFFICE,
        Role.LEADER,
        Role.CLERK,
        Role.PROVINCE_STAFF,
        Role.INSPECTOR,
        Role.CATALOGUE_ADMIN,
        Role.SYSTEM_ADMIN,
    }
)
_COMMUNE_ROLES: Final = frozenset({Role.COMMUNE_EDITOR, Role.COMMUNE_HEAD})
_SEED_KEYS: Final = ("secret", "seed")
_STEPS_TO_REMEMBER_A_CODE: Final = 4  # longer than a code is valid


# ---- who ---------------------------------------------------------------------------------------------------------
def is_required(user: User, today: datetime.date) -> bool:
    if settings.SECOND_FACTOR_WAIVED:
        return False
    needed = ROLES_THAT_NEED_IT | (_COMMUNE_ROLES if settings.SECOND_FACTOR_FOR_COMMUNES else frozenset())
    return roles_of(user, today).has(*needed)


def has_one(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def recovery_codes_left(user: User) -> int:
    kept = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return len(RecoveryCodes(kept).get_unused_codes()) if kept else 0


# ---- seeds at rest -----------------------------------------------------------------------------------------------
def _fernet() -> MultiFernet:
    """The first key of MFA_KEY encrypts, all of them decrypt."""
    return MultiFernet([_key(text) for text in settings.MFA_KEY.split(",")])


def _key(text: str) -> Fernet:
    derived = HKDF(SHA256(), length=32, salt=None, info=b"childfriendly second factor").derive(text.strip().encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def encrypt(text: str) -> str:
    return _fernet().encrypt(text.encode()).decode()


def decrypt(text: str) -> str:
    try:
        return _fernet().decrypt(text.encode()).decode()
    except InvalidToken as error:
        raise Refused("Khóa MFA_KEY không mở được xác thực hai bước này; báo người vận hành máy chủ.") from error


@transaction.atomic
def encrypt_anew() -> int:
    """Moves every seed to the first key, so that the others can be taken out of MFA_KEY. Returns how many."""
    kept = list(Authenticator.objects.select_for_update())
    for row in kept:
        seeds = {name: row.data[name].encode() for name in _SEED_KEYS if name in row.data}
        row.data |= {name: _fernet().rotate(seed).decode() for name, seed in seeds.items()}
        row.save(update_fields=["data"])
    return len(kept)


# ---- codes -------------------------------------------------------------------------------------------------------
def matching_counter(seed: str, code: str) -> int | None:
    """The step of time to which the code belongs, now or one step beside it; None for a wrong code."""
    typed = "".join(code.split())
    for counter in yield_hotp_counters_from_time():
        if constant_time_compare(typed, format_hotp_value(hotp_value(seed, counter))):
            return int(counter)
    return None


def use_code(user: User, code: str) -> Authenticator | None:
    """The second factor that this code proves, used up by that; None for a wrong or used one.

    allauth would remember a used code for one step of time, though it takes it for three.
    """
    for kept in Authenticator.objects.filter(user=user):
        if kept.type == Authenticator.Type.TOTP:
            counter = matching_counter(decrypt(kept.data["secret"]), code)
            if counter is not None and _is_first_use(kept, counter):
                return kept
        elif RecoveryCodes(kept).validate_code(code):
            return kept
    return None


def _is_first_use(kept: Authenticator, counter: int) -> bool:
    """The database's unique key decides between two that come at once."""
    return cache.add(f"code-used:{kept.pk}:{counter}", 1, timeout=_STEPS_TO_REMEMBER_A_CODE * settings.MFA_TOTP_PERIOD)


# ---- changes -----------------------------------------------------------------------------------------------------
@transaction.atomic
def enrol(*, user: User, seed: str, code: str, at: datetime.datetime) -> list[str]:
    """Turns the second factor on, ends all sessions but the one whose hash is renewed by the caller, and returns the
    recovery codes, which are shown once."""
    counter = matching_counter(seed, code)
    if counter is None:
        raise Refused("Mã chưa đúng. Xem lại mã đang hiện trong ứng dụng và giờ của điện thoại, rồi nhập lại.")
    try:
        with transaction.atomic():
            kept = TOTP.activate(user, seed).instance
    except IntegrityError as error:
        raise Stale("Tài khoản này đã bật xác thực hai bước; tải lại trang.") from error
    _is_first_use(kept, counter)
    codes = _fresh_codes(user)
    sessions.end_everywhere(user)
    audit.record("enrol_second_factor", user, by=user, at=at)
    return codes


@transaction.atomic
def renew_recovery_codes(*, user: User, at: datetime.datetime) -> list[str]:
    if not has_one(user):
        raise Refused("Bật xác thực hai bước trước khi tạo mã dự phòng.")
    codes = _fresh_codes(user)
    sessions.end_everywhere(user)
    audit.record("renew_recovery_codes", user, by=user, at=at)
    return codes


def check_can_remove(user: User, today: datetime.date) -> None:
    if is_required(user, today):
        raise Refused("Vai trò đang giữ bắt buộc xác thực hai bước. Đổi điện thoại: đề nghị quản trị danh mục đặt lại.")


@transaction.atomic
def remove(*, user: User, at: datetime.datetime) -> None:
    check_can_remove(user, timezone.localdate(at))
    _delete(user)
    audit.record("remove_second_factor", user, by=user, at=at)


@transaction.atomic
def reset(*, user: User, by: User | None, at: datetime.datetime, reason: str) -> None:
    """For somebody whose phone and recovery codes are lost: the next sign-in goes by password alone and leads to a new
    enrolment. `by=None` is the operator on the server."""
    if by is not None:
        check_can_administer_account(by, user, timezone.localdate(at))
    if not reason.strip():
        raise Refused("Nhập lý do đặt lại xác thực hai bước.")
    _delete(user)
    role = Role.CATALOGUE_ADMIN.label if by else ""
    audit.record("reset_second_factor", user, by=by, at=at, role=role, reason=reason.strip())


def _fresh_codes(user: User) -> list[str]:
    Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    codes: list[str] = RecoveryCodes.activate(user).get_unused_codes()
    return codes


def _delete(user: User) -> None:
    deleted, _ = Authenticator.objects.filter(user=user).delete()
    if not deleted:
        raise Stale(f"{user} chưa bật xác thực hai bước; tải lại trang.")
    sessions.end_everywhere(user)
