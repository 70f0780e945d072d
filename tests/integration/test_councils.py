"""Councils: members, meetings, attendance and votes, as entered by the desk they belong to."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from docx import Document

from assessments import services as assessments
from assessments.models import Dossier, Figures
from assessments.workflow import Action, Status
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.models import AuditEvent
from communes.models import Role
from papers.models import Attendance, Council, Meeting, Member, Paper, Seat, State, Vote
from papers.services.council import Ballot, Chair, Record, begin_meeting, reopen_meeting, save_council, save_meeting
from tests.factories import SEATED, Place, council, dossier_in, make_place, met, proposed, user_with
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> Place:
    return make_place(3)


@pytest.fixture
def dossier(place: Place) -> Dossier:
    return dossier_in(Status.DRAFT, place)


def save(found: Council, place: Place, members: tuple[Chair, ...], *, version: int = 1) -> Council:
    return save_council(
        period=found.period,
        unit=found.unit,
        version=version,
        members=members,
        document="",
        by=found.entered_by,
        at=place.later(),
    )


def council_page(place: Place, number: int = 0) -> str:
    return reverse("papers:council", args=[place.period.uuid, place.communes[number].uuid])


def office_page(place: Place) -> str:
    return reverse("papers:council", args=[place.period.uuid, place.deciding.uuid])


def meeting_page(meeting: Meeting) -> str:
    return reverse("papers:meeting", args=[meeting.uuid])


def rows(*typed: tuple[str, str, str], version: int = 0) -> dict[str, str]:
    """What the page of members sends."""
    sent = {"version": str(version), "thanh-vien-TOTAL_FORMS": str(len(typed)), "thanh-vien-INITIAL_FORMS": "0"}
    for number, (name, title, seat) in enumerate(typed):
        sent |= {
            f"thanh-vien-{number}-full_name": name,
            f"thanh-vien-{number}-title": title,
            f"thanh-vien-{number}-seat": seat,
        }
    return sent


def record_page(meeting: Meeting, dossiers: list[Dossier], place: Place, **changed: str) -> dict[str, str]:
    """What the page of a meeting sends, everybody present and in favour."""
    members = list(meeting.council.members.all())
    sent = {
        "version": str(meeting.version),
        "council_version": str(meeting.council.version),
        "day": f"{place.at:%d/%m/%Y}",
        "begins": "8h00",
        "ends": "08:45",
        "place": "Hội trường",
        "conclusion": "Thống nhất.",
    }
    sent |= {f"came-{member.pk}": "co-mat" for member in members}
    for row in dossiers:
        sent |= {f"in_favour-{row.uuid}": str(len(members)), f"against-{row.uuid}": "0", f"abstained-{row.uuid}": "0"}
    return sent | changed


# ---- members -----------------------------------------------------------------------------------------------------
def test_the_list_is_saved_in_its_order_and_whole(place: Place, dossier: Dossier) -> None:
    found = council(place)
    assert list(found.members.values_list("position", "full_name", "seat")) == [
        (1, "Ông Chủ Tịch", "chair"),
        (2, "Bà Phó Chủ Tịch", "deputy"),
        (3, "Bà Thư Ký", "secretary"),
        (4, "Ông Ủy Viên", "member"),
    ]
    again = save(found, place, SEATED[:2])
    assert (again.pk, again.version, again.members.count()) == (found.pk, 2, 2)


def test_a_second_tab_that_enters_the_council_too_is_told(place: Place, dossier: Dossier) -> None:
    council(place)
    with pytest.raises(Stale):
        council(place)
    assert Member.objects.count() == 4


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ((), "Nhập ít nhất một thành viên Hội đồng."),
        ((Chair("A", ""),), "Mỗi thành viên Hội đồng cần có họ tên và chức vụ. Nhập đủ rồi lưu lại."),
        (
            (Chair("A", "Chủ tịch", Seat.CHAIR), Chair("B", "Phó", Seat.CHAIR)),
            "Hội đồng chỉ có một Chủ tịch Hội đồng. Chọn lại vai trò của các thành viên.",
        ),
    ],
)
def test_a_list_that_is_no_council_is_refused(place: Place, members: tuple[Chair, ...], sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        council(place, members=members)
    assert str(refused.value) == sentence
    assert not Council.objects.exists()


def test_only_those_who_draft_edit_and_the_head_reads(place: Place, dossier: Dossier) -> None:
    found = council(place)
    with pytest.raises(Refused, match="Cán bộ lập hồ sơ của xã"):
        save_council(
            period=place.period,
            unit=place.communes[0],
            version=1,
            members=SEATED,
            document="",
            by=place.heads[0],
            at=place.at,
        )
    page = signed_in(place.heads[0]).get(council_page(place))
    assert page.status_code == 200
    assert "Ông Ủy Viên, Hiệu trưởng trường Tiểu học (Ủy viên)" in page.text
    assert "Lưu danh sách" not in page.text
    assert found.version == 1


def test_a_sibling_commune_and_the_offices_find_nothing(place: Place, dossier: Dossier) -> None:
    dossier_in(Status.DRAFT, place, 1)
    met_page = meeting_page(met(council(place), [dossier], place))
    for person in (place.editors[1], place.appraiser, place.leader, place.inspector):
        client = signed_in(person)
        assert client.get(council_page(place)).status_code == 404
        assert client.get(met_page).status_code == 404


def test_a_member_without_title_is_told_at_the_field_and_nothing_typed_is_lost(place: Place, dossier: Dossier) -> None:
    sent = rows(("Ông Một", "", "chair"), ("", "Trưởng ấp", "member"), ("", "", "member"))
    page = signed_in(place.editors[0]).post(council_page(place), sent)
    assert page.status_code == 422
    assert "Nhập chức vụ, đơn vị của thành viên này." in page.text
    assert "Nhập họ và tên của thành viên này." in page.text
    assert 'value="Ông Một"' in page.text
    assert 'value="Trưởng ấp"' in page.text
    assert not Council.objects.exists()


def test_the_page_enters_a_council(place: Place, dossier: Dossier) -> None:
    client = signed_in(place.editors[0])
    sent = rows(("Ông Một", "Chủ tịch UBND", "chair"), ("", "", "member"), ("Bà Hai", "Trưởng ấp", "secretary"))
    assert client.post(council_page(place), sent).status_code == 302
    assert list(Member.objects.values_list("position", "full_name")) == [(1, "Ông Một"), (2, "Bà Hai")]
    shown = client.get(council_page(place)).text
    assert 'value="Bà Hai"' in shown
    assert 'name="version" value="1"' in shown


def test_a_list_saved_meanwhile_is_shown_and_what_was_typed_is_kept(place: Place, dossier: Dossier) -> None:
    council(place)
    page = signed_in(place.editors[0]).post(council_page(place), rows(("Ông Khác", "Trưởng ấp", "member")))
    assert page.status_code == 409
    assert "Ông Ủy Viên, Hiệu trưởng trường Tiểu học" in page.text  # theirs
    assert 'value="Ông Khác"' in page.text  # one's own
    assert 'name="version" value="1"' in page.text
    assert Member.objects.count() == 4


def test_hostile_names_are_shown_as_typed_and_never_run(place: Place, dossier: Dossier) -> None:
    hostile = "<script>alert(1)</script>{{ 7*7 }}"
    client = signed_in(place.editors[0])
    sent = rows((hostile + "\u202e", hostile, "chair"))
    assert client.post(council_page(place), sent).status_code == 302
    assert Member.objects.get().full_name == hostile
    assert "<script>alert" not in client.get(council_page(place)).text


# ---- meetings ----------------------------------------------------------------------------------------------------
def test_a_closed_meeting_keeps_who_came_and_what_was_voted_on(place: Place, dossier: Dossier) -> None:
    held = met(council(place), [dossier], place, absent={2: "Đi công tác"}, ballots={dossier.pk: Ballot(2, 1, 0)})
    assert held.is_closed
    assert list(held.attendance.values_list("full_name", "is_present", "reason")) == [
        ("Ông Chủ Tịch", True, ""),
        ("Bà Phó Chủ Tịch", False, "Đi công tác"),
        ("Bà Thư Ký", True, ""),
        ("Ông Ủy Viên", True, ""),
    ]
    vote = held.votes.get()
    assert (vote.in_favour, vote.against, vote.abstained, vote.present) == (2, 1, 0, 3)
    assert (vote.total, vote.threshold, vote.recommendation, vote.total_text) == (1000, 850, "recognise", "1.000")


def test_members_replaced_later_change_no_meeting(place: Place, dossier: Dossier) -> None:
    found = council(place)
    held = met(found, [dossier], place)
    save(found, place, (Chair("Ông Mới", "Trưởng ấp", Seat.CHAIR),))
    assert [row.full_name for row in held.attendance.all()] == [one.full_name for one in SEATED]


def test_a_total_that_would_tell_a_small_count_is_not_shown_to_others(place: Place) -> None:
    dossier = dossier_in(Status.DRAFT, place, answers={"TC03.1": Figures(numerator=1)})
    vote = met(council(place), [dossier], place).votes.get()
    assert (vote.total, vote.hides_total, vote.total_text) == (955, True, "từ 850 trở lên")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"ballots": 5}, "5 phiếu, nhiều hơn 4 thành viên có mặt"),
        ({"absent": {4: "Ốm"}, "ballots": 4}, "4 phiếu, nhiều hơn 3 thành viên có mặt"),
        ({"absent": {4: ""}}, "Ghi lý do vắng của Ông Ủy Viên."),
        ({"absent": {9: "Ốm"}}, "Người vắng không có trong danh sách thành viên."),
        ({"place": " "}, "còn thiếu: địa điểm"),
        ({"ended_at": None, "conclusion": ""}, "còn thiếu: giờ kết thúc, kết luận"),
        ({"ballots": 0}, "Nhập kết quả biểu quyết hồ sơ của xã"),
        ({"absent": {1: "Ốm", 2: "Ốm"}, "ballots": 2}, "không có người chủ trì"),
        ({"absent": {3: "Ốm"}, "ballots": 3}, "Thư ký vắng nên không có người ghi biên bản"),
    ],
)
def test_a_record_that_cannot_be_is_refused_with_nothing_written(
    place: Place, dossier: Dossier, typed: dict[str, Any], sentence: str
) -> None:
    found = council(place)
    votes = typed.pop("ballots", None)
    if votes is not None:
        typed["ballots"] = {dossier.pk: Ballot(votes, 0, 0)} if votes else {}
    elif "absent" in typed:
        typed["ballots"] = {dossier.pk: Ballot(3, 0, 0)}
    with pytest.raises(Refused, match=sentence):
        met(found, [dossier], place, **typed)
    held = Meeting.objects.get()
    assert (held.version, held.is_closed, Attendance.objects.count(), Vote.objects.count()) == (1, False, 0, 0)


def test_a_meeting_lies_in_the_period_and_not_in_the_future(place: Place, dossier: Dossier) -> None:
    found = council(place)
    for opened, sentence in (
        (place.at + timedelta(days=9), "không được sau hiện tại"),
        (place.at - timedelta(days=400), "không được trước ngày đầu kỳ đánh giá"),
    ):
        with pytest.raises(Refused, match=sentence):
            met(found, [dossier], place, opened_at=opened, ended_at=None, closes=False)
    with pytest.raises(Refused, match="Giờ kết thúc phải sau giờ bắt đầu"):
        met(found, [dossier], place, opened_at=place.at, ended_at=place.at)


@pytest.mark.parametrize(("missing", "words"), [(0, "Chủ tịch Hội đồng"), (2, "Thư ký")])
def test_a_council_without_chair_or_secretary_closes_no_meeting(
    place: Place, dossier: Dossier, missing: int, words: str
) -> None:
    found = council(place, members=tuple(one for number, one in enumerate(SEATED) if number != missing))
    with pytest.raises(Refused, match=f"Hội đồng chưa có {words}"):
        met(found, [dossier], place)


def test_a_score_that_is_not_complete_closes_no_meeting(place: Place) -> None:
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    with pytest.raises(Refused, match="Số liệu nền còn thiếu"):
        met(council(place), [dossier], place)


def test_while_one_meeting_is_open_there_is_no_other(place: Place, dossier: Dossier) -> None:
    found = council(place)
    first, again = (begin_meeting(council_id=found.pk, by=place.editors[0], at=place.later()) for _ in range(2))
    assert first == again
    first.delete()
    met(found, [dossier], place)
    assert begin_meeting(council_id=found.pk, by=place.editors[0], at=place.later()).number == 2


def test_a_closed_meeting_is_not_written_until_it_is_opened_again(place: Place, dossier: Dossier) -> None:
    held = met(council(place), [dossier], place)
    typed = {"meeting_id": held.pk, "council_version": 1, "record": Record(place="Nơi khác"), "closes": False}
    with pytest.raises(Stale, match="đã chốt"):
        save_meeting(**typed, version=held.version, by=place.editors[0], at=place.later())
    opened = reopen_meeting(meeting_id=held.pk, version=held.version, by=place.editors[0], at=place.later())
    assert (opened.is_closed, opened.votes.get().recommendation, opened.votes.get().total) == (False, "", None)
    saved = save_meeting(**typed, version=opened.version, by=place.editors[0], at=place.later())
    assert saved.place == "Nơi khác"


def test_members_changed_meanwhile_mix_nobody_up(place: Place, dossier: Dossier) -> None:
    found = council(place)
    held = met(found, [dossier], place, closes=False)
    save(found, place, SEATED[1:])
    with pytest.raises(Stale, match="Danh sách thành viên Hội đồng vừa thay đổi"):
        save_meeting(
            meeting_id=held.pk,
            version=held.version,
            council_version=1,
            record=Record(absent={1: "Ốm"}),
            closes=False,
            by=place.editors[0],
            at=place.later(),
        )


@pytest.mark.parametrize("by_hand", [False, True])
def test_signed_minutes_hold_the_meeting_as_it_is(place: Place, dossier: Dossier, by_hand: bool) -> None:
    """By hand they are signed «at noon» of a day, be that before the hour at which the meeting was closed."""
    held = met(council(place), [dossier], place)
    assert held.closed_at is not None
    signed_at, entered_by = place.later(), None
    if by_hand:
        signed_at, entered_by = timezone.localtime(held.closed_at).replace(hour=0), place.editors[0]
        assert signed_at < held.closed_at
    Paper.objects.create(
        kind="commune_minutes",
        form="BB",
        desk="commune",
        unit=place.communes[0],
        period=place.period,
        dossier=dossier,
        state=State.SIGNED,
        content={},
        content_sha256="0" * 64,
        drafted_by=place.editors[0],
        drafted_at=place.at,
        signer=place.heads[0],
        signed_at=signed_at,
        signed_on_paper_entered_by=entered_by,
    )
    with pytest.raises(Refused, match="Biên bản của phiên họp này đã ký"):
        reopen_meeting(meeting_id=held.pk, version=held.version, by=place.editors[0], at=place.later())


# ---- the page of a meeting ---------------------------------------------------------------------------------------
def test_the_page_saves_and_closes(place: Place, dossier: Dossier) -> None:
    held = met(council(place), [], place, closes=False)
    client = signed_in(place.editors[0])
    assert "Tự chấm 1000/1000 điểm, mức tối thiểu 850" in client.get(meeting_page(held)).text
    sent = record_page(held, [dossier], place)
    assert client.post(meeting_page(held), sent | {"act": "close"}).status_code == 302
    held.refresh_from_db()
    assert held.is_closed
    assert "✓ Đã chốt lúc" in client.get(meeting_page(held)).text


def test_a_meeting_that_could_not_be_closed_is_said_not_to_be_saved(place: Place, dossier: Dossier) -> None:
    held = met(council(place), [], place, closes=False)
    client = signed_in(place.editors[0])
    told = "Nội dung trên trang này chưa được lưu."
    sent = record_page(held, [dossier], place) | {"conclusion": ""}
    refused = client.post(meeting_page(held), sent | {"act": "close"})
    assert (refused.status_code, told in refused.text) == (422, True)
    assert client.post(meeting_page(held), sent).status_code == 302
    assert told not in client.get(meeting_page(held)).text


def test_the_draft_of_the_minutes_comes_as_word_and_as_pdf(place: Place) -> None:
    dossier = dossier_in(Status.CONCLUDED, place)
    held = met(council(place, place.appraiser), [dossier], place)
    client, url = signed_in(place.head_of_office), reverse("papers:minutes_file", args=[held.uuid])
    word, pdf = client.get(url), client.get(url, {"dang": "pdf"})
    name = f"bien-ban-2024-{place.deciding.code}-phien-1"
    assert word["Content-Disposition"] == f'attachment; filename="{name}.docx"'
    assert pdf["Content-Disposition"] == f'attachment; filename="{name}.pdf"'
    assert pdf.content.startswith(b"%PDF")
    paragraphs = "\n".join(one.text for one in Document(BytesIO(word.content)).paragraphs)
    assert "1. Có mặt: 04/04 thành viên" in paragraphs
    taken = AuditEvent.objects.filter(action="export_minutes")
    assert list(taken.values_list("object_id", "actor_name")) == [(str(held.uuid), place.head_of_office.full_name)] * 2


def test_there_are_no_minutes_of_a_meeting_that_is_not_closed(place: Place, dossier: Dossier) -> None:
    held = met(council(place), [dossier], place, closes=False)
    answer = signed_in(place.editors[0]).get(reverse("papers:minutes_file", args=[held.uuid]))
    assert answer.status_code == 409
    assert "Phiên họp chưa chốt nên chưa có biên bản." in answer.text


def test_a_score_that_changed_after_the_vote_is_told_on_the_page(place: Place, dossier: Dossier) -> None:
    page = meeting_page(met(council(place), [dossier], place))
    client, sentence = signed_in(place.editors[0]), "Điểm tự chấm đã đổi từ khi Hội đồng biểu quyết."
    assert sentence not in client.get(page).text
    dossier.answers.filter(item="TC12.2").update(count=3)
    assert sentence in client.get(page).text


def test_who_neither_came_nor_stayed_away_is_asked_about(place: Place, dossier: Dossier) -> None:
    held = met(council(place), [], place, closes=False)
    member = held.council.members.all()[0]
    page = signed_in(place.editors[0]).post(
        meeting_page(held), record_page(held, [dossier], place, **{f"came-{member.pk}": ""})
    )
    assert page.status_code == 422
    assert "Chọn Ông Chủ Tịch có mặt hay vắng." in page.text


def test_the_page_refuses_with_a_sentence_and_keeps_what_was_typed(place: Place, dossier: Dossier) -> None:
    held = met(council(place), [], place, closes=False)
    member = held.council.members.all()[3]
    wrong = {
        "begins": "tám giờ",
        f"came-{member.pk}": "vang",
        f"in_favour-{dossier.uuid}": "3",
        f"against-{dossier.uuid}": "",
    }
    page = signed_in(place.editors[0]).post(meeting_page(held), record_page(held, [dossier], place, **wrong))
    assert page.status_code == 422
    for sentence in (
        "Nhập giờ theo dạng giờ:phút, ví dụ 08:00.",
        "Ghi lý do vắng của Ông Ủy Viên.",
        "Nhập số phiếu, không có phiếu nào thì nhập 0.",
    ):
        assert sentence in page.text
    assert 'value="tám giờ"' in page.text
    too_many = record_page(held, [dossier], place, **{f"in_favour-{dossier.uuid}": "9"})
    page = signed_in(place.editors[0]).post(meeting_page(held), too_many)
    assert page.status_code == 422
    assert "9 phiếu, nhiều hơn 4 thành viên có mặt" in page.text


def test_the_office_votes_on_what_it_is_about_to_propose(place: Place) -> None:
    first, second = (dossier_in(Status.CONCLUDED, place, number) for number in range(2))
    dossier_in(Status.SUBMITTED, place, 2)
    found = council(place, place.appraiser)
    assert (found.desk, found.name) == ("office", "Hội đồng xét duyệt")
    held = begin_meeting(council_id=found.pk, by=place.appraiser, at=place.later())
    assert list(held.dossiers()) == [first, second]
    proposed([second], place)
    assert list(held.dossiers()) == [first]
    with pytest.raises(Refused, match="Một hồ sơ không còn chờ Hội đồng biểu quyết"):
        met(found, [first, second], place)
    vote = met(found, [first], place).votes.get()
    assert (vote.dossier, vote.total, vote.recommendation) == (first, 1000, "recognise")


def test_what_was_proposed_with_the_minutes_holds_the_meeting_until_it_comes_back(place: Place) -> None:
    dossier = dossier_in(Status.CONCLUDED, place)
    held = met(council(place, place.appraiser), [dossier], place)
    proposal = proposed([dossier], place)
    with pytest.raises(Refused, match=r"^Hồ sơ của phiên họp này đã trình kèm biên bản đã ký nên không sửa được\."):
        reopen_meeting(meeting_id=held.pk, version=held.version, by=place.appraiser, at=place.later())
    assessments.return_proposal(
        proposal_id=proposal.pk, version=proposal.version, by=place.leader, at=place.later(), reason="Xem lại."
    )
    held = reopen_meeting(meeting_id=held.pk, version=held.version, by=place.appraiser, at=place.later())
    assert not held.is_closed


def test_a_vote_on_an_appraisal_that_was_opened_again_does_not_stand(place: Place) -> None:
    dossier = dossier_in(Status.CONCLUDED, place)
    found = council(place, place.appraiser)
    held = met(found, [dossier], place)
    assessments.perform(
        Action.REOPEN,
        dossier_id=dossier.pk,
        version=dossier.version,
        by=place.head_of_office,
        at=place.later(),
        reason="Tính lại.",
    )
    held = reopen_meeting(meeting_id=held.pk, version=held.version, by=place.appraiser, at=place.later())
    assert list(held.dossiers()) == []


def test_the_desk_finds_its_councils_in_one_list(place: Place, dossier: Dossier) -> None:
    url = reverse("papers:councils")
    assert f'href="{council_page(place)}"' in signed_in(place.editors[0]).get(url).text
    assert f'href="{office_page(place)}"' in signed_in(place.appraiser).get(url).text
    assert signed_in(place.leader).get(url).status_code == 404
    assert f'href="{council_page(place)}"' in signed_in(place.editors[0]).get(f"/ho-so/{dossier.uuid}/").text


def test_without_a_district_the_council_is_the_province_s() -> None:
    place = make_place(new=True, year=2026)
    dossier = dossier_in(Status.CONCLUDED, place)
    held = met(council(place, place.appraiser), [dossier], place)
    assert (
        str(held.council) == f"Hội đồng xét duyệt {place.province.name[:1].lower()}{place.province.name[1:]} năm 2026"
    )
    own = user_with(Role.APPRAISER, place.province)
    assert "huyện" not in signed_in(own).get(meeting_page(held)).text.lower()


@pytest.mark.parametrize("path", [office_page, lambda place: reverse("papers:councils")])
def test_as_many_queries_for_three_communes_as_for_one(place: Place, path: Any) -> None:
    client = signed_in(place.appraiser)
    counts = []
    found = council(place, place.appraiser)
    for number in range(3):
        dossier_in(Status.CONCLUDED, place, number)
        counts.append(_queries(client, path(place)))
    held = met(found, [], place, closes=False)
    assert counts[0] == counts[2]
    assert _queries(client, meeting_page(held)) <= 12


def _queries(client: Client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as counted:
        assert client.get(path).status_code == 200
    return len(counted)


# ---- what the database itself refuses ----------------------------------------------------------------------------
BREAKERS = {
    "papers_council_one_a_period": lambda: _again(Council),
    "papers_council_desk_known": lambda: Council.objects.update(desk="deciding"),
    "papers_member_one_a_position": lambda: _again(Member, seat="member"),
    "papers_member_one_chair_a_council": lambda: Member.objects.filter(position=4).update(seat="chair"),
    "papers_member_one_secretary_a_council": lambda: Member.objects.filter(position=4).update(seat="secretary"),
    "papers_member_seat_known": lambda: Member.objects.filter(position=4).update(seat="king"),
    "papers_member_has_name_and_title": lambda: Member.objects.update(title=""),
    "papers_meeting_one_a_number": lambda: _again(Meeting),
    "papers_meeting_one_open": lambda: [_again(Meeting, number=number, closed_at=None) for number in (2, 3)],
    "papers_meeting_ends_after_it_begins": lambda: Meeting.objects.update(ended_at=F("opened_at")),
    "papers_meeting_closed_is_complete": lambda: Meeting.objects.update(conclusion=""),
    "papers_attendance_one_a_position": lambda: _again(Attendance),
    "papers_attendance_seat_known": lambda: Attendance.objects.update(seat="king"),
    "papers_attendance_absent_has_reason": lambda: Attendance.objects.update(is_present=False),
    "papers_vote_one_a_dossier": lambda: _again(Vote),
    "papers_vote_not_more_than_present": lambda: Vote.objects.update(against=1),
    "papers_vote_result_is_whole": lambda: Vote.objects.update(total=None),
}


def _again(model: Any, **changed: Any) -> None:
    row = model.objects.order_by("pk").first()
    row.pk, row._state.adding = None, True
    if hasattr(row, "uuid"):
        row.uuid = model._meta.get_field("uuid").get_default()
    for name, value in changed.items():
        setattr(row, name, value)
    row.save(force_insert=True)


def test_every_constraint_of_councils_is_broken_here() -> None:
    models = (Council, Member, Meeting, Attendance, Vote)
    assert {constraint.name for model in models for constraint in model._meta.constraints} == set(BREAKERS)


@pytest.mark.parametrize("name", BREAKERS)
def test_the_database_refuses(place: Place, dossier: Dossier, name: str) -> None:
    met(council(place), [dossier], place)
    with pytest.raises(IntegrityError), transaction.atomic():
        BREAKERS[name]()
