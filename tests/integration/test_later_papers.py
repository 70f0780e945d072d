"""Papers that correct, replace and revoke, and certificates that are issued again: what was issued stays as it is, and
the page for everybody says what became of it."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from assessments.models import Dossier
from assessments.summaries import summarise
from assessments.workflow import Status
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.models import AuditEvent
from papers import services
from papers.kinds import Kind
from papers.models import Paper, Register, State
from papers.services.later import check_can_follow
from papers.standing import Standing, said_of
from papers.structure import Certificate, from_json
from tests.factories import ZERO_IN_3, Place, dossier_in, issued_paper, make_place, signed
from tests.later_papers import (
    REASON,
    begun_correction,
    begun_reissue,
    begun_replacement,
    begun_revocation,
    certificates_of,
    items,
    out,
    reissued,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny_papers")]


@pytest.fixture
def place() -> Place:
    return make_place(3)


@pytest.fixture
def decision(place: Place) -> Paper:
    """For three communes, with their certificates in everybody's hands."""
    paper = issued_paper([dossier_in(Status.CONCLUDED, place, index) for index in range(3)], place, "45")
    certificates_of(paper, place)
    return paper


MORE = " Mở văn bản gốc để xem những việc làm được."


def bytes_of(paper: Paper) -> bytes:
    return (settings.MEDIA_ROOT / paper.pdf_path).read_bytes()


def public_words(paper: Paper) -> str:
    """The page for everybody, as text."""
    page = Client().get(reverse("papers:check", args=[paper.code]))
    assert page.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


def standing(paper: Paper) -> Standing:
    return said_of([Paper.objects.select_related("item").get(pk=paper.pk)])[paper.pk].standing


def row(paper: Paper) -> dict[str, object]:
    return Paper.objects.filter(pk=paper.pk).values().get()


# ---- the four lives ----------------------------------------------------------------------------------------------
def test_a_correction_leaves_the_decision_in_force_and_says_so_to_everybody(place: Place, decision: Paper) -> None:
    before, stored = bytes_of(decision), row(decision)
    assert "đang có hiệu lực." in public_words(decision)

    letter = out(begun_correction(decision, place), place)

    assert (letter.kind, letter.earlier, letter.signer, letter.issued_by) == (
        Kind.CORRECTION,
        decision,
        place.leader,
        place.clerk,
    )
    assert letter.edits == {"wrong": "QĐ-UB", "right": "QĐ-UBND"}
    assert (bytes_of(decision), row(decision)) == (before, stored)
    assert standing(decision) == Standing.CORRECTED
    assert "đọc cùng với văn bản đính chính dưới đây" in public_words(decision)
    assert REASON not in public_words(decision)  # it was not made public
    assert set(Dossier.objects.values_list("status", flat=True)) == {Status.RECOGNISED}


def test_a_replacement_gives_a_new_certificate_to_whom_it_renames_and_to_nobody_else(
    place: Place, decision: Paper
) -> None:
    first, second, third = certificates_of(decision, place)
    before = [bytes_of(paper) for paper in (decision, first, second, third)]
    one = items(decision)[1]

    replacing = out(begun_replacement(decision, place, {one: "Xã Tên Đúng"}), place, "60")
    again = certificates_of(decision, place)[3]

    assert [named.item_id for named in replacing.items.order_by("item__position")] == items(decision)
    assert (again.earlier, again.item_id, again.register_number, again.signer) == (second, one, 4, place.leader)
    printed = from_json(again.content or {})
    assert isinstance(printed, Certificate)
    assert printed.commune_name == "Xã Tên Đúng"
    assert [standing(paper) for paper in (decision, first, second, third, again, replacing)] == [
        Standing.REPLACED,
        Standing.ISSUED,
        Standing.REPLACED,
        Standing.ISSUED,
        Standing.ISSUED,
        Standing.ISSUED,
    ]
    assert [bytes_of(paper) for paper in (decision, first, second, third)] == before
    assert "Xem văn bản thay thế dưới đây" in public_words(decision)
    assert "Xem văn bản thay thế dưới đây" in public_words(second)
    assert "đang có hiệu lực." in public_words(first)
    assert "Xã Tên Đúng" in public_words(again)
    assert REASON in public_words(decision)
    event = AuditEvent.objects.about(replacing).get(action="issue_paper")
    assert event.after == {"number": "60/QĐ-UBND", "sha256": replacing.pdf_sha256, "register_numbers": [4, 4]}


