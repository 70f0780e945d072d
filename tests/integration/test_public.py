"""What anybody may ask without signing in."""

import csv
import json
import re
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from assessments.models import Decision, DecisionItem, Dossier
from assessments.workflow import Status
from childfriendly.core import headers
from childfriendly.core.files import Scan
from childfriendly.core.rates import UNSHARED, counted_here
from communes.models import Succession, Unit
from criteria.models import Period
from papers.kinds import KINDS, Kind
from papers.models import Attachment, Paper, State
from papers.models.paper import new_code
from papers.rendering.comparing import Match
from papers.services.signatures import Integrity, SignatureReport, Trust, as_json
from papers.views import recognised
from papers.words import small_first
from tests.factories import (
    NEW_FROM,
    ZERO_IN_3,
    CommuneFactory,
    Place,
    SuccessionFactory,
    approved,
    dossier_in,
    issued,
    make_place,
)
from tests.issued_papers import SIGNER, body_of, decision_paper, issued_paper, paper_in

pytestmark = pytest.mark.django_db

MOST_BYTES = 30 * 1024


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    cache.clear()
    counted_here.clear()


@pytest.fixture
def place() -> Place:
    return make_place(3)


@pytest.fixture
def decision(place: Place) -> Decision:
    """For two communes; the third is not recognised."""
    dossiers = [dossier_in(Status.CONCLUDED, place, number) for number in range(2)]
    refused = dossier_in(Status.CONCLUDED, place, 2, answers=ZERO_IN_3)
    return issued([*dossiers, refused], place, number="7")


@pytest.fixture
def items(decision: Decision) -> list[DecisionItem]:
    return list(decision.items.all())


@pytest.fixture
def paper(decision: Decision, place: Place) -> Paper:
    return decision_paper(decision, place)


@pytest.fixture
def certificate(paper: Paper, items: list[DecisionItem], place: Place) -> Paper:
    return issued_paper(Kind.CERTIFICATE, place, item=items[0])


def page_of(paper: Paper) -> str:
    return reverse("papers:check", args=[paper.code])


def html(client: Client, page: str, status: int = 200, **query: str) -> str:
    response = client.get(page, query)
    assert response.status_code == status
    return response.content.decode()


def text(client: Client, page: str, status: int = 200, **query: str) -> str:
    """What a person reads in the main part, on one line."""
    main = html(client, page, status, **query).partition("<main")[2].partition(">")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


# ---- one paper ---------------------------------------------------------------------------------------------------
def test_the_page_says_what_the_database_says(client: Client, paper: Paper, items: Any, place: Place) -> None:
    district = f"{place.deciding.name[:1].lower()}{place.deciding.name[1:]}"
    today = f"{district}, {place.province.name[:1].lower()}{place.province.name[1:]}"

    shown = text(client, page_of(paper))

    assert paper.issued_on
    assert shown.partition(" So với tệp đang giữ ")[0] == (
        "Kết quả kiểm tra văn bản Đang có hiệu lực Văn bản đã được phát hành và đang có hiệu lực. "
        f"Văn bản Quyết định công nhận số 07/QĐ-UBND Ngày {paper.issued_on:%d/%m/%Y} "
        f"Cơ quan ban hành {body_of(place)} Mã tra cứu {paper.code} "
        "2 đơn vị ghi trên văn bản Tên khi phát hành Đơn vị hiện nay "
        + " ".join(f"{item.commune_name}, {district} {item.commune_name}, {today}" for item in items[:2])
    )
    assert paper.pdf_sha256 in shown


def test_a_certificate_names_its_register_number_and_its_decision(
    client: Client, certificate: Paper, items: list[DecisionItem]
) -> None:
    shown = text(client, page_of(certificate))

    assert certificate.issued_on
    assert f"Văn bản Giấy công nhận, số vào sổ 1/2024 Ngày {certificate.issued_on:%d/%m/%Y} Cơ quan ban hành" in shown
    assert f"Theo quyết định số 07/QĐ-UBND, ngày {items[0].decision.issued_on:%d/%m/%Y}" in shown
    assert f"Đơn vị ghi trên văn bản Tên khi phát hành Đơn vị hiện nay {items[0].commune_name}, " in shown
    assert items[1].commune_name not in shown


