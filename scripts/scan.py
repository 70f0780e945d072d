"""`make scan`: a black-box scanner (wapiti) against the running demo on the loopback, as nobody and as each role.

The demo is built afresh in a temporary folder and thrown away afterwards, since the scanner presses every button it
finds. The result is written to docs/security/wapiti.md; a finding that EXPLAINED does not name makes the command fail.
"""

import argparse
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BASE_DIR = Path(__file__).resolve().parent.parent
REPORT = BASE_DIR / "docs" / "security" / "wapiti.md"
WAPITI = BASE_DIR / ".venv-scan" / "bin" / "wapiti"
HOST = "127.0.0.1"
START_SECONDS = 600  # the demo is built from nothing
NEVER_PRESSED = ("/dang-xuat/",)  # the scan of a role would end there
NEVER_ATTACKED = ("csrfmiddlewaretoken", "version")  # a wrong one ends each request before it reaches anything

# Every module that needs neither a database of known programs from the internet nor an outside server that the
# application would have to call. What those two would look for is tested by canaries of our own: no outgoing request
# from a PDF (tests/unit/test_papers_fetch_nothing.py), no entity from a workbook (tests/unit/test_sheets.py).
MODULES = (
    "backup,cookieflags,crlf,csp,csrf,exec,file,htaccess,http_headers,ldap,methods,permanentxss,redirect,shellshock,"
    "spring4shell,sql,timesql,upload,xss"
)

# (category, text in the finding) → why it is none. A finding that nothing here names is unexplained.
EXPLAINED: dict[tuple[str, str], str] = {
    ("Secure Flag cookie", ""): "the scan runs over plain HTTP; with HTTPS=1 both cookies are Secure and `__Host-`",
}


@dataclass(frozen=True, slots=True)
class Scan:
    """What one scan came to. `findings` are pairs of a category and a line that says where and what."""

    who: str
    pages: int
    seconds: float
    findings: list[tuple[str, str]] = field(default_factory=list)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def demo(folder: Path) -> Iterator[int]:
    """The system as `make run` starts it, with its own data; yields the port."""
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "SECRET_KEY"}},
        "ACCESS_LOG": os.devnull,
        "DEMO_ALLOWED": "1",
        "PORT": str(port),
        "SECOND_FACTOR_WAIVED": "1",
        "SECRET_KEY": "chi-dung-khi-quet-lo-hong-" + "0123456789" * 3,
        "VAR_DIR": str(folder / "var"),
    }
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "scripts/serve.py"], cwd=BASE_DIR, env=environment, stdout=output, stderr=output
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"The demo did not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.5)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()


def _answers(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection(HOST, port, timeout=5)
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False


def accounts() -> list[tuple[str, str]]:
    """One account of each role, as README lists them, and its password."""
    text = (BASE_DIR / "README.md").read_text(encoding="utf-8")
    password = re.search(r"Mật khẩu chung: `([^`]+)`", text)
    names = re.findall(r"`([a-z]+(?:\.30067)?\.thapmuoi)`", text)
    if password is None or not names:
        sys.exit("README.md lists no accounts of the demo.")
    return [(name, password[1]) for name in dict.fromkeys(names)]


def sign_in(port: int, username: str, password: str) -> str:
    """The session cookie of an account, got the way a browser gets it."""
    connection = http.client.HTTPConnection(HOST, port, timeout=30)
    connection.request("GET", "/dang-nhap/")
    page = connection.getresponse()
    html = page.read().decode()
    cookie = str(page.headers["Set-Cookie"]).partition(";")[0]
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', html)
    if token is None:
        sys.exit("The sign-in page has no form.")
    body = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1], "login": username, "password": password})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    connection.request("POST", "/dang-nhap/", body=body, headers=headers)
    answer = connection.getresponse()
    answer.read()
    cookies = [line.partition(";")[0] for line in answer.headers.get_all("Set-Cookie") or []]
    if answer.status != http.HTTPStatus.FOUND or not any("sessionid=" in text for text in cookies):
        sys.exit(f"{username} could not sign in: {answer.status}.")
    return ";".join(cookies)


