"""Who may do what now: the rows of `policy` asked of one person and one dossier. `check_can_x` raises Refused with the
sentence that the screen shows; `can_x` answers yes or no from the same rule, for buttons. Whether a person may see the
thing at all is `visible_to`, and its no is a 404."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from enum import Enum
from typing import ParamSpec

from django.utils import timezone

from assessments import policy
from assessments.figures import DossierFigures
from assessments.models import Decision, Dossier, Evidence, Proposal, ProposalItem, Recommendation
from assessments.policy import Relation, Right, Rule, Tie
from assessments.workflow import MOVES, Action, Status
from childfriendly.core.exceptions import Refused
from childfriendly.core.models import AuditEvent
from communes.models import Role, Unit, User
from communes.queries import Roles, roles_of

P = ParamSpec("P")


def unit_of(role: Role, dossier: Dossier) -> Unit:
    """At which unit somebody must hold `role` to act on this dossier."""
    match policy.WHERE[role]:
        case Relation.COMMUNE:
            return dossier.commune
        case Relation.DECIDING:
            return dossier.deciding_unit
        case _:
            return dossier.appraising_unit


def check_role(user: User, role: Role, unit: Unit, at: datetime) -> None:
    if unit.pk not in roles_of(user, timezone.localdate(at)).units(role):
        raise Refused(f"Việc này dành cho {role.label} ({unit.name}). Đề nghị người được phân công thực hiện.")


def _check(user: User, right: Right | Action, dossier: Dossier, at: datetime) -> None:
    """Role, four eyes and state, in this order: the sentence names the first thing that stands in the way."""
    rule = policy.rule_of(right)
    check_role(user, rule.role, unit_of(rule.role, dossier), at)
    check_four_eyes(user, right, dossier, at)
    check_status(dossier, rule.states)


def _passes(check: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> bool:
    try:
        check(*args, **kwargs)
    except Refused:
        return False
    return True


# ---- what ties a person to a dossier -----------------------------------------------------------------------------
DEEDS: dict[Tie, tuple[frozenset[Role], frozenset[str]]] = {
    Tie.DECLARED: (
        policy.COMMUNE,
        frozenset({"save_base_figures", "save_entry", "attach_evidence", "remove_evidence", Action.SUBMIT}),
    ),
    Tie.APPRAISED: (
        policy.APPRAISER,
        frozenset({Action.TAKE, Action.RETURN, Action.CONCLUDE, "save_appraisal", "save_appraised_totals"}),
    ),
    Tie.PROPOSED: (policy.HEAD_OF_OFFICE, frozenset({"propose"})),
}
"""By which role a tie comes about, and what the audit then tells."""

FOUR_EYES: dict[Tie, str] = {
    Tie.COMMUNE: "Không ai được thẩm định, quyết định hồ sơ của chính xã mình. Đề nghị đồng chí khác thực hiện.",
    Tie.DECLARED: (
        "Người đã nhập số liệu, tải minh chứng hoặc nộp hồ sơ không được thẩm định, quyết định hồ sơ đó. "
        "Đề nghị đồng chí khác thực hiện."
    ),
    Tie.APPRAISED: "Người đã thẩm định hồ sơ không được quyết định hồ sơ đó. Đề nghị lãnh đạo khác thực hiện.",
    Tie.PROPOSED: "Người đã trình hồ sơ không được quyết định hồ sơ đó. Đề nghị lãnh đạo khác thực hiện.",
}


def check_four_eyes(user: User, right: Right | Action, dossier: Dossier, at: datetime) -> None:
    """Nobody appraises the own commune or the own figures, and who appraised or proposed does not decide (SECURITY.md
    Z-10). Whoever acts for the head of the office does not put their own appraisal before the leader."""
    barred = policy.rule_of(right).barred
    roles = roles_of(user, timezone.localdate(at))
    for tie, sentence in FOUR_EYES.items():
        if tie in barred and _is_tied(tie, user, dossier, roles):
            raise Refused(sentence)
    role = policy.rule_of(right).role
    held = roles.at(unit_of(role, dossier).pk, role)
    if held is not None and held.acting_for_id is not None and _is_tied(Tie.APPRAISED, user, dossier, roles):
        raise Refused(
            "Đang làm thay nên không được xử lý hồ sơ do chính mình thẩm định. Đề nghị đồng chí khác thực hiện."
        )


def _is_tied(tie: Tie, user: User, dossier: Dossier, roles: Roles, evidence: Evidence | None = None) -> bool:
    match tie:
        case Tie.COMMUNE:
            return dossier.commune_id in roles.units(*policy.COMMUNE)
        case Tie.ASSIGNED:
            return dossier.appraiser_id == user.pk
        case Tie.UPLOADED:
            return evidence is not None and evidence.uploaded_by_id == user.pk
        case _:
            return _has_done(tie, user, dossier, roles)


def _has_done(tie: Tie, user: User, dossier: Dossier, roles: Roles) -> bool:
    """Asked of the audit, and only about those who have held the role at that unit: no page of anybody else costs a
    query more."""
    able, deeds = DEEDS[tie]
    (relation,) = {policy.WHERE[role] for role in able}
    if roles.ever_at(*able).isdisjoint(_unit_ids(relation, dossier)):
        return False
    return AuditEvent.objects.about(dossier).filter(actor_id=str(user.pk), action__in=deeds).exists()


# ---- reading -----------------------------------------------------------------------------------------------------
def _unit_ids(relation: Relation, dossier: Dossier) -> set[int | None]:
    """The units that stand in this relation to the dossier. Asks for the units above the commune, and for the period,
    where the relation needs them."""
    match relation:
        case Relation.COMMUNE:
            return {dossier.commune_id}
        case Relation.APPRAISING:
            return {dossier.appraising_unit_id}
        case Relation.DECIDING:
            return {dossier.deciding_unit_id}
        case Relation.PROVINCE:
            return {dossier.period.province_id}
        case Relation.AREA:
            above = dossier.commune.parent
            return {dossier.commune_id, above.pk, above.parent_id} if above else {dossier.commune_id}
        case Relation.UNIT:
            return set()


def rule_for(
    user: User, right: Right, dossier: Dossier, *, at: datetime, evidence: Evidence | None = None
) -> Rule | None:
    """The row by which this person has the right to the dossier, or to this file of it, now; None: no right. Of several
    rows one that asks no reason comes first."""
    roles = roles_of(user, timezone.localdate(at))
    state = Status(dossier.status) if evidence is None else _state_of(evidence, dossier)
    found = (
        rule
        for rule in policy.rules_of(right)
        if state in rule.states
        and _is_held(rule, roles, dossier)
        and not any(_is_tied(tie, user, dossier, roles, evidence) for tie in rule.barred)
        and all(_is_tied(tie, user, dossier, roles, evidence) for tie in rule.only)
    )
    return min(found, key=lambda rule: rule.asks_reason, default=None)


def _is_held(rule: Rule, roles: Roles, dossier: Dossier) -> bool:
    reaches_back = rule.relation in policy.REACHING_BACK
    units = roles.covered_unit_ids(*rule.roles) if reaches_back else roles.units(*rule.roles)
    return bool(units) and not units.isdisjoint(_unit_ids(rule.relation, dossier))


def _state_of(evidence: Evidence, dossier: Dossier) -> Status:
    """A file that was added after a return is a draft until the commune sends it."""
    is_unsent = dossier.status == Status.RETURNED and evidence.round == dossier.round
    return Status.DRAFT if is_unsent else Status(dossier.status)


class Door(Enum):
    """How one file opens to one person."""

    OPEN = "open"
    REASON = "reason"  # for those whose work it is: the reason is asked
    GLASS = "glass"  # for all others who may know of the file, and for everybody while it is locked
    CLOSED = "closed"


def door_to(user: User, evidence: Evidence, *, at: datetime) -> Door:
    dossier = evidence.dossier
    if not evidence.is_locked:
        right = Right.READ_SENSITIVE if evidence.is_sensitive else Right.READ_EVIDENCE
        rule = rule_for(user, right, dossier, at=at, evidence=evidence)
        if rule is not None:
            return Door.REASON if rule.asks_reason else Door.OPEN
    return Door.GLASS if rule_for(user, Right.BREAK_GLASS, dossier, at=at, evidence=evidence) else Door.CLOSED


def check_can_protect(user: User, evidence: Evidence, *, at: datetime) -> None:
    if rule_for(user, Right.PROTECT, evidence.dossier, at=at, evidence=evidence) is None:
        raise Refused("Chỉ lãnh đạo xã và Trưởng phòng của cơ quan thẩm định khóa, mở khóa được tệp này.")


def can_protect(user: User, evidence: Evidence, *, at: datetime) -> bool:
    return _passes(check_can_protect, user, evidence, at=at)


def can_see_appraisal(user: User, dossier: Dossier, *, at: datetime) -> bool:
    """Whoever may see the dossier, but the commune itself only when the decision is out: until then the appraised
    figures are work between the offices."""
    return rule_for(user, Right.READ_APPRAISAL, dossier, at=at) is not None


def check_status(dossier: Dossier, allowed: Collection[Status]) -> None:
    if dossier.status not in allowed:
        wanted = " hoặc ".join(f"«{status.label.lower()}»" for status in Status if status in allowed)
        now = Status(dossier.status).label.lower()
        raise Refused(
            f"Hồ sơ đang ở trạng thái «{now}», phải ở trạng thái {wanted}. Mở lại trang để xem tình trạng mới."
        )


# ---- moves -------------------------------------------------------------------------------------------------------


def check_can_perform(user: User, action: Action, dossier: Dossier, *, at: datetime) -> None:
    """Role, four eyes and state: what decides whether a button is shown."""
    _check(user, action, dossier, at)


def can_perform(user: User, action: Action, dossier: Dossier, *, at: datetime) -> bool:
    return not MOVES[action].only_by_decision and _passes(check_can_perform, user, action, dossier, at=at)


def check_guards(
    action: Action,
    figures: DossierFigures,
    *,
    reason: str,
    items: Collection[str],
    recommendation: str,
) -> None:
    """The flags of the move, one sentence each. The services call this with the dossier's row held."""
    move, dossier = MOVES[action], figures.dossier
    if move.only_by_decision:
        raise Refused(
            "Hồ sơ chỉ được công nhận hoặc không công nhận bằng quyết định đã có số. Vào số quyết định trước."
        )
    if (move.needs_reason or move.needs_recommendation) and not reason:
        raise Refused(f"Ghi lý do rồi chọn «{action.label}».")
    if move.needs_items and not items:
        raise Refused("Chọn ít nhất một mục cần bổ sung và ghi lý do cho từng mục.")
    if move.needs_complete_answers:
        _check_complete_answers(figures)
    if move.needs_mended_items and dossier.status == Status.RETURNED and figures.not_mended:
        names = ", ".join(figures.target_title(item.target) for item in figures.not_mended)
        raise Refused(f"Còn {len(figures.not_mended)} mục bị trả lại chưa sửa: {names}. Sửa hoặc giải trình từng mục.")
    if move.needs_complete_appraisal:
        _check_complete_appraisal(figures)
    if move.needs_recommendation:
        _check_recommendation(figures, recommendation)
    if move.outside_live_proposal and ProposalItem.objects.filter(dossier=dossier, is_live=True).exists():
        raise Refused("Hồ sơ đang nằm trong hồ sơ trình lãnh đạo. Đề nghị lãnh đạo trả lại hồ sơ trình trước.")