def test_the_page_names_the_later_paper_with_number_and_day(client: Client, paper: Paper, place: Place) -> None:
    correction = issued_paper(Kind.CORRECTION, place, earlier=paper, number="20", reason="Sai địa danh.")
    assert correction.issued_on

    page = html(client, page_of(paper))
    shown = text(client, page_of(paper))

    assert (
        "Đã đính chính Văn bản đang có hiệu lực, đọc cùng với văn bản đính chính dưới đây. "
        f"Công văn đính chính số 20/CV-UBND , ngày {correction.issued_on:%d/%m/%Y}. Văn bản Quyết định" in shown
    )
    assert f'<a href="{page_of(correction)}">' in page
    assert "Sai địa danh" not in page
    assert f'<a href="{page_of(paper)}">Quyết định công nhận số 07/QĐ-UBND</a>' in html(client, page_of(correction))


def test_a_reason_is_told_where_it_is_public(client: Client, paper: Paper, items: Any, place: Place) -> None:
    issued_paper(Kind.REVOCATION, place, earlier=paper, items=items[:1], reason="Số liệu sai.", is_reason_public=True)

    shown = text(client, page_of(paper))

    assert "Đã thu hồi một phần Văn bản không còn hiệu lực đối với những đơn vị đã bị thu hồi" in shown
    assert "Lý do: Số liệu sai." in shown
    assert shown.count("đã thu hồi ") == 1
    assert re.search(rf"{items[0].commune_name}, \S+ Thử \d+ đã thu hồi ", shown)


def test_a_certificate_is_revoked_with_its_decision(
    client: Client, paper: Paper, certificate: Paper, items: Any, place: Place
) -> None:
    assert "Đang có hiệu lực" in text(client, page_of(certificate))

    issued_paper(Kind.REVOCATION, place, earlier=paper, items=items[:2])

    words = "Đã thu hồi Văn bản không còn hiệu lực. Quyết định thu hồi số"
    assert text(client, page_of(certificate)).startswith(f"Kết quả kiểm tra văn bản {words}")


def test_a_certificate_outlives_a_replaced_decision_that_left_its_name(
    client: Client, paper: Paper, certificate: Paper, items: Any, place: Place
) -> None:
    """Only a commune whose name changed gets another certificate (docs/decisions/0026)."""
    issued_paper(Kind.REPLACEMENT, place, earlier=paper, items=items[:2])

    assert text(client, page_of(certificate)).startswith("Kết quả kiểm tra văn bản Đang có hiệu lực")


def test_the_unit_that_continues_a_commune_today_is_named(
    client: Client, certificate: Paper, items: list[DecisionItem]
) -> None:
    """Merged in 2025, and merged again."""
    between = CommuneFactory(new=True, valid_to=date(2026, 3, 31))
    last = CommuneFactory(name="Xã Nối Tiếp", valid_from=date(2026, 4, 1), valid_to=None, parent=between.parent)
    part = CommuneFactory(name="Xã Một Phần", new=True, parent=between.parent)
    for before, after, on in (
        (items[0].dossier.commune, between, NEW_FROM),
        (items[0].dossier.commune, part, NEW_FROM),
        (between, last, date(2026, 4, 1)),
    ):
        SuccessionFactory(predecessor=before, successor=after, on=on, extent=Succession.Extent.PARTIAL)

    province = f"{between.parent.name[:1].lower()}{between.parent.name[1:]}"
    assert f"Xã Một Phần, {province}; Xã Nối Tiếp, {province} So với tệp" in text(client, page_of(certificate))


def attached(paper: Paper, place: Place, sha256: str, **read: Any) -> None:
    Attachment.objects.create(
        paper=paper,
        name="ten-rieng.pdf",
        path=sha256,
        sha256=sha256,
        size=9,
        content_type="application/pdf",
        uploaded_by=place.clerk,
        uploaded_at=place.at,
        **read,
    )


