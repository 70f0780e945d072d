"""The life of a paper: drafted, signed, numbered, issued, each by somebody else (NĐ 30/2020, Điều 10, 13, 14, 15).

Every step is one conditional UPDATE with its effects and one audit row in one transaction. Bytes are made and stored
before it: a row never names a file that is not safely on disk, and a file that no row names is an orphan of the nightly
round. What is issued never changes again.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from io import BytesIO
from typing import Any, Final

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from assessments import services as assessments
from assessments.models import Decision, DecisionItem, Dossier, Proposal, Result
from childfriendly.core import audit, faults
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.files import CheckedUpload, content_type_for, store
from childfriendly.core.text import nfc
from communes.models import RoleAssignment, Unit, User
from communes.queries import roles_of
from criteria.deadlines import VIET_NAM
from criteria.models import Period
from papers.filling import content_of, passages_of
from papers.kinds import KINDS, Desk, Kind, Subject
from papers.models import Paper, State
from papers.models.paper import LIVE
from papers.permissions import (
    check_can_draft,
    check_can_drop,
    check_can_edit,
    check_can_number,
    check_can_sign,
    drafting_unit,
    is_at_deciding_body,
)
from papers.policy import RELATION_OF, Right, roles_with
from papers.rendering import render_docx, render_pdf
from papers.services.attachments import add_attachment, examine, kept, reading_of
from papers.services.effects import EFFECTS
from papers.services.rows import About, digest_of, new_paper
from papers.services.seal import sealed
from papers.structure import Content, to_json

STALE: Final = "Văn bản vừa được người khác xử lý. Mở lại trang để xem tình trạng mới rồi thực hiện lại."
LONGEST_PASSAGE: Final = 10_000  # characters
JUMP: Final = 500
"""How far a number may lie from its neighbours in the register before somebody is asked to look again. Our proposal: an
agency writes some hundreds of papers of a form a year, and a digit too many makes ten times as much."""

NUMBER: Final = re.compile(r"0*([1-9][0-9]{0,5})")


class Questionable(Refused):
    """The number or its day may be right, yet looks wrong: the clerk looks into the register and says so."""


# ---- drafting ----------------------------------------------------------------------------------------------------
def draft(
    *,
    kind: Kind,
    by: User,
    at: datetime,
    dossier: Dossier | None = None,
    proposal: Proposal | None = None,
    decision: Decision | None = None,
    item: DecisionItem | None = None,
    period: Period | None = None,
    unit: Unit | None = None,
) -> Paper:
    """Begin a paper of this kind about the one thing that is given (a period with the unit that reports). Asked twice,
    it gives the same paper, as long as that one is not issued. What is about an earlier paper begins in `later`."""
    given: dict[Subject, About | None] = {
        Subject.DOSSIER: dossier,
        Subject.PROPOSAL: proposal,
        Subject.DECISION: decision,
        Subject.ITEM: item,
        Subject.PERIOD: period,
    }
    about = given.get(KINDS[kind].subject)
    if about is None:
        raise ValueError(f"A paper of the kind {kind} is about a {KINDS[kind].subject.value}.")
    paper = beginning(kind, about, unit=unit, by=by, at=at)
    existing = _live(paper)
    if existing is not None:
        return existing
    right = Right.DRAFT if paper.drafted_by else Right.READ_UNISSUED  # what was approved is written already
    try:
        with transaction.atomic():
            paper.save(force_insert=True)
            audit.record("draft_paper", paper, by=by, at=at, role=role_for(paper, right, by, at))
    except IntegrityError:  # begun by a colleague in the same moment
        existing = _live(paper)
        if existing is None:
            raise
        return existing
    return paper


def beginning(kind: Kind, about: About, *, by: User, at: datetime, unit: Unit | None = None) -> Paper:
    """The draft as `by` would begin it, not yet saved. Raises Refused where they may not."""
    today = timezone.localdate(at)
    _check_visible(about, by, today)
    paper = new_paper(kind, about, unit=unit, by=by, at=at)
    _check_may_begin(paper, by, today)
    return paper


def _check_visible(about: About, by: User, today: date) -> None:
    if isinstance(about, Period):  # everybody may know of a period; who reports on it is the right's to say
        return
    row = about.decision if isinstance(about, DecisionItem) else about
    if not type(row).objects.visible_to(by, today).filter(pk=row.pk).exists():
        raise Refused("Không tìm thấy nội dung này trong phạm vi của đơn vị.")


def _check_may_begin(paper: Paper, by: User, today: date) -> None:
    kind = Kind(paper.kind)
    if kind is Kind.CERTIFICATE and paper.earlier is None:
        raise Refused("Giấy công nhận được lập tự động khi phát hành quyết định công nhận.")
    if kind is Kind.REFUSAL and paper.item is not None and paper.item.result != Result.REFUSED:
        raise Refused(f"{paper.item.commune_name} được công nhận nên không có thông báo không công nhận.")
    if kind is Kind.REFUSAL and paper.item is not None and not paper.item.decision.is_issued:
        raise Refused("Quyết định chưa có số nên chưa thông báo kết quả được. Phát hành quyết định trước.")
    if kind is Kind.DECISION and is_at_deciding_body(by, paper, on=today):
        paper.drafted_by = None  # all of its text was approved already: whoever asks for it has not written it
        return
    check_can_draft(by, kind, paper.unit, paper.appraising_unit, on=today)


def _live(paper: Paper) -> Paper | None:
    """The paper of this kind about the same thing that is still on its way, or the only one that there may be."""
    spec = paper.spec
    same = Paper.objects.filter(kind=paper.kind, unit=paper.unit, period=paper.period)
    same = same.filter(**{spec.subject.value: getattr(paper, spec.subject.value)})
    states = LIVE if paper.kind != Kind.DECISION else [*LIVE, State.ISSUED]
    return same.filter(state__in=states).order_by("-pk").first()


@transaction.atomic
def reword(*, paper_id: int, version: int, edits: Mapping[str, str], by: User, at: datetime) -> Paper:
    """Put other words in place of passages of a draft; an empty text gives the passage back to the data."""
    paper = get_paper(paper_id, by, at)
    check_can_edit(by, paper, on=timezone.localdate(at))
    check_state(paper, State.DRAFT)
    passages = {passage.key: passage for passage in passages_of(paper)}
    if not edits.keys() <= passages.keys():
        raise Refused("Đoạn văn này không có trong văn bản. Mở lại trang rồi sửa lại.")
    changed = dict(paper.edits)
    for key, text in edits.items():
        words = nfc(text).strip()
        if len(words) > LONGEST_PASSAGE:
            raise Refused(f"Đoạn «{passages[key].label}» dài quá {LONGEST_PASSAGE} ký tự. Viết ngắn lại.")
        if words and words != passages[key].text:
            changed[key] = words
        else:
            changed.pop(key, None)
    told = sorted(key for key in passages if changed.get(key) != paper.edits.get(key))
    change_row(paper, version, State.DRAFT, edits=changed)
    role = role_for(paper, Right.DRAFT, by, at)
    audit.record("reword_paper", paper, by=by, at=at, role=role, after={"passages": told})
    return _again(paper)


@transaction.atomic
def drop(*, paper_id: int, version: int, by: User, at: datetime) -> Paper:
    """Away with a draft, or with a signed paper that has no number yet; another may be begun in its place."""
    paper = get_paper(paper_id, by, at)
    check_state(paper, State.DRAFT, State.SIGNED)
    right = check_can_drop(by, paper, on=timezone.localdate(at))
    before = State(paper.state)
    change_row(paper, version, before, state=State.DROPPED)
    audit.record(
        "drop_paper",
        paper,
        by=by,
        at=at,
        role=role_for(paper, right, by, at),
        before={"state": before.value},
        after={"state": State.DROPPED.value},
    )
    return _again(paper)


# ---- signing -----------------------------------------------------------------------------------------------------
@transaction.atomic
def sign(*, paper_id: int, version: int, by: User, at: datetime) -> Paper:
    """The signer's own yes, given in the system: from here the words stand."""
    paper = get_paper(paper_id, by, at)
    check_state(paper, State.DRAFT)
    check_can_sign(by, paper, on=timezone.localdate(at))
    _check_is_who_approved(paper, by, timezone.localdate(at))
    _take_over(paper, by, at, by=by, at=at)
    _sign(paper, version, by, at)
    audit.record("sign_paper", paper, by=by, at=at, role=role_for(paper, Right.SIGN, by, at), after=_told(paper))
    return _again(paper)


def enter_signed(
    *,
    paper_id: int,
    version: int,
    signer_id: int,
    signed_on: date,
    scan: "UploadedFile[bytes]",
    by: User,
    at: datetime,
) -> Paper:
    """What was signed by hand, recorded by the clerk together with the scan. That may as well be a PDF with digital
    signatures, which are read as those of every attachment."""
    today = timezone.localdate(at)
    paper = get_paper(paper_id, by, at)
    check_state(paper, State.DRAFT)
    check_can_number(by, paper, on=today)
    signer = User.objects.filter(pk=signer_id).first()
    if signer is None or not may_have_signed(paper, signer, signed_on):
        raise Refused(
            f"Người ký không giữ thẩm quyền ký của {paper.unit.name} vào ngày {signed_on:%d/%m/%Y}. Kiểm tra lại."
        )
    if signer.pk == by.pk:
        raise Refused("Người ký văn bản không tự ghi nhận bản ký giấy. Đề nghị văn thư thực hiện.")
    if signer.pk == paper.drafted_by_id:
        raise Refused("Người soạn văn bản không tự ký văn bản đó. Kiểm tra lại người ký.")
    if signed_on > today:
        raise Refused("Ngày ký không được sau hôm nay. Kiểm tra lại ngày trên văn bản đã ký.")
    what, written_on = _written(paper)
    if signed_on < written_on:
        raise Refused(f"Ngày ký không được trước ngày {what} ({written_on:%d/%m/%Y}). Kiểm tra lại ngày ký.")
    _check_is_who_approved(paper, signer, signed_on)
    checked = examine(scan)
    reading = reading_of(checked, at=at)
    role = role_for(paper, Right.NUMBER, by, at)
    path, verdict = kept(paper, checked, by=by, at=at, role=role)
    faults.reach("enter signed: stored")
    signed_at = datetime.combine(signed_on, time(12), VIET_NAM)
    with transaction.atomic():
        _take_over(paper, signer, signed_at, by=by, at=at)
        _sign(paper, version, signer, signed_at, signed_on_paper_entered_by=by)
        paper = _again(paper)
        add_attachment(paper, checked, reading, path=path, verdict=verdict, by=by, at=at)
        after = {**_told(paper), "signer": signer.full_name, "signed_on": signed_on.isoformat(), "scan": checked.sha256}
        audit.record("enter_signed_paper", paper, by=by, at=at, role=role, after=after)
    return paper


def _written(paper: Paper) -> tuple[str, date]:
    """Since when there are words to sign: those of a decision were approved, and printed from its page, before anybody
    asked for its paper."""
    if paper.kind == Kind.DECISION and paper.decision is not None:
        return "duyệt quyết định", timezone.localdate(paper.decision.approved_at)
    return "soạn văn bản", timezone.localdate(paper.drafted_at)


def may_have_signed(paper: Paper, signer: User, on: date) -> bool:
    """Whether somebody held a role that signs these papers on that day, whatever became of their account since."""
    held = _signing_roles(paper).filter(user=signer, valid_from__lte=on)
    held = held.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=on))
    still = Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gt=datetime.combine(on, time.min, VIET_NAM))
    return held.filter(still).exists()


def possible_signers(paper: Paper) -> QuerySet[User]:
    """Who ever held a role that signs these papers, but for who drafted this one; the day is judged when it is told."""
    people = User.objects.filter(pk__in=_signing_roles(paper).values("user")).exclude(pk=paper.drafted_by_id or 0)
    return people.order_by("full_name", "pk")


def _signing_roles(paper: Paper) -> QuerySet[RoleAssignment]:
    roles = roles_with(Right.SIGN, RELATION_OF[Desk(paper.desk)])
    return RoleAssignment.objects.filter(unit=paper.unit, role__in=roles)


def _check_is_who_approved(paper: Paper, signer: User, on: date) -> None:
    """Who approved a decision signs it; once they have left office, whoever answers for it in their place."""
    decision = _approved_by_another(paper, signer)
    if decision and may_have_signed(paper, decision.approved_by, on):
        name = decision.approved_by.full_name
        raise Refused(f"Quyết định này do đồng chí {name} duyệt. Chính đồng chí đó ký quyết định.")


def _take_over(paper: Paper, signer: User, signed_at: datetime, *, by: User, at: datetime) -> None:
    if decision := _approved_by_another(paper, signer):
        assessments.take_over(decision_id=decision.pk, signer=signer, signed_at=signed_at, by=by, at=at)
        decision.refresh_from_db()


def _approved_by_another(paper: Paper, signer: User) -> Decision | None:
    decision = paper.decision if paper.kind == Kind.DECISION else None
    return decision if decision and decision.approved_by_id != signer.pk else None


def _sign(paper: Paper, version: int, signer: User, signed_at: datetime, **changes: Any) -> None:
    paper.signer, paper.signed_at = signer, signed_at
    printed = content_of(paper)  # Refused where a part is missing
    content = to_json(printed)
    paper.content_sha256 = digest_of(content)
    change_row(
        paper,
        version,
        State.DRAFT,
        state=State.SIGNED,
        signer=signer,
        signed_at=signed_at,
        content=content,
        content_sha256=paper.content_sha256,
        symbol=printed.symbol if isinstance(printed, Content) else "",
        **changes,
    )


# ---- numbering ---------------------------------------------------------------------------------------------------
@transaction.atomic
def number(
    *, paper_id: int, version: int, number: str, issued_on: date, is_checked: bool = False, by: User, at: datetime
) -> Paper:
    """Number and day as the agency's register of outgoing papers has them. `is_checked`: the clerk was asked about them
    and has looked again. Raises Questionable where that is to be asked."""
    today = timezone.localdate(at)
    paper = get_paper(paper_id, by, at)
    check_can_number(by, paper, on=today)
    if not paper.spec.has_number:
        raise Refused("Giấy công nhận không có số văn bản. Bấm «Vào sổ» để cấp số vào sổ cấp giấy công nhận.")
    if paper.number:
        raise Stale(f"Văn bản này đã vào số {paper.full_number}.")
    check_state(paper, State.SIGNED)
    match = NUMBER.fullmatch(nfc(number).strip().removesuffix(f"/{paper.symbol}"))
    if match is None:
        raise Refused(f"Nhập số văn bản bằng chữ số, ví dụ 1234 (ký hiệu /{paper.symbol} có sẵn).")
    given = int(match[1])
    if issued_on > today:
        raise Refused("Ngày văn bản không được sau hôm nay. Kiểm tra lại ngày trên văn bản đã ký.")
    signed_on = timezone.localdate(paper.signed_at)
    if issued_on < signed_on:  # NĐ 30/2020, Điều 15: the number is given after signing
        raise Refused(f"Ngày văn bản không được trước ngày ký ({signed_on:%d/%m/%Y}). Kiểm tra lại ngày.")
    if paper.signer is None or not may_have_signed(paper, paper.signer, issued_on):
        name = paper.signer.full_name if paper.signer else "Người ký"
        raise Refused(f"{name} không giữ thẩm quyền ký vào ngày {issued_on:%d/%m/%Y}. Kiểm tra lại ngày trên văn bản.")
    taken = Refused(
        f"Số {match[1].zfill(2)}/{paper.symbol} năm {issued_on.year} đã dùng cho văn bản khác. "
        "Xem lại sổ văn bản và nhập số đúng."
    )
    if _is_number_of_another_decision(paper, match[1], issued_on.year):
        raise taken
    doubt = _doubt(paper, given, issued_on)
    if doubt and not is_checked:
        raise Questionable(doubt)
    try:
        with transaction.atomic():
            change_row(
                paper,
                version,
                State.SIGNED,
                state=State.NUMBERED,
                number=match[1],
                issued_on=issued_on,
                number_year=issued_on.year,
                numbered_by=by,
                numbered_at=at,
            )
    except IntegrityError as error:
        raise taken from error
    paper = _again(paper)
    after = {"number": paper.full_number, "issued_on": issued_on.isoformat()}
    role = role_for(paper, Right.NUMBER, by, at)
    if doubt:
        after["checked"] = doubt
    audit.record("number_paper", paper, by=by, at=at, role=role, after=after)
    return paper


