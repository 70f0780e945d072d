import ipaddress
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as properties

from papers.filling import FILLERS
from tests.fillers import TINY
from tests.unguarded import unguarded

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex
_getaddrinfo = socket.getaddrinfo

# A slow machine is no fault of the code: nothing here is judged by the clock.
properties.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
properties.load_profile("unhurried")


def _is_local(host: object) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _refuse_remote(address: object) -> None:
    if isinstance(address, tuple) and not _is_local(address[0]):
        pytest.fail(f"A test tried to reach the network: {address!r}")


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Only loopback and unix sockets: a test that needs the network is a test that fails on somebody's train."""

    def connect(self: socket.socket, address: Any) -> None:
        _refuse_remote(address)
        _connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        _refuse_remote(address)
        return _connect_ex(self, address)

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        _refuse_remote((host,))
        return _getaddrinfo(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        patch.setattr(socket.socket, "connect_ex", connect_ex)
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        yield


@pytest.fixture(autouse=True)
def private_files(settings: Any, tmp_path: Path) -> Path:
    """Uploads of one test are gone before the next."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.JOBS_ROOT = tmp_path / "jobs"
    settings.IMPORTS_ROOT = tmp_path / "imports"
    return tmp_path / "files"


@pytest.fixture
def tiny_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every paper says one sentence: for tests about the life of papers and not about their words."""
    for kind, filler in TINY.items():
        monkeypatch.setitem(FILLERS, kind, filler)


@pytest.fixture(scope="session", autouse=True)
def emptied_audit() -> Iterator[None]:
    """Tests with real transactions empty every table at their end, which the guards of the audit's table refuse."""
    empty = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def teardown(self: TransactionTestCase) -> None:
        with unguarded():
            empty(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield
