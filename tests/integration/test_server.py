"""The production server's settings, tried on a real gunicorn with a small application of the test's own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import until

ROOT = Path(__file__).resolve().parents[2]

APPLICATION = """
from pathlib import Path

def application(environ, start_response):
    with Path(__file__).with_name("begun").open("a") as begun:
        begun.write(".")
    length = len(environ["wsgi.input"].read())
    body = str(length).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        (folder / "small_app.py").write_text(APPLICATION)
        environment = {**os.environ, "PORT": str(self.port), "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
        with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "--pythonpath", str(folder), "small_app"],
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=err,
            )
        until(self.is_ready)

    def is_ready(self) -> bool:
        assert self.process.poll() is None, (self.folder / "err").read_text()
        return f":{self.port}/" in (self.folder / "out").read_text()

    def begun(self) -> int:
        """How many requests the application has been given: its workers may start long after the port is open."""
        told = self.folder / "begun"
        return len(told.read_text()) if told.exists() else 0

    def begin(self, *, sent: bytes, length: int) -> socket.socket:
        """A connection that has sent the head of a request, and of its body no more than `sent`."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        connection.sendall(head.encode() + sent)
        return connection

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def answer(connection: socket.socket) -> bytes:
    received = b""
    while chunk := connection.recv(4096):
        received += chunk
    connection.close()
    return received.partition(b"\r\n\r\n")[2]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path)
    yield running
    running.stop()


def test_two_slow_uploads_do_not_hold_up_a_third_person(server: Server) -> None:
    slow = [server.begin(sent=b"half", length=8) for _ in range(2)]
    until(lambda: server.begun() == 2)
    assert answer(server.begin(sent=b"quick", length=5)) == b"5"
    for connection in slow:
        connection.sendall(b"half")
    assert [answer(connection) for connection in slow] == [b"8", b"8"]


def test_an_upload_under_way_outlives_the_order_to_stop(server: Server) -> None:
    upload = server.begin(sent=b"half", length=8)
    until(lambda: server.begun() == 1)
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    upload.sendall(b"half")
    assert answer(upload) == b"8"
    assert server.process.wait(timeout=60) == 0


def test_no_control_socket_is_opened(server: Server) -> None:
    assert [path for path in server.folder.rglob("*") if path.is_socket()] == []
