"""Hồ sơ trình: the head of office sends, the leader reads one page and answers."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.models import Decision, Dossier, Proposal, ProposalItem, Result
from assessments.workflow import Status
from communes.models import User
from tests.factories import PDF, ZERO_IN_3, approved, dossier_in, make_place, pdf_file, proposed
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db


def html_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def url(name: str, proposal: Proposal) -> str:
    return reverse(f"assessments:{name}", args=[proposal.uuid])


PROPOSE = "/ho-so-trinh/lap/"


def sent(*dossiers: Dossier, **changes: Any) -> dict[str, Any]:
    return {
        "dossiers": [str(dossier.uuid) for dossier in dossiers],
        "submission_number": "15/TTr",
        "submission_text": "Kính đề nghị xem xét.",
        "minutes": pdf_file(),
        **changes,
    }


# ---- proposing ---------------------------------------------------------------------------------------------------


def test_the_page_offers_what_is_concluded_and_not_proposed_yet() -> None:
    place = make_place(4)
    free = dossier_in(Status.CONCLUDED, place, 0)
    taken = dossier_in(Status.CONCLUDED, place, 1)
    proposed([taken], place)
    dossier_in(Status.APPRAISING, place, 2)
    dossier_in(Status.CONCLUDED)  # of another district
    page = html_of(signed_in(place.head_of_office).get(PROPOSE))
    assert re.findall(r'name="dossiers" id="\w+" value="([^"]+)"', page) == [str(free.uuid)]
    assert f"kính trình Ủy ban nhân dân huyện {place.deciding.name.removeprefix('Huyện ')}" in page


def test_several_dossiers_go_to_the_leader_together() -> None:
    place = make_place(3)
    first = dossier_in(Status.CONCLUDED, place, 0)
    second = dossier_in(Status.CONCLUDED, place, 1, answers=ZERO_IN_3)
    dossier_in(Status.CONCLUDED, place, 2)
    response = signed_in(place.head_of_office).post(PROPOSE, sent(first, second))
    proposal = Proposal.objects.get()
    assert (response.status_code, response.headers["Location"]) == (302, url("proposal", proposal))
    assert list(proposal.items.order_by("dossier__code").values_list("dossier", "result", "is_live")) == [
        (first.pk, Result.RECOGNISED, True),
        (second.pk, Result.REFUSED, True),
    ]
    assert (proposal.submitted_by, proposal.minutes_name) == (place.head_of_office, "bien-ban.pdf")


def test_every_gap_is_named_and_everything_typed_kept() -> None:
    place = make_place(2)
    dossier = dossier_in(Status.CONCLUDED, place, 0)
    dossier_in(Status.CONCLUDED, place, 1)
    client = signed_in(place.head_of_office)
    empty = html_of(client.post(PROPOSE, {"submission_text": " "}))
    for sentence in (
        "Chọn ít nhất một hồ sơ để trình.",
        "Nhập số tờ trình.",
        "Nhập nội dung tờ trình.",
        "Chọn tệp biên bản họp Hội đồng xét duyệt.",
    ):
        assert sentence in empty
    response = client.post(PROPOSE, sent(dossier, submission_number=""))
    page = html_of(response)
    assert response.status_code == 422
    assert "<title>Lỗi: " in page
    assert f'value="{dossier.uuid}" checked' in page
    assert "Kính đề nghị xem xét." in page
    assert "Chọn lại tệp biên bản trước khi trình." in page
    assert not Proposal.objects.exists()


def test_minutes_of_the_wrong_kind_are_refused_in_words() -> None:
    place = make_place()
    dossier = dossier_in(Status.CONCLUDED, place)
    client = signed_in(place.head_of_office)
    for name, content, sentence in [
        ("bien-ban.doc", PDF, "là dạng cũ có thể chứa macro"),
        ("bien-ban.pdf", b"MZ", "không phải PDF"),
        ("bien-ban.pdf", b"", "không có nội dung"),
    ]:
        response = client.post(PROPOSE, sent(dossier, minutes=pdf_file(name, content)))
        assert response.status_code == 422
        assert sentence in html_of(response)
    assert not Proposal.objects.exists()


def test_a_dossier_that_may_not_be_proposed_is_refused() -> None:
    place = make_place(2)
    dossier = dossier_in(Status.APPRAISING, place, 0)
    foreign = dossier_in(Status.CONCLUDED)
    client = signed_in(place.head_of_office)
    for choice in (dossier, foreign):
        response = client.post(PROPOSE, sent(choice))
        assert response.status_code == 422
        assert "Một hồ sơ đã chọn không còn trình được." in html_of(response)
    assert not Proposal.objects.exists()


def test_only_a_head_of_office_proposes() -> None:
    place = make_place()
    dossier = dossier_in(Status.CONCLUDED, place)
    for person in (place.appraiser, place.leader, place.clerk, place.editors[0], place.inspector):
        client = signed_in(person)
        assert client.get(PROPOSE).status_code == 404
        assert client.post(PROPOSE, sent(dossier)).status_code == 404


def test_nothing_to_propose_says_so() -> None:
    page = html_of(signed_in(make_place().head_of_office).get(PROPOSE))
    assert "Chưa có hồ sơ nào hoàn thành thẩm định mà chưa trình." in page


# ---- one proposal ------------------------------------------------------------------------------------------------


def test_the_leader_reads_one_page() -> None:
    place = make_place(2)
    good = dossier_in(Status.CONCLUDED, place, 0)
    bad = dossier_in(Status.CONCLUDED, place, 1, answers=ZERO_IN_3)
    proposal = proposed([good, bad], place)
    page = html_of(signed_in(place.leader).get(url("proposal", proposal)))
    assert "<strong>2 đơn vị</strong>: 1 đề nghị công nhận, 1 đề nghị không công nhận." in page
    assert 'data-label="Thẩm định">875</td>' in page
    assert "Kính đề nghị xem xét, quyết định." in page
    assert f"{place.head_of_office.full_name}, Trưởng phòng" in page


def test_the_leader_approves_after_looking_once_more() -> None:
    place = make_place()
    proposal = proposed([dossier_in(Status.CONCLUDED, place)], place)
    client = signed_in(place.leader)
    assert "Duyệt hồ sơ trình</button>" in html_of(client.get(url("approve", proposal)))
    response = client.post(url("approve", proposal), {"version": "1"})
    decision = Decision.objects.get()
    assert response.headers["Location"] == reverse("assessments:decision", args=[decision.uuid])
    proposal.refresh_from_db()
    assert (proposal.state, proposal.answered_by, decision.number) == (Proposal.State.APPROVED, place.leader, "")


def test_approving_twice_makes_one_decision() -> None:
    place = make_place()
    proposal = proposed([dossier_in(Status.CONCLUDED, place)], place)
    client = signed_in(place.leader)
    client.post(url("approve", proposal), {"version": "1"})
    response = client.post(url("approve", proposal), {"version": "1"})
    assert response.status_code == 409
    assert "Hồ sơ trình này đã duyệt rồi." in html_of(response)
    assert Decision.objects.count() == 1


def test_the_leader_returns_the_whole_with_a_reason() -> None:
    place = make_place()
    dossier = dossier_in(Status.CONCLUDED, place)
    proposal = proposed([dossier], place)
    client = signed_in(place.leader)
    blank = client.post(url("return_proposal", proposal), {"version": "1", "reason": " "})
    assert (blank.status_code, "Ghi lý do trả lại hồ sơ trình." in html_of(blank)) == (422, True)
    stale = client.post(url("return_proposal", proposal), {"version": "7", "reason": "Thiếu phiếu."})
    assert (stale.status_code, "Thiếu phiếu." in html_of(stale)) == (409, True)
    done = client.post(url("return_proposal", proposal), {"version": "1", "reason": "Thiếu phiếu biểu quyết."})
    assert done.headers["Location"] == url("proposal", proposal)
    assert "Thiếu phiếu biểu quyết." in html_of(client.get(url("proposal", proposal)))
    assert list(ProposalItem.objects.values_list("is_live", flat=True)) == [False]
    again = signed_in(place.head_of_office).post(PROPOSE, sent(dossier, submission_number="16/TTr"))
    assert again.status_code == 302


def test_only_the_leader_answers() -> None:
    place = make_place()
    proposal = proposed([dossier_in(Status.CONCLUDED, place)], place)
    for person in (place.head_of_office, place.appraiser, place.clerk, place.inspector):
        client = signed_in(person)
        page = html_of(client.get(url("proposal", proposal)))
        assert "Xem lại và duyệt hồ sơ trình" not in page
        response = client.post(url("approve", proposal), {"version": "1"})
        assert response.status_code == 409
        assert "Việc này dành cho Lãnh đạo quyết định" in html_of(response)
    assert not Decision.objects.exists()


def test_the_minutes_come_back_as_they_were_sent() -> None:
    place = make_place()
    proposal = proposed([dossier_in(Status.CONCLUDED, place)], place)
    response = signed_in(place.leader).get(url("minutes", proposal))
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/pdf")
    assert b"".join(response.streaming_content) == PDF


def test_strangers_and_communes_find_nothing() -> None:
    place, other = make_place(), make_place()
    proposal = proposed([dossier_in(Status.CONCLUDED, place)], place)
    for person in (place.editors[0], place.heads[0], other.leader, other.head_of_office, other.inspector):
        client = signed_in(person)
        for name in ("proposal", "minutes", "approve", "return_proposal"):
            assert client.get(url(name, proposal)).status_code == 404
        assert client.post(url("approve", proposal), {"version": "1"}).status_code == 404
        assert "15/TTr" not in html_of(client.get("/ho-so-trinh/"))


# ---- the list ----------------------------------------------------------------------------------------------------


def test_what_waits_for_the_leader_stands_first() -> None:
    place = make_place(2)
    waiting = dossier_in(Status.CONCLUDED, place, 0)
    proposed([waiting], place, "1/TTr")
    approved([dossier_in(Status.CONCLUDED, place, 1)], place)
    page = html_of(signed_in(place.leader).get("/ho-so-trinh/"))
    assert re.findall(r'<a href="/ho-so-trinh/[^"]+/">(\d+/TTr)</a>', page) == ["1/TTr", "15/TTr"]


def test_the_list_can_hold_only_what_waits() -> None:
    place = make_place(2)
    approved([dossier_in(Status.CONCLUDED, place, 1)], place)
    client = signed_in(place.leader)
    waiting = html_of(client.get("/ho-so-trinh/?trang-thai=cho-duyet"))
    assert "Không có hồ sơ trình nào chờ duyệt." in waiting
    assert "Bỏ lọc" in waiting
    proposed([dossier_in(Status.CONCLUDED, place, 0)], place, "1/TTr")
    page = html_of(client.get("/ho-so-trinh/?trang-thai=cho-duyet"))
    assert re.findall(r'<a href="/ho-so-trinh/[^"]+/">(\d+/TTr)</a>', page) == ["1/TTr"]


def test_lists_and_pages_cost_the_same_for_one_and_for_three() -> None:
    few, many = make_place(), make_place(6)
    one = proposed([dossier_in(Status.CONCLUDED, few)], few)
    dossiers = [dossier_in(Status.CONCLUDED, many, index) for index in range(6)]
    three = proposed(dossiers[:3], many)
    proposed([dossiers[3]], many, "16/TTr")

    def cost(person: User, address: str) -> int:
        client = signed_in(person)
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    for name in ("proposal", "approve"):
        assert cost(few.leader, url(name, one)) == cost(many.leader, url(name, three))
    assert cost(few.leader, "/ho-so-trinh/") == cost(many.leader, "/ho-so-trinh/")
    proposed([dossiers[4]], many, "17/TTr")
    with_one = cost(many.head_of_office, PROPOSE)
    dossier_in(Status.CONCLUDED, few_more := make_place(3), 0)
    dossier_in(Status.CONCLUDED, few_more, 1)
    dossier_in(Status.CONCLUDED, few_more, 2)
    assert cost(few_more.head_of_office, PROPOSE) == with_one


# ---- two tiers ---------------------------------------------------------------------------------------------------


def test_no_page_of_a_period_without_districts_speaks_of_one() -> None:
    place = make_place(2, year=2026, new=True)
    dossier_in(Status.CONCLUDED, place, 1)
    proposal = proposed([dossier_in(Status.CONCLUDED, place, 0)], place)
    pages = [
        (place.head_of_office, PROPOSE),
        (place.leader, "/ho-so-trinh/"),
        (place.leader, url("proposal", proposal)),
        (place.leader, url("approve", proposal)),
        (place.leader, url("return_proposal", proposal)),
    ]
    for person, address in pages:
        page = html_of(signed_in(person).get(address)).lower()
        assert "huyện" not in page
        assert "thị trấn" not in page
