"""Who may do what now. `check_can_x` raises Refused with the sentence that the screen shows; `can_x` answers yes or no
from the same rule, for buttons. Whether a person may see the thing at all is `visible_to`, and its no is a 404."""

from collections.abc import Collection
from datetime import datetime

from django.utils import timezone

from assessments.figures import DossierFigures
from assessments.models import Dossier, Proposal, ProposalItem, Recommendation
from assessments.workflow import MOVES, Action, Status
from childfriendly.core.exceptions import Refused
from communes.models import Role, Unit, User
from communes.queries import roles_of

EDITABLE = frozenset({Status.DRAFT, Status.RETURNED})


def unit_of(role: Role, dossier: Dossier) -> Unit:
    """At which unit somebody must hold `role` to act on this dossier."""
    if role in (Role.COMMUNE_EDITOR, Role.COMMUNE_HEAD):
        return dossier.commune
    return dossier.deciding_unit if role in (Role.LEADER, Role.CLERK) else dossier.appraising_unit


def check_role(user: User, role: Role, unit: Unit, at: datetime) -> None:
    if unit.pk not in roles_of(user, timezone.localdate(at)).units(role):
        raise Refused(f"Việc này dành cho {role.label} ({unit.name}). Đề nghị người được phân công thực hiện.")


def check_four_eyes(user: User, role: Role, dossier: Dossier, at: datetime) -> None:
    """Nobody appraises the own commune, and who appraised does not decide (SECURITY Z-10)."""
    roles = roles_of(user, timezone.localdate(at))
    own = roles.units(Role.COMMUNE_EDITOR) | roles.units(Role.COMMUNE_HEAD)
    if role in (Role.APPRAISER, Role.HEAD_OF_OFFICE, Role.LEADER) and dossier.commune_id in own:
        raise Refused("Không ai được thẩm định, quyết định hồ sơ của chính xã mình. Đề nghị đồng chí khác thực hiện.")
    if role is Role.LEADER and dossier.appraiser_id == user.pk:
        raise Refused("Người đã thẩm định hồ sơ không được quyết định hồ sơ đó. Đề nghị lãnh đạo khác thực hiện.")


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
    move = MOVES[action]
    check_role(user, move.role, unit_of(move.role, dossier), at)
    check_four_eyes(user, move.role, dossier, at)
    check_status(dossier, move.sources)


def can_perform(user: User, action: Action, dossier: Dossier, *, at: datetime) -> bool:
    try:
        check_can_perform(user, action, dossier, at=at)
    except Refused:
        return False
    return not MOVES[action].only_by_decision


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


def check_can_edit(user: User, dossier: Dossier, *, at: datetime) -> None:
    check_role(user, Role.COMMUNE_EDITOR, dossier.commune, at)
    if dossier.status not in EDITABLE:
        raise Refused(
            "Hồ sơ đã nộp nên không sửa được. Muốn sửa, đề nghị cơ quan thẩm định trả lại."
            if dossier.is_sent
            else "Hồ sơ đã rút nên không sửa được. Đề nghị lãnh đạo xã lập lại hồ sơ."
        )


def can_edit(user: User, dossier: Dossier, *, at: datetime) -> bool:
    try:
        check_can_edit(user, dossier, at=at)
    except Refused:
        return False
    return True


def check_targets_open(figures: DossierFigures, targets: Collection[str]) -> None:
    """In a returned dossier only what was returned may change."""
    closed = [target for target in targets if not figures.is_open(target)]
    if closed:
        raise Refused(
            f"Mục «{figures.target_title(closed[0])}» không bị trả lại nên giữ nguyên. "
            "Chỉ sửa các mục cơ quan thẩm định nêu."
        )


def check_can_appraise(user: User, dossier: Dossier, *, at: datetime) -> None:
    check_role(user, Role.APPRAISER, dossier.appraising_unit, at)
    check_four_eyes(user, Role.APPRAISER, dossier, at)
    check_status(dossier, {Status.APPRAISING})


def can_appraise(user: User, dossier: Dossier, *, at: datetime) -> bool:
    try:
        check_can_appraise(user, dossier, at=at)
    except Refused:
        return False
    return True


def can_see_appraisal(user: User, dossier: Dossier, *, at: datetime) -> bool:
    """Whoever may see the dossier, but the commune itself only when the decision is out: until then the appraised
    figures are work between the offices."""
    if not dossier.is_sent:
        return False
    own = roles_of(user, timezone.localdate(at)).units(Role.COMMUNE_EDITOR, Role.COMMUNE_HEAD)
    return dossier.commune_id not in own or dossier.status in (Status.RECOGNISED, Status.REFUSED)


# ---- proposals and decisions -------------------------------------------------------------------------------------


def check_can_propose(user: User, unit: Unit, *, at: datetime) -> None:
    check_role(user, Role.HEAD_OF_OFFICE, unit, at)


def can_propose_anywhere(user: User, *, at: datetime) -> bool:
    return roles_of(user, timezone.localdate(at)).has(Role.HEAD_OF_OFFICE)


def check_can_answer(user: User, proposal: Proposal, *, at: datetime) -> None:
    check_role(user, Role.LEADER, proposal.deciding_unit, at)
    if proposal.state != Proposal.State.SUBMITTED:
        raise Refused(
            f"Hồ sơ trình này {proposal.get_state_display().lower()} rồi. Mở lại trang để xem tình trạng mới."
        )


def can_answer(user: User, proposal: Proposal, *, at: datetime) -> bool:
    try:
        check_can_answer(user, proposal, at=at)
    except Refused:
        return False
    return True


def check_can_number(user: User, unit: Unit, *, at: datetime) -> None:
    check_role(user, Role.CLERK, unit, at)


def can_number(user: User, unit: Unit, *, at: datetime) -> bool:
    try:
        check_can_number(user, unit, at=at)
    except Refused:
        return False
    return True