def test_a_replacement_that_renames_nobody_enters_no_certificate(place: Place, decision: Paper) -> None:
    out(begun_replacement(decision, place, {}), place)
    assert (len(certificates_of(decision, place)), Register.objects.get().last) == (3, 3)


def test_a_replacement_minds_the_name_on_the_certificate_that_was_issued_again(place: Place, decision: Paper) -> None:
    """It bears another name than the decision by then: whoever it is, nobody is left without one in force."""
    first, second, _ = certificates_of(decision, place)
    one, two, _ = items(decision)
    kept, changed = reissued(first, place, "Xã Tên Đúng"), reissued(second, place, "Xã Tên Khác")
    out(begun_replacement(decision, place, {one: "Xã Tên Đúng"}), place)
    certificates_of(decision, place)
    again = Paper.objects.get(earlier=changed)
    assert not Paper.objects.filter(earlier=kept).exists()
    assert [standing(paper) for paper in (kept, changed, again)] == [
        Standing.ISSUED,
        Standing.REPLACED,
        Standing.ISSUED,
    ]
    assert again.item_id == two


def test_a_revocation_takes_the_recognition_of_those_that_it_names(place: Place, decision: Paper) -> None:
    certificates = certificates_of(decision, place)
    before = [bytes_of(paper) for paper in (decision, *certificates)]

    revoking = out(begun_revocation(decision, place, items(decision)[:1]), place, "61")

    statuses = Dossier.objects.order_by("decision_item__position").values_list("status", flat=True)
    assert list(statuses) == [Status.REVOKED, Status.RECOGNISED, Status.RECOGNISED]
    assert [standing(paper) for paper in (decision, *certificates)] == [
        Standing.PARTLY_REVOKED,
        Standing.REVOKED,
        Standing.ISSUED,
        Standing.ISSUED,
    ]
    assert [bytes_of(paper) for paper in (decision, *certificates)] == before
    assert "không còn hiệu lực đối với những đơn vị đã bị thu hồi công nhận" in public_words(decision)
    assert "Văn bản không còn hiệu lực." in public_words(certificates[0])
    assert "đang có hiệu lực." in public_words(certificates[1])
    told = AuditEvent.objects.get(action="revoke")
    assert (told.before, told.after, told.reason) == (
        {"status": "recognised"},
        {"status": "revoked", "decision": revoking.full_number},
        REASON,
    )


def test_a_revoked_commune_counts_as_recognised_no_more(place: Place, decision: Paper) -> None:
    def summary() -> tuple[int, list[tuple[str, str, str]]]:
        found = summarise(place.period, place.deciding, reader=place.appraiser, at=place.later())
        return found.counts.recognised, [(line.state, line.result, line.decision_number) for line in found.rows]

    stays = ("Đã công nhận", "Công nhận", "45/QĐ-UBND")
    assert summary() == (3, [stays] * 3)
    out(begun_revocation(decision, place, items(decision)[:1]), place)
    assert summary() == (2, [("Đã thu hồi công nhận", "Đã thu hồi công nhận", "45/QĐ-UBND"), stays, stays])


def test_revoking_the_rest_revokes_the_whole(place: Place, decision: Paper) -> None:
    first, *rest = items(decision)
    out(begun_revocation(decision, place, [first]), place)
    with pytest.raises(Refused, match=r"không còn được công nhận theo quyết định này"):
        begun_revocation(decision, place, [first])
    out(begun_revocation(decision, place, rest), place)
    assert standing(decision) == Standing.REVOKED
    with pytest.raises(Refused, match=r"^Văn bản này đã thu hồi\. Thực hiện trên văn bản đang có hiệu lực\.$"):
        begun_correction(decision, place)


def test_what_was_replaced_is_revoked_by_its_replacement(place: Place, decision: Paper) -> None:
    replacing = out(begun_replacement(decision, place, {items(decision)[0]: "Xã Tên Đúng"}), place)
    certificates = certificates_of(decision, place)
    with pytest.raises(Refused, match=r"^Văn bản này đã được thay thế\."):
        begun_revocation(decision, place, items(decision))

    out(begun_revocation(replacing, place, items(decision)[:1]), place)

    assert standing(replacing) == Standing.PARTLY_REVOKED
    assert standing(certificates[3]) == Standing.REVOKED
    assert Dossier.objects.filter(status=Status.REVOKED).count() == 1


