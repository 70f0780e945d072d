"""The summary's page, its workbook and the papers of a decision over HTTP."""

import re
from io import BytesIO

import openpyxl
import pytest
from bs4 import BeautifulSoup, Tag
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from assessments.models import Decision, Dossier
from assessments.summaries import summarise
from assessments.workflow import Status
from childfriendly.core.models import AuditEvent
from communes.models import Role, User
from criteria.models import Target
from papers.services.batch import issue_certificates
from tests.answers import body_of
from tests.factories import (
    ZERO_IN_3,
    Place,
    SuccessionFactory,
    approved,
    dossier_in,
    issued_paper,
    make_neighbour,
    make_place,
    user_with,
)
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db


def get(user: User, name: str, *args: object, **query: object) -> HttpResponse:
    client = signed_in(user)
    return client.get(
        reverse(f"reports:{name}", args=args), {key.replace("_", "-"): str(v) for key, v in query.items()}
    )


def page_of(user: User, **query: object) -> BeautifulSoup:
    response = get(user, "summary", **query)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def text_of(node: Tag | BeautifulSoup | None) -> str:
    assert node is not None
    return " ".join(node.get_text(" ").split())


@pytest.fixture
def home() -> Place:
    place = make_place(4)
    dossier_in(Status.RECOGNISED, place)
    dossier_in(Status.REFUSED, place, 1)
    dossier_in(Status.SUBMITTED, place, 2)
    Target.objects.create(period=place.period, unit=place.deciding, communes=3, document_number="Kế hoạch số 12")
    return place


# ---- page --------------------------------------------------------------------------------------------------------
def test_the_page_shows_every_commune_with_its_points_counts_and_target(home: Place) -> None:
    page = page_of(home.appraiser)
    summary = summarise(home.period, home.deciding, reader=home.appraiser, at=timezone.now())
    shown = {}
    for line in page.select("tbody tr:not(.summary-reason)"):
        cells = [text_of(cell) for cell in line.select("td.number-cell")]
        shown[text_of(line.select_one(".summary-code"))] = cells
    assert shown == {
        row.commune.code: [
            "" if value is None else f"{value:,}".replace(",", ".")
            for value in (*row.points, row.declared_total, row.appraised_total, row.threshold)
        ]
        for row in summary.rows
    }
    assert [text_of(line) for line in page.select(".summary-reason")] == [
        row.reason for row in summary.rows if row.reason
    ]
    text = text_of(page)
    assert "Được công nhận 1/4 (25 %), chỉ tiêu 3 (Kế hoạch số 12)." in text
    assert text.count("4 đơn vị cấp xã, chỉ tiêu 3, đã nộp 3, được công nhận 1 (25 %)") == 2
    assert [text_of(heading) for heading in page.select("h1")] == [
        "Tổng hợp kết quả đánh giá, công nhận xã, phường, thị trấn phù hợp với trẻ em năm 2024"
    ]


def test_page_and_workbook_hold_the_same_numbers(home: Place) -> None:
    make_neighbour(home)
    page = page_of(home.province_staff)
    href = page.select_one("a.btn-primary")
    assert href is not None
    assert text_of(href) == "Tải Excel"
    client = signed_in(home.province_staff)
    book = openpyxl.load_workbook(BytesIO(client.get(str(href["href"])).content), data_only=True)["Tổng hợp"]
    rows = list(book.iter_rows(values_only=True))
    head = next(index for index, row in enumerate(rows) if row[0] == "TT")
    in_book = {
        str(row[1]): ["" if value is None else f"{value:,}".replace(",", ".") for value in row[9:25]]
        for row in rows[head + 1 :]
        if isinstance(row[0], int)
    }
    on_page = {
        text_of(line.select_one(".summary-code")): [text_of(cell) for cell in line.select("td.number-cell")]
        for line in page.select("tbody tr:not(.summary-reason)")
    }
    assert in_book == on_page
    assert len(in_book) == 5
    sums = [row[4:9] for row in rows if str(row[2]).startswith(("Cộng ", "Tổng cộng"))]
    on_page_sums = [text_of(node) for node in [*page.select("tfoot td"), page.select_one(".summary-total")]]
    assert len(sums) == len(on_page_sums) == 3
    for (communes, target, filed, recognised, _), words in zip(sums, on_page_sums, strict=True):
        wanted = f"{communes} đơn vị cấp xã{f', chỉ tiêu {target}' if target else ''}, đã nộp {filed}"
        assert f"{wanted}, được công nhận {recognised} (" in words


