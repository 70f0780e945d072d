"""Who may do what with a paper: the rows of `policy` asked of one person and one paper. `check_can_x` raises Refused
with the sentence that the screen shows; whether somebody may see the paper at all is `visible_to`, and its no is a 404.
"""

from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import ParamSpec

from django.db.models import Q
from django.utils import timezone

from assessments.models import Dossier
from assessments.permissions import can_see_appraisal
from assessments.policy import Relation
from childfriendly.core.exceptions import Refused
from communes.models import Role, Unit, User, any_of
from communes.queries import roles_of
from papers.kinds import KINDS, Desk, Kind, Spec
from papers.models import Paper, State
from papers.policy import RELATION_OF, Right, roles_with, rules_of

P = ParamSpec("P")


def _check(user: User, right: Right, unit: Unit, relation: Relation, on: date) -> None:
    _check_holds(user, roles_with(right, relation), unit, on)


def _check_holds(user: User, roles: Collection[Role], unit: Unit, on: date) -> None:
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


def check_can_drop(user: User, paper: Paper, *, on: date) -> Right:
    """A draft goes with those who may draft it, a signed paper with those who may sign it; by which of the rights."""
    if paper.state == State.DRAFT:
        check_can_edit(user, paper, on=on)
        return Right.DRAFT
    _check(user, Right.SIGN, paper.unit, RELATION_OF[Desk(paper.desk)], on)
    return Right.SIGN


def is_at_deciding_body(user: User, paper: Paper, *, on: date) -> bool:
    """Who may ask for the paper of an approved decision without having the right to draft: the leader and the clerk,
    for its text was approved already and nobody writes it."""
    return paper.unit_id in roles_of(user, on).units(*roles_with(Right.READ_UNISSUED, Relation.DECIDING))


def can(check: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> bool:
    """The same rule in another voice, for buttons."""
    try:
        check(*args, **kwargs)
    except Refused:
        return False
    return True


def attaching_roles(paper: Paper) -> frozenset[Role]:
    """Who signs this desk's papers and who sends them out."""
    relation = RELATION_OF[Desk(paper.desk)]
    return roles_with(Right.SIGN, relation) | roles_with(Right.NUMBER, relation)


def check_can_attach(user: User, paper: Paper, *, on: date) -> None:
    """Whether `user` may put a file beside a signed paper; it changes nothing of it, so the signer may, too."""
    _check_holds(user, attaching_roles(paper), paper.unit, on)


def check_can_take_for_signing(user: User, paper: Paper, *, on: date) -> None:
    """Whether `user` may have a paper that is not issued without its mark of a draft: who signs it and who enters that
    it was signed."""
    check_can_attach(user, paper, on=on)
    if paper.kind == Kind.CERTIFICATE or paper.state in (State.ISSUED, State.DROPPED):
        raise Refused("Văn bản này không có bản trình ký. Mở trang văn bản để tải bản đã phát hành.")


def waits_for(user: User, on: date) -> Q:
    """The papers of which the next step is this person's: to sign, to number, to send out."""
    roles = roles_of(user, on)
    ways = []
    for right, states, not_by in (
        (Right.SIGN, [State.DRAFT], "drafted_by"),
        (Right.NUMBER, [State.SIGNED, State.NUMBERED], "signer"),
    ):
        for rule in rules_of(right):
            if units := roles.units(*rule.roles):
                desks = [desk for desk, relation in RELATION_OF.items() if relation is rule.relation]
                mine = Q(desk__in=desks, unit__in=units, state__in=states)
                ways.append(mine & ~Q(**{not_by: user}) | mine & Q(**{f"{not_by}__isnull": True}))
    # What a decision entered in the register waits for the worker; a certificate that somebody drafted, for the clerk.
    return any_of(ways) & ~Q(kind=Kind.CERTIFICATE, state=State.NUMBERED, drafted_by__isnull=True)


def reporting_provinces(user: User, on: date) -> set[int]:
    """The provinces about whose periods somebody may draft a report upwards."""
    relations = {RELATION_OF[Desk.OFFICE], RELATION_OF[Desk.PROVINCE]}
    roles = frozenset[Role]().union(*(roles_with(Right.DRAFT, relation) for relation in relations))
    return {held.unit.province.pk for held in roles_of(user, on) if held.role in roles}


# ---- re-checks and opinions ----------------------------------------------------------------------------------------
def check_can_recheck(user: User, dossier: Dossier, *, at: datetime) -> Desk:
    """Whether `user` enters what was found in this commune, and for which desk."""
    roles = roles_of(user, timezone.localdate(at))
    places = {Desk.OFFICE: dossier.appraising_unit, Desk.PROVINCE: dossier.period.province}
    for desk, unit in places.items():
        if unit.pk in roles.units(*roles_with(Right.RECHECK, RELATION_OF[desk])):
            if not can_see_appraisal(user, dossier, at=at):  # the own commune (SECURITY.md Z-10)
                raise Refused("Không ai được phúc tra hồ sơ của chính xã mình. Đề nghị đồng chí khác thực hiện.")
            return desk
    raise Refused(
        f"Việc này dành cho cơ quan thẩm định ({dossier.appraising_unit.name}) và cán bộ cấp tỉnh "
        f"({dossier.period.province.name}). Đề nghị người được phân công thực hiện."
    )


def recheck_desk(user: User, dossier: Dossier, *, at: datetime) -> Desk | None:
    """The same for buttons: None where it is not this person's work."""
    try:
        return check_can_recheck(user, dossier, at=at)
    except Refused:
        return None


def check_can_ask(user: User, unit: Unit, *, on: date) -> None:
    """Whether `user` asks departments for the office of `unit`, and enters what comes back."""
    _check(user, Right.ASK_OPINION, unit, Relation.APPRAISING, on)
