"""A decision with its certificates, printed in one go by the worker: whole, in order, and never twice."""

import hashlib
import zipfile
from io import BytesIO
from typing import Any

import pikepdf
import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from assessments.models import Decision
from assessments.workflow import Status
from childfriendly.core import jobs
from childfriendly.core.exceptions import Refused
from childfriendly.core.files import content_of as bytes_of
from childfriendly.core.models import Job
from papers import services
from papers.models import Paper, State
from papers.press import Press, PressFailed
from papers.services import batch
from papers.services.batch import ALL, certificates_of, issue_certificates, write_issued
from tests.answers import body_of
from tests.factories import (
    ZERO_IN_3,
    Place,
    approved,
    dossier_in,
    drafted,
    issued_paper,
    make_place,
    numbered,
    signed,
)
from tests.later_papers import begun_reissue, begun_replacement, begun_revocation, out, reissued
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db


def decided(count: int) -> tuple[Place, Decision]:
    """An issued decision whose certificates wait for their bytes; the last commune is refused."""
    place = make_place(count + 1)
    dossiers = [dossier_in(Status.CONCLUDED, place, number) for number in range(count)]
    refused = dossier_in(Status.CONCLUDED, place, count, answers=ZERO_IN_3)
    decision = issued_paper([*dossiers, refused], place, "7").decision
    assert decision is not None
    return place, decision


def silent(done: int, total: int) -> None:
    pass


def ended(job: Job) -> Job:
    jobs.run(str(job.uuid))
    job.refresh_from_db()
    return job


def test_every_recognised_commune_gets_its_certificate_and_nobody_else() -> None:
    _, decision = decided(3)
    told: list[tuple[int, int]] = []
    assert issue_certificates(decision, at=timezone.now(), progress=lambda *how_far: told.append(how_far)) == 3
    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]
    certificates = certificates_of(decision)
    assert [(paper.register_number, paper.state) for paper in certificates] == [(n, State.ISSUED) for n in (1, 2, 3)]
    for paper in certificates:
        content = b"".join(bytes_of(paper.pdf_path, root=settings.MEDIA_ROOT))
        assert hashlib.sha256(content).hexdigest() == paper.pdf_sha256
        assert paper.commune is not None
        assert paper.commune.name.upper() in PdfReader(BytesIO(content)).pages[0].extract_text()


def test_a_batch_that_is_stopped_goes_on_with_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    _, decision = decided(4)

    class Breaking(Press):
        def print_all(self, papers: Any) -> Any:
            coming = super().print_all(papers)
            yield next(coming)
            yield next(coming)
            raise PressFailed("killed")

    with monkeypatch.context() as patch:
        patch.setattr(batch, "Press", Breaking)
        with pytest.raises(PressFailed):
            issue_certificates(decision, at=timezone.now(), progress=silent)
    first = {paper.pk: paper.pdf_sha256 for paper in certificates_of(decision) if paper.is_issued}
    assert len(first) == 2
    told: list[tuple[int, int]] = []
    assert issue_certificates(decision, at=timezone.now(), progress=lambda *how_far: told.append(how_far)) == 2
    assert told == [(2, 4), (3, 4), (4, 4)]
    again = {paper.pk: paper.pdf_sha256 for paper in certificates_of(decision)}
    assert len(again) == 4
    assert first.items() <= again.items()
    assert Paper.objects.filter(kind="certificate").count() == 4
    assert issue_certificates(decision, at=timezone.now(), progress=silent) == 0


def test_one_file_for_each_commune_and_one_for_the_printer() -> None:
    _, decision = decided(2)
    issue_certificates(decision, at=timezone.now(), progress=silent)
    stream = BytesIO()
    write_issued(stream, decision)
    archive = zipfile.ZipFile(stream)
    certificates = certificates_of(decision)
    codes = [paper.commune.code for paper in certificates if paper.commune]
    names = archive.namelist()
    assert names[0] == "quyet-dinh.pdf"
    assert names[-1] == ALL
    assert [name.split("-")[4] for name in names[1:-1]] == codes
    for name, paper in zip(names[1:-1], certificates, strict=True):
        assert hashlib.sha256(archive.read(name)).hexdigest() == paper.pdf_sha256
    with pikepdf.open(BytesIO(archive.read(ALL))) as together, pikepdf.open(BytesIO(archive.read(names[0]))) as alone:
        assert len(together.pages) == len(alone.pages) + 2


def test_a_certificate_with_a_flipped_byte_goes_into_no_file() -> None:
    _, decision = decided(2)
    issue_certificates(decision, at=timezone.now(), progress=silent)
    damaged = certificates_of(decision)[1]
    file = settings.MEDIA_ROOT / damaged.pdf_path
    content = file.read_bytes()
    file.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])
    with pytest.raises(Refused, match="không còn đúng như khi phát hành"):
        write_issued(BytesIO(), decision)