def read_as(integrity: Integrity, place: Place) -> list[dict[str, Any]]:
    report = SignatureReport(
        signer="Nguyễn Văn A (giả định)",
        organisation="",
        signed_at=place.at,
        is_stamped=False,
        is_document_timestamp=False,
        integrity=integrity,
        trust=Trust.UNKNOWN,
        read_at=place.at,
    )
    return as_json([report])


def test_the_hash_of_the_digitally_signed_copy_stands_beside_that_of_the_file(
    client: Client, paper: Paper, place: Place
) -> None:
    signed = {"kind": Attachment.Kind.SIGNED_PDF, "signatures": read_as(Integrity.WHOLE, place)}
    attached(paper, place, "a" * 64, match=Match.SAME, **signed)
    attached(paper, place, "b" * 64, kind=Attachment.Kind.SCAN)

    page = html(client, page_of(paper))

    assert "a" * 64 in page
    assert "b" * 64 not in page
    assert "ten-rieng" not in page


@pytest.mark.parametrize(
    "read",
    [
        {"match": Match.DIFFERS},
        {"match": Match.DRAFT},
        {"match": Match.SAME, "scan": Scan.INFECTED},
        {"match": Match.SAME, "integrity": Integrity.CHANGED},
        {"match": Match.SAME, "integrity": Integrity.BROKEN},
    ],
    ids=str,
)
def test_no_hash_vouches_for_a_copy_that_we_know_to_be_another(
    client: Client, paper: Paper, place: Place, read: dict[str, Any]
) -> None:
    columns = {key: value for key, value in read.items() if key != "integrity"}
    stored = read_as(read.get("integrity", Integrity.WHOLE), place)
    attached(paper, place, "a" * 64, kind=Attachment.Kind.SIGNED_PDF, signatures=stored, **columns)

    page = html(client, page_of(paper))

    assert paper.pdf_sha256 in page
    assert "a" * 64 not in page
    assert "Bản PDF đã ký số" not in page


@pytest.mark.parametrize("kind", [kind for kind, spec in KINDS.items() if not spec.is_public])
def test_papers_that_are_not_public_have_no_page(client: Client, kind: Kind, place: Place) -> None:
    assert text(client, page_of(issued_paper(kind, place)), 404).startswith("Không tìm thấy văn bản")


@pytest.mark.parametrize("state", [State.DRAFT, State.SIGNED, State.NUMBERED, State.DROPPED])
def test_a_paper_that_is_not_issued_answers_like_a_code_that_nobody_has(
    client: Client, state: State, place: Place, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """The same bytes and headers, and the same single query."""
    paper = paper_in(state, Kind.DECISION, place)

    answers = []
    for code in (paper.code, new_code(), "x", "Ă" * 300, "' OR 1=1 --"):
        with django_assert_num_queries(1):
            answer = client.get(reverse("papers:check", args=[code]))
        answers.append((answer.status_code, dict(answer.headers), answer.content))

    assert answers == [answers[0]] * 5
    assert answers[0][0] == 404


def test_an_empty_code_finds_nothing(client: Client, place: Place) -> None:
    issued_paper(Kind.REVOCATION, place, code="")
    assert client.get("/kiem-tra//").status_code == 404


# ---- typing the code ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("typed", ["{}", " {} ", "{:.5}-{}", "{:.4} {} "])
def test_a_code_is_understood_as_it_is_read_from_paper(client: Client, paper: Paper, typed: str) -> None:
    code = paper.code.lower()
    if typed.count("{") == 2:
        head = typed.format(code, "")[: 4 if ".4" in typed else 5]
        typed = typed.replace("{}", code[len(head) :])
    response = client.get(reverse("papers:check_form"), {"ma": typed.format(code)})
    assert (response.status_code, response.headers.get("Location")) == (302, page_of(paper))


def test_an_address_with_a_loosely_written_code_leads_to_the_page(client: Client, paper: Paper) -> None:
    loose = reverse("papers:check", args=[f"{paper.code[:5]}-{paper.code[5:]}".lower()])
    assert client.get(loose).headers["Location"] == page_of(paper)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Gõ mã tra cứu in dưới ô mã QR của văn bản."),
        ("ABCDE", "Mã gồm 10 chữ và số, ở đây có 5. Gõ lại đúng như trên giấy."),
        (
            "ABCDE0FGHJ",
            "Mã không dùng số 0, số 1, chữ O và chữ I. Đọc lại chỗ đó trên giấy: có thể là Q, D, L hoặc J.",
        ),
        ("ĂBCDEFGHJK", "Mã chỉ gồm chữ không dấu và chữ số. Gõ lại đúng như trên giấy."),
    ],
)
def test_a_code_that_can_be_none_is_answered_with_what_to_do(client: Client, typed: str, sentence: str) -> None:
    page = html(client, reverse("papers:check_form"), 422, ma=typed)
    assert f'<p class="error" id="id_ma_error">{sentence}</p>' in page
    assert "<title>Lỗi: Kiểm tra văn bản – " in page


