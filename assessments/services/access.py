"""Opening a file that one may open only with a reason, telling a second person of it, and locking a file."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from assessments.models import Evidence, EvidenceAccess
from assessments.permissions import Door, check_can_protect, door_to
from assessments.services.moves import role_text
from childfriendly.core import audit
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.text import nfc
from communes.models import Role, User
from communes.queries import roles_of


def roles_towards(by: User, evidence: Evidence, at: datetime) -> str:
    """By which of the person's roles the file is in reach, for the audit."""
    dossier = evidence.dossier
    units = {dossier.commune_id, dossier.appraising_unit_id, dossier.deciding_unit_id}
    return "; ".join(
        role_text(Role(held.role), held.unit, by, at)
        for held in roles_of(by, timezone.localdate(at))
        if held.unit_id in units or held.role in {Role.INSPECTOR, Role.PROVINCE_STAFF}
    )


def may_open(evidence: Evidence, *, by: User, at: datetime) -> bool:
    """Whether the file opens without being asked why: by right, or because the reason was given minutes ago."""
    door = door_to(by, evidence, at=at)
    if door in (Door.OPEN, Door.CLOSED):
        return door is Door.OPEN
    live = EvidenceAccess.objects.live(evidence, by, at)
    return live.filter(is_emergency=True).exists() if door is Door.GLASS else live.exists()


@transaction.atomic
def open_evidence(*, evidence: Evidence, reason: str, by: User, at: datetime) -> EvidenceAccess:
    """Open one file to one person for some minutes. Breaking the glass shows at once on the home page of those in whose
    care the file is."""
    door = door_to(by, evidence, at=at)
    if door not in (Door.REASON, Door.GLASS):
        raise Refused("Tệp này không mở được bằng cách ghi lý do. Mở lại trang hồ sơ.")
    reason = nfc(reason).strip()
    if not reason:
        raise Refused("Ghi lý do mở tệp.")
    is_emergency = door is Door.GLASS
    access = EvidenceAccess.objects.create(
        evidence=evidence,
        reader=by,
        reader_role=roles_towards(by, evidence, at)[:300],
        reason=reason,
        is_emergency=is_emergency,
        opened_at=at,
        until=at + timedelta(minutes=settings.EVIDENCE_ACCESS_MINUTES),
    )
    audit.record(
        "break_glass" if is_emergency else "open_sensitive_evidence",
        evidence.dossier,
        by=by,
        at=at,
        role=access.reader_role,
        after={"item": evidence.item, "sha256": evidence.sha256, "evidence": str(evidence.uuid)},
        reason=reason,
    )
    return access


@transaction.atomic
def acknowledge(*, access_id: int, by: User, at: datetime) -> EvidenceAccess:
    """«Đã biết»: the second person has read who opened what, and why."""
    waiting = EvidenceAccess.objects.to_acknowledge(by, timezone.localdate(at)).filter(pk=access_id)
    access = waiting.select_related("evidence__dossier").first()
    if access is None:
        raise Stale("Lần mở khẩn này đã có người xác nhận. Mở lại trang để xem các việc còn lại.")
    rows = EvidenceAccess.objects.filter(pk=access.pk, acknowledged_at__isnull=True)
    if not rows.update(acknowledged_at=at, acknowledged_by=by):
        raise Stale("Lần mở khẩn này đã có người xác nhận. Mở lại trang để xem các việc còn lại.")
    audit.record(
        "acknowledge_break_glass",
        access.evidence.dossier,
        by=by,
        at=at,
        role=roles_towards(by, access.evidence, at),
        after={"item": access.evidence.item, "evidence": str(access.evidence.uuid)},
    )
    return access


@transaction.atomic
def note_reading(*, evidence: Evidence, by: User, at: datetime) -> None:
    """Opening a file about single children leaves a row: who read it, when, and by which role (SECURITY.md, duties)."""
    audit.record(
        "read_sensitive_evidence",
        evidence.dossier,
        by=by,
        at=at,
        role=roles_towards(by, evidence, at),
        after={"item": evidence.item, "sha256": evidence.sha256, "evidence": str(evidence.uuid)},
    )


# ---- locking -----------------------------------------------------------------------------------------------------
def lock_evidence(*, evidence: Evidence, reason: str, by: User, at: datetime) -> None:
    """Khóa tệp, ngừng xử lý: from now on only breaking the glass opens it (Luật 91/2025, Điều 24)."""
    _set_lock(evidence, "lock_evidence", reason, by, at, is_locked=True)


def unlock_evidence(*, evidence: Evidence, reason: str, by: User, at: datetime) -> None:
    _set_lock(evidence, "unlock_evidence", reason, by, at, is_locked=False)


@transaction.atomic
def _set_lock(evidence: Evidence, action: str, reason: str, by: User, at: datetime, *, is_locked: bool) -> None:
    check_can_protect(by, evidence, at=at)
    reason = nfc(reason).strip()
    if not reason:
        raise Refused("Ghi lý do khóa tệp." if is_locked else "Ghi lý do mở khóa tệp.")
    rows = Evidence.objects.filter(pk=evidence.pk, locked_at__isnull=is_locked)
    if not rows.update(locked_at=at if is_locked else None):
        raise Stale("Tệp vừa được người khác khóa hoặc mở khóa. Mở lại trang để xem tình trạng mới.")
    audit.record(
        action,
        evidence.dossier,
        by=by,
        at=at,
        role=roles_towards(by, evidence, at),
        after={"item": evidence.item, "sha256": evidence.sha256, "evidence": str(evidence.uuid)},
        reason=reason,
    )
