"""What the pages of the commune and of the appraiser both need: finding a dossier, its deadlines, its actions, and its
history in plain Vietnamese. No rule lives here; rules are asked of `permissions` and `figures`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from assessments.disclosure import figures_for
from assessments.figures import DossierFigures
from assessments.models import Dossier
from assessments.permissions import can_perform, can_see_appraisal
from assessments.workflow import Action, Status, moves_from
from childfriendly.core.clock import received_at
from childfriendly.core.models import AuditEvent
from childfriendly.core.numbers import format_number
from communes.auth import current_user, today
from communes.models import User
from criteria.disclosure import SHOWN, WITHHELD
from criteria.models import Deadline, DeadlineKind
from criteria.scoring import Criterion, RuleSet, UnknownItem


def dossier_or_404(request: HttpRequest, uuid: UUID) -> Dossier:
    """The only way a page gets a dossier: what one may not see is not there."""
    return get_object_or_404(
        Dossier.objects.visible_to(current_user(request), today()).with_place_and_period(), uuid=uuid
    )


def figures_of(request: HttpRequest, dossier: Dossier) -> DossierFigures:
    """The figures as this person may read them: the only way a page gets them."""
    return figures_for(current_user(request), dossier, at=received_at(request))


def criterion_or_404(rules: RuleSet, code: str) -> Criterion:
    try:
        return rules.criterion(code)
    except UnknownItem as error:
        raise Http404 from error


def readable(text: str, blank: str = "chưa có số liệu") -> str:
    """A stored answer for the eye: «1234/2000» → «1.234 / 2.000»; a blank one says so."""
    match = re.fullmatch(rf"({SHOWN}|\d+|…)(?:/({SHOWN}|\d+|…))?(.*)", text, re.DOTALL)
    if match is None:
        return text or blank
    halves = [format_number(int(half)) if half.isdigit() else half for half in match.groups()[:2] if half]
    return " / ".join(halves) + match[3]


def saved_message(request: HttpRequest, at: datetime) -> None:
    messages.success(request, saved_words(at))


def saved_words(at: datetime) -> str:
    return f"Đã lưu lúc {timezone.localtime(at):%H:%M}"


def deadlines_of(dossier: Dossier) -> dict[str, Deadline]:
    return {str(deadline.kind): deadline for deadline in Deadline.objects.filter(period=dossier.period_id)}


def deadline_that_counts(dossier: Dossier, deadlines: Mapping[str, Deadline]) -> Deadline | None:
    """The one that somebody now works towards; None once the dossier is decided or withdrawn."""
    kinds = {
        Status.DRAFT: DeadlineKind.DOSSIER,
        Status.SUBMITTED: DeadlineKind.APPRAISAL,
        Status.APPRAISING: DeadlineKind.APPRAISAL,
        Status.RETURNED: DeadlineKind.APPRAISAL,
        Status.CONCLUDED: DeadlineKind.DECISION,
    }
    kind = kinds.get(Status(dossier.status))
    return deadlines.get(str(kind)) if kind else None


# ---- actions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ActionLink:
    """A button of the dossier page. `is_post` acts at once; the others open the page on which the act is prepared."""

    label: str
    url: str
    is_post: bool


_ACTION_PAGES: dict[Action, tuple[str, bool]] = {
    Action.SUBMIT: ("assessments:check", False),
    Action.WITHDRAW: ("assessments:withdraw", False),
    Action.RESUME: ("assessments:resume", True),
    Action.TAKE: ("assessments:take", True),
    Action.RETURN: ("assessments:return", False),
    Action.CONCLUDE: ("assessments:conclude", False),
    Action.REOPEN: ("assessments:reopen", False),
}


def actions_for(user: User, dossier: Dossier, at: datetime) -> list[ActionLink]:
    """What this person can do with the dossier now, in the order of the workflow table."""
    links = []
    for action in moves_from(Status(dossier.status)):
        if action in _ACTION_PAGES and can_perform(user, action, dossier, at=at):
            name, is_post = _ACTION_PAGES[action]
            label = "Kiểm tra và nộp hồ sơ" if action is Action.SUBMIT else MOVES_LABELS.get(action, action.label)
            links.append(ActionLink(label, reverse(name, args=[dossier.uuid]), is_post))
    return links


MOVES_LABELS: dict[Action, str] = {Action.RESUME: "Lập lại hồ sơ"}


# ---- history -----------------------------------------------------------------------------------------------------

SENTENCES: dict[str, str] = {
    "create": "Mở hồ sơ của kỳ đánh giá",
    "save_base_figures": "Lưu số liệu nền",
    "save_entry": "Lưu số liệu tiêu chí",
    "attach_evidence": "Tải lên tệp minh chứng",
    "remove_evidence": "Bỏ tệp minh chứng",
    "refuse_infected_file": "Không nhận tệp có mã độc",
    "quarantine_file": "Cách ly tệp có mã độc",
    "read_sensitive_evidence": "Mở tệp minh chứng nhạy cảm",
    "open_sensitive_evidence": "Ghi lý do để mở tệp minh chứng nhạy cảm",
    "break_glass": "Mở khẩn tệp minh chứng",
    "acknowledge_break_glass": "Biết việc mở khẩn tệp minh chứng",
    "lock_evidence": "Khóa tệp minh chứng",
    "unlock_evidence": "Mở khóa tệp minh chứng",
    Action.SUBMIT: "Nộp hồ sơ",
    Action.WITHDRAW: "Rút hồ sơ",
    Action.RESUME: "Lập lại hồ sơ đã rút",
    Action.TAKE: "Tiếp nhận, bắt đầu thẩm định",
    Action.RETURN: "Trả lại để bổ sung",
    Action.CONCLUDE: "Hoàn thành thẩm định",
    Action.REOPEN: "Đưa về thẩm định lại",
    Action.RECOGNISE: "Được công nhận",
    Action.REFUSE: "Không được công nhận",
    Action.REVOKE: "Bị thu hồi công nhận",
    "hand_over": "Bàn giao việc thẩm định",
    "save_appraised_totals": "Thẩm định số liệu nền",
    "save_appraisal": "Thẩm định số liệu tiêu chí",
    "save_recheck": "Ghi kết quả phúc tra",
    "propose": "Đưa vào hồ sơ trình lãnh đạo",
    "return_proposal": "Lãnh đạo trả lại hồ sơ trình",
    "approve": "Lãnh đạo duyệt hồ sơ trình",
}
"""The one table from what the audit stores to what people read; a test names every action that a service records."""

_WORK = frozenset(
    {"save_base_figures", "save_entry", "attach_evidence", "remove_evidence", "save_appraisal", "save_appraised_totals"}
)
_BETWEEN_OFFICES = frozenset({"propose", "return_proposal", "approve", "save_recheck"})
_FIGURES = frozenset({"save_base_figures", "save_entry", "save_appraisal", "save_appraised_totals"})
_APPRAISED = frozenset({"save_appraisal", "save_appraised_totals"})
_LONGEST_HISTORY = 300


Changes = dict[str, tuple[str, str]]  # title → what stood before and after


@dataclass(slots=True)
class HistoryLine:
    """One line of the history. Saves of one person in a row fold into one line, or nobody could read the rest; a figure
    that the appraiser found otherwise keeps a line of its own, since it is compared with the declared one."""

    at: datetime
    action: str
    actor_name: str
    actor_role: str
    reason: str
    times: int = 1
    targets: list[str] = field(default_factory=list)
    detail: str = ""
    changes: Changes = field(default_factory=dict)

    @property
    def words(self) -> str:
        text = SENTENCES.get(self.action, self.action)
        if self.targets:
            text += f": {', '.join(self.targets)}"
        if self.times > 1:
            text += f" ({self.times} lần lưu)"
        return text + (f" {self.detail}" if self.detail else "")

    @property
    def change_words(self) -> list[str]:
        """«TC12.2: 3 → 5», from what stood before the first of the folded saves to what stands after the last."""
        return [f"{title}: {old} → {new}" for title, (old, new) in sorted(self.changes.items()) if old != new]


def history_of(dossier: Dossier, user: User, figures: DossierFigures, at: datetime) -> list[HistoryLine]:
    """Newest first. A commune does not read what the offices tell each other before the decision is out, and outsiders
    read no text that may tell a count which is hidden from them."""
    rules = figures.rules
    hidden = not can_see_appraisal(user, dossier, at=at)
    lines: list[HistoryLine] = []
    for event in AuditEvent.objects.about(dossier).order_by("-seq")[:_LONGEST_HISTORY]:
        if hidden and event.action in _BETWEEN_OFFICES:
            continue
        targets = _targets(event, rules) if event.action in _WORK or event.action == Action.RETURN else []
        last = lines[-1] if lines else None
        same = last is not None and (last.action, last.actor_name) == (event.action, event.actor_name)
        changes = {} if hidden and event.action in _APPRAISED else _changes(event, figures)
        if last is not None and same and event.action in _WORK and not (changes and event.action in _APPRAISED):
            last.times += 1
            last.targets = sorted({*last.targets, *targets})
            last.changes = _chained(earlier=changes, later=last.changes)
            continue
        lines.append(
            HistoryLine(
                at=event.at,
                action=event.action,
                actor_name=event.actor_name,
                actor_role=event.actor_role,
                reason=_reason(event, is_hidden=hidden, is_withheld=figures.hides_anything),
                targets=targets,
                detail=_detail(event),
                changes=changes,
            )
        )
    return lines


def _reason(event: AuditEvent, *, is_hidden: bool, is_withheld: bool) -> str:
    if not event.reason or (is_hidden and event.action == Action.CONCLUDE):
        return ""
    return WITHHELD if is_withheld else event.reason


def _targets(event: AuditEvent, rules: RuleSet) -> list[str]:
    after = event.after
    if event.action == Action.RETURN:
        named: Iterable[str] = after.get("items", {})
    elif "agreed" in after:
        named = after["agreed"]
    elif "item" in after or "item" in event.before:
        named = [after.get("item") or event.before["item"]]
    else:
        named = after
    titles = {total.key: total.title for total in rules.base_figures}
    return sorted({titles.get(name, name) for name in named})


def _changes(event: AuditEvent, figures: DossierFigures) -> Changes:
    """What stood before and after, in words. Small counts about single children are masked in the audit itself
    (`public_text`), and once more here for whoever reads less than is stored."""
    if "status" in event.after:
        before, after = (Status(values["status"]).label for values in (event.before, event.after))
        return {"Trạng thái": (before, after)}
    if event.action not in _FIGURES:
        return {}
    titles = {total.key: total.title for total in figures.rules.base_figures}
    codes = {item.code for item in figures.rules.items}
    return {
        titles.get(key, key): (_shown(key, event.before.get(key), figures), _shown(key, new, figures))
        for key, new in event.after.items()
        if key in titles or key in codes
    }


def _shown(key: str, value: str | int | None, figures: DossierFigures) -> str:
    if isinstance(value, str):
        return readable(figures.readable_text(key, value))
    return readable("" if value is None else str(value))  # a shared total


def _chained(*, earlier: Changes, later: Changes) -> Changes:
    """Two saves in a row as one: what both touched went from the first before to the last after."""
    return {
        title: (earlier.get(title, pair)[0], later.get(title, pair)[1]) for title, pair in {**earlier, **later}.items()
    }


def _detail(event: AuditEvent) -> str:
    if event.action in (Action.RECOGNISE, Action.REFUSE, Action.REVOKE) and event.after.get("decision"):
        return f"theo Quyết định số {event.after['decision']}"
    return ""