def test_what_was_typed_is_text(client: Client) -> None:
    page = html(client, reverse("papers:check_form"), 422, ma='"><script>alert(1)</script>{{ 7*7 }}')
    assert "<script" not in page
    assert "{{ 7*7 }}" in page


# ---- many communes -----------------------------------------------------------------------------------------------
@pytest.fixture
def long(decision: Decision, place: Place, paper: Paper) -> Paper:
    """A decision of 200 communes, with names as long as names may be."""
    one = decision.items.all()[0]
    communes = [CommuneFactory.build(parent=place.deciding, name=f"Xã {n} {'Ẵ' * 190}"[:100]) for n in range(198)]
    for unit in communes:
        unit.fill_keys()
    communes = Unit.objects.bulk_create(communes)
    dossiers = [
        Dossier(
            code=f"X-{unit.code}",
            period=place.period,
            commune=unit,
            appraising_unit=place.deciding,
            deciding_unit=place.deciding,
            created_at=place.at,
        )
        for unit in communes
    ]
    DecisionItem.objects.bulk_create(
        DecisionItem(
            decision=decision,
            dossier=dossier,
            position=10 + number,
            result=one.result,
            commune_name=f"Xã {number} {'Ẵ' * 200}"[:200],
            parent_name="Huyện " + "Ẵ" * 194,
            total=one.total,
            threshold=one.threshold,
        )
        for number, dossier in enumerate(Dossier.objects.bulk_create(dossiers))
    )
    return paper


def test_a_decision_of_two_hundred_communes_shows_some_and_finds_the_rest(client: Client, long: Paper) -> None:
    page = page_of(long)

    shown = text(client, page)
    assert "200 đơn vị ghi trên văn bản Tìm theo tên, không cần dấu Tìm Tên khi phát hành" in shown
    assert "Trang 1 trên 14 Xem thêm So với tệp" in shown
    assert text(client, page, trang="13").count(" Xã ") == text(client, page, trang="x").count(" Xã ")
    assert "Trang 14 trên 14 So với tệp" in text(client, page, trang="999")
    assert "Trang trước Trang 2 trên" in text(client, page, trang="2")

    found = text(client, page, xa="xa 150 aa")
    assert "Xã 150 Ẵ" in found
    assert found.count("Xã ") == 2  # as issued, and as it is today
    assert 'href="?xa=aa&amp;trang=2"' in html(client, page, xa="aa")
    nothing = text(client, page, xa="khong co ai")
    assert "Văn bản này không ghi đơn vị nào có tên như vậy. Gõ ít chữ hơn rồi tìm lại. So với tệp" in nothing


# ---- the page itself ---------------------------------------------------------------------------------------------
def weight(client: Client, page: str) -> int:
    """The bytes of the page and of everything that it links, uncompressed."""
    shown = html(client, page)
    linked = re.findall(r'(?:href|src)="/static/([^"]+)"', shown)
    assert [name.rpartition(".")[2] for name in linked] == ["svg", "css"]
    assert not re.search(r"https?://|<script|<style|<img|style=", shown)
    return len(shown.encode()) + sum(Path(str(finders.find(name))).stat().st_size for name in linked)


