"""Who gets in, how often one may try, and what the audit keeps of it (SECURITY.md N-03 to N-05)."""

import datetime
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.contrib.auth import hashers
from django.core.cache import cache
from django.db import connection
from django.test import Client

from childfriendly.core.models import AuditEvent
from communes.models import User
from tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime.datetime(2026, 3, 10, 2, 0, tzinfo=datetime.UTC)
WRONG = "Tên đăng nhập hoặc mật khẩu chưa đúng."
LOCKED = "Đã nhập sai nhiều lần liên tiếp. Đợi 5 phút rồi thử lại."


@pytest.fixture
def lan() -> User:
    return UserFactory(username="lan.nguyen", full_name="Nguyễn Thị Lan")


def enter(client: Client, name: str, password: str, **request: Any) -> Any:
    return client.post("/dang-nhap/", {"login": name, "password": password}, **request)


def outcome(response: Any) -> str:
    if response.status_code == 302:
        return "in"
    (found,) = [words for words in (WRONG, LOCKED) if words in response.text]
    assert response.status_code == (429 if found == LOCKED else 200)
    return "wrong" if found == WRONG else "locked"


def actions() -> list[str]:
    return list(AuditEvent.objects.order_by("seq").values_list("action", flat=True))


# ---- the lock ----------------------------------------------------------------------------------------------------
def test_the_sixth_wrong_try_waits_even_with_the_right_password_and_nobody_is_locked_for_good(lan: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        answers = [outcome(enter(Client(), "lan.nguyen", "sai")) for _ in range(6)]
        assert answers == ["wrong"] * 5 + ["locked"]
        locked = enter(Client(), "lan.nguyen", PASSWORD)
        assert (outcome(locked), locked["Retry-After"]) == ("locked", "300")
        clock.shift(datetime.timedelta(minutes=5, seconds=1))
        assert outcome(enter(Client(), "lan.nguyen", PASSWORD)) == "in"


def test_names_are_counted_as_one_however_they_are_typed(lan: User) -> None:
    typed = ["lan.nguyen", "LAN.NGUYEN", " lan.nguyen", "Lan.Nguyen", "lan.nguyen\u200b", "lan.NGUYEN"]
    assert [outcome(enter(Client(), name, "sai")) for name in typed] == ["wrong"] * 5 + ["locked"]


def test_an_unknown_name_gets_the_same_answers_as_a_known_one(lan: User) -> None:
    def answers(name: str) -> list[tuple[int, str]]:
        pages = [enter(Client(), name, "sai") for _ in range(6)]
        return [(page.status_code, page.text.replace(name, "NAME").split("</head>")[1]) for page in pages]

    def without_tokens(pages: list[tuple[int, str]]) -> list[tuple[int, str]]:
        return [(status, text[text.index("<h1>") : text.index("csrfmiddlewaretoken")]) for status, text in pages]

    assert without_tokens(answers("lan.nguyen")) == without_tokens(answers("khong.co.ai"))


def test_an_unknown_name_costs_as_many_hashes_as_a_known_one(lan: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work is counted instead of timed."""
    hashed: list[str] = []
    encode = hashers.MD5PasswordHasher.encode

    def count(self: Any, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(hashers.MD5PasswordHasher, "encode", count)
    enter(Client(), "lan.nguyen", "sai")
    known = len(hashed)
    enter(Client(), "khong.co.ai", "sai")
    assert (known, len(hashed) - known) == (1, 1)


def test_a_colleague_at_the_same_address_still_gets_in(lan: User) -> None:
    UserFactory(username="minh.tran")
    for _ in range(6):
        enter(Client(), "lan.nguyen", "sai")
    assert outcome(enter(Client(), "minh.tran", PASSWORD)) == "in"


def test_one_address_that_tries_many_names_is_stopped_at_fifty(lan: User) -> None:
    answers = Counter(outcome(enter(Client(), f"ten.{number}", "sai")) for number in range(51))
    assert answers == {"wrong": 50, "locked": 1}
    assert outcome(enter(Client(), "lan.nguyen", PASSWORD)) == "locked"
    assert outcome(enter(Client(REMOTE_ADDR="203.0.113.9"), "lan.nguyen", PASSWORD)) == "in"


def test_a_right_password_between_wrong_ones_does_not_start_the_count_again(lan: User) -> None:
    answers = [outcome(enter(Client(), "lan.nguyen", word)) for word in ["sai"] * 4 + [PASSWORD] + ["sai"] * 2]
    assert answers == ["wrong"] * 4 + ["in", "wrong", "locked"]


# ---- whose address -----------------------------------------------------------------------------------------------
def test_without_a_trusted_proxy_a_forwarded_address_counts_for_nothing(lan: User) -> None:
    answers = [
        outcome(enter(Client(), "lan.nguyen", "sai", headers={"X-Forwarded-For": f"198.51.100.{number}"}))
        for number in range(6)
    ]
    assert answers == ["wrong"] * 5 + ["locked"]


def test_behind_one_proxy_the_last_hop_counts_and_what_stands_before_it_does_not(lan: User, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    spoofed = [f"198.51.100.{number}, 203.0.113.7" for number in range(6)]
    answers = [outcome(enter(Client(), "lan.nguyen", "sai", headers={"X-Forwarded-For": chain})) for chain in spoofed]
    assert answers == ["wrong"] * 5 + ["locked"]
    other = enter(Client(), "lan.nguyen", PASSWORD, headers={"X-Forwarded-For": "203.0.113.8"})
    assert outcome(other) == "in"  # another client of the same proxy has a count of its own


def test_the_setting_that_is_documented_is_the_one_that_counts(settings: Any) -> None:
    assert settings.ALLAUTH_TRUSTED_PROXY_COUNT == settings.PROXY_COUNT


# ---- many at once ------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_twenty_tries_in_the_same_moment_get_no_more_than_five_chances() -> None:
    cache.clear()  # its table is emptied by no test's end
    UserFactory(username="lan.nguyen")
    barrier, answers = threading.Barrier(20), []

    def run() -> None:
        try:
            client = Client()
            barrier.wait(timeout=30)
            answers.append(outcome(enter(client, "lan.nguyen", "sai")))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(answers) == 20
    assert answers.count("wrong") <= 5
    while answers.count("wrong") < 5:  # whoever found the counter busy was turned away uncounted
        answers.append(outcome(enter(Client(), "lan.nguyen", "sai")))
        assert len(answers) <= 26
    assert outcome(enter(Client(), "lan.nguyen", PASSWORD)) == "locked"
    cache.clear()


TRY = """
import json, sys
from django.conf import settings
from django.db import connections
settings.DATABASES["default"]["NAME"] = connections["default"].settings_dict["NAME"] = sys.argv[1]
from django.test import Client
client = Client()
pages = [client.post("/dang-nhap/", {"login": "lan.nguyen", "password": "sai"}) for _ in range(3)]
print(json.dumps([page.status_code for page in pages]))
"""


@pytest.mark.django_db(transaction=True)
def test_two_processes_count_together() -> None:
    cache.clear()
    UserFactory(username="lan.nguyen")
    script = f"import django, os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'\ndjango.setup()\n{TRY}"
    database = str(connection.settings_dict["NAME"])
    seen = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", script, database],
            cwd=ROOT,
            env=os.environ,
            capture_output=True,
            text=True,
            check=True,
        )
        seen.append(json.loads(done.stdout.splitlines()[-1]))
    assert seen == [[200, 200, 200], [200, 200, 429]]
    assert outcome(enter(Client(), "lan.nguyen", PASSWORD)) == "locked"
    cache.clear()


# ---- what the audit keeps ----------------------------------------------------------------------------------------
def test_sign_ins_sign_outs_failures_and_locks_are_rows(lan: User) -> None:
    client = Client()
    enter(client, "lan.nguyen", PASSWORD)
    client.post("/dang-xuat/")
    for _ in range(8):
        enter(client, "lan.nguyen", "sai")
    assert actions() == ["sign_in", "sign_out", *["sign_in_failed"] * 5, "sign_in_locked"]
    rows = AuditEvent.objects.order_by("seq")
    assert {row.object_id for row in rows} == {str(lan.uuid)}
    assert [row.actor_name for row in rows[:3]] == ["Nguyễn Thị Lan", "Nguyễn Thị Lan", "Hệ thống"]


def test_a_failed_try_with_an_unknown_name_never_keeps_what_was_typed() -> None:
    secret = "mat-khau-go-nham-o-ten"
    enter(Client(), secret, "x")
    (row,) = AuditEvent.objects.values()
    assert secret not in json.dumps(row, default=str)
    assert (row["action"], row["object_id"]) == ("sign_in_failed", str(UUID(int=0)))


# ---- what is gone ------------------------------------------------------------------------------------------------
def test_a_stopped_account_reads_so_only_with_its_password(lan: User) -> None:
    User.objects.filter(pk=lan.pk).update(is_active=False)
    assert outcome(enter(Client(), "lan.nguyen", "sai")) == "wrong"
    assert enter(Client(), "lan.nguyen", PASSWORD)["Location"] == "/dang-nhap/tai-khoan-da-khoa/"