def _is_number_of_another_decision(paper: Paper, number: str, year: int) -> bool:
    if paper.decision is None or paper.kind != Kind.DECISION:
        return False
    others = Decision.objects.filter(deciding_unit=paper.unit, number=number, number_year=year)
    return others.exclude(pk=paper.decision.pk).exists()


def _doubt(paper: Paper, given: int, on: date) -> str:
    """What looks wrong beside the papers of the same register and year; «» where nothing does."""
    register = Q(desk=paper.desk) | Q(symbol=paper.symbol)  # two desks of one agency number from one register
    same = Paper.objects.filter(register, unit=paper.unit, form=paper.form, number_year=on.year)
    known = [(int(text), day) for text, day in same.values_list("number", "issued_on") if text.isdecimal() and day]
    if not known:
        return ""
    look = "Xem lại sổ văn bản."
    below = max(((n, day) for n, day in known if n < given), default=None)
    above = min(((n, day) for n, day in known if n > given), default=None)
    if above and above[1] < on:
        return f"Số {given} nhỏ hơn số {above[0]} đã cấp ngày {above[1]:%d/%m/%Y} mà ngày lại muộn hơn. {look}"
    if below and below[1] > on:
        return f"Số {given} lớn hơn số {below[0]} đã cấp ngày {below[1]:%d/%m/%Y} mà ngày lại sớm hơn. {look}"
    latest = max(day for _, day in known)
    if on < latest:
        return f"Ngày {on:%d/%m/%Y} sớm hơn ngày của văn bản vào số gần nhất ({latest:%d/%m/%Y}). {look}"
    nearest = min((n for n, _ in known), key=lambda n: abs(n - given))
    if abs(nearest - given) > JUMP:
        return f"Số {given} cách xa số gần nhất đã cấp trong năm ({nearest}). {look}"
    return ""


# ---- issuing -----------------------------------------------------------------------------------------------------
def issue(*, paper_id: int, version: int, by: User, at: datetime) -> Paper:
    """Make the bytes of a numbered paper, keep them, and send it out. What breaks off on the way is done again."""
    paper = get_paper(paper_id, by, at)
    check_can_number(by, paper, on=timezone.localdate(at))
    if paper.is_issued:
        raise Stale("Văn bản này đã phát hành rồi.")
    check_state(paper, State.NUMBERED)
    if paper.version != version:
        raise Stale(STALE)
    return issue_prepared(paper=paper, **prepared(paper), by=by, at=at)


def prepared(paper: Paper) -> dict[str, bytes]:
    """The bytes of a numbered paper; writes nothing. Rendering is slow: call it outside every transaction."""
    printed = content_of(paper)
    return {"pdf": render_pdf(printed), "docx": render_docx(printed)}


