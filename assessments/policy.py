"""Who may do what, on one screen: right × role × where the role is held × state of the dossier, and what ties a person
to it. Querysets, services, buttons, files, exports, tests and docs/quyen-han.md read this table; nothing else knows it.

Everything that is not here is denied. A new right is a member of `Right` and its rows in `RULES`; a move of the
workflow brings its row along from `workflow.MOVES`. `permissions` says no in words, `models.scope` says it in SQL.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from django.db.models import TextChoices

from assessments.workflow import MOVES, Action, Status
from communes.models import Role


class Right(TextChoices):
    """What the moves of the workflow (`Action`) are not."""

    READ = "read", "Xem hồ sơ"
    READ_APPRAISAL = "read_appraisal", "Xem số liệu và kết quả thẩm định"
    READ_EVIDENCE = "read_evidence", "Mở minh chứng thường"
    READ_SENSITIVE = "read_sensitive", "Mở minh chứng nhạy cảm"
    BREAK_GLASS = "break_glass", "Mở khẩn minh chứng nhạy cảm, tệp đang khóa"
    PROTECT = "protect", "Xem ai đã mở tệp, khóa tệp, được báo khi có người mở khẩn"
    READ_SMALL_COUNTS = "read_small_counts", "Xem số từ 1 đến 4 của tiêu chí nhạy cảm"
    OPEN = "open", "Mở hồ sơ của kỳ đánh giá"
    EDIT = "edit", "Nhập số liệu, tải và bỏ minh chứng"
    APPRAISE = "appraise", "Thẩm định số liệu"
    READ_PROPOSAL = "read_proposal", "Xem hồ sơ trình"
    PROPOSE = "propose", "Trình lãnh đạo"
    APPROVE = "approve", "Duyệt hồ sơ trình"
    RETURN_PROPOSAL = "return_proposal", "Trả lại hồ sơ trình"
    READ_DECISION = "read_decision", "Xem quyết định, giấy công nhận"
    ISSUE = "issue", "Vào số, phát hành quyết định"
    READ_SUMMARY = "read_summary", "Xem, tải bảng tổng hợp"


class Relation(TextChoices):
    """What the unit at which a role is held is to the dossier. Every other unit, a sibling or one below, is nothing."""

    COMMUNE = "commune", "xã của hồ sơ"
    APPRAISING = "appraising", "cơ quan thẩm định"
    DECIDING = "deciding", "cơ quan quyết định"
    AREA = "area", "đơn vị có xã trong địa bàn"
    PROVINCE = "province", "tỉnh của kỳ đánh giá"
    UNIT = "unit", "chính đơn vị được tổng hợp"


REACHING_BACK: Final = frozenset({Relation.AREA, Relation.PROVINCE})
"""A province that took another one over as a whole stands in its place for these; nobody acts or appraises that way."""


class Tie(TextChoices):
    """What binds a person to one dossier (or one file of it) beside the roles."""

    COMMUNE = "commune", "giữ vai trò tại xã của hồ sơ"
    DECLARED = "declared", "đã nhập số liệu, tải minh chứng hoặc nộp"
    APPRAISED = "appraised", "đã thẩm định"
    PROPOSED = "proposed", "đã trình lãnh đạo"
    ASSIGNED = "assigned", "đã nhận thẩm định hồ sơ"
    UPLOADED = "uploaded", "đã tải tệp lên"


# ---- states, roles -----------------------------------------------------------------------------------------------
ALWAYS: Final = frozenset(Status)
SENT: Final = ALWAYS - {Status.DRAFT, Status.WITHDRAWN}
EDITABLE: Final = frozenset({Status.DRAFT, Status.RETURNED})
DECIDED: Final = frozenset({Status.RECOGNISED, Status.REFUSED, Status.REVOKED})
CONCLUDED: Final = DECIDED | {Status.CONCLUDED}
WAITING: Final = frozenset({Status.CONCLUDED})  # before the leader, or for its number

COMMUNE: Final = frozenset({Role.COMMUNE_EDITOR, Role.COMMUNE_HEAD})
OFFICE: Final = frozenset({Role.APPRAISER, Role.HEAD_OF_OFFICE})
DECIDERS: Final = frozenset({Role.LEADER, Role.CLERK})
EDITOR, HEAD = frozenset({Role.COMMUNE_EDITOR}), frozenset({Role.COMMUNE_HEAD})
APPRAISER, HEAD_OF_OFFICE = frozenset({Role.APPRAISER}), frozenset({Role.HEAD_OF_OFFICE})
LEADER, CLERK = frozenset({Role.LEADER}), frozenset({Role.CLERK})
STAFF, INSPECTOR = frozenset({Role.PROVINCE_STAFF}), frozenset({Role.INSPECTOR})

NO_TIES: Final = frozenset[Tie]()
OWN_WORK: Final = frozenset({Tie.COMMUNE, Tie.DECLARED})
"""Four eyes (SECURITY.md Z-10): nobody appraises the own commune, nor what one has declared in an earlier post …"""
ANY_WORK: Final = OWN_WORK | {Tie.APPRAISED, Tie.PROPOSED}
"""… and who decides has neither appraised nor proposed it. Chairing the council is no appraisal: no tie comes of it."""


# ---- the table ---------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Rule:
    """These roles, held at this unit, have the right while the dossier is in one of these states. A file that was added
    after a return counts as a draft until it is sent; a decision without a number counts as concluded."""

    right: Right | Action
    roles: frozenset[Role]
    relation: Relation
    states: frozenset[Status]
    barred: frozenset[Tie] = NO_TIES  # with any of these ties: not
    only: frozenset[Tie] = NO_TIES  # without all of these ties: not
    asks_reason: bool = False

    @property
    def role(self) -> Role:
        """The role of a row that has one only, as every right to change something has."""
        (role,) = self.roles
        return role


WHERE: Final = {
    **dict.fromkeys(COMMUNE, Relation.COMMUNE),
    **dict.fromkeys(OFFICE, Relation.APPRAISING),
    **dict.fromkeys(DECIDERS, Relation.DECIDING),
}
"""At which unit a role works on a dossier."""


def _moves() -> Iterable[Rule]:
    for action, move in MOVES.items():
        barred = OWN_WORK if move.role in OFFICE else NO_TIES
        yield Rule(action, frozenset({move.role}), WHERE[move.role], move.sources, barred=barred)


R, AT = Right, Relation
RULES: Final[tuple[Rule, ...]] = (
    Rule(R.READ, COMMUNE, AT.COMMUNE, ALWAYS),
    Rule(R.READ, OFFICE, AT.APPRAISING, SENT),
    Rule(R.READ, DECIDERS, AT.DECIDING, CONCLUDED),
    Rule(R.READ, STAFF, AT.PROVINCE, SENT),
    Rule(R.READ, INSPECTOR, AT.AREA, ALWAYS),
    # The appraised figures are work between the offices; the commune reads them once the decision is out.
    Rule(R.READ_APPRAISAL, COMMUNE, AT.COMMUNE, DECIDED),
    Rule(R.READ_APPRAISAL, OFFICE, AT.APPRAISING, SENT, barred=frozenset({Tie.COMMUNE})),
    Rule(R.READ_APPRAISAL, DECIDERS, AT.DECIDING, CONCLUDED, barred=frozenset({Tie.COMMUNE})),
    Rule(R.READ_APPRAISAL, STAFF, AT.PROVINCE, SENT, barred=frozenset({Tie.COMMUNE})),
    Rule(R.READ_APPRAISAL, INSPECTOR, AT.AREA, SENT, barred=frozenset({Tie.COMMUNE})),
    # What the commune has not sent yet is its own.
    Rule(R.READ_EVIDENCE, COMMUNE, AT.COMMUNE, ALWAYS),
    Rule(R.READ_EVIDENCE, OFFICE, AT.APPRAISING, SENT),
    Rule(R.READ_EVIDENCE, DECIDERS, AT.DECIDING, CONCLUDED),
    Rule(R.READ_EVIDENCE, STAFF, AT.PROVINCE, DECIDED),
    Rule(R.READ_EVIDENCE, INSPECTOR, AT.AREA, SENT),
    # Papers about single children: who cannot do the work without them. The others who may know that there is such a
    # file break the glass: a reason, a second person told, a row in the audit.
    Rule(R.READ_SENSITIVE, EDITOR, AT.COMMUNE, ALWAYS, only=frozenset({Tie.UPLOADED})),
    Rule(R.READ_SENSITIVE, HEAD, AT.COMMUNE, ALWAYS),
    Rule(R.READ_SENSITIVE, APPRAISER, AT.APPRAISING, SENT - DECIDED, only=frozenset({Tie.ASSIGNED}), asks_reason=True),
    Rule(R.READ_SENSITIVE, LEADER, AT.DECIDING, WAITING, asks_reason=True),
    Rule(R.BREAK_GLASS, COMMUNE, AT.COMMUNE, ALWAYS, asks_reason=True),
    Rule(R.BREAK_GLASS, OFFICE, AT.APPRAISING, SENT, asks_reason=True),
    Rule(R.BREAK_GLASS, LEADER, AT.DECIDING, CONCLUDED, asks_reason=True),
    Rule(R.BREAK_GLASS, INSPECTOR, AT.AREA, SENT, asks_reason=True),
    # Who looks after a file: told when somebody breaks the glass, and may lock it.
    Rule(R.PROTECT, HEAD, AT.COMMUNE, ALWAYS),
    Rule(R.PROTECT, HEAD_OF_OFFICE, AT.APPRAISING, SENT),
    # Small numbers name children: nobody but the commune and the body that appraises.
    Rule(R.READ_SMALL_COUNTS, COMMUNE, AT.COMMUNE, ALWAYS),
    Rule(R.READ_SMALL_COUNTS, OFFICE, AT.APPRAISING, SENT),
    Rule(R.OPEN, EDITOR, AT.COMMUNE, frozenset({Status.DRAFT})),
    Rule(R.EDIT, EDITOR, AT.COMMUNE, EDITABLE),
    *_moves(),
    Rule(R.APPRAISE, APPRAISER, AT.APPRAISING, frozenset({Status.APPRAISING}), barred=OWN_WORK),
    Rule(R.READ_PROPOSAL, OFFICE, AT.APPRAISING, ALWAYS),
    Rule(R.READ_PROPOSAL, DECIDERS, AT.DECIDING, ALWAYS),
    Rule(R.READ_PROPOSAL, INSPECTOR, AT.AREA, ALWAYS),
    Rule(R.PROPOSE, HEAD_OF_OFFICE, AT.APPRAISING, WAITING, barred=OWN_WORK),
    Rule(R.APPROVE, LEADER, AT.DECIDING, WAITING, barred=ANY_WORK),
    Rule(R.RETURN_PROPOSAL, LEADER, AT.DECIDING, WAITING),
    Rule(R.READ_DECISION, OFFICE, AT.APPRAISING, CONCLUDED),
    Rule(R.READ_DECISION, DECIDERS, AT.DECIDING, CONCLUDED),
    Rule(R.READ_DECISION, INSPECTOR, AT.AREA, CONCLUDED),
    Rule(R.READ_DECISION, COMMUNE, AT.COMMUNE, DECIDED),
    Rule(R.READ_DECISION, STAFF, AT.PROVINCE, DECIDED),
    Rule(R.ISSUE, CLERK, AT.DECIDING, WAITING),
    # Of a district or a province; one commune alone has no summary. What a line of it tells is READ's to say.
    Rule(R.READ_SUMMARY, OFFICE | DECIDERS | INSPECTOR, AT.UNIT, ALWAYS),
    Rule(R.READ_SUMMARY, STAFF | INSPECTOR, AT.PROVINCE, ALWAYS),
)


_BY_RIGHT: Final = {right: tuple(rule for rule in RULES if rule.right == right) for right in (*Right, *Action)}


def rules_of(right: Right | Action) -> tuple[Rule, ...]:
    return _BY_RIGHT[right]


def rule_of(right: Right | Action) -> Rule:
    """The only row of a right that has one only, as every right to change something has."""
    (rule,) = _BY_RIGHT[right]
    return rule


def roles_with(
    right: Right | Action, *, relation: Relation | None = None, state: Status | None = None
) -> frozenset[Role]:
    """Who can have this right at all (held at such a unit, in such a state, if one is given): for menus and lists."""
    return frozenset[Role]().union(
        *(
            rule.roles
            for rule in _BY_RIGHT[right]
            if relation in (None, rule.relation) and (state is None or state in rule.states)
        )
    )


def allows(
    right: Right | Action,
    *,
    role: Role,
    relation: Relation | None,
    state: Status,
    ties: Collection[Tie] = NO_TIES,
) -> bool:
    """One cell of the matrix. `relation` is None where the unit of the role is nothing to the dossier."""
    return any(
        role in rule.roles
        and relation is rule.relation
        and state in rule.states
        and rule.barred.isdisjoint(ties)
        and rule.only.issubset(ties)
        for rule in _BY_RIGHT[right]
    )


# ---- the page ----------------------------------------------------------------------------------------------------
_INTRODUCTION: Final = """# Quyền hạn

