"""Refusals as audit rows: who asked for what was not theirs (SECURITY.md A-01)."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from childfriendly.core import audit
from childfriendly.core.models import AuditEvent

ACTION = "deny"
AT_MOST, WITHIN = 20, timedelta(hours=1)


def note(request: HttpRequest, status: int, sentence: str = "") -> None:
    """One row, for a signed-in person and an address of ours. A 404 counts only where the address names an object by
    its uuid: it is how the answer looks for what belongs to others.

    At most 20 rows a person and hour: refusals are free, so without a limit one person could make the chain long, and
    everybody's appends wait. The last of them says so; the log of the server has the rest.
    """
    user, match = getattr(request, "user", None), request.resolver_match
    if user is None or not user.is_authenticated or match is None or settings.READ_ONLY:
        return
    objects = [str(value) for value in match.kwargs.values() if isinstance(value, UUID)]
    if status == 404 and not objects:
        return
    at = timezone.now()
    recent = AuditEvent.objects.filter(actor_id=str(user.pk), at__gt=at - WITHIN, result=audit.Result.DENIED).count()
    if recent >= AT_MOST:
        return
    audit.append(
        action=ACTION,
        object_type="address",
        object_id=objects[-1] if objects else "",
        object_name=request.path[:300],
        unit_id=user.audit_unit_id,
        by=user,
        at=at,
        after={"status": status, "method": request.method, **({"is_last": True} if recent == AT_MOST - 1 else {})},
        reason=sentence,
        result=audit.Result.DENIED,
    )
