"""Outside the demo nothing starts without a key of its own for the files about single children (SECURITY.md F-13)."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

KEYS = {"SECRET_KEY": "s" * 50, "AUDIT_KEY": "a" * 50, "EVIDENCE_KEY": "e" * 50, "MFA_KEY": "m" * 50}


def start(**environment: str) -> "subprocess.CompletedProcess[str]":
    production = {
        "PATH": os.environ["PATH"],
        "DEBUG": "0",
        "DEMO_ALLOWED": "0",
        "HTTPS": "1",
        "VAR_DIR": str(settings.VAR_DIR),
        "DJANGO_SETTINGS_MODULE": "childfriendly.settings",
    }
    return subprocess.run(
        [sys.executable, "-c", "from django.conf import settings; print(settings.EVIDENCE_KEY)"],
        cwd=settings.BASE_DIR,
        env=production | KEYS | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("key", ["", "e" * 39, KEYS["SECRET_KEY"], KEYS["AUDIT_KEY"]])
def test_in_production_a_key_is_asked_for_in_a_sentence(key: str) -> None:
    done = start(EVIDENCE_KEY=key)
    assert done.returncode != 0
    assert "Thiếu EVIDENCE_KEY để mã hóa tệp nhạy cảm." in done.stderr


def test_with_a_key_of_its_own_it_starts() -> None:
    assert start().stdout == f"{KEYS['EVIDENCE_KEY']}\n"


def test_in_the_demo_the_key_comes_from_that_of_the_machine() -> None:
    assert start(DEMO_ALLOWED="1", EVIDENCE_KEY="").stdout == f"chỉ để chạy thử: {KEYS['SECRET_KEY']}\n"