def issue_prepared(*, paper: Paper, pdf: bytes, docx: bytes, at: datetime, by: User | None = None) -> Paper:
    """Keep the bytes and flip NUMBERED → ISSUED, with all that hangs on it. Whoever comes second gets what the first
    one issued."""
    frozen: dict[str, Any] = {}
    if paper.content is None:  # numbered before papers were kept: its words are those of the frozen decision
        content = to_json(content_of(paper))
        frozen = {"content": content, "content_sha256": digest_of(content)}
    pdf = sealed(paper, pdf, at=at)
    kept_pdf = _keep_bytes(pdf, "pdf")
    kept_docx = _keep_bytes(docx, "docx") if docx else ("", "")
    faults.reach("issue paper: stored")
    with transaction.atomic():
        rows = Paper.objects.filter(pk=paper.pk, state=State.NUMBERED, version=paper.version)
        if not rows.update(
            state=State.ISSUED,
            version=F("version") + 1,
            issued_at=at,
            issued_by=by,
            pdf_path=kept_pdf[0],
            pdf_sha256=kept_pdf[1],
            pdf_size=len(pdf),
            docx_path=kept_docx[0],
            docx_sha256=kept_docx[1],
            **frozen,
        ):
            issued = _again(paper)
            if issued.is_issued:
                return issued
            raise Stale(STALE)
        faults.reach("issue paper: flipped")
        issued = _again(paper)
        effect = EFFECTS.get(Kind(issued.kind))
        certificates = effect(issued, by, at) if effect else []
        after: dict[str, Any] = {"number": _number_words(issued), "sha256": issued.pdf_sha256}
        if certificates:
            after["register_numbers"] = [certificates[0].register_number, certificates[-1].register_number]
        role = role_for(issued, Right.NUMBER, by, at) if by else ""
        audit.record("issue_paper", issued, by=by, at=at, role=role, after=after)
        faults.reach("issue paper: recorded")
    return issued


def _keep_bytes(content: bytes, extension: str) -> tuple[str, str]:
    sha256 = hashlib.sha256(content).hexdigest()
    made = CheckedUpload(
        name=f"van-ban.{extension}",
        extension=extension,
        content_type=content_type_for(extension),
        size=len(content),
        sha256=sha256,
        sent_sha256=sha256,
        content=BytesIO(content),
    )
    return store(made, root=settings.MEDIA_ROOT), sha256


# ---- what the steps share ----------------------------------------------------------------------------------------
def get_paper(paper_id: int, by: User, at: datetime) -> Paper:
    visible = Paper.objects.visible_to(by, timezone.localdate(at))
    paper = visible.select_related("unit", "period", "signer", "decision").filter(pk=paper_id).first()
    if paper is None:
        raise Refused("Không tìm thấy văn bản này trong phạm vi của đơn vị.")
    paper.read_on = timezone.localdate(at)
    return paper


def _again(paper: Paper) -> Paper:
    return Paper.objects.select_related("unit", "period", "signer", "decision").get(pk=paper.pk)


def check_state(paper: Paper, *states: State) -> None:
    if paper.state not in states:
        wanted = " hoặc ".join(f"«{state.label.lower()}»" for state in states)
        now = State(paper.state).label.lower()
        raise Stale(
            f"Văn bản đang ở tình trạng «{now}», phải ở tình trạng {wanted}. Mở lại trang để xem tình trạng mới."
        )


def change_row(paper: Paper, version: int, state: State, /, **changes: Any) -> None:
    """The one place that moves a paper before it is issued."""
    rows = Paper.objects.filter(pk=paper.pk, version=version, state=state)
    if not rows.update(version=F("version") + 1, **changes):
        raise Stale(STALE)


def role_for(paper: Paper, right: Right, by: User, at: datetime) -> str:
    """As what somebody acts on this paper."""
    unit, relation = paper.unit, RELATION_OF[Desk(paper.desk)]
    if right is Right.DRAFT:
        unit, relation = drafting_unit(paper.spec, paper.unit, paper.appraising_unit)
    held = roles_of(by, timezone.localdate(at)).at(unit.pk, *roles_with(right, relation))
    return held.words if held else ""


def _told(paper: Paper) -> dict[str, Any]:
    return {"content": paper.content_sha256}


def _number_words(paper: Paper) -> str:
    return paper.full_number or f"số vào sổ {paper.register_number}"
