"""Run as a program of its own on a database and folder of its own (tests/integration/test_backup.py):

`python -m tests.backup_world seed` builds a place with dossiers, files, an audit and a job on an empty database;
`python -m tests.backup_world look` prints what is there, and whether somebody can sign in and read a file.
"""

import json
import sys
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 — needs the settings
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from assessments.models import Evidence  # noqa: E402
from assessments.workflow import Status  # noqa: E402
from childfriendly.core import backup, chain, jobs  # noqa: E402
from childfriendly.core.files import check_upload, keys, store  # noqa: E402
from communes.models import User  # noqa: E402
from tests.factories import PASSWORD, dossier_in, make_place, pdf_file  # noqa: E402

NAME = "Biên bản họp thôn Ấp Mỹ Đông.pdf"


def seed() -> None:
    call_command("migrate", interactive=False, verbosity=0)
    place = make_place(2)
    dossier_in(Status.RECOGNISED, place)
    dossier = dossier_in(Status.SUBMITTED, place, 1)
    upload = pdf_file(NAME)
    checked = check_upload(upload, max_bytes=10_000, allowed=["pdf"])
    Evidence.objects.create(
        dossier=dossier,
        item="TC03.1",
        name=checked.name,
        path=store(checked, root=Path(settings.MEDIA_ROOT), seal_with=keys()[0]),  # as what tells of single children
        sha256=checked.sha256,
        sent_sha256=checked.sent_sha256,
        size=checked.size,
        content_type=checked.content_type,
        is_sensitive=True,
        uploaded_by=place.editors[1],
        uploaded_at=place.at,
    )
    jobs.enqueue("decision_papers", key="k", title="Việc đang chờ", by=place.clerk, at=timezone.now())
    Client().force_login(place.clerk)


def look() -> dict[str, Any]:
    """Everything is counted before the sign-in, which leaves a row of its own."""
    uncounted = {"django_session", "usersessions_usersession"}  # whoever was signed in signs in again
    counts = {table: rows for table, rows in backup._counts().items() if table not in uncounted}
    whole = chain.verify()
    evidence = Evidence.objects.select_related("dossier__commune", "uploaded_by").get()
    client = Client()
    page = client.post(reverse("account_login"), {"login": evidence.uploaded_by.username, "password": PASSWORD})
    file = client.get(reverse("assessments:evidence", args=[evidence.uuid]))
    return {
        "counts": counts,
        "files": {path: backup._content(found).sha256 for path, found in backup._uploaded()},
        "chain": [str(whole.head), whole.rows, whole.broken],
        "signed in": page.status_code,
        "file": [evidence.name, file.status_code, file.getvalue().hex()],  # type: ignore[attr-defined]
        "names": sorted(User.objects.values_list("full_name", flat=True)),
    }


if __name__ == "__main__":
    if sys.argv[1] == "seed":
        seed()
    else:
        print(json.dumps(look(), ensure_ascii=False))