def test_what_is_printed_together_is_what_is_in_force() -> None:
    """The decision that stands in the place of the first, a certificate that was issued again in the place of the
    first, and none of whom it was taken from."""
    place, decision = decided(4)
    issue_certificates(decision, at=place.later(), progress=silent)
    paper = Paper.objects.get(kind="decision", decision=decision)
    first, second, third, fourth = certificates_of(decision)
    again = reissued(first, place, "Xã Tên Đúng")
    names = {first.item_id or 0: "Xã Tên Đúng", second.item_id or 0: "Xã Tên Mới"}
    replacing = out(begun_replacement(paper, place, names), place, "8")
    assert issue_certificates(decision, at=place.later(), progress=silent) == 1
    out(begun_revocation(replacing, place, [third.item_id or 0]), place, "9")
    renamed = Paper.objects.get(earlier=second)
    assert set(certificates_of(decision)) == {again, renamed, fourth}
    stream = BytesIO()
    write_issued(stream, decision)
    archive = zipfile.ZipFile(stream)
    in_it = {hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist() if name != ALL}
    assert in_it == {row.pdf_sha256 for row in (replacing, again, renamed, fourth)}
    together = "".join(page.extract_text() for page in PdfReader(BytesIO(archive.read(ALL))).pages)
    assert ("XÃ TÊN ĐÚNG" in together, "XÃ TÊN MỚI" in together) == (True, True)
    assert str(third.commune and third.commune.name).upper() not in together


def test_a_certificate_that_is_drafted_to_be_issued_again_is_sent_out_by_nobody_but_the_clerk() -> None:
    place, decision = decided(1)
    issue_certificates(decision, at=place.later(), progress=silent)
    (first,) = certificates_of(decision)
    again = signed(begun_reissue(first, place, "Xã Tên Đúng"), place)
    services.enter_in_register(paper_id=again.pk, version=again.version, by=place.clerk, at=place.later())
    assert issue_certificates(decision, at=place.later(), progress=silent) == 0
    assert certificates_of(decision) == [first]


def test_a_few_certificates_are_there_as_soon_as_the_decision_is_issued() -> None:
    place = make_place()
    paper = signed(drafted(approved([dossier_in(Status.CONCLUDED, place)], place), place), place)
    paper = numbered(paper, place, "7")
    signed_in(place.clerk).post(reverse("papers:issue", args=[paper.uuid]), {"version": str(paper.version)})
    assert Paper.objects.get(kind="certificate").is_issued
    assert Job.objects.count() == 0


def test_issuing_a_decision_sends_many_certificates_to_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "AT_ONCE", 0)
    place = make_place()
    paper = signed(drafted(approved([dossier_in(Status.CONCLUDED, place)], place), place), place)
    paper = numbered(paper, place, "7")
    answer = signed_in(place.clerk).post(reverse("papers:issue", args=[paper.uuid]), {"version": str(paper.version)})
    assert answer.headers["Location"] == reverse("papers:paper", args=[paper.uuid])
    job = ended(Job.objects.get())
    assert (job.state, job.done, job.total) == (Job.State.DONE, 1, 1)
    assert job.message == "Đã lập 1 giấy công nhận. Mở trang văn bản của quyết định để xem từng giấy."
    assert Paper.objects.get(kind="certificate").is_issued


def test_all_papers_are_fetched_as_one_file() -> None:
    place, decision = decided(2)
    client = signed_in(place.clerk)
    client.post(reverse("reports:decision_papers", args=[decision.uuid]))
    job = ended(Job.objects.get())
    assert (job.state, job.message) == (
        Job.State.DONE,
        f"Đã lập quyết định và 2 giấy công nhận. Tệp {ALL} gồm tất cả để in một lần.",
    )
    with zipfile.ZipFile(jobs.path_of(job)) as archive:
        assert len(archive.namelist()) == 4


def test_the_page_of_a_decision_hands_out_the_issued_bytes() -> None:
    place, decision = decided(1)
    client = signed_in(place.clerk)
    item = decision.items.get(result="recognised")
    page = reverse("reports:certificate_pdf", args=[decision.uuid, item.dossier.uuid])
    waiting = client.get(page)
    assert (waiting.status_code, "đang được lập" in waiting.content.decode()) == (409, True)
    issue_certificates(decision, at=timezone.now(), progress=silent)
    content = body_of(client.get(page))
    assert hashlib.sha256(content).hexdigest() == Paper.objects.get(kind="certificate").pdf_sha256