def _check_complete_answers(figures: DossierFigures) -> None:
    if not figures.area.is_settled:
        raise Refused(
            "Loại xã (ngưỡng điểm) chưa được xác nhận bằng văn bản nên chưa nộp được hồ sơ. "
            "Đề nghị quản trị danh mục của tỉnh xác nhận loại xã."
        )
    if figures.missing_totals:
        raise Refused(f"Số liệu nền còn thiếu {len(figures.missing_totals)} số. Nhập đủ số liệu nền rồi nộp hồ sơ.")
    if figures.declared_sheet.problems:
        count = len(figures.declared_sheet.problems)
        raise Refused(f"Còn {count} mục thiếu hoặc sai số liệu. Mở trang kiểm tra, sửa từng mục rồi nộp hồ sơ.")


def _check_complete_appraisal(figures: DossierFigures) -> None:
    left = figures.still_to_appraise
    if left:
        first = figures.target_title(left[0])
        raise Refused(f"Còn {len(left)} số liệu chưa thẩm định, bắt đầu từ «{first}». Thẩm định đủ rồi hoàn thành.")
    if figures.appraised_sheet.problems:
        problem = figures.appraised_sheet.problems[0]
        raise Refused(f"Số liệu thẩm định mục {problem.item} chưa hợp lệ: {problem.message}")


