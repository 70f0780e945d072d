"""Where a request comes from, for the audit and the log: services never see a request, yet their rows tell of it."""

import ipaddress
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Origin:
    """Empty outside a request: the command line, a background job."""

    request_id: str = ""
    address: str = ""


NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def origin() -> Origin:
    """The request that is being answered in this thread."""
    return _origin.get()


@contextmanager
def answering(request: HttpRequest) -> Iterator[Origin]:
    """Inside, `origin()` tells of this request. Its id is ours: one sent along could be made up to mislead a reader."""
    here = Origin(uuid.uuid4().hex, client_address(request))
    token = _origin.set(here)
    try:
        yield here
    finally:
        _origin.reset(token)


def client_address(request: HttpRequest) -> str:
    """The address of whoever asks, as our own nearest proxies saw it; "" where there is none (a unix socket).

    Each of PROXY_COUNT proxies adds the address it saw at the end of X-Forwarded-For. What stands further left is what
    the client claims, so it is never read (ASVS 15.3.4).
    """
    direct: str = request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    is_forwarded = 0 < settings.PROXY_COUNT <= len(hops)
    return _clean(hops[-settings.PROXY_COUNT]) or _clean(direct) if is_forwarded else _clean(direct)


def _clean(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.IPv6Address(int(address)))  # without a zone («%eth0»)
    return str(address)
