"""The menu: who is offered which page. It stands beside the URLs, above every app, because it names pages of all of
them; the pages themselves decide who may open them."""

from dataclasses import dataclass
from functools import cached_property

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from assessments.policy import Right, roles_with
from communes.acting import SUPERIORS
from communes.models import Role, RoleAssignment
from communes.queries import roles_of
from papers.policy import READERS

EVERYBODY = frozenset(Role)

# (URL name, label, roles)
MENU: list[tuple[str, str, frozenset[Role]]] = [
    ("home", "Việc cần làm", EVERYBODY),
    ("assessments:dossiers", "Hồ sơ", roles_with(Right.READ)),
    ("assessments:proposals", "Hồ sơ trình", roles_with(Right.READ_PROPOSAL)),
    ("assessments:decisions", "Quyết định", roles_with(Right.READ_DECISION)),
    ("papers:papers", "Văn bản", READERS),
    ("reports:summary", "Tổng hợp", roles_with(Right.READ_SUMMARY)),
    ("reports:audit", "Nhật ký", frozenset({Role.INSPECTOR})),
    ("criteria:sets", "Tiêu chí", EVERYBODY),
    ("criteria:periods", "Kỳ đánh giá", frozenset({Role.CATALOGUE_ADMIN})),
    ("communes:units", "Đơn vị", frozenset({Role.CATALOGUE_ADMIN})),
    ("criteria:area_types", "Loại xã", frozenset({Role.CATALOGUE_ADMIN})),
    ("communes:people", "Người dùng", frozenset({Role.CATALOGUE_ADMIN})),
    ("communes:acting", "Người làm thay", frozenset(SUPERIORS)),
]


@dataclass(frozen=True, slots=True)
class Entry:
    url: str
    label: str
    is_current: bool


class Menu:
    """Asked by the template, so that a page without the frame (a file, a fragment) costs no query."""

    def __init__(self, request: HttpRequest) -> None:
        self._path = request.path
        self._user = getattr(request, "user", None)  # an error may come before anybody is known

    @cached_property
    def assignments(self) -> list[RoleAssignment]:
        """Today's roles; a role that began or ended counts from the next click."""
        return [] if self._user is None else list(roles_of(self._user, timezone.localdate()))

    @cached_property
    def entries(self) -> list[Entry]:
        held = {assignment.role for assignment in self.assignments}
        entries = []
        for name, label, roles in MENU:
            if held & roles:
                try:
                    url = reverse(name)
                except NoReverseMatch:  # an app still without that page; a test names every such entry
                    continue
                is_current = self._path == url if url == "/" else self._path.startswith(url)
                entries.append(Entry(url, label, is_current))
        return entries


def menu(request: HttpRequest) -> dict[str, Menu]:
    """Context processor."""
    return {"menu": Menu(request)}
