"""Whole dossiers as one ZIP: folders by criterion, an index to check it by, nothing the reader may not open."""

import hashlib
import unicodedata
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from assessments import services
from assessments.models import Dossier, Evidence
from assessments.workflow import Action, Status
from childfriendly.core import jobs
from childfriendly.core.models import AuditEvent, Job
from communes.models import Role, User
from papers import jobs as papers_jobs
from papers import services as papers
from papers.kinds import Kind
from papers.models import Paper
from papers.services.batch import issue_few
from papers.services.bundles import INDEX, Bundle, folder_of, index_of
from papers.structure import Paragraph, Table
from tests.answers import body_of
from tests.corpus import files as corpus
from tests.factories import Place, dossier_in, issued_paper, make_place, move, pdf_file, user_with
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> Place:
    return make_place(2)


def sent(place: Place, index: int = 0, **files: list[str]) -> Dossier:
    """A dossier under appraisal, with files of these names for each item («TC01_1»)."""
    dossier = dossier_in(Status.DRAFT, place, index)
    for item, names in files.items():
        for name in names:
            services.attach_evidence(
                dossier_id=dossier.pk,
                item=item.replace("_", "."),
                slot=None,
                upload=pdf_file(name, corpus.pdf(name)),
                by=place.editors[index],
                at=place.later(),
            )
    people = {Role.COMMUNE_HEAD: place.heads[index], Role.APPRAISER: place.appraiser}
    for action in (Action.SUBMIT, Action.TAKE):
        dossier = move(action, dossier, people, place)
    return Dossier.objects.with_setting().get(pk=dossier.pk)


def archive(dossiers: list[Dossier], reader: User) -> zipfile.ZipFile:
    stream = BytesIO()
    Bundle(dossiers, reader, timezone.now()).write(stream, lambda done, total: None)
    return zipfile.ZipFile(stream)


def test_a_dossier_is_a_folder_for_each_criterion_and_an_index(place: Place) -> None:
    dossier = sent(place, TC01_1=["Kế hoạch.pdf"], TC12_1=["Danh sách.pdf", "Biên bản.pdf"])
    there = archive([dossier], place.appraiser)
    assert there.testzip() is None
    assert sorted(there.namelist()) == [
        INDEX,
        "TC01/01-TC01.1-Kế hoạch.pdf",
        "TC12/02-TC12.1-Danh sách.pdf",
        "TC12/03-TC12.1-Biên bản.pdf",
    ]
    for row in Evidence.objects.all():
        (name,) = [name for name in there.namelist() if name.endswith(row.name)]
        assert hashlib.sha256(there.read(name)).hexdigest() == row.sha256
    with pikepdf.open(BytesIO(there.read(INDEX))) as index:
        assert len(index.pages) == 1


def test_the_index_names_pages_size_and_hash_of_every_file(place: Place) -> None:
    dossier = sent(place, TC01_1=["Kế hoạch.pdf"])
    row = Evidence.objects.get()
    bundle = Bundle([dossier], place.appraiser, timezone.now())
    (entry,) = bundle._entries(dossier)
    content = index_of(dossier, [entry], place.appraiser, bundle.at)
    (table,) = content.tables
    assert [column.heading for column in table.columns] == ["Thư mục", "Tên tệp", "Số trang", "Dung lượng", "SHA-256"]
    assert table.rows[0].cells[:2] == ("TC01", "01-TC01.1-Kế hoạch.pdf")
    assert table.rows[0].cells[4].replace(" ", "") == row.sha256


def test_a_sensitive_file_stays_out_and_the_index_says_so(place: Place) -> None:
    dossier = sent(place, TC01_1=["Kế hoạch.pdf"], TC03_1=["Vụ việc.pdf"])
    there = archive([dossier], place.appraiser)
    assert [name for name in there.namelist() if "TC03" in name] == []
    bundle = Bundle([dossier], place.appraiser, timezone.now())
    content = index_of(dossier, list(bundle._entries(dossier)), place.appraiser, bundle.at)
    left_out = [block for block in content.blocks if isinstance(block, Table)][1]
    assert [row.cells[1:] for row in left_out.rows] == [
        ("02-TC03.1-Vụ việc.pdf", "tệp nhạy cảm hoặc đang khóa: mở từng tệp trên trang hồ sơ")
    ]