<!-- Generated by `make docs` from assessments/policy.py; a test compares the two. -->

Quyền đi theo vai trò được giao, tại đơn vị được giao, đúng những ngày được giao; hết vai trò là hết quyền ngay. Điều gì
không có trong bảng này thì không ai được làm, và trang đó coi như không có.

- Đơn vị nào không có quan hệ nêu ở cột «giữ vai trò tại» thì không thấy hồ sơ: xã bên cạnh, huyện khác, tỉnh khác.
- Tỉnh kế thừa toàn bộ một tỉnh cũ đọc thay tỉnh cũ ở các dòng «{reaching_back}».
- Tệp tải lên sau khi bị trả lại coi như đang lập cho đến khi xã nộp lại.
- Quyết định chưa có số coi như hồ sơ đã hoàn thành thẩm định.
- Quản trị danh mục và quản trị hệ thống không xem hồ sơ, minh chứng, quyết định.
- Người làm thay lãnh đạo có quyền của người đó đến hết ngày ghi trên văn bản, trừ hồ sơ do chính mình thẩm định.
- Chủ trì Hội đồng xét duyệt không phải là thẩm định.
- Ai không thuộc diện được mở minh chứng nhạy cảm thì chỉ mở khẩn: ghi lý do, người thứ hai được báo, nhật ký ghi lại.

| việc | vai trò | giữ vai trò tại | trạng thái hồ sơ | điều kiện |
|---|---|---|---|---|
"""


def as_markdown() -> str:
    """docs/quyen-han.md."""
    reaching_back = "», «".join(relation.label for relation in Relation if relation in REACHING_BACK)
    lines = [_INTRODUCTION.format(reaching_back=reaching_back)]
    for right in (*Right, *Action):
        for rule in _BY_RIGHT[right]:
            roles = ", ".join(role.label for role in Role if role in rule.roles)
            states = "mọi trạng thái"
            if rule.states != ALWAYS:
                states = ", ".join(status.label for status in Status if status in rule.states)
            lines.append(f"| {right.label} | {roles} | {rule.relation.label} | {states} | {_conditions(rule)} |\n")
    return "".join(lines)


def _conditions(rule: Rule) -> str:
    words = [f"chỉ người {tie.label}" for tie in Tie if tie in rule.only]
    words += [f"trừ người {tie.label}" for tie in Tie if tie in rule.barred]
    if rule.asks_reason:
        words.append("ghi lý do")
    return "; ".join(words)
