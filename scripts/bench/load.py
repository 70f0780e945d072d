"""Many people at once, in small: threads with one kept-alive connection each, for a bounded time, on the loopback."""

import http.client
import itertools
import os
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
TIMEOUT = 30


@dataclass(frozen=True, slots=True)
class Visitor:
    """What one connection asks for, round and round. `must_hold` tells the page from an error or a sign-in page."""

    paths: Sequence[str]
    must_hold: bytes
    session: str = ""
    is_crowd: bool = False  # each request from another address, as the public comes


@dataclass(frozen=True, slots=True)
class Load:
    """What came of one burst; times in milliseconds."""

    requests_per_second: float
    p50: float
    p99: float
    server_cpu: float  # per request, over all processes of the server


class WrongAnswer(Exception):
    """The server answered something else than the page, so its speed means nothing."""


def _visit(port: int, visitor: Visitor, start: threading.Barrier, seconds: float, times: list[float]) -> None:
    connection = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT)
    headers = {"Cookie": f"sessionid={visitor.session}"} if visitor.session else {}
    start.wait()
    end = time.perf_counter() + seconds
    for path in itertools.cycle(visitor.paths):
        if visitor.is_crowd:
            headers["X-Forwarded-For"] = (
                f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.{secrets.randbelow(256)}"
            )
        began = time.perf_counter()
        if began >= end:
            break
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        times.append(time.perf_counter() - began)
        if answer.status != http.HTTPStatus.OK or visitor.must_hold not in body:
            raise WrongAnswer(f"{path}: {answer.status}, {len(body)} bytes")
    connection.close()


def burst(port: int, visitors: Sequence[Visitor], seconds: float, server: "Processes") -> Load:
    """All visitors at once for some seconds."""
    times: list[list[float]] = [[] for _ in visitors]
    failures: list[Exception] = []
    start = threading.Barrier(len(visitors) + 1)

    def run(visitor: Visitor, mine: list[float]) -> None:
        try:
            _visit(port, visitor, start, seconds, mine)
        except (WrongAnswer, OSError, http.client.HTTPException) as error:
            failures.append(error)

    threads = [
        threading.Thread(target=run, args=(visitor, mine), daemon=True)
        for visitor, mine in zip(visitors, times, strict=True)
    ]
    for thread in threads:
        thread.start()
    cpu = server.cpu_seconds()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    if failures:
        raise failures[0]
    flat = sorted(itertools.chain.from_iterable(times))
    return Load(
        requests_per_second=len(flat) / took,
        p50=flat[len(flat) // 2] * 1000,
        p99=flat[min(len(flat) - 1, int(len(flat) * 0.99))] * 1000,
        server_cpu=(server.cpu_seconds() - cpu) / len(flat) * 1000,
    )


class Processes:
    """A server and its workers, to ask the kernel what they have used: neighbours on a shared machine disturb that far
    less than they disturb the clock."""

    def __init__(self, parent: int) -> None:
        self.parent = parent

    def cpu_seconds(self) -> float:
        """User and system time of the parent and of its children that live."""
        children = Path(f"/proc/{self.parent}/task/{self.parent}/children").read_text().split()
        ticks = 0
        for pid in (str(self.parent), *children):
            # after the name in brackets, which may hold spaces, come state, parent, … and, 12th and 13th, the times
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")