def test_links_lead_to_dossiers_that_the_person_may_open_and_to_no_others(home: Place) -> None:
    for user in (home.leader, home.province_staff, home.inspector):
        client = signed_in(user)
        links = {str(link["href"]) for link in page_of(user).select("tbody a")}
        mine = Dossier.objects.visible_to(user, timezone.localdate()).filter(period=home.period)
        assert links == {reverse("assessments:dossier", args=[dossier.uuid]) for dossier in mine}
        assert {client.get(link).status_code for link in links} == {200}


def test_period_and_unit_are_chosen_by_links(home: Place) -> None:
    neighbour = make_neighbour(home)
    successor = make_place(year=2026, new=True)
    SuccessionFactory(predecessor=home.province, successor=successor.province)
    staff = successor.province_staff
    page = page_of(staff)
    assert "năm 2026" in text_of(page.select_one("h1"))
    client = signed_in(staff)
    older = next(link for link in page.select(".filter-list a") if "2024" in text_of(link))
    page = BeautifulSoup(client.get(str(older["href"])).content, "html.parser")
    assert f"{home.province.name}. Số liệu chốt ngày 31/10/2024." in text_of(page)
    district = next(link for link in page.select(".filter-list a") if text_of(link) == neighbour.deciding.name)
    page = BeautifulSoup(client.get(str(district["href"])).content, "html.parser")
    assert [text_of(code) for code in page.select(".summary-code")] == [neighbour.communes[0].code]
    assert text_of(page.select_one(".filter-list a[aria-current]")) == str(home.period)


def test_a_period_without_districts_shows_no_word_of_them() -> None:
    place = make_place(2, year=2026, new=True)
    dossier_in(Status.REFUSED, place)
    for user in (place.province_staff, place.leader):
        assert not re.search("huyện|thị trấn", text_of(page_of(user)), re.IGNORECASE)


def test_a_province_without_a_period_says_so() -> None:
    place = make_place()
    place.period.deadlines.all().delete()
    place.period.authorities.all().delete()
    place.period.delete()
    page = page_of(place.province_staff)
    assert "Chưa có kỳ đánh giá nào." in text_of(page)
    assert get(place.province_staff, "summary_xlsx").status_code == 404


def test_what_one_may_not_read_is_not_there(home: Place) -> None:
    neighbour, abroad = make_neighbour(home), make_place()
    for name in ("summary", "summary_xlsx"):
        for user in (home.editors[0], home.heads[0], home.catalogue_admin, user_with(Role.SYSTEM_ADMIN, home.province)):
            assert get(user, name).status_code == 404
        for user in (home.appraiser, home.leader):
            assert get(user, name, ky=home.period.uuid, don_vi=home.deciding.uuid).status_code == 200
            assert get(user, name, ky=home.period.uuid, don_vi=neighbour.deciding.uuid).status_code == 404
            assert get(user, name, ky=home.period.uuid, don_vi=home.province.uuid).status_code == 404
        for user in (home.appraiser, home.province_staff, home.inspector):
            assert get(user, name, ky=abroad.period.uuid).status_code == 404
            assert get(user, name, don_vi=abroad.deciding.uuid).status_code == 404
            assert get(user, name, ky="khong-co").status_code == 404
    assert (
        not AuditEvent.objects.filter(action="export_summary").exclude(actor_role__contains=home.deciding.name).exists()
    )


@pytest.mark.parametrize("name", ["summary", "summary_xlsx"])
def test_one_commune_costs_as_many_queries_as_many(name: str) -> None:
    def cost(place: Place) -> int:
        client = signed_in(place.province_staff)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(f"reports:{name}")).status_code == 200
        return len(queries)

    one, many = make_place(1), make_place(4)
    dossier_in(Status.RECOGNISED, one)
    for index, status in enumerate([Status.RECOGNISED, Status.REFUSED, Status.RETURNED, Status.CONCLUDED]):
        dossier_in(status, many, index)
    assert cost(one) == cost(many)


