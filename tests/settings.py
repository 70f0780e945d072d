"""The one settings file, under a fixed environment: what a machine's `.env` or shell says must not change a result.

Only DATABASE_URL is taken from outside, so that the same tests run on SQLite and on PostgreSQL.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_scratch = Path(tempfile.mkdtemp(prefix="childfriendly-tests-"))
atexit.register(shutil.rmtree, _scratch, ignore_errors=True)
(_scratch / "static").mkdir()  # whitenoise warns of a missing folder, and warnings are errors

for _name in (
    "CSRF_TRUSTED_ORIGINS",
    "CLAMD_SOCKET",
    "DEADLINE_GRACE_MINUTES",
    "EVIDENCE_HOST",
    "EVIDENCE_KEY_FALLBACKS",
    "EVIDENCE_QUOTA_MB",
    "X_ACCEL_PREFIX",
    "DEMO_PASSWORD",
    "HELP_LINE",
    "PROXY_REQUEST_TIME",
    "READ_ONLY",
    "SEAL_DESK",
    "SEAL_PASSWORD",
    "SEAL_PKCS12",
    "SEAL_UNIT",
    "SIGNATURE_TRUST_ROOTS",
):
    os.environ.pop(_name, None)
os.environ.update(
    ALLOWED_HOSTS="localhost,127.0.0.1,testserver",
    AUDIT_KEY="khoa-niem-phong-trong-kiem-thu-" + "0123456789" * 4,
    DEBUG="0",
    DEMO_ALLOWED="1",
    EVIDENCE_KEY="khoa-ma-hoa-tep-trong-kiem-thu-" + "0123456789" * 4,
    HTTPS="0",
    JOB_TIMEOUT="300",
    MFA_KEY="khoa-xac-thuc-trong-kiem-thu-" + "0123456789" * 4,
    PROXY_COUNT="0",
    SECRET_KEY="chi-dung-trong-kiem-thu-" + "0123456789" * 4,
    SECOND_FACTOR_WAIVED="1",
    SITE_URL="http://127.0.0.1:8000",
    VAR_DIR=str(_scratch),
)
os.environ.setdefault("DATABASE_URL", f"sqlite:///{_scratch / 'db.sqlite3'}")

from childfriendly.settings import *  # noqa: E402, F403
from childfriendly.settings import DATABASES, LOGGING, MEDIA_ROOT, STORAGES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a slow hash would be most of the tests' time
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

LOGGING["loggers"]["childfriendly.access"]["handlers"] = []  # a test that reads the lines brings a handler

# For processes that a test starts on its own database and files (tests/processes.py): where they are to die.
FAULT_POINT = os.environ.get("FAULT_POINT", "")
MEDIA_ROOT = Path(os.environ.get("TEST_MEDIA_ROOT", MEDIA_ROOT))

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, not the default in-memory database: only a file has WAL and real locks between threads.
    DATABASES["default"]["TEST"] = {"NAME": str(_scratch / "test.sqlite3")}
