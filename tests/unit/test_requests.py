"""Where a request comes from: what our own proxies saw, never what the client says of itself."""

import pytest
from django.test import RequestFactory

from childfriendly.core.requests import NOWHERE, answering, client_address, origin


@pytest.mark.parametrize(
    ("proxies", "forwarded", "direct", "address"),
    [
        (0, None, "203.0.113.7", "203.0.113.7"),
        (0, "198.51.100.1", "203.0.113.7", "203.0.113.7"),  # nobody in front: the header is a claim
        (1, "198.51.100.1", "127.0.0.1", "198.51.100.1"),
        (1, "1.1.1.1, 198.51.100.1", "127.0.0.1", "198.51.100.1"),  # the left one is what the client sent along
        (2, "1.1.1.1, 198.51.100.1, 10.0.0.2", "127.0.0.1", "198.51.100.1"),
        (2, "198.51.100.1", "10.0.0.9", "10.0.0.9"),  # came past a proxy
        (1, None, "10.0.0.9", "10.0.0.9"),
        (1, "1.1.1.1, nonsense", "10.0.0.9", "10.0.0.9"),
        (1, "<script>", "10.0.0.9", "10.0.0.9"),
        (1, " 2001:DB8::1 ", "127.0.0.1", "2001:db8::1"),
        (1, "::ffff:198.51.100.1", "127.0.0.1", "198.51.100.1"),
        (1, "fe80::1%eth0", "127.0.0.1", "fe80::1"),
        (0, None, "", ""),  # a unix socket
    ],
)
def test_the_address_is_what_the_nearest_own_proxy_saw(
    settings: object, proxies: int, forwarded: str | None, direct: str, address: str
) -> None:
    settings.PROXY_COUNT = proxies  # type: ignore[attr-defined]
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    request = RequestFactory().get("/", REMOTE_ADDR=direct, headers=headers)
    assert client_address(request) == address


def test_each_request_has_an_id_of_its_own_and_nothing_has_one_outside() -> None:
    request = RequestFactory().get("/", REMOTE_ADDR="203.0.113.7", headers={"X-Request-ID": "made-up"})
    with answering(request) as first:
        assert origin() == first
    with answering(request) as second:
        assert origin() == second
    assert origin() == NOWHERE
    assert (len({first.request_id, second.request_id, "made-up"}), first.address) == (3, "203.0.113.7")