def test_a_certificate_is_issued_again_under_the_next_number(place: Place, decision: Paper) -> None:
    first = certificates_of(decision, place)[0]
    before = bytes_of(first)

    again = reissued(first, place, "Xã Tên Đúng")

    assert (again.earlier, again.register_number, again.number, again.state) == (first, 4, "", State.ISSUED)
    assert (bytes_of(first), standing(first), standing(again)) == (before, Standing.REPLACED, Standing.ISSUED)
    assert "Xem văn bản thay thế dưới đây" in public_words(first)
    assert "số vào sổ 4/2024" in public_words(first)
    actions = AuditEvent.objects.about(again).order_by("seq").values_list("action", flat=True)
    assert list(actions) == ["draft_paper", "sign_paper", "number_paper", "issue_paper"]
    with pytest.raises(Refused, match=r"^Văn bản này đã được thay thế\."):
        begun_reissue(first, place, "Xã Tên Đúng")


# ---- refusals ----------------------------------------------------------------------------------------------------
def test_only_issued_papers_of_the_right_kinds_are_followed(place: Place, decision: Paper) -> None:
    certificate = certificates_of(decision, place)[0]
    draft = begun_correction(decision, place)
    at = place.later()
    for kind, earlier, sentence in (
        (Kind.REPLACEMENT, certificate, "Không lập quyết định thay thế cho giấy công nhận." + MORE),
        (Kind.REVOCATION, certificate, "Không lập quyết định thu hồi cho giấy công nhận." + MORE),
        (Kind.CERTIFICATE, decision, "Không lập giấy công nhận cho quyết định công nhận." + MORE),
        (Kind.CORRECTION, draft, "Không lập công văn đính chính cho công văn đính chính." + MORE),
        (
            Kind.CORRECTION,
            decision,
            f"Đang có «{draft}» chưa phát hành. Phát hành hoặc bỏ văn bản đó trước.",
        ),
    ):
        with pytest.raises(Refused) as refused:
            check_can_follow(place.appraiser, kind, earlier, at=at)
        assert str(refused.value) == sentence


def test_one_replacement_or_revocation_of_a_decision_is_on_its_way_and_no_certificate_meanwhile(
    place: Place, decision: Paper
) -> None:
    certificate = certificates_of(decision, place)[0]
    waiting = begun_revocation(decision, place, items(decision)[:1])
    for begin in (
        lambda: begun_replacement(decision, place, {}),
        lambda: begun_revocation(decision, place, items(decision)[1:]),
        lambda: begun_reissue(certificate, place, "Xã Tên Đúng"),
    ):
        with pytest.raises(Refused, match=r"^Đang có «Quyết định thu hồi» chưa phát hành"):
            begin()
    services.drop(paper_id=waiting.pk, version=waiting.version, by=place.appraiser, at=place.later())
    begun_reissue(certificate, place, "Xã Tên Đúng")
    with pytest.raises(Refused, match=r"^Đang có «Giấy công nhận» của Xã Thử \d+ chưa phát hành"):
        begun_replacement(decision, place, {})


def test_nobody_corrects_what_is_being_replaced_nor_the_other_way_round(place: Place, decision: Paper) -> None:
    letter = begun_correction(decision, place)
    with pytest.raises(Refused, match=r"^Đang có «Công văn đính chính» chưa phát hành"):
        begun_replacement(decision, place, {})
    begun_revocation(decision, place, items(decision)[:1])  # takes away a commune, whatever is corrected beside
    services.drop(paper_id=letter.pk, version=letter.version, by=place.appraiser, at=place.later())
    certificate = certificates_of(decision, place)[2]
    begun_correction(certificate, place)
    with pytest.raises(Refused, match=r"^Đang có «"):
        begun_reissue(certificate, place, "Xã Tên Đúng")


def test_of_what_was_taken_away_nothing_is_taken_again(place: Place, decision: Paper) -> None:
    first, *rest = items(decision)
    revoking = out(begun_revocation(decision, place, [first]), place)
    with pytest.raises(Refused, match=r"^Có xã không còn được công nhận"):
        begun_revocation(decision, place, [first, rest[0]])
    with pytest.raises(Refused, match=r"^Văn bản này đã thu hồi\."):
        begun_reissue(certificates_of(decision, place)[0], place, "Xã Tên Đúng")
    letter = out(begun_correction(revoking, place), place)
    with pytest.raises(Refused, match=r"^Không lập công văn đính chính cho công văn đính chính\."):
        begun_correction(letter, place)


def test_a_later_paper_is_never_dated_before_the_one_that_it_is_about(place: Place, decision: Paper) -> None:
    paper = signed(begun_revocation(decision, place, items(decision)[:1]), place)
    assert decision.issued_on is not None
    day = decision.issued_on - timedelta(days=1)
    with pytest.raises(Refused, match=r"^Ngày văn bản không được trước ngày ký"):
        services.number(
            paper_id=paper.pk, version=paper.version, number="99", issued_on=day, by=place.clerk, at=place.later()
        )