def scan(who: str, port: int, cookie: str, folder: Path, seconds: int) -> Scan:
    began = time.monotonic()
    report = folder / f"{who}.json"
    url = f"http://{HOST}:{port}/"
    command = [str(WAPITI), "--url", url, "--scope", "folder", "--module", MODULES, "--flush-session", "--no-bugreport"]
    command += ["--max-scan-time", str(seconds), "--max-attack-time", str(seconds), "--depth", "4", "--tasks", "4"]
    command += ["--store-session", str(folder / "sessions"), "--format", "json", "--output", str(report), "-v", "0"]
    for path in NEVER_PRESSED:
        command += ["--exclude", url + path.lstrip("/")]
    for parameter in NEVER_ATTACKED:
        command += ["--skip", parameter]
    if cookie:
        command += ["--cookie-value", cookie]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 — the scanner
    if not report.exists():
        sys.exit(f"wapiti made no report for {who}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    findings = [
        (category, f"{entry['method']} {entry['path']} {entry['parameter'] or ''}: {entry['info']}".strip())
        for group in ("vulnerabilities", "anomalies")
        for category, entries in found[group].items()
        for entry in entries
    ]
    return Scan(who, int(found["infos"]["crawled_pages_nbr"]), time.monotonic() - began, findings)


def explanation(category: str, line: str) -> str:
    return next((why for (kind, text), why in EXPLAINED.items() if kind == category and text in line), "")


def written(scans: list[Scan], version: str, seconds: int) -> str:
    lines = [
        "# What a black-box scanner finds",
        "",
        "<!-- Written by `make scan`; do not edit by hand. -->",
        "",
        f"{version} against the demo as `make run` starts it, on the loopback over plain HTTP, once as nobody, once as",
        "each role of the story of Tháp Mười. It crawled what the account can reach and attacked forms and parameters",
        f"for at most {seconds} seconds with each of these modules:",
        "",
        f"{MODULES.replace(',', ', ')}.",
        "",
        "| as | pages crawled | seconds | findings | unexplained |",
        "|---|---|---|---|---|",
    ]
    seen: Counter[str] = Counter()
    unexplained: list[str] = []
    for made in scans:
        open_ones = [f"{made.who}: {kind}: {line}" for kind, line in made.findings if not explanation(kind, line)]
        unexplained += open_ones
        seen.update(f"{kind}: {explanation(kind, line)}" for kind, line in made.findings if explanation(kind, line))
        lines.append(f"| {made.who} | {made.pages} | {made.seconds:.0f} | {len(made.findings)} | {len(open_ones)} |")
    lines += ["", "## Explained", ""]
    lines += [f"- {text} ({times} ×)" for text, times in sorted(seen.items())] or ["Nothing had to be explained."]
    lines += ["", "## Unexplained", ""]
    lines += [f"- {text}" for text in unexplained] or ["None."]
    return "\n".join([*lines, ""])


def main() -> int:
    parser = argparse.ArgumentParser(prog="make scan", description="wapiti against the demo, as each role.")
    parser.add_argument("--seconds", type=int, default=20, help="at most, for the crawl and for each module (20)")
    parser.add_argument("--only", nargs="*", default=[], help="accounts to scan as, instead of all; writes no report")
    chosen = parser.parse_args()
    version = subprocess.run(  # noqa: S603 — the scanner
        [str(WAPITI), "--version"], capture_output=True, text=True, check=True
    ).stdout.split()[-1]
    scans: list[Scan] = []
    with tempfile.TemporaryDirectory(prefix="childfriendly-scan-") as name, demo(Path(name)) as port:
        # everybody signs in before nobody's scan, whose guesses lock the address
        cookies = {who: sign_in(port, who, password) for who, password in accounts()} | {"nobody": ""}
        for who, cookie in cookies.items():
            if chosen.only and who not in chosen.only:
                continue
            made = scan(who, port, cookie, Path(name), chosen.seconds)
            scans.append(made)
            print(f"{who}: {made.pages} pages, {len(made.findings)} findings, {made.seconds:.0f} s", flush=True)
            for kind, line in made.findings:
                if not explanation(kind, line):
                    print(f"  unexplained: {kind}: {line}", flush=True)
    if not chosen.only:
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(written(scans, f"wapiti {version}", chosen.seconds), encoding="utf-8")
    return int(any(not explanation(kind, line) for made in scans for kind, line in made.findings))


if __name__ == "__main__":
    sys.exit(main())