def test_the_page_is_light(client: Client, certificate: Paper) -> None:
    assert weight(client, page_of(certificate)) <= MOST_BYTES / 2
    assert weight(client, LIST) <= MOST_BYTES / 2


def test_the_page_of_two_hundred_communes_with_the_longest_names_is_light(client: Client, long: Paper) -> None:
    assert weight(client, page_of(long)) <= MOST_BYTES


def test_nobody_gets_a_cookie_or_a_session_and_the_page_may_be_kept_a_minute(
    client: Client, paper: Paper, certificate: Paper
) -> None:
    for page in (page_of(paper), page_of(certificate), reverse("papers:check_form"), LIST, f"{LIST}?dinh-dang=csv"):
        response = client.get(page)
        assert not response.cookies
        assert response.headers["Cache-Control"] == headers.PUBLIC
        assert response.headers["Content-Security-Policy"] == headers.CONTENT_SECURITY_POLICY
    assert client.get(page_of(paper), headers={"cookie": "sessionid=x"}).headers["Cache-Control"] == headers.NO_STORE
    assert client.get(reverse("papers:check", args=["X"])).headers["Cache-Control"] == headers.NO_STORE


def test_the_pages_are_only_read(client: Client, paper: Paper) -> None:
    for page in (page_of(paper), reverse("papers:check_form"), LIST):
        assert client.post(page).status_code == 405
        assert client.head(page).status_code == 200


