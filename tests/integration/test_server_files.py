"""The files of docs/van-hanh, each judged by its own tool; and a real nginx with them in front of the real server."""

import http.client
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments.models import Evidence
from assessments.workflow import Status
from childfriendly.core import backup
from childfriendly.core.files import check_upload, store
from childfriendly.core.models import AuditEvent
from tests.factories import UserFactory, dossier_in, make_place, pdf_file
from tests.integration.test_server import free_port
from tests.processes import database_url, until

ROOT = Path(__file__).resolve().parents[2]
FILES = ROOT / "docs" / "van-hanh"
HOST = "xaphuhop.example.gov.vn"
LOG_FORMAT = re.search(r"^ *(log_format xaphuhop .*;)$", (FILES / "README.md").read_text(), re.MULTILINE)


def run(*command: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)


# ---- systemd -----------------------------------------------------------------------------------------------------
def test_the_units_are_what_systemd_understands(tmp_path: Path) -> None:
    """Nothing is said about them; and what a unit may do is little (0 is nothing at all, 100 is everything)."""
    units = []
    for path in sorted(FILES.glob("xaphuhop*")):
        units.append(tmp_path / path.name)
        units[-1].write_text(path.read_text().replace("/opt/xaphuhop", str(ROOT)))
    assert len(units) == 4
    done = run("systemd-analyze", "verify", *units)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for unit in units:
        if unit.suffix == ".service":
            done = run("systemd-analyze", "security", "--offline=yes", "--threshold=20", unit)
            assert done.returncode == 0, done.stdout


# ---- encryption --------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_backup_is_sealed_with_a_public_key_and_opened_elsewhere(tmp_path: Path, settings: Any) -> None:
    made = backup.make(tmp_path / "backups", at=timezone.now())
    home, key, out = tmp_path / "elsewhere", tmp_path / "key.asc", tmp_path / "out"
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
    assert run(*gpg, "--quick-generate-key", "Sao lưu thử", "rsa2048", "encr", "never").returncode == 0
    key.write_text(run(*gpg, "--armor", "--export", "Sao lưu thử").stdout)
    script = FILES / "ma-hoa-ban-sao.sh"
    done = run(script, tmp_path / "backups", key, out)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"Đã mã hóa: {out}/{made.name}.tar.gpg\n", "")
    assert run(script, tmp_path / "backups", key, out).stdout == f"Bản {made.name} đã được mã hóa.\n"
    sealed = out / f"{made.name}.tar.gpg"
    assert [path.name for path in out.iterdir()] == [sealed.name]
    assert b"manifest.json" not in sealed.read_bytes()
    opened = tmp_path / "opened"
    opened.mkdir()
    run(*gpg, "--output", opened / "it.tar", "--decrypt", sealed)
    run("tar", "--extract", "--file", opened / "it.tar", "--directory", opened)
    run("gpgconf", "--homedir", home, "--kill", "all")
    assert backup.verify(opened / made.name) == backup.verify(made)


# ---- nginx -------------------------------------------------------------------------------------------------------
@dataclass
class Front:
    port: int
    server_port: int
    cookie: str = ""

    def ask(
        self, method: str, path: str, *, host: str = HOST, body: bytes = b"", direct: bool = False, **headers: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        if direct:
            connection = http.client.HTTPConnection("127.0.0.1", self.server_port, timeout=30)
        else:
            unverified = ssl.create_default_context()
            unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
            connection = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=unverified)
        sent = {"Host": host, **({"Cookie": self.cookie} if self.cookie else {})}
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        connection.request(method, path, body=body or None, headers=sent)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        return response, content


# What the server says of a file. Where nginx sends the bytes itself, it keeps the first three of its own accord.
OF_A_FILE = (
    "Content-Type",
    "Content-Disposition",
    "Cache-Control",
    "Content-Security-Policy",
    "Cross-Origin-Opener-Policy",
    "Cross-Origin-Resource-Policy",
    "Permissions-Policy",
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "X-Frame-Options",
    "X-Robots-Tag",
    "Referrer-Policy",
)


