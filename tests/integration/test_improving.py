"""What a notice of refusal asked to improve is the commune's own to-do in its next period."""

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.models import Dossier, Figures
from assessments.views.improving import NOTICES, Notice, notices_for
from assessments.workflow import Status
from communes.auth import today
from communes.models import Unit, User
from papers import services
from papers.filling import content_of
from papers.filling.improvements import lost_in
from papers.kinds import Kind
from papers.models import Paper
from papers.structure import Content
from tests.factories import (
    Place,
    SuccessionFactory,
    dossier_in,
    issued_paper,
    make_place,
    next_year,
)
from tests.later_papers import out
from tests.signing_in import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("private_files")]

WEAK = {"TC03.1": Figures(numerator=3), "TC02.1": Figures(numerator=96, denominator=100)}
BIRTHS = "TC02.1 – Tỷ lệ trẻ em được đăng ký khai sinh đúng quy định. Mức cần đạt: từ 98 % trở lên: 50 điểm"


@pytest.fixture
def place() -> Place:
    return make_place(2, year=2022)


@pytest.fixture
def notice(place: Place) -> Paper:
    """To the first commune, with three cases of abuse and births registered late."""
    return out(begun_notice(place), place)


def begun_notice(place: Place) -> Paper:
    decided = issued_paper([dossier_in(Status.CONCLUDED, place, answers=WEAK)], place)
    assert decided.decision is not None
    item = decided.decision.items.get()
    return services.draft(kind=Kind.REFUSAL, item=item, by=place.appraiser, at=place.later())


def opened(place: Place, index: int = 0, **more: Any) -> Dossier:
    return dossier_in(Status.DRAFT, place, index, **more)


def page(user: User, name: str, *about: str | UUID) -> str:
    response = signed_in(user).get(reverse(name, args=about))
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def link_to(notice: Paper) -> str:
    return f'href="{reverse("papers:paper", args=[notice.uuid])}"'


# ---- the list in the notice ----------------------------------------------------------------------------------------
def test_what_is_read_back_is_what_the_notice_prints(notice: Paper) -> None:
    printed = content_of(notice)
    assert isinstance(printed, Content)
    (table,) = printed.tables
    lost = lost_in(printed)
    assert [(one.title, one.points) for one in lost] == [
        (row.cells[0].split(". ", 1)[1], row.cells[1]) for row in table.rows if row.is_total
    ]
    assert [item for one in lost for item in one.items] == [
        (row.cells[0], row.cells[4]) for row in table.rows if not row.is_total
    ]
    assert len(lost) == 2


# ---- the pages of the next period ----------------------------------------------------------------------------------
def test_the_dossier_lists_it_criterion_by_criterion_with_the_notice(place: Place, notice: Paper) -> None:
    after = next_year(place)
    text = page(place.editors[0], "assessments:dossier", opened(after, filled=False).uuid)
    assert "Việc cần cải thiện từ kỳ trước" in text
    assert f"<a {link_to(notice)}>{notice}</a> năm 2022 yêu cầu cải thiện 2 tiêu chí:" in text
    assert f"<li>{BIRTHS}</li>" in text
    assert "Điểm năm 2022: 40/50, hồ sơ này: 0/50." in text


def test_a_criterion_that_now_has_all_its_points_is_done(place: Place, notice: Paper) -> None:
    text = page(place.editors[0], "assessments:dossier", opened(next_year(place)).uuid)
    assert "yêu cầu cải thiện 2 tiêu chí, nay 2 tiêu chí đã đạt điểm tối đa:" in text
    assert "Điểm năm 2022: 40/50, hồ sơ này: 50/50." in text


def test_home_has_it_before_the_dossier_is_opened_and_after(place: Place, notice: Paper) -> None:
    after, editor = next_year(place), place.editors[0]
    before = page(editor, "home")
    assert f"<a {link_to(notice)}>" in before
    assert "Tiêu chí 2. Trẻ em được khai sinh đúng quy định. Điểm năm 2022: 40/50." in before
    dossier = opened(after)
    address = reverse("assessments:criterion", args=[dossier.uuid, "TC02"])
    assert f'<a href="{address}">Tiêu chí 2. Trẻ em được khai sinh đúng quy định</a>' in page(editor, "home")


def test_the_page_of_a_criterion_says_what_was_asked_of_it_and_no_other(place: Place, notice: Paper) -> None:
    dossier, editor = opened(next_year(place)), place.editors[0]
    text = page(editor, "assessments:criterion", dossier.uuid, "TC02")
    assert (
        f'<a {link_to(notice)}>Thông báo năm 2022</a> yêu cầu cải thiện:</p> <ul class="mb-0"><li>{BIRTHS}</li>' in text
    )
    assert "yêu cầu cải thiện" not in page(editor, "assessments:criterion", dossier.uuid, "TC07")