def test_the_queries_do_not_grow_with_the_communes_or_the_later_papers(
    client: Client,
    paper: Paper,
    certificate: Paper,
    items: Any,
    place: Place,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    """The paper, what was said later, the communes, their units and what became of them; a certificate's unit is read
    along with it."""
    with django_assert_num_queries(5):
        client.get(page_of(paper))
    with django_assert_num_queries(3):
        client.get(page_of(certificate))
    issued_paper(Kind.CORRECTION, place, earlier=paper)
    for number in range(2):
        issued_paper(Kind.REVOCATION, place, earlier=paper, items=items[number : number + 1])
        with django_assert_num_queries(8):  # and what comes after those, whom they name, who was recognised
            client.get(page_of(paper))


# ---- the list ----------------------------------------------------------------------------------------------------
LIST = "/cong-khai/"


def listed(client: Client, **query: str) -> list[dict[str, Any]]:
    answer = client.get(LIST, {"dinh-dang": "json", **query})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    rows: list[dict[str, Any]] = json.loads(answer.getvalue())
    return rows


def names(client: Client, **query: str) -> list[str]:
    return [row["ten_xa"] for row in listed(client, **query)]


def as_csv(client: Client, **query: str) -> list[list[str]]:
    answer = client.get(LIST, {"dinh-dang": "csv", **query})
    content = answer.getvalue()
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert content.count(b"\xef\xbb\xbf") == 1
    return list(csv.reader(content.decode("utf-8-sig").splitlines(), delimiter=";"))


def test_the_list_is_told_alike_as_page_csv_and_json(
    client: Client, decision: Decision, items: list[DecisionItem], certificate: Paper, place: Place
) -> None:
    assert decision.issued_on
    rows = [
        {
            "nam": 2024,
            "ten_xa": item.commune_name,
            "thuoc": place.deciding.name,
            "tinh": place.province.name,
            "ma_don_vi": item.dossier.commune.code,
            "quyet_dinh": "07/QĐ-UBND",
            "ngay_quyet_dinh": decision.issued_on.isoformat(),
            "co_quan": decision.body_name,
            "so_vao_so": "1/2024" if item == items[0] else "",
            "tinh_trang": "dang_co_hieu_luc",
            "van_ban_sau": "",
            "don_vi_hien_nay": item.dossier.commune.full_name_with_parents,
            "so_lieu_gia_dinh": False,
        }
        for item in items[:2]
    ]

    assert listed(client) == rows

    head, *lines = as_csv(client)
    assert head == list(rows[0])
    day = f"{decision.issued_on:%d/%m/%Y}"
    assert lines == [
        ["" if value is False else day if name == "ngay_quyet_dinh" else str(value) for name, value in row.items()]
        for row in rows
    ]

    shown = text(client, LIST)
    assert "2 lượt công nhận. Tải về: CSV , JSON ." in shown
    assert [
        f"{row['ten_xa']}, {small_first(row['thuoc'])}, {small_first(row['tinh'])} 2024 07/QĐ-UBND, {day} "
        f"{row['so_vao_so'] or '–'} Đang có hiệu lực {row['don_vi_hien_nay']}" in shown
        for row in rows
    ] == [True, True]


def test_only_numbered_decisions_and_recognised_communes_are_listed(client: Client, place: Place) -> None:
    recognised, waiting = (dossier_in(Status.CONCLUDED, place, number) for number in range(2))
    refused = dossier_in(Status.CONCLUDED, place, 2, answers=ZERO_IN_3)
    assert "Chưa có quyết định công nhận nào được phát hành." in text(client, LIST)
    assert client.get(LIST, {"dinh-dang": "json"}).getvalue() == b"[]\n"

    issued([recognised, refused], place)
    paper_in(State.NUMBERED, Kind.DECISION, place, decision=approved([waiting], place))

    assert names(client) == [recognised.commune.name]


def test_the_list_says_what_later_papers_say(
    client: Client, decision: Decision, paper: Paper, items: list[DecisionItem], place: Place
) -> None:
    revocation = issued_paper(Kind.REVOCATION, place, earlier=paper, items=items[:1], number="20")
    assert revocation.issued_on
    later = f"Quyết định thu hồi số 20/QĐ-UBND ngày {revocation.issued_on:%d/%m/%Y}"

    assert [(row["tinh_trang"], row["van_ban_sau"]) for row in listed(client)] == [
        ("da_thu_hoi", later),
        ("dang_co_hieu_luc", ""),
    ]
    assert f"Đã thu hồi ({later})" in text(client, LIST)


def test_a_replacing_decision_gives_the_name_as_it_now_reads(
    client: Client, paper: Paper, items: list[DecisionItem], place: Place
) -> None:
    replacement = issued_paper(Kind.REPLACEMENT, place, earlier=paper, items=items[:1])
    replacement.items.update(commune_name="Xã Đúng Tên")

    assert [(row["ten_xa"], row["tinh_trang"]) for row in listed(client)] == [
        ("Xã Đúng Tên", "da_thay_the"),
        (items[1].commune_name, "da_thay_the"),
    ]


def test_the_list_is_narrowed_by_year_province_and_name_without_accents(client: Client) -> None:
    old, other, new = make_place(1), make_place(1, year=2023), make_place(1, year=2026, new=True)
    for place, name in ((old, "Thị trấn Mỹ An"), (other, "Xã Đường Mỹ"), (new, "Xã Tháp Mười")):
        place.communes[0].name = name
        place.communes[0].save()
        issued([dossier_in(Status.CONCLUDED, place)], place)
    SuccessionFactory(predecessor=old.province, successor=new.province)
    SuccessionFactory(predecessor=old.communes[0], successor=new.communes[0])

    assert names(client) == ["Xã Tháp Mười", "Thị trấn Mỹ An", "Xã Đường Mỹ"]
    assert names(client, nam="2024") == ["Thị trấn Mỹ An"]
    assert names(client, tinh=str(other.province.uuid)) == ["Xã Đường Mỹ"]
    assert names(client, tinh=str(old.province.uuid)) == ["Thị trấn Mỹ An"]
    assert names(client, tinh=str(new.province.uuid)) == ["Xã Tháp Mười", "Thị trấn Mỹ An"]
    assert names(client, xa="duong my") == ["Xã Đường Mỹ"]
    assert names(client, xa="my an") == ["Thị trấn Mỹ An"]
    assert names(client, xa="thap muoi") == ["Xã Tháp Mười", "Thị trấn Mỹ An"]
    assert names(client, xa=f"thap muoi, {new.province.name}", nam="2026") == ["Xã Tháp Mười"]
    assert names(client, xa="khong co") == []
    assert "Không có đơn vị nào được công nhận khớp" in text(client, LIST, xa="khong co")

    shown = html(client, LIST, nam="2024", xa="mỹ an")
    assert 'href="?nam=2024&amp;xa=m%E1%BB%B9+an&amp;dinh-dang=csv"' in shown
    assert f"{old.province.name} (đến 30/06/2025)</option>" in shown


@pytest.mark.parametrize(
    "query", [{"nam": "1999"}, {"nam": "x"}, {"tinh": "x"}, {"dinh-dang": "xml"}, {"xa": "a" * 101}]
)
def test_what_cannot_be_chosen_is_said_and_shows_nothing(client: Client, decision: Any, query: Any) -> None:
    assert "lượt công nhận" not in html(client, LIST, 422, **query)


def test_demo_data_are_marked_and_stay_within_a_demo(client: Client, decision: Decision, settings: Any) -> None:
    Period.objects.update(is_demo=True)
    assert {row["so_lieu_gia_dinh"] for row in listed(client)} == {True}
    assert {line[-1] for line in as_csv(client)[1:]} == {"có"}
    assert "SỐ LIỆU GIẢ ĐỊNH – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ" in html(client, LIST)

    settings.DEMO_ALLOWED = False
    assert listed(client) == []


def test_a_name_in_the_list_is_no_formula_and_no_markup(client: Client, decision: Decision) -> None:
    DecisionItem.objects.update(commune_name="=cmd|' /C calc'!A0 <script>{{ 7*7 }}")
    assert as_csv(client)[1][1].startswith("'=cmd")
    assert names(client)[0].startswith("=cmd")
    shown = html(client, LIST)
    assert "<script" not in shown
    assert "&lt;script&gt;{{ 7*7 }}" in shown


def test_the_queries_of_the_list_do_not_grow(
    client: Client, paper: Paper, items: Any, place: Place, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Years, provinces, number of rows, rows, what was said later, certificates, units and what became of them."""
    issued_paper(Kind.CERTIFICATE, place, item=items[0])
    for _ in range(2):
        with django_assert_num_queries(8):
            client.get(LIST)
        elsewhere = make_place(3)
        issued([dossier_in(Status.CONCLUDED, elsewhere, number) for number in range(3)], elsewhere)
    with django_assert_num_queries(6):
        client.get(LIST, {"dinh-dang": "json"}).getvalue()


def test_a_long_list_is_turned_and_exported_whole(client: Client, long: Paper, monkeypatch: Any) -> None:
    monkeypatch.setattr(recognised, "ROWS_AT_ONCE", 64)

    assert "Trang 1 trên 8 Trang sau" in text(client, LIST)
    assert "Trang trước Trang 8 trên 8 Các cột" in text(client, LIST, trang="999")
    assert len(listed(client)) == len(as_csv(client)) - 1 == 200
    assert len({row["ma_don_vi"] for row in listed(client)}) == 200


# ---- how often ---------------------------------------------------------------------------------------------------
@pytest.fixture
def clock(time_machine: Any) -> Any:
    """Stands still: a count of a minute would begin anew with the next."""
    time_machine.move_to("2026-11-24 10:00:00+07:00", tick=False)
    return time_machine


def asked(client: Client, page: str, times: int, **more: Any) -> list[int]:
    return [client.get(page, **more).status_code for _ in range(times)]


def test_who_asks_too_often_waits_a_minute_and_nobody_else_does(
    client: Client, paper: Paper, settings: Any, clock: Any
) -> None:
    settings.PUBLIC_PAGES_PER_MINUTE = 10
    page, allowed = page_of(paper), UNSHARED + 10

    assert asked(client, page, allowed + 1) == [200] * allowed + [429]
    assert asked(client, reverse("papers:check", args=["X"]), 1) == [429]
    assert text(client, page, 429) == (
        "Thử lại sau một phút Máy này vừa gửi quá nhiều yêu cầu. Đợi một phút rồi làm lại."
    )
    assert client.get(page).headers["Retry-After"] == "60"
    assert asked(client, page, 1, REMOTE_ADDR="192.0.2.9") == [200]
    assert client.get(reverse("account_login")).status_code == 200

    clock.move_to("2026-11-24 10:01:01+07:00", tick=False)
    assert asked(client, page, 1) == [200]


@pytest.mark.usefixtures("clock")
def test_files_are_counted_apart_from_pages(client: Client, decision: Any, settings: Any) -> None:
    settings.PUBLIC_FILES_PER_MINUTE = 2
    assert asked(client, f"{LIST}?dinh-dang=csv", 5) == [200] * 4 + [429]  # two for the process, two for all
    assert asked(client, f"{LIST}?dinh-dang=json", 1) == [429]
    assert asked(client, LIST, 1) == [200]


@pytest.mark.usefixtures("clock")
def test_only_what_our_own_proxy_says_of_the_address_counts(client: Client, paper: Paper, settings: Any) -> None:
    settings.PUBLIC_PAGES_PER_MINUTE = 1
    for number in range(4):
        client.get(page_of(paper), headers={"x-forwarded-for": f"192.0.2.{number}"})
    assert asked(client, page_of(paper), 1, headers={"x-forwarded-for": "192.0.2.99"}) == [429]

    settings.PROXY_COUNT = 1
    assert asked(client, page_of(paper), 2, headers={"x-forwarded-for": "198.51.100.1, 192.0.2.50"}) == [200, 200]
    assert asked(client, page_of(paper), 1, headers={"x-forwarded-for": "198.51.100.2, 192.0.2.50"}) == [429]


@pytest.mark.usefixtures("clock")
def test_an_address_of_ipv6_counts_by_its_network(client: Client, paper: Paper, settings: Any) -> None:
    settings.PUBLIC_PAGES_PER_MINUTE = 1
    codes = [asked(client, page_of(paper), 1, REMOTE_ADDR=f"2001:db8::{number}")[0] for number in range(3)]
    assert codes == [200, 200, 429]
    assert asked(client, page_of(paper), 1, REMOTE_ADDR="2001:db8:0:1::1") == [200]


# ---- what never shows --------------------------------------------------------------------------------------------
CANARY = "Nguyễn Thị Canary"


def test_nothing_that_is_not_public_is_on_any_page(
    client: Client, paper: Paper, certificate: Paper, items: list[DecisionItem], place: Place
) -> None:
    """Names of people, reasons, scores, communes that were not recognised."""
    refused = items[2]
    DecisionItem.objects.filter(decision=paper.decision).update(total=987, threshold=864, reasons=[CANARY])
    Decision.objects.filter(pk=paper.decision_id).update(signer_name=CANARY, signed_for=CANARY)
    later = [
        issued_paper(kind, place, earlier=paper, items=items[:1], reason=CANARY, edits={"reason": CANARY})
        for kind in (Kind.CORRECTION, Kind.REPLACEMENT, Kind.REVOCATION)
    ]
    for user in (place.leader, place.clerk, place.appraiser):
        user.full_name = CANARY
        user.save()

    lists = [LIST, f"{LIST}?dinh-dang=csv", f"{LIST}?dinh-dang=json"]
    for page in (*map(page_of, [paper, certificate, *later]), reverse("papers:check_form"), *lists):
        response = client.get(page)
        shown = response.getvalue().decode() + str(response.headers)
        totals = re.findall(r"\b(?:987|864)\b", shown)  # names, codes and hashes may hold any three digits
        assert totals == [], (page, totals)
        for secret in (
            "Canary",
            SIGNER,
            refused.commune_name,
            place.leader.username,
            items[0].dossier.code,
        ):
            assert secret not in shown, (page, secret)


# ---- the way there and back ----------------------------------------------------------------------------------------
def test_the_sign_in_page_leads_to_the_public_pages_and_these_back(client: Client) -> None:
    public = [reverse("papers:check_form"), reverse("papers:recognised")]
    page = client.get(reverse("account_login")).content.decode()
    assert [address for address in public if f'href="{address}"' in page] == public
    for address in public:
        assert f'href="{reverse("account_login")}"' in client.get(address).content.decode()