def make_certificate(folder: Path) -> None:
    names = ["-keyout", str(folder / "khoa.pem"), "-out", str(folder / "chung-thu.pem"), "-subj", f"/CN={HOST}"]
    done = run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def front(tmp_path: Path, transactional_db: None) -> Iterator[Front]:
    """nginx with our file, but for its ports and folders, before gunicorn on the test's database and files."""
    ports = Front(free_port(), free_port())
    make_certificate(tmp_path)
    run_dir = tmp_path / "nginx"
    run_dir.mkdir()
    site = (
        (FILES / "nginx.conf")
        .read_text()
        .replace("listen 443", f"listen 127.0.0.1:{ports.port}")
        .replace("listen 80", f"listen 127.0.0.1:{free_port()}")
        .replace("127.0.0.1:8000", f"127.0.0.1:{ports.server_port}")
        .replace("/etc/ssl/xaphuhop/", f"{tmp_path}/")
        .replace("/var/log/nginx/", f"{run_dir}/")
        .replace("/var/lib/xaphuhop/files/", f"{django_settings.MEDIA_ROOT}/")
    )
    assert LOG_FORMAT is not None
    places = "".join(
        f"{kind}_temp_path {run_dir}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = run_dir / "nginx.conf"
    user = "user root;\n" if os.geteuid() == 0 else ""
    whole.write_text(
        f"{user}daemon off;\npid {run_dir}/pid;\nerror_log {run_dir}/error.log;\nworker_processes 1;\nevents {{}}\n"
        f"http {{\n{places}{LOG_FORMAT[1]}\n{site}\n}}\n"
    )
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert nginx is not None
    done = run(nginx, "-t", "-q", "-c", whole)
    assert (done.returncode, done.stderr) == (0, "")

    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "ALLOWED_HOSTS": HOST,
        "DATABASE_URL": database_url(),
        "DEMO_ALLOWED": "1",
        "HTTPS": "1",
        "PORT": str(ports.server_port),
        "PROXY_COUNT": "1",
        "PROXY_REQUEST_TIME": "1",
        "SECRET_KEY": django_settings.SECRET_KEY,
        "SITE_URL": f"https://{HOST}",
        "VAR_DIR": str(tmp_path),
        "X_ACCEL_PREFIX": "/kho-tep/",
    }
    done = run(sys.executable, "manage.py", "collectstatic", "--no-input", cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr
    with (tmp_path / "log").open("wb") as log:
        started = [
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
            for command in (
                [nginx, "-c", str(whole)],
                [sys.executable, "-m", "gunicorn", "--config", "gunicorn.conf.py", "childfriendly.wsgi"],
            )
        ]

    def is_up() -> bool:
        assert [process.poll() for process in started] == [None, None], (tmp_path / "log").read_text()
        try:
            return ports.ask("GET", "/healthz")[0].status == 200
        except OSError:
            return False

    try:
        until(is_up)
        yield ports
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(timeout=30)


def test_nginx_in_front_of_the_server_does_what_the_runbook_says(front: Front, settings: Any) -> None:
    place = make_place()
    dossier = dossier_in(Status.DRAFT, place)
    content = pdf_file().read() + b"%" * 5000
    checked = check_upload(pdf_file("ke-hoach.pdf", content), max_bytes=10_000, allowed=["pdf"])
    evidence = Evidence.objects.create(
        dossier=dossier,
        item="TC01.1",
        name=checked.name,
        path=store(checked, root=Path(settings.MEDIA_ROOT)),
        sha256=checked.sha256,
        sent_sha256=checked.sent_sha256,
        size=checked.size,
        content_type=checked.content_type,
        uploaded_by=place.editors[0],
        uploaded_at=place.at,
    )
    client = Client()
    client.force_login(place.editors[0])
    cookie = f"__Host-sessionid={client.cookies[settings.SESSION_COOKIE_NAME].value}"

    # a page over HTTPS, by nginx without its version
    answer, _ = front.ask("GET", "/dang-nhap/")
    assert (answer.status, answer.headers["Server"]) == (200, "nginx")
    assert "max-age=" in answer.headers["Strict-Transport-Security"]

    # more than an upload may have: refused before a byte of it is read
    answer, _ = front.ask("POST", "/dang-nhap/", Content_Length=str(26 * 1024 * 1024))
    assert answer.status == 413

    # a file: the server names it, nginx sends it, and nobody fetches it by that name
    front.cookie = cookie
    page = reverse("assessments:evidence", args=[evidence.uuid])
    answer, body = front.ask("GET", page, direct=True, X_Forwarded_Proto="https", X_Forwarded_For="192.0.2.7")
    assert (answer.status, answer.headers["X-Accel-Redirect"], body) == (200, f"/kho-tep/{evidence.path}", b"")
    answer, body = front.ask("GET", page)
    assert (answer.status, body == content, answer.headers["X-Accel-Redirect"]) == (200, True, None)
    named, _ = front.ask("GET", page, direct=True, X_Forwarded_Proto="https", X_Forwarded_For="192.0.2.7")
    assert [answer.headers[name] for name in OF_A_FILE] == [named.headers[name] for name in OF_A_FILE]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    answer, body = front.ask("GET", page, Range="bytes=0-3")
    assert (answer.status, body) == (206, b"%PDF")
    answer, body = front.ask("GET", f"/kho-tep/{evidence.path}")
    assert (answer.status, b"%PDF" in body) == (404, False)
    front.cookie = ""

    # an address that a browser makes up is not believed
    answer, body = front.ask("GET", "/dang-nhap/")
    csrf = answer.headers["Set-Cookie"].split(";")[0]
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', body)
    assert token is not None
    form = {"csrfmiddlewaretoken": token[1].decode(), "login": UserFactory().username, "password": "sai-hoan-toan"}
    before = AuditEvent.objects.count()
    front.ask(
        "POST",
        "/dang-nhap/",
        body=urlencode(form).encode(),
        Content_Type="application/x-www-form-urlencoded",
        Cookie=csrf,
        Origin=f"https://{HOST}",
        Referer=f"https://{HOST}/dang-nhap/",
        X_Forwarded_For="203.0.113.9",
        Forwarded="for=203.0.113.9",
    )
    assert AuditEvent.objects.count() == before + 1
    assert AuditEvent.objects.latest("seq").address == "127.0.0.1"

    # details of the readiness are for this machine, and through nginx nobody is this machine
    answer, body = front.ask("GET", "/readyz")
    assert (answer.status, body) == (200, b"ok\n")

    # another name of this machine: no answer at all
    with pytest.raises((http.client.RemoteDisconnected, ssl.SSLError, ConnectionResetError)):
        front.ask("GET", "/dang-nhap/", host="192.0.2.1")


def test_requests_to_sign_in_are_limited(front: Front) -> None:
    statuses = [front.ask("GET", "/dang-nhap/")[0].status for _ in range(30)]
    assert statuses[:5] == [200] * 5
    assert statuses[-1] == 429


def test_a_request_is_buffered_before_the_server_hears_of_it(front: Front) -> None:
    """Twenty people whose upload stands still hold up nobody: the server has eight threads."""
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    head = f"POST /doi-mat-khau/ HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 20000000\r\n\r\n".encode()
    waiting = []
    for _ in range(20):
        connection = unverified.wrap_socket(socket.create_connection(("127.0.0.1", front.port)), server_hostname=HOST)
        connection.sendall(head + b"x" * 1000)
        waiting.append(connection)
    assert front.ask("GET", "/dang-nhap/")[0].status == 200
    for connection in waiting:
        connection.close()
