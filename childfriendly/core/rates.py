"""How often one address may ask for a page that needs no sign-in.

Writing to the database for every visitor would cost more than the pages themselves. So the first few requests of an
address in a minute are counted in the memory of the process alone, and only who asks for more is counted by all
processes together, in the shared cache (allauth's counting, as for sign-ins). An address thus gets at most `per_minute`
and `UNSHARED` times the number of processes.
"""

import threading
import time
from collections import Counter
from typing import Final

from allauth.core.internal import ratelimit
from django.http import HttpRequest

from childfriendly.core.exceptions import TooMany
from childfriendly.core.requests import client_address

UNSHARED: Final = 5
_MOST_ADDRESSES: Final = 20_000  # remembered; more in one minute are counted in the shared cache at once


class _Minute:
    """What this process has counted in the minute that runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.clear()

    def clear(self) -> None:
        self._minute, self._counts = 0, Counter[tuple[str, str]]()

    def add(self, action: str, address: str) -> int:
        with self._lock:
            minute = int(time.time()) // 60
            if minute != self._minute:
                self._minute, self._counts = minute, Counter()
            if len(self._counts) >= _MOST_ADDRESSES and (action, address) not in self._counts:
                return UNSHARED + 1
            self._counts[action, address] += 1
            return self._counts[action, address]


counted_here = _Minute()


def check_rate(request: HttpRequest, action: str, per_minute: int) -> None:
    """Raises TooMany for more than that within a minute. Addresses of IPv6 count by their network, which is what one
    subscriber has."""
    address = ratelimit.truncate_ip(client_address(request))
    if counted_here.add(action, address) <= min(UNSHARED, per_minute):
        return
    usage = ratelimit.consume(
        request, app="public", action=action, config={action: f"{per_minute}/m/key"}, key=address, limit_get=True
    )
    if usage is None:
        raise TooMany("Máy này vừa gửi quá nhiều yêu cầu. Đợi một phút rồi làm lại.")
