"""The power goes in the middle of an upload, or ten arrive at once: never a row without its file, never two rows for
one file, never more than the commune's share (SECURITY.md R-05, R-06, F-06). On SQLite and on PostgreSQL."""

import os
import re
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.core.management import call_command
from django.db import connection

from assessments import services
from assessments.models import Dossier, Evidence
from assessments.workflow import Status
from childfriendly.core.exceptions import Refused
from childfriendly.core.files import sha256_of
from childfriendly.core.models import AuditEvent
from tests.corpus import files as corpus
from tests.factories import Place, dossier_in, make_place, pdf_file
from tests.processes import DIED, run

pytestmark = pytest.mark.django_db(transaction=True)

POINTS = ["upload: written", "upload: synced", "upload: renamed", "upload: recorded"]
ITEMS = {"open": "TC01.1", "sealed": "TC03.1"}


def upload(dossier: Dossier, place: Place, item: str, *, then: str = "") -> str:
    return f"""
import datetime
from assessments import services
from communes.models import User
from tests.factories import pdf_file
services.attach_evidence(
    dossier_id={dossier.pk}, item={item!r}, slot=None, upload=pdf_file(),
    by=User.objects.get(pk={place.editors[0].pk}), at=datetime.datetime.fromisoformat("{place.at.isoformat()}"),
)
{then}
"""


def files_below(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file() and path.name != ".khoa"]


@pytest.mark.parametrize("item", ITEMS.values(), ids=ITEMS)
def test_an_upload_that_loses_power_leaves_an_orphan_at_most_and_can_be_sent_again(
    item: str, private_files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = make_place()
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    place.later()
    audited = AuditEvent.objects.count()
    for point in POINTS:
        assert run(upload(dossier, place, item), fault=point) == DIED, point
        assert (Evidence.objects.count(), AuditEvent.objects.count()) == (0, audited), point
        left = files_below(private_files)
        assert len(left) == 1, point
        for path in left:
            os.utime(path, (0, 0))
        call_command("gc_files", "--dry-run")
        listed = capsys.readouterr().out.splitlines()[:-1]
        assert listed == [str(path.relative_to(private_files)) for path in left], point
        call_command("gc_files", "--delete")
        assert files_below(private_files) == [], point
        capsys.readouterr()
    assert run(upload(dossier, place, item)) == 0
    evidence = Evidence.objects.get()
    assert sha256_of(evidence.path, root=private_files) == evidence.sha256


def test_what_was_stored_before_the_line_broke_is_not_stored_twice() -> None:
    """The process dies after the commit, so the browser never hears of it and sends again."""
    place = make_place()
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    place.later()
    assert run(upload(dossier, place, "TC01.1", then="import os; os._exit(9)")) == DIED
    first = Evidence.objects.get()
    assert run(upload(dossier, place, "TC01.1")) == 0
    assert Evidence.objects.get() == first
    assert AuditEvent.objects.filter(action="attach_evidence").count() == 1


def test_every_point_of_an_upload_is_tried() -> None:
    root = Path(site.BASE_DIR)
    text = "".join(
        (root / part).read_text() for part in ("childfriendly/core/files/keeping.py", "assessments/services/figures.py")
    )
    assert re.findall(r'faults\.reach\("(.+?)"\)', text) == POINTS


def at_once(people: int, dossier: Dossier, place: Place, contents: list[bytes]) -> Counter[str]:
    """How many of so many uploads in the same moment went through, and how many were refused; anything else fails."""
    barrier = threading.Barrier(people)
    answers: list[str] = []

    def send(number: int) -> None:
        try:
            barrier.wait(timeout=30)
            services.attach_evidence(
                dossier_id=dossier.pk,
                item="TC01.1",
                slot=None,
                upload=pdf_file(content=contents[number]),
                by=place.editors[0],
                at=place.at,
            )
            answers.append("stored")
        except Refused as refused:
            answers.append(str(refused).partition(",")[0])  # figures follow the comma
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=[number]) for number in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(answers) == people
    return Counter(answers)


def test_ten_uploads_at_once_share_the_room_that_three_have(settings: Any) -> None:
    contents = [corpus.pdf(f"{number:06}") for number in range(10)]
    settings.EVIDENCE_QUOTA_BYTES = 3 * len(contents[0])
    place = make_place()
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    answers = at_once(10, dossier, place, contents)
    assert answers == {"stored": 3, "Hồ sơ đã dùng 0": 7}
    assert sum(Evidence.objects.values_list("size", flat=True)) == settings.EVIDENCE_QUOTA_BYTES


def test_ten_uploads_at_once_fill_an_item_to_its_limit_and_not_beyond(settings: Any) -> None:
    settings.EVIDENCE_MAX_FILES_PER_ITEM = 4
    place = make_place()
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    answers = at_once(10, dossier, place, [corpus.pdf(f"{number:06}") for number in range(10)])
    assert answers["stored"] == Evidence.objects.count() == 4


def test_twenty_times_the_same_file_at_once_is_one_row_and_one_line_in_the_audit(private_files: Path) -> None:
    place = make_place()
    for _ in range(10):
        dossier = dossier_in(Status.DRAFT, place, len(place.communes) - 1, filled=False)
        before = AuditEvent.objects.filter(action="attach_evidence").count()
        assert at_once(20, dossier, place, [corpus.pdf()] * 20) == {"stored": 20}
        assert Evidence.objects.filter(dossier=dossier).count() == 1
        assert AuditEvent.objects.filter(action="attach_evidence").count() == before + 1
        Evidence.objects.filter(dossier=dossier).update(removed_at=place.at)
        place = make_place()
    assert len(files_below(private_files)) == 1