def _check_recommendation(figures: DossierFigures, recommendation: str) -> None:
    if recommendation not in Recommendation.values:
        raise Refused("Chọn đề nghị công nhận hoặc không công nhận.")
    if recommendation == Recommendation.RECOGNISE and not figures.appraised_sheet.passes:
        raise Refused(f"Không thể đề nghị công nhận: {figures.appraised_sheet.reasons[0]}")


# ---- figures, evidence, appraisal --------------------------------------------------------------------------------


def check_can_open(user: User, commune: Unit, *, at: datetime) -> None:
    check_role(user, policy.rule_of(Right.OPEN).role, commune, at)


def check_can_edit(user: User, dossier: Dossier, *, at: datetime) -> None:
    rule = policy.rule_of(Right.EDIT)
    check_role(user, rule.role, dossier.commune, at)
    if dossier.status not in rule.states:
        raise Refused(
            "Hồ sơ đã nộp nên không sửa được. Muốn sửa, đề nghị cơ quan thẩm định trả lại."
            if dossier.is_sent
            else "Hồ sơ đã rút nên không sửa được. Đề nghị lãnh đạo xã lập lại hồ sơ."
        )


def can_edit(user: User, dossier: Dossier, *, at: datetime) -> bool:
    return _passes(check_can_edit, user, dossier, at=at)