def test_a_file_that_is_gone_is_named_in_the_index(place: Place) -> None:
    dossier = sent(place, TC01_1=["Kế hoạch.pdf"])
    (Path(settings.MEDIA_ROOT) / Evidence.objects.get().path).unlink()
    there = archive([dossier], place.appraiser)
    assert there.namelist() == [INDEX]


@pytest.mark.parametrize("spoil", [lambda content: b"x" + content[1:], lambda content: content[:-1]])
def test_a_file_that_was_changed_on_the_disk_stays_out_and_the_index_says_why(
    place: Place, spoil: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    dossier = sent(place, TC01_1=["Kế hoạch.pdf"])
    file = Path(settings.MEDIA_ROOT) / Evidence.objects.get().path
    file.write_bytes(spoil(file.read_bytes()))
    there = archive([dossier], place.appraiser)
    assert there.namelist() == [INDEX]
    said = "".join(page.extract_text() for page in PdfReader(BytesIO(there.read(INDEX))).pages)
    assert "tệp trên máy chủ đã bị thay đổi" in " ".join(said.split())
    assert "A kept file was changed" in caplog.text


def test_no_name_in_the_archive_leads_out_of_it_or_stands_there_twice(place: Place) -> None:
    names = ["Kế hoạch.pdf", "KẾ HOẠCH.pdf", "../../etc/passwd.pdf", "C:\\x.pdf", "/tuyet-doi.pdf"]
    entries = archive([sent(place, TC01_1=names)], place.appraiser).namelist()
    assert len(entries) == len(names) + 1
    assert len({unicodedata.normalize("NFC", name).casefold() for name in entries}) == len(entries)
    for name in entries:
        assert not name.startswith("/"), name
        assert "\\" not in name, name
        assert ".." not in name.split("/"), name


def test_a_dossier_without_files_says_so(place: Place) -> None:
    dossier = sent(place)
    content = index_of(dossier, [], place.appraiser, timezone.now())
    assert Paragraph("Không có tệp nào.") in content.blocks
    assert archive([dossier], place.appraiser).namelist() == [INDEX]


def test_several_dossiers_are_a_folder_each_without_accents(place: Place) -> None:
    dossiers = [sent(place, 0, TC01_1=["Một.pdf"]), sent(place, 1, TC01_1=["Hai.pdf"])]
    folders = [folder_of(dossier) for dossier in dossiers]
    assert all(folder.isascii() and " " not in folder for folder in folders)
    assert sorted(archive(dossiers, place.appraiser).namelist()) == sorted(
        [
            f"{folders[0]}/{INDEX}",
            f"{folders[0]}/TC01/01-TC01.1-Một.pdf",
            f"{folders[1]}/{INDEX}",
            f"{folders[1]}/TC01/01-TC01.1-Hai.pdf",
        ]
    )


@pytest.mark.usefixtures("tiny_papers")
def test_the_issued_papers_lie_in_a_folder_of_their_own(place: Place) -> None:
    """Those of the dossier, the decision that it is in, and what was issued to its commune alone; no draft."""
    dossier, other = (dossier_in(Status.CONCLUDED, place, index) for index in (0, 1))
    papers.draft(kind=Kind.APPRAISAL_REPORT, dossier=dossier, by=place.appraiser, at=place.later())
    decision = issued_paper([dossier, other], place, "45")
    assert decision.decision is not None
    assert issue_few(decision.decision, at=place.later())
    certificate = Paper.objects.get(kind=Kind.CERTIFICATE, item__dossier=dossier)
    there = archive([Dossier.objects.with_setting().get(pk=dossier.pk)], place.appraiser)
    held = {name: there.read(name) for name in there.namelist() if name.startswith("van-ban/")}
    assert {name: hashlib.sha256(content).hexdigest() for name, content in held.items()} == {
        "van-ban/01-quyet-dinh-cong-nhan-so-45-qd-ubnd.pdf": decision.pdf_sha256,
        f"van-ban/02-giay-cong-nhan-so-vao-so-{certificate.register_number}-2024.pdf": certificate.pdf_sha256,
    }


# ---- asked for ---------------------------------------------------------------------------------------------------
def test_the_button_gives_a_job_whose_file_its_owner_may_fetch(place: Place) -> None:
    dossier = sent(place, TC01_1=["Kế hoạch.pdf"])
    client = signed_in(place.appraiser)
    answer = client.post(reverse("papers:dossier_bundle", args=[dossier.uuid]))
    job = Job.objects.get()
    assert answer.headers["Location"] == reverse("job", args=[job.uuid])
    jobs.run(str(job.uuid))
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == (Job.State.DONE, 1, 1)
    fetched = client.get(reverse("job_file", args=[job.uuid]))
    assert (fetched["Content-Type"], job.file_name) == ("application/zip", f"ho-so-{dossier.code.lower()}.zip")
    assert fetched["Content-Disposition"] == f'attachment; filename="{job.file_name}"'
    assert (fetched["X-Content-Type-Options"], "sandbox" in fetched["Content-Security-Policy"]) == ("nosniff", True)
    assert INDEX in zipfile.ZipFile(BytesIO(body_of(fetched))).namelist()
    assert AuditEvent.objects.filter(action="export_dossier_bundle").count() == 1


def test_whoever_lost_the_role_gets_neither_the_file_nor_a_new_one(place: Place) -> None:
    dossier = sent(place, TC01_1=["Kế hoạch.pdf"])
    job = papers_jobs.ask_for_dossier(dossier, by=place.appraiser, at=timezone.now())
    jobs.run(str(job.uuid))
    job.refresh_from_db()
    place.appraiser.role_assignments.update(valid_to=place.at.date().replace(year=2020), valid_from="2019-01-01")
    reader = User.objects.get(pk=place.appraiser.pk)
    assert jobs.can_fetch(job, reader, timezone.now()) is False
    again = papers_jobs.ask_for_dossier(dossier, by=reader, at=timezone.now())
    jobs.run(str(again.uuid))
    again.refresh_from_db()
    assert (again.state, again.file_path) == (Job.State.FAILED, "")
    assert again.message == "Vai trò hiện nay không được đọc các hồ sơ này nên không lập tệp."


def test_an_area_and_its_years_are_chosen_on_a_page(place: Place) -> None:
    sent(place, 0, TC01_1=["Một.pdf"])
    sent(place, 1)
    client = signed_in(place.appraiser)
    page = reverse("papers:area_bundle")
    year = str(place.period.year)
    answer = client.post(page, {"unit": place.deciding.uuid, "first": year, "last": year})
    job = Job.objects.get()
    assert answer.headers["Location"] == reverse("job", args=[job.uuid])
    jobs.run(str(job.uuid))
    job.refresh_from_db()
    assert job.message == "Đã gom 2 hồ sơ vào một tệp. Mở mục lục trong thư mục của từng xã để xem danh sách tệp."


def test_a_unit_of_somebody_else_is_not_on_offer(place: Place) -> None:
    sent(place, 0)
    other = make_place()
    year = str(place.period.year)
    answer = signed_in(place.appraiser).post(
        reverse("papers:area_bundle"), {"unit": other.deciding.uuid, "first": year, "last": year}
    )
    assert answer.status_code == 422
    assert "Chọn đơn vị." in answer.content.decode()
    assert Job.objects.count() == 0


def test_a_dossier_of_somebody_else_is_not_there(place: Place) -> None:
    dossier = sent(place)
    stranger = user_with(Role.APPRAISER, make_place().deciding)
    assert signed_in(stranger).post(reverse("papers:dossier_bundle", args=[dossier.uuid])).status_code == 404


def test_without_any_dossier_the_page_says_so(place: Place) -> None:
    page = signed_in(place.appraiser).get(reverse("papers:area_bundle")).content.decode()
    assert "Chưa có hồ sơ nào trong phạm vi của đơn vị." in page