# ---- whose, and for how long ---------------------------------------------------------------------------------------
def found(user: User, commune: Unit, place: Place) -> list[Notice]:
    return notices_for(user, commune, place.period, today())


def test_a_notice_that_was_not_issued_asks_nothing(place: Place) -> None:
    begun_notice(place)
    after = next_year(place)
    assert found(place.editors[0], place.communes[0], after) == []


def test_no_other_commune_has_it_and_not_its_own_year(place: Place, notice: Paper) -> None:
    after = next_year(place)
    assert found(place.editors[0], place.communes[1], after) == []
    assert found(place.editors[1], place.communes[0], after) == []
    assert found(place.editors[0], place.communes[0], place) == []


def test_who_may_read_the_notice_reads_the_list_at_the_office_too(place: Place, notice: Paper) -> None:
    after = next_year(place)
    (one,) = found(place.appraiser, place.communes[0], after)
    assert one == found(place.editors[0], place.communes[0], after)[0]


def test_once_the_commune_was_decided_anew_the_list_has_served(place: Place, notice: Paper) -> None:
    second = next_year(place)
    dossier = dossier_in(Status.CONCLUDED, second)
    third = next_year(second)
    assert len(found(place.editors[0], place.communes[0], third)) == 1  # nothing of the second year is decided yet
    issued_paper([dossier], second)
    assert found(place.editors[0], place.communes[0], third) == []


# ---- communes that were merged -------------------------------------------------------------------------------------
def test_the_new_commune_has_the_lists_of_those_merged_into_it_and_reads_the_notices(
    place: Place, notice: Paper
) -> None:
    old = place.communes[0]
    new = make_place(2, year=2026, new=True)
    SuccessionFactory(predecessor=old, successor=new.communes[0])
    dossier, editor = opened(new), new.editors[0]
    text = page(editor, "assessments:dossier", dossier.uuid)
    assert f"<a {link_to(notice)}>{notice}</a> năm 2022 gửi {old.name} yêu cầu cải thiện 2 tiêu chí" in text
    assert f"Thông báo năm 2022</a> gửi {old.name} yêu cầu cải thiện:" in page(
        editor, "assessments:criterion", dossier.uuid, "TC02"
    )
    assert f"{old.name} phù hợp với trẻ em" in page(editor, "papers:paper", notice.uuid).replace("xã ", "Xã ")
    assert signed_in(editor).head(reverse("papers:pdf", args=[notice.uuid])).status_code == 200
    assert found(new.editors[1], new.communes[0], new) == []
    assert signed_in(new.editors[1]).get(reverse("papers:paper", args=[notice.uuid])).status_code == 404


def test_of_the_merged_commune_the_new_one_reads_no_other_paper(place: Place, notice: Paper) -> None:
    new = make_place(1, year=2026, new=True)
    SuccessionFactory(predecessor=place.communes[0], successor=new.communes[0])
    seen = Paper.objects.visible_to(new.editors[0], today())
    assert [paper.kind for paper in seen] == [Kind.REFUSAL]
    text = page(new.editors[0], "papers:paper", notice.uuid)
    assert notice.item is not None
    assert str(notice.item.decision.uuid) not in text  # no link that answers 404


# ---- small numbers -------------------------------------------------------------------------------------------------
def test_the_to_do_tells_no_small_count(place: Place, notice: Paper) -> None:
    (one,) = found(place.editors[0], place.communes[0], next_year(place))
    (abuse,) = [asked for asked in one.criteria if "xâm hại" in asked.title]
    assert "3" not in abuse.points.replace("/", "")
    assert not any("3 trẻ" in item or "3/2" in item for item in abuse.items)


# ---- cost ----------------------------------------------------------------------------------------------------------
def test_a_page_of_the_commune_asks_once_for_it(place: Place, notice: Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    dossier, client = opened(next_year(place)), signed_in(place.editors[0])
    for address in (
        reverse("home"),
        reverse("assessments:dossier", args=[dossier.uuid]),
        reverse("assessments:criterion", args=[dossier.uuid, "TC02"]),
    ):
        client.get(address)
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        with monkeypatch.context() as without:
            without.setattr("assessments.views.improving.NOTICES", [])
            with CaptureQueriesContext(connection) as rest:
                client.get(address)
        assert len(asked) == len(rest) + 1
    assert len(NOTICES) == 1
