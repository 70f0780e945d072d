"""Papers that say something of an issued one (NĐ 30/2020, Điều 18): a letter corrects its form, a decision replaces it
where its content was wrong, a decision revokes; a certificate is issued again. The earlier paper stays as it is.

These begin the draft; from there it lives the life of any paper (`papers.services.life`), and what it does to dossiers
and certificates happens when it is issued (`papers.services.effects`).
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from assessments.models import Decision
from childfriendly.core import audit
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.text import nfc
from communes.models import User
from papers.kinds import Kind
from papers.models import Paper, PaperItem, Register, State
from papers.models.paper import LIVE
from papers.permissions import check_can_draft, check_can_number
from papers.policy import Right
from papers.services.life import LONGEST_PASSAGE, STALE, change_row, check_state, get_paper, may_have_signed, role_for
from papers.services.rows import new_paper
from papers.standing import Standing, names_now, said_of
from papers.words import small_first

LONGEST_NAME: Final = 200

# Never a notice of refusal: what is said of it would be public, and a commune that was refused is not.
MAY_FOLLOW: Final = {
    Kind.CORRECTION: frozenset({Kind.DECISION, Kind.CERTIFICATE, Kind.REPLACEMENT, Kind.REVOCATION}),
    Kind.REPLACEMENT: frozenset({Kind.DECISION, Kind.REPLACEMENT}),
    Kind.REVOCATION: frozenset({Kind.DECISION, Kind.REPLACEMENT}),
    Kind.CERTIFICATE: frozenset({Kind.CERTIFICATE}),
}
"""Which papers each may be about. A certificate is never revoked by itself: it goes the way of its decision."""


# ---- the four ----------------------------------------------------------------------------------------------------
@transaction.atomic
def begin_correction(
    *, earlier_id: int, wrong: str, right: str, reason: str, is_reason_public: bool, by: User, at: datetime
) -> Paper:
    """Công văn đính chính: what was written and how it is to be read. It changes nothing of the content."""
    earlier = _earlier(Kind.CORRECTION, earlier_id, by, at)
    edits = {
        "wrong": _words(wrong, "Ghi chỗ đã viết sai trong văn bản.", LONGEST_PASSAGE),
        "right": _words(right, "Ghi chỗ sửa lại.", LONGEST_PASSAGE),
    }
    if edits["wrong"] == edits["right"]:
        raise Refused("Chỗ sửa lại giống hệt chỗ đã viết. Ghi lại chỗ sửa.")
    return _begin(Kind.CORRECTION, earlier, reason, is_reason_public, {}, by, at, edits)


@transaction.atomic
def begin_replacement(
    *, earlier_id: int, names: Mapping[int, str], reason: str, is_reason_public: bool, by: User, at: datetime
) -> Paper:
    """Quyết định thay thế, for all communes that the earlier decision still recognises. `names`: item → how it now
    reads; who is not in it keeps the name."""
    earlier = _earlier(Kind.REPLACEMENT, earlier_id, by, at)
    before = names_now(earlier)
    if not names.keys() <= before.keys():
        raise Refused("Có xã không thuộc quyết định này. Mở lại trang rồi nhập lại.")
    after = {
        item_id: _words(names.get(item_id, name), f"Ghi tên đơn vị thay cho «{name}».", LONGEST_NAME)
        for item_id, name in before.items()
    }
    return _begin(Kind.REPLACEMENT, earlier, reason, is_reason_public, after, by, at)


@transaction.atomic
def begin_revocation(
    *, earlier_id: int, item_ids: Collection[int], reason: str, is_reason_public: bool, by: User, at: datetime
) -> Paper:
    """Quyết định thu hồi, of these communes."""
    earlier = _earlier(Kind.REVOCATION, earlier_id, by, at)
    before = names_now(earlier)
    if not item_ids:
        raise Refused("Chọn ít nhất một xã để thu hồi công nhận.")
    if not set(item_ids) <= before.keys():
        raise Refused("Có xã không còn được công nhận theo quyết định này. Mở lại trang rồi chọn lại.")
    chosen = {item_id: name for item_id, name in before.items() if item_id in set(item_ids)}
    return _begin(Kind.REVOCATION, earlier, reason, is_reason_public, chosen, by, at)


@transaction.atomic
def begin_reissue(
    *, earlier_id: int, commune_name: str, reason: str, is_reason_public: bool, by: User, at: datetime
) -> Paper:
    """Giấy công nhận cấp lại: lost, torn, or with another spelling of the name."""
    earlier = _earlier(Kind.CERTIFICATE, earlier_id, by, at)
    name = _words(commune_name, "Ghi tên đơn vị trên giấy cấp lại.", LONGEST_NAME)
    return _begin(Kind.CERTIFICATE, earlier, reason, is_reason_public, {earlier.item_id or 0: name}, by, at)


@transaction.atomic
def enter_in_register(*, paper_id: int, version: int, by: User, at: datetime) -> Paper:
    """The next «số vào sổ» for a signed certificate that is issued again, on the day of today."""
    today = timezone.localdate(at)
    paper = get_paper(paper_id, by, at)
    check_can_number(by, paper, on=today)
    if paper.kind != Kind.CERTIFICATE:
        raise Refused("Chỉ giấy công nhận được ghi vào sổ cấp giấy. Văn bản này lấy số theo sổ văn bản đi.")
    check_state(paper, State.SIGNED)
    if paper.signer is None or not may_have_signed(paper, paper.signer, today):
        raise Refused("Người ký không còn giữ thẩm quyền ký hôm nay. Hủy bản đã ký rồi trình ký lại.")
    register, numbers = Register.take(paper.unit, today.year, 1)
    change_row(
        paper,
        version,
        State.SIGNED,
        state=State.NUMBERED,
        register=register,
        register_number=numbers[0],
        issued_on=today,
        numbered_by=by,
        numbered_at=at,
    )
    paper.refresh_from_db()
    after = {"register_number": paper.register_number}
    audit.record("number_paper", paper, by=by, at=at, role=role_for(paper, Right.NUMBER, by, at), after=after)
    return paper


# ---- what they share ---------------------------------------------------------------------------------------------
def check_can_follow(user: User, kind: Kind, earlier: Paper, *, at: datetime) -> None:
    """Whether `user` may begin such a paper about the earlier one now; raises Refused with the sentence."""
    if earlier.kind not in MAY_FOLLOW[kind]:
        raise Refused(
            f"Không lập {small_first(kind.label)} cho {small_first(earlier.get_kind_display())}. "
            "Mở văn bản gốc để xem những việc làm được."
        )
    check_can_draft(user, kind, earlier.unit, earlier.appraising_unit, on=timezone.localdate(at))
    if not earlier.is_issued:
        raise Refused("Chỉ đính chính, thay thế, thu hồi hay cấp lại văn bản đã phát hành.")
    standing = said_of([earlier])[earlier.pk].standing
    if standing in {Standing.REPLACED, Standing.REVOKED}:
        raise Refused(f"Văn bản này {standing.label.lower()}. Thực hiện trên văn bản đang có hiệu lực.")
    live = _in_the_way(kind, earlier).select_related("commune").first()
    if live is not None:
        whose = f" của {live.commune.name}" if live.commune else ""
        if live.state == State.NUMBERED and live.drafted_by_id is None:  # the worker's, as a rule for some seconds
            raise Refused(
                f"«{live}»{whose} đang được lập. Mở lại sau ít phút, hoặc ở trang quyết định chọn "
                "«Lập một tệp gồm quyết định và mọi giấy công nhận»."
            )
        raise Refused(f"Đang có «{live}»{whose} chưa phát hành. Phát hành hoặc bỏ văn bản đó trước.")


def _in_the_way(kind: Kind, earlier: Paper) -> QuerySet[Paper]:
    """What is on its way and must be out, or dropped, before. Of one decision at most one replacement or revocation is
    on its way, and none of its certificates meanwhile: what was true when it was signed is true when it is issued. So
    nobody corrects what is being replaced, nor the other way round."""
    live = Paper.objects.filter(state__in=LIVE)
    if kind is Kind.CORRECTION:
        instead = Kind.CERTIFICATE if earlier.kind == Kind.CERTIFICATE else Kind.REPLACEMENT
        return live.filter(kind__in=[Kind.CORRECTION, instead], earlier=earlier)
    decision = decision_of(earlier)
    mine = Q(decision=decision, kind__in=[Kind.REPLACEMENT, Kind.REVOCATION])
    if kind in {Kind.REPLACEMENT, Kind.CERTIFICATE}:
        mine |= Q(kind=Kind.CORRECTION, earlier=earlier)
    certificates = Q(kind=Kind.CERTIFICATE, item__decision=decision)
    if kind is Kind.CERTIFICATE:
        certificates &= Q(item=earlier.item_id)
    return live.filter(mine | certificates)


def decision_of(paper: Paper) -> Decision:
    decision = paper.decision or (paper.item.decision if paper.item else None)
    if decision is None:
        raise ValueError(f"The paper {paper.pk} belongs to no decision.")
    return decision


def _earlier(kind: Kind, paper_id: int, by: User, at: datetime) -> Paper:
    """The paper that is spoken of, its decision held until this transaction ends: of two who begin at once, one looks
    only after the other is done."""
    earlier = get_paper(paper_id, by, at)
    if earlier.kind in MAY_FOLLOW[kind]:
        Paper.objects.filter(decision=decision_of(earlier), kind=Kind.DECISION).update(state=F("state"))
    check_can_follow(by, kind, earlier, at=at)
    return earlier


def _words(text: str, sentence: str, longest: int) -> str:
    words = nfc(text).strip()
    if not words:
        raise Refused(sentence)
    if len(words) > longest:
        raise Refused(f"Nội dung dài quá {longest} ký tự. Viết ngắn lại.")
    return words


def _begin(
    kind: Kind,
    earlier: Paper,
    reason: str,
    is_reason_public: bool,
    names: Mapping[int, str],
    by: User,
    at: datetime,
    edits: Mapping[str, str] | None = None,
) -> Paper:
    paper = new_paper(kind, earlier, by=by, at=at)
    paper.reason = _words(reason, "Ghi lý do.", LONGEST_PASSAGE)
    paper.is_reason_public, paper.edits = is_reason_public, dict(edits or {})
    try:
        with transaction.atomic():
            paper.save(force_insert=True)
    except IntegrityError as error:  # begun by a colleague in the same moment
        raise Stale(STALE) from error
    PaperItem.objects.bulk_create(PaperItem(paper=paper, item_id=pk, commune_name=name) for pk, name in names.items())
    after = {"earlier": str(earlier), "communes": len(names)}
    role = role_for(paper, Right.DRAFT, by, at)
    audit.record("draft_paper", paper, by=by, at=at, role=role, after=after, reason=paper.reason)
    return paper
