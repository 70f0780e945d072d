"""Who may do what with a paper: the rows of `policy` asked of one person and one paper. `check_can_x` raises Refused
with the sentence that the screen shows; whether somebody may see the paper at all is `visible_to`, and its no is a 404.
"""

from datetime import date

from assessments.policy import Relation
from childfriendly.core.exceptions import Refused
from communes.models import Role, Unit, User
from communes.queries import roles_of
from papers.kinds import KINDS, Desk, Kind, Spec
from papers.models import Paper
from papers.policy import RELATION_OF, Right, roles_with


def _check(user: User, right: Right, unit: Unit, relation: Relation, on: date) -> None:
    roles = roles_with(right, relation)
    if unit.pk not in roles_of(user, on).units(*roles):
        names = ", ".join(role.label for role in Role if role in roles)
        raise Refused(f"Việc này dành cho {names} ({unit.name}). Đề nghị người được phân công thực hiện.")


def drafting_unit(spec: Spec, unit: Unit, appraising_unit: Unit | None) -> tuple[Unit, Relation]:
    """Whose people draft: a deciding body's papers are drafted by the office that appraises."""
    if spec.desk is Desk.DECIDING and appraising_unit is not None:
        return appraising_unit, Relation.APPRAISING
    return unit, RELATION_OF[spec.desk]


def check_can_draft(user: User, kind: Kind, unit: Unit, appraising_unit: Unit | None, *, on: date) -> None:
    """`unit` issues the paper; `appraising_unit` is that of what it is about, where there is one."""
    at, relation = drafting_unit(KINDS[kind], unit, appraising_unit)
    _check(user, Right.DRAFT, at, relation, on)


def check_can_edit(user: User, paper: Paper, *, on: date) -> None:
    check_can_draft(user, Kind(paper.kind), paper.unit, paper.appraising_unit, on=on)


def check_can_sign(user: User, paper: Paper, *, on: date) -> None:
    """Whether `user` signs this paper on that day; who drafted it does not."""
    _check(user, Right.SIGN, paper.unit, RELATION_OF[Desk(paper.desk)], on)
    if paper.drafted_by_id == user.pk:
        raise Refused("Người soạn văn bản không tự ký văn bản đó. Đề nghị đồng chí khác ký.")


def check_can_number(user: User, paper: Paper, *, on: date) -> None:
    """Whether `user` enters number and day, and issues; who signed it does not."""
    _check(user, Right.NUMBER, paper.unit, RELATION_OF[Desk(paper.desk)], on)
    if paper.signer_id == user.pk:
        raise Refused("Người ký văn bản không tự vào số văn bản đó. Đề nghị văn thư thực hiện.")