def test_a_decision_whose_certificates_are_still_being_made_waits(place: Place) -> None:
    paper = issued_paper([dossier_in(Status.CONCLUDED, place)], place)
    with pytest.raises(Refused, match=r"^«Giấy công nhận số vào sổ 1/2024» của Xã Thử \d+ đang được lập"):
        begun_revocation(paper, place, items(paper))


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_reason_is_asked_for(place: Place, decision: Paper, reason: str) -> None:
    with pytest.raises(Refused, match=r"^Ghi lý do\.$"):
        services.begin_replacement(
            earlier_id=decision.pk,
            names={},
            reason=reason,
            is_reason_public=False,
            by=place.appraiser,
            at=place.later(),
        )
    assert not Paper.objects.filter(kind=Kind.REPLACEMENT).exists()


def test_only_those_who_draft_for_the_desk_begin(place: Place, decision: Paper) -> None:
    stranger = make_place()
    for by, sentence in (
        (stranger.appraiser, "Không tìm thấy văn bản này trong phạm vi của đơn vị."),
        (place.editors[0], None),
        (place.leader, None),
        (place.clerk, None),
    ):
        with pytest.raises(Refused) as refused:
            services.begin_revocation(
                earlier_id=decision.pk,
                item_ids=items(decision),
                reason=REASON,
                is_reason_public=False,
                by=by,
                at=place.later(),
            )
        assert sentence is None or str(refused.value) == sentence
    assert not Paper.objects.filter(kind=Kind.REVOCATION).exists()


def test_bad_names_words_and_communes_are_refused(place: Place, decision: Paper) -> None:
    one = items(decision)[0]
    refused_place = make_place()
    other = issued_paper([dossier_in(Status.CONCLUDED, refused_place)], refused_place)
    for act, sentence in (
        (lambda: begun_replacement(decision, place, {one: " "}), r"^Ghi tên đơn vị thay cho «"),
        (lambda: begun_replacement(decision, place, {one: "x" * 201}), r"^Nội dung dài quá 200 ký tự"),
        (lambda: begun_replacement(decision, place, {items(other)[0]: "Xã"}), r"^Có xã không thuộc quyết định này"),
        (lambda: begun_revocation(decision, place, []), r"^Chọn ít nhất một xã"),
        (lambda: begun_revocation(decision, place, items(other)), r"^Có xã không còn được công nhận"),
        (lambda: begun_correction(decision, place, wrong=" "), r"^Ghi chỗ đã viết sai"),
        (lambda: begun_correction(decision, place, right=""), r"^Ghi chỗ sửa lại"),
        (lambda: begun_correction(decision, place, wrong="a", right="a"), r"^Chỗ sửa lại giống hệt"),
    ):
        with pytest.raises(Refused, match=sentence):
            act()
    assert not Paper.objects.filter(earlier__isnull=False).exists()


def test_a_commune_that_was_refused_is_not_named(place: Place) -> None:
    dossiers = [dossier_in(Status.CONCLUDED, place), dossier_in(Status.CONCLUDED, place, 1, answers=ZERO_IN_3)]
    paper = issued_paper(dossiers, place)
    certificates_of(paper, place)
    good, bad = items(paper)
    with pytest.raises(Refused, match=r"không còn được công nhận"):
        begun_revocation(paper, place, [bad])
    replacing = begun_replacement(paper, place, {})
    assert [named.item_id for named in replacing.items.all()] == [good]


def test_a_certificate_takes_no_number_of_the_agency_and_other_papers_none_of_the_register(
    place: Place, decision: Paper
) -> None:
    certificate = signed(begun_reissue(certificates_of(decision, place)[0], place, "Xã Tên Đúng"), place)
    at = place.later()
    with pytest.raises(Refused, match=r"^Giấy công nhận không có số văn bản"):
        services.number(paper_id=certificate.pk, version=2, number="7", issued_on=at.date(), by=place.clerk, at=at)
    letter = signed(begun_correction(decision, place), place)
    with pytest.raises(Refused, match=r"^Chỉ giấy công nhận được ghi vào sổ cấp giấy"):
        services.enter_in_register(paper_id=letter.pk, version=2, by=place.clerk, at=at)
    services.enter_in_register(paper_id=certificate.pk, version=2, by=place.clerk, at=at)
    with pytest.raises(Stale):
        services.enter_in_register(paper_id=certificate.pk, version=2, by=place.clerk, at=at)
    assert Register.objects.get().last == 4