def check_targets_open(figures: DossierFigures, targets: Collection[str]) -> None:
    """In a returned dossier only what was returned may change."""
    closed = [target for target in targets if not figures.is_open(target)]
    if closed:
        raise Refused(
            f"Mục «{figures.target_title(closed[0])}» không bị trả lại nên giữ nguyên. "
            "Chỉ sửa các mục cơ quan thẩm định nêu."
        )


def check_can_appraise(user: User, dossier: Dossier, *, at: datetime) -> None:
    _check(user, Right.APPRAISE, dossier, at)


def can_appraise(user: User, dossier: Dossier, *, at: datetime) -> bool:
    return _passes(check_can_appraise, user, dossier, at=at)


# ---- proposals and decisions -------------------------------------------------------------------------------------


def check_can_propose(user: User, dossier: Dossier, *, at: datetime) -> None:
    rule = policy.rule_of(Right.PROPOSE)
    check_role(user, rule.role, dossier.appraising_unit, at)
    check_four_eyes(user, Right.PROPOSE, dossier, at)
    if dossier.status not in rule.states:
        raise Refused(
            f"Hồ sơ {dossier.code} chưa hoàn thành thẩm định nên chưa trình được. Bỏ hồ sơ này khỏi danh sách."
        )


def can_propose(user: User, dossier: Dossier, *, at: datetime) -> bool:
    return _passes(check_can_propose, user, dossier, at=at)


def can_propose_anywhere(user: User, *, at: datetime) -> bool:
    return roles_of(user, timezone.localdate(at)).has(policy.rule_of(Right.PROPOSE).role)


def check_can_return_proposal(user: User, proposal: Proposal, *, at: datetime) -> None:
    """No four eyes here: sending back decides nothing."""
    _check_can_answer(user, Right.RETURN_PROPOSAL, proposal, at)


def can_return_proposal(user: User, proposal: Proposal, *, at: datetime) -> bool:
    return _passes(check_can_return_proposal, user, proposal, at=at)


def check_can_approve(user: User, proposal: Proposal, dossiers: Iterable[Dossier], *, at: datetime) -> None:
    """`dossiers` are all those in the proposal: who may not decide one of them does not approve the whole."""
    _check_can_answer(user, Right.APPROVE, proposal, at)
    for dossier in dossiers:
        check_four_eyes(user, Right.APPROVE, dossier, at)


def check_can_take_over(user: User, decision: Decision, dossiers: Iterable[Dossier], *, at: datetime) -> None:
    """Whether `user` may answer for a decision in place of a leader who has left: who may approve, and no other."""
    check_role(user, policy.rule_of(Right.APPROVE).role, decision.deciding_unit, at)
    for dossier in dossiers:
        check_four_eyes(user, Right.APPROVE, dossier, at)


def _check_can_answer(user: User, right: Right, proposal: Proposal, at: datetime) -> None:
    check_role(user, policy.rule_of(right).role, proposal.deciding_unit, at)
    if proposal.state != Proposal.State.SUBMITTED:
        raise Refused(
            f"Hồ sơ trình này {proposal.get_state_display().lower()} rồi. Mở lại trang để xem tình trạng mới."
        )


def check_can_number(user: User, unit: Unit, *, at: datetime) -> None:
    check_role(user, policy.rule_of(Right.ISSUE).role, unit, at)


def can_number(user: User, unit: Unit, *, at: datetime) -> bool:
    return _passes(check_can_number, user, unit, at=at)
