"""Others' pages while slow lines hold the server: twenty uploads that trickle in, and a few people who read.

How long a reader waits is what counts: a page that nobody would wait for any longer counts as having taken so long.
"""

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from load import HOST, Visitor
from server import free_port

UPLOADS = 20
BYTES_PER_SECOND = 1024
LENGTH = 200 * 1024  # of each upload: none of them is done when the time is up
READERS = 4
PATIENCE = 10.0  # seconds after which a reader gives up
BOUNDARY = "bench"
TOKEN = "a" * 32  # any, as long as cookie and form say the same


@dataclass(frozen=True, slots=True)
class Waits:
    """What the readers waited, in milliseconds, and how many pages never came."""

    p50: float
    p99: float
    pages: int
    unanswered: int


@contextmanager
def nginx(folder: Path, server_port: int) -> Iterator[int | None]:
    """An nginx that takes a request in whole before it hands it on, as docs/van-hanh/nginx.conf has it; None without
    one on this machine."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        yield None
        return
    port, places = free_port(), folder / "nginx"
    places.mkdir(mode=0o777)
    temporary = "".join(f"{kind}_temp_path {places}/{kind}; " for kind in ("client_body", "proxy", "fastcgi"))
    temporary += f"uwsgi_temp_path {places}/uwsgi; scgi_temp_path {places}/scgi;"
    configuration = places / "nginx.conf"
    configuration.write_text(
        f"daemon off; master_process off; pid {places}/pid; error_log {places}/error.log; events {{}}\n"
        f"http {{ access_log off; {temporary} client_max_body_size 25m; proxy_request_buffering on;\n"
        f"server {{ listen {HOST}:{port}; location / {{ proxy_pass http://{HOST}:{server_port}; "
        "proxy_set_header Host $host; } } }\n"
    )
    process = subprocess.Popen([program, "-e", f"{places}/error.log", "-c", configuration])  # noqa: S603 — as above
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection((HOST, port), timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("nginx did not start.")


def waits(port: int, uploads: Sequence[Visitor], readers: Sequence[Visitor], seconds: float) -> Waits:
    """Starts the uploads, lets them arrive, and then reads pages for some seconds."""
    over = threading.Event()
    with ExitStack() as stack:
        trickles = [
            threading.Thread(target=_trickle, args=[port, uploads[number % len(uploads)], over], daemon=True)
            for number in range(UPLOADS)
        ]
        stack.callback(over.set)
        for thread in trickles:
            thread.start()
        time.sleep(2)
        times: list[float | None] = []
        reading = [
            threading.Thread(target=_read, args=[port, reader, time.monotonic() + seconds, times], daemon=True)
            for reader in readers[:READERS]
        ]
        for thread in reading:
            thread.start()
        for thread in reading:
            thread.join()
    for thread in trickles:
        thread.join()
    found = sorted(PATIENCE if one is None else one for one in times)
    return Waits(
        p50=found[len(found) // 2] * 1000,
        p99=found[min(len(found) - 1, int(len(found) * 0.99))] * 1000,
        pages=sum(one is not None for one in times),
        unanswered=times.count(None),
    )


def _trickle(port: int, upload: Visitor, over: threading.Event) -> None:
    form = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{TOKEN}\r\n'
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="ke-hoach.pdf"\r\n'
        "Content-Type: application/pdf\r\n\r\n%PDF-1.4\n"
    )
    head = (
        f"POST {upload.paths[0]} HTTP/1.1\r\nHost: {HOST}\r\n"
        f"Cookie: sessionid={upload.session}; csrftoken={TOKEN}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {LENGTH}\r\n\r\n"
    )
    with socket.create_connection((HOST, port), timeout=10) as line:
        line.sendall((head + form).encode())
        while not over.wait(1):
            try:
                line.sendall(b"%" * BYTES_PER_SECOND)
            except OSError:  # the server gave up on it, and the readers have their place
                return


def _read(port: int, reader: Visitor, end: float, times: list[float | None]) -> None:
    """One page after the other, each over a new connection, as somebody who comes anew."""
    number = 0
    while (began := time.monotonic()) < end:
        connection = HTTPConnection(HOST, port, timeout=PATIENCE)
        try:
            path = reader.paths[number % len(reader.paths)]
            connection.request("GET", path, headers={"Cookie": f"sessionid={reader.session}"})
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, HTTPException):
            times.append(None)
            return
        finally:
            connection.close()
        if reader.must_hold not in body:
            raise SystemExit(f"{path}: {answer.status}, {len(body)} bytes")
        times.append(time.monotonic() - began)
        number += 1
