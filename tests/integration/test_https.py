"""Cookies and redirects of a site that is served over HTTPS (SECURITY.md H-02, H-08)."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from tests.factories import UserFactory
from tests.processes import environment

pytestmark = pytest.mark.django_db(transaction=True)

COOKIES = """
import json
from django.conf import settings
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
from django.test import Client
from communes.models import User
client = Client(headers={"host": "xaphuhop.example.gov.vn"})
client.get("/dang-nhap/", secure=True)
user = User.objects.get()
user.set_password("một câu dài khó đoán")
user.save()
sent = {"login": user.username, "password": "một câu dài khó đoán"}
assert client.post("/dang-nhap/", sent, secure=True, headers={"referer": settings.SITE_URL}).status_code == 302
redirected = client.get("/dang-nhap/")
found = {
    name: [str(cookie["path"]), bool(cookie["secure"]), bool(cookie["httponly"]), cookie["samesite"], cookie["domain"]]
    for name, cookie in client.cookies.items()
}
secure = client.get("/healthz", secure=True)
print(json.dumps([found, redirected.status_code, redirected["Location"], secure["Strict-Transport-Security"]]))
"""


def test_over_https_cookies_are_bound_to_this_host_and_to_https() -> None:
    """The site's own settings, as a province runs it."""
    UserFactory()
    env = environment(
        DJANGO_SETTINGS_MODULE="childfriendly.settings",
        ALLOWED_HOSTS="xaphuhop.example.gov.vn",
        HTTPS="1",
        DEBUG="0",
        DEMO_ALLOWED="1",
        SITE_URL="https://xaphuhop.example.gov.vn",
    )
    code = f"import django; django.setup()\n{COOKIES}"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=Path(django_settings.BASE_DIR),
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    cookies: dict[str, Any]
    cookies, status, location, hsts = json.loads(done.stdout.splitlines()[-1])
    bound = ["/", True, True, "Lax", ""]
    assert cookies == {"__Host-csrftoken": bound, "__Host-sessionid": bound}
    assert (status, location) == (301, "https://xaphuhop.example.gov.vn/dang-nhap/")
    assert hsts == "max-age=31536000; includeSubDomains"
