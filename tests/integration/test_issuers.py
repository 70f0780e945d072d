"""What an authority prints on its papers: proposed from its name, set by the catalogue administrator, dated."""

from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from assessments.workflow import Status
from childfriendly.core.exceptions import Refused, Stale
from communes.models import Unit
from criteria.models import Certainty
from papers import services
from papers.filling import content_of
from papers.filling.issuers import abbreviation_of, issuer_for
from papers.kinds import Desk, Kind
from papers.models import Issuer, Paper
from papers.services.issuers import Printed, set_issuer
from papers.structure import Certificate
from tests.factories import Place, approved, dossier_in, make_place
from tests.integration.test_audit_coverage import PRINTED
from tests.signing_in import signed_in
from tests.unit.test_certificate_layout import LAYOUT

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> Place:
    return make_place()


def changed(**fields: object) -> Printed:
    return Printed(**{name: getattr(PRINTED, name) for name in Printed.__slots__} | fields)  # type: ignore[arg-type]


def set_(place: Place, printed: Printed = PRINTED, *, seen: Issuer | None = None, days: int = 0) -> Issuer:
    return set_issuer(
        unit=place.deciding,
        desk=Desk.DECIDING,
        printed=printed,
        seen=seen.pk if seen else 0,
        version=seen.version if seen else 0,
        by=place.catalogue_admin,
        at=place.at + timedelta(days=days),
    )


def page_of(unit: Unit, desk: str = "deciding") -> str:
    return reverse("papers:issuer", args=[unit.uuid, desk])


# ---- proposed ----------------------------------------------------------------------------------------------------
def test_without_a_row_the_period_s_authority_is_proposed(place: Place) -> None:
    proposed = issuer_for(Desk.DECIDING, place.deciding, place.period, place.at.date())
    authority = place.period.authorities.get(task="decide", unit=place.deciding)
    assert (proposed.pk, proposed.body_name, proposed.place) == (None, authority.body_name, authority.place)
    assert (proposed.abbreviation, proposed.certainty) == ("UBND", Certainty.RECONSTRUCTED)


@pytest.mark.parametrize(
    ("body", "short"),
    [
        ("Phòng Lao động - Thương binh và Xã hội huyện Tháp Mười", "LĐTBXH"),
        ("Phòng Văn hóa - Xã hội xã Mỹ An", "VHXH"),
        ("Phòng Y tế thị xã An Nhơn", "YT"),
        ("Sở Y tế tỉnh Đồng Tháp", "SYT"),
        ("Sở Lao động - Thương binh và Xã hội thành phố Hải Phòng", "SLĐTBXH"),
        ("Sở Nội vụ", "SNV"),
        ("Ủy ban nhân dân huyện Tháp Mười", "UBND"),
    ],
)
def test_an_abbreviation_is_proposed_from_the_name(body: str, short: str) -> None:
    assert abbreviation_of(body) == short


def test_a_commune_is_proposed_by_its_name(place: Place) -> None:
    commune = place.communes[0]
    proposed = issuer_for(Desk.COMMUNE, commune, place.period, place.at.date())
    assert proposed.body_name == f"Ủy ban nhân dân {commune.name[:1].lower()}{commune.name[1:]}"
    assert (proposed.certainty, proposed.is_collective) == (Certainty.RECONSTRUCTED, True)


# ---- set ---------------------------------------------------------------------------------------------------------
def test_what_is_set_counts_from_its_day_and_earlier_papers_keep_the_earlier_row(place: Place) -> None:
    first = set_(place)
    second = set_(place, changed(place="Mỹ An"), seen=first, days=3)
    day = place.at.date()
    first.refresh_from_db()
    assert (first.valid_to, second.valid_from) == (day + timedelta(days=2), day + timedelta(days=3))
    found = [issuer_for(Desk.DECIDING, place.deciding, place.period, day + timedelta(days=n)).place for n in (0, 2, 3)]
    assert found == ["Nhà", "Nhà", "Mỹ An"]
    assert first.certainty == Certainty.CONFIRMED


def test_a_row_of_today_is_changed_in_its_place(place: Place) -> None:
    first = set_(place)
    again = set_(place, changed(place="Mỹ An"), seen=first)
    assert (again.pk, again.version, again.place, Issuer.objects.count()) == (first.pk, 2, "Mỹ An", 1)


def test_lines_are_cleaned_as_they_are_copied_from_a_paper(place: Place) -> None:
    lines = ["- Như Điều 3;", "", "  -  UBND tỉnh (báo cáo). "]
    row = set_(place, changed(recipients={Kind.DECISION: lines, Kind.REFUSAL: [" "]}))
    assert row.recipients == {"decision": ["Như Điều 3", "UBND tỉnh (báo cáo)"]}


def test_a_draft_follows_what_is_set_until_it_is_signed(place: Place) -> None:
    """Whoever sees a wrong letterhead on a draft has it set right, and need not begin again."""
    notice = services.draft(
        kind=Kind.RESULT_REPORT, period=place.period, unit=place.deciding, by=place.appraiser, at=place.later()
    )
    first = set_(place, changed(abbreviation="UBND-MỚI"), days=3)
    with time_machine.travel(place.at + timedelta(days=3), tick=False):
        page = signed_in(place.leader).get(reverse("papers:sign", args=[notice.uuid])).content.decode()
    assert f"{PRINTED.place}, ngày" in page
    assert "/BC-UBND-MỚI" in page
    place.at += timedelta(days=3)
    signed = services.sign(paper_id=notice.pk, version=notice.version, by=place.leader, at=place.later())
    set_(place, changed(abbreviation="KHÁC"), seen=first, days=1)
    assert signed.symbol == "BC-UBND-MỚI"
    assert content_of(Paper.objects.get()).letterhead.place == PRINTED.place