# ---- workbook ----------------------------------------------------------------------------------------------------
def test_the_workbook_comes_as_a_file_with_a_safe_name_and_leaves_a_trace(home: Place) -> None:
    response = get(home.head_of_office, "summary_xlsx")
    assert response["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    disposition = response["Content-Disposition"]
    assert re.fullmatch(r'attachment; filename="tong-hop-2024-\d+-huyen-thu-\d+\.xlsx"', disposition)
    assert "no-store" in response["Cache-Control"]
    event = AuditEvent.objects.get(action="export_summary")
    assert (event.actor_name, event.after["rows"]) == (home.head_of_office.full_name, 4)


# ---- papers ------------------------------------------------------------------------------------------------------
def paper_text(response: HttpResponse) -> str:
    assert response["Content-Type"] == "application/pdf"
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(body_of(response))).pages).split())


@pytest.fixture
def decided() -> tuple[Place, Decision, Dossier, Dossier]:
    place = make_place(2)
    good, bad = dossier_in(Status.CONCLUDED, place), dossier_in(Status.CONCLUDED, place, 1, answers=ZERO_IN_3)
    return place, approved([good, bad], place), good, bad


def test_papers_are_drafts_until_the_decision_has_its_number(
    decided: tuple[Place, Decision, Dossier, Dossier],
) -> None:
    place, decision, good, _ = decided
    for name, args in (("decision_pdf", [decision.uuid]), ("certificate_pdf", [decision.uuid, good.uuid])):
        response = get(place.clerk, name, *args)
        assert "DỰ THẢO" in paper_text(response)
        assert re.fullmatch(r'attachment; filename="du-thao-[a-z0-9-]+\.pdf"', response["Content-Disposition"])


def test_issued_papers_carry_number_and_names() -> None:
    place = make_place()
    dossier = dossier_in(Status.CONCLUDED, place)
    decision = issued_paper([dossier], place, "1105").decision
    assert decision is not None
    issue_certificates(decision, at=place.later(), progress=lambda done, total: None)
    paper = get(place.clerk, "decision_pdf", decision.uuid)
    certificate = get(place.heads[0], "certificate_pdf", decision.uuid, dossier.uuid)
    for response in (paper, certificate):
        text = paper_text(response)
        assert "1105/QĐ-UBND" in text
        assert place.communes[0].name.split()[-1] in text
        assert "DỰ THẢO" not in text
    code = place.communes[0].code
    assert paper["Content-Disposition"] == 'attachment; filename="quyet-dinh-cong-nhan-1105-qd-ubnd-2024.pdf"'
    assert certificate["Content-Disposition"] == f'attachment; filename="giay-cong-nhan-{code}-1-2024.pdf"'


def test_certificates_are_of_recognised_communes_of_this_decision_alone(
    decided: tuple[Place, Decision, Dossier, Dossier],
) -> None:
    place, decision, good, bad = decided
    other = make_place()
    elsewhere = dossier_in(Status.RECOGNISED, other)
    assert get(place.clerk, "certificate_pdf", decision.uuid, bad.uuid).status_code == 404
    assert get(place.clerk, "certificate_pdf", decision.uuid, elsewhere.uuid).status_code == 404
    assert get(other.clerk, "certificate_pdf", decision.uuid, good.uuid).status_code == 404
    assert get(other.clerk, "decision_pdf", decision.uuid).status_code == 404
    # a draft is work between the offices
    assert get(place.editors[0], "decision_pdf", decision.uuid).status_code == 404
    assert get(place.province_staff, "certificate_pdf", decision.uuid, good.uuid).status_code == 404


def test_the_decision_s_page_links_to_its_papers(decided: tuple[Place, Decision, Dossier, Dossier]) -> None:
    place, decision, good, _ = decided
    client = signed_in(place.clerk)
    html = client.get(reverse("assessments:decision", args=[decision.uuid])).content.decode()
    assert reverse("reports:decision_pdf", args=[decision.uuid]) in html
    links = re.findall(r'href="([^"]+giay-cong-nhan[^"]+)"', html)
    assert links == [reverse("reports:certificate_pdf", args=[decision.uuid, good.uuid])]