def test_a_symbol_has_room_on_the_paper(place: Place) -> None:
    with pytest.raises(Refused, match=r"^Chữ viết tắt và đơn vị soạn dài quá 39 ký tự\."):
        set_(place, changed(abbreviation="U" * 20, drafter="V" * 20))
    assert set_(place, changed(abbreviation="U" * 20, drafter="V" * 19)).drafter


@pytest.mark.parametrize("wrong", ["UB ND", "UBND/VX", "<b>", "-UBND", "UBND--VX", "U_B", "{{ 7 }}"])
def test_a_symbol_is_of_letters_digits_and_hyphens(wrong: str, place: Place) -> None:
    for field in ("abbreviation", "drafter"):
        with pytest.raises(Refused, match=r"^Chữ viết tắt và đơn vị soạn chỉ gồm chữ, số và dấu gạch nối"):
            set_(place, changed(**{field: wrong}))


def test_whoever_is_slower_is_told(place: Place) -> None:
    first = set_(place)
    set_(place, changed(place="Mỹ An"), seen=first)
    with pytest.raises(Stale, match="vừa được người khác sửa"):
        set_(place, seen=first)
    with pytest.raises(Stale, match="vừa được người khác sửa"):
        set_(place)


def test_a_blank_name_is_refused(place: Place) -> None:
    with pytest.raises(Refused, match="Nhập tên cơ quan, địa danh"):
        set_(place, changed(body_name=" "))


def test_a_layout_of_the_certificate_is_checked_before_it_is_stored(place: Place) -> None:
    with pytest.raises(Refused, match=r"^Mẫu giấy có thẻ <script> không được dùng"):
        set_(place, changed(certificate_layout=f"{LAYOUT}<script></script>"))
    assert set_(place, changed(certificate_layout=LAYOUT)).certificate_layout == LAYOUT.strip()


def test_the_certificates_of_an_authority_have_its_layout(place: Place) -> None:
    set_(place, changed(certificate_layout=LAYOUT))
    item = approved([dossier_in(Status.CONCLUDED, place)], place).items.get()
    paper = Paper(kind=Kind.CERTIFICATE, desk=Desk.DECIDING, unit=place.deciding, period=place.period, item=item)
    paper.drafted_at = place.at
    printed = content_of(paper)
    assert isinstance(printed, Certificate)
    assert printed.layout == LAYOUT.strip()


def test_a_commune_has_no_deciding_desk(place: Place) -> None:
    with pytest.raises(Refused, match="không có cơ quan quyết định"):
        set_issuer(
            unit=place.communes[0],
            desk=Desk.DECIDING,
            printed=PRINTED,
            seen=0,
            version=0,
            by=place.catalogue_admin,
            at=place.at,
        )


def test_nobody_sets_it_for_another_province(place: Place) -> None:
    other = make_place()
    with pytest.raises(Refused, match="không thuộc địa bàn"):
        set_issuer(
            unit=other.deciding,
            desk=Desk.DECIDING,
            printed=PRINTED,
            seen=0,
            version=0,
            by=place.catalogue_admin,
            at=place.at,
        )


# ---- the page ----------------------------------------------------------------------------------------------------
@pytest.fixture
def admin(place: Place) -> Client:
    return signed_in(place.catalogue_admin)


def test_the_page_shows_the_proposal_and_saving_confirms_it(place: Place, admin: Client) -> None:
    with time_machine.travel(place.at, tick=False):
        shown = admin.get(page_of(place.deciding)).content.decode()
        assert "Hệ thống đề xuất" in shown
        sent = {"seen": "0", "version": "1", "body_name": "UBND huyện", "place": "Nhà", "abbreviation": "UBND"}
        answer = admin.post(page_of(place.deciding), sent | {"recipients_decision": "Như Điều 3\nLưu hồ sơ"})
    assert answer.headers["Location"] == reverse("papers:issuers", args=[place.deciding.uuid])
    row = Issuer.objects.get()
    assert (row.body_name, row.recipients) == ("UBND huyện", {"decision": ["Như Điều 3", "Lưu hồ sơ"]})


def test_nothing_typed_is_lost(place: Place, admin: Client) -> None:
    with time_machine.travel(place.at, tick=False):
        answer = admin.post(
            page_of(place.deciding), {"body_name": "", "place": "Chợ <b>Mới</b>", "bases_decision": "Căn cứ Đề án 5"}
        )
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "Chợ &lt;b&gt;Mới&lt;/b&gt;" in shown
    assert "Căn cứ Đề án 5" in shown
    assert Issuer.objects.count() == 0


def test_a_desk_that_the_unit_has_not_is_no_page(place: Place, admin: Client) -> None:
    assert admin.get(page_of(place.communes[0], "deciding")).status_code == 404
    assert admin.get(page_of(place.communes[0], "commune")).status_code == 200


def test_the_rows_of_one_desk_follow_each_other_day_by_day(place: Place) -> None:
    row = None
    for days in range(3):
        row = set_(place, changed(place=f"Nơi {days}"), seen=row, days=days)
    spans = list(Issuer.objects.order_by("valid_from").values_list("valid_from", "valid_to"))
    day: date = place.at.date()
    one = timedelta(days=1)
    assert spans == [(day, day), (day + one, day + one), (day + 2 * one, None)]
