"""What later papers say of a paper, and of the recognition of a commune: worked out from issued papers each time, never
written on the paper itself.

A correction leaves a paper in force. A replacement stands in the place of the whole paper. A revocation takes away the
communes that it names, or everything where it names none; one that was itself revoked counts no more, and one that was
replaced counts as its replacement says. A certificate goes the way of its decision in what that says of its commune.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace

from django.db.models import Q, QuerySet, TextChoices

from assessments.models import DecisionItem, Result
from childfriendly.core.ready import ready
from papers.kinds import Kind
from papers.models import Paper, PaperItem, State


class Standing(TextChoices):
    """In the order of their weight: of several that hold, the last one counts."""

    ISSUED = "issued", "Đang có hiệu lực"
    CORRECTED = "corrected", "Đã đính chính"
    PARTLY_REVOKED = "partly_revoked", "Đã thu hồi một phần"
    REPLACED = "replaced", "Đã được thay thế"
    REVOKED = "revoked", "Đã thu hồi"

    @property
    def sentence(self) -> str:
        """What it means for whoever holds the paper; the papers that say so are named below it."""
        return _SENTENCES[self]


_SENTENCES = {
    Standing.ISSUED: "Văn bản đã được phát hành và đang có hiệu lực.",
    Standing.CORRECTED: "Văn bản đang có hiệu lực, đọc cùng với văn bản đính chính dưới đây.",
    Standing.PARTLY_REVOKED: "Văn bản không còn hiệu lực đối với những đơn vị đã bị thu hồi công nhận.",
    Standing.REPLACED: "Văn bản không còn dùng. Xem văn bản thay thế dưới đây.",
    Standing.REVOKED: "Văn bản không còn hiệu lực.",
}

_READ = (  # of a later paper: what names it, and what it says
    *("uuid", "code", "kind", "number", "symbol", "issued_on", "issued_at", "register_number", "register__year"),
    *("decision", "item", "reason", "is_reason_public", "earlier__kind", "earlier__decision"),
)
_WEIGHT = {standing: weight for weight, standing in enumerate(Standing)}


@dataclass(frozen=True, slots=True)
class Said:
    """How a paper or a recognition stands, and the later papers that say so, oldest first (with the columns of `_READ`
    loaded)."""

    standing: Standing
    later: tuple[Paper, ...] = ()
    revoked_items: frozenset[int] = frozenset()  # the communes of the paper that were taken away
    name: str = ""  # of a recognised commune, where a replacing decision names it


def said_of(papers: Collection[Paper]) -> dict[int, Said]:
    """By id of the paper; certificates have their `item` loaded. One query where nothing was said later, else three
    and one more for every further paper in a row, however many papers are asked about."""
    decisions = {paper.item.decision_id for paper in papers if paper.item and paper.kind == Kind.CERTIFICATE}
    tree = _Tree.below([paper.pk for paper in papers], decisions)
    return {
        paper.pk: tree.of_certificate(paper) if paper.kind == Kind.CERTIFICATE else tree.of(paper) for paper in papers
    }


def said_of_items(items: Collection[DecisionItem]) -> dict[int, Said]:
    """By id: whether these recognitions still stand, whatever became of a sheet of paper. What a replacing decision
    took over goes on as REPLACED. As many queries as `said_of`."""
    tree = _Tree.below((), {item.decision_id for item in items})
    return {item.pk: tree.of_item(item) for item in items}


def _below(paper_ids: Collection[int], decision_ids: Collection[int]) -> QuerySet[Paper]:
    """What was issued about these papers or about the papers of these decisions."""
    found = Q(earlier__pk__in=paper_ids)
    if decision_ids:
        found |= Q(earlier__kind=Kind.DECISION, earlier__decision__pk__in=decision_ids)
    rows = Paper.objects.filter(found, state=State.ISSUED).select_related("earlier", "register")
    return rows.only(*_READ).order_by("issued_at", "pk")


@dataclass(slots=True)
class _Tree:
    """Everything that was issued below some papers, and below the papers of some decisions."""

    below_paper: dict[int, list[Paper]] = field(default_factory=lambda: defaultdict(list))
    paper_of_decision: dict[int, int] = field(default_factory=dict)
    named: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))  # paper → item → its name
    recognised: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))  # items of a decision

    @classmethod
    def below(cls, paper_ids: Collection[int], decision_ids: Collection[int]) -> "_Tree":
        tree = cls()
        ids = tree._add(ready(_below, paper_ids, decision_ids))
        while ids:
            ids = tree._add(ready(_below, ids, ()))
        if tree.below_paper:
            ids = [*paper_ids, *(paper.pk for papers in tree.below_paper.values() for paper in papers)]
            named = PaperItem.objects.filter(paper__in=ids).values_list("paper_id", "item_id", "commune_name")
            for paper_id, item_id, name in named:
                tree.named[paper_id][item_id] = name
            decisions = DecisionItem.objects.filter(decision__in=tree.paper_of_decision, result=Result.RECOGNISED)
            for decision_id, item_id in decisions.values_list("decision_id", "pk"):
                tree.recognised[decision_id].add(item_id)
        return tree

    def _add(self, rows: Iterable[Paper]) -> list[int]:
        for paper in rows:
            assert paper.earlier is not None  # noqa: S101 — for the type checker: it was looked for by that
            self.below_paper[paper.earlier.pk].append(paper)
            if paper.earlier.kind == Kind.DECISION and paper.earlier.decision_id is not None:
                self.paper_of_decision[paper.earlier.decision_id] = paper.earlier.pk
        return [paper.pk for paper in rows]

    # ---- what was said -----------------------------------------------------------------------------------------
    def of(self, paper: Paper) -> Said:
        revocations = list(self._revocations(paper.pk))
        whole = set(self.named[paper.pk])
        if paper.kind == Kind.DECISION and paper.decision_id is not None:
            whole = self.recognised[paper.decision_id]
        revoked = {item for later in revocations for item in self.named[later.pk] or whole}
        is_whole = revoked >= whole or any(not self.named[later.pk] for later in revocations)
        taking = Standing.REVOKED if is_whole else Standing.PARTLY_REVOKED
        return _said([*self._plain(paper.pk), *((taking, later) for later in revocations)], revoked & whole)

    def of_certificate(self, paper: Paper) -> Said:
        assert paper.item is not None  # noqa: S101 — for the type checker: a certificate is about an item
        own = [*self._plain(paper.pk), *((Standing.REVOKED, later) for later in self._revocations(paper.pk))]
        return _said([*own, *self._of_decision(paper.item, since=paper)])

    def of_item(self, item: DecisionItem) -> Said:
        acts = list(self._of_decision(item))
        names = [self.named[later.pk].get(item.pk, "") for standing, later in acts if standing is Standing.REPLACED]
        return replace(_said(acts), name=next(filter(None, reversed(names)), ""))

    def _of_decision(self, item: DecisionItem, since: Paper | None = None) -> Iterator[tuple[Standing, Paper]]:
        """What was said below the decision about this commune; a certificate (`since`) does not mind the corrections of
        its decision, nor a replacement that is older than itself or leaves the name that it bears."""
        root = self.paper_of_decision.get(item.decision_id)
        for paper_id in self._in_force(root) if root is not None else ():
            for later in self._revocations(paper_id):
                if item.pk in self.named[later.pk] or not self.named[later.pk]:
                    yield Standing.REVOKED, later
            for standing, later in self._plain(paper_id):
                if since is None or (standing is Standing.REPLACED and self._renames(later, item, since)):
                    yield standing, later

    def _renames(self, later: Paper, item: DecisionItem, certificate: Paper) -> bool:
        """Whether a replacement that is younger than the certificate gives the commune another name than it bears."""
        borne = self.named[certificate.pk].get(item.pk, item.commune_name)
        return _is_after(later, certificate) and self.named[later.pk].get(item.pk, borne) != borne

    # ---- walking -----------------------------------------------------------------------------------------------
    def _plain(self, paper_id: int) -> Iterator[tuple[Standing, Paper]]:
        """Corrections and replacements; a certificate that was issued again replaces the first."""
        for later in self.below_paper.get(paper_id, ()):
            if later.kind == Kind.CORRECTION:
                yield Standing.CORRECTED, later
            elif later.kind in {Kind.REPLACEMENT, Kind.CERTIFICATE}:
                yield Standing.REPLACED, later

    def _revocations(self, paper_id: int) -> Iterator[Paper]:
        """Those that count: not revoked themselves, and as the paper says that replaced them."""
        for later in self.below_paper.get(paper_id, ()):
            if later.kind == Kind.REVOCATION and not any(self._revocations(later.pk)):
                replacing = [paper for standing, paper in self._plain(later.pk) if standing is Standing.REPLACED]
                yield from replacing or [later]

    def _in_force(self, paper_id: int) -> Iterator[int]:
        """A decision's paper and those that stand in its place."""
        yield paper_id
        for standing, later in self._plain(paper_id):
            if standing is Standing.REPLACED:
                yield from self._in_force(later.pk)


def _is_after(later: Paper, since: Paper) -> bool:
    if since.issued_at is None:  # still on its way: written under whatever was said before
        return False
    return (later.issued_at, later.pk) > (since.issued_at, since.pk)


def _said(found: Iterable[tuple[Standing, Paper]], revoked: Collection[int] = ()) -> Said:
    acts = list(found)
    standing = max((standing for standing, _ in acts), key=_WEIGHT.__getitem__, default=Standing.ISSUED)
    later = {paper.pk: paper for _, paper in acts}.values()
    return Said(standing, tuple(sorted(later, key=lambda paper: (paper.issued_on, paper.pk))), frozenset(revoked))


# ---- what later papers begin from --------------------------------------------------------------------------------
def names_now(paper: Paper) -> dict[int, str]:
    """The communes that a decision, or one in its place, still recognises: item → its name, in the order of the annex.
    Nothing of what was revoked since."""
    revoked = said_of([paper])[paper.pk].revoked_items
    if paper.kind == Kind.DECISION:
        items = DecisionItem.objects.filter(decision=paper.decision_id, result=Result.RECOGNISED).order_by("position")
        named = [(item.pk, item.commune_name) for item in items]
    else:
        rows = PaperItem.objects.filter(paper=paper).order_by("item__position")
        named = [(row.item_id, row.commune_name) for row in rows]
    return {item_id: name for item_id, name in named if item_id not in revoked}


def current_paper(paper: Paper) -> Paper:
    """A decision's paper, or the one that stands in its place today."""
    while True:
        replacing = Paper.objects.filter(kind=Kind.REPLACEMENT, earlier=paper, state=State.ISSUED).first()
        if replacing is None:
            return paper
        paper = replacing


def current_certificates(item_ids: Collection[int]) -> list[Paper]:
    """The newest issued certificate of each, in the order of the annex."""
    found = Paper.objects.filter(kind=Kind.CERTIFICATE, item__in=item_ids, state=State.ISSUED)
    found = found.select_related("unit", "period", "item__decision").order_by("issued_at", "pk")
    newest = {paper.item_id: paper for paper in found}
    return sorted(newest.values(), key=lambda paper: paper.item.position if paper.item else 0)


def certificate_names(certificates: Collection[Paper]) -> dict[int, str]:
    """By id, how each names its commune."""
    own = dict(PaperItem.objects.filter(paper__in=certificates).values_list("paper", "commune_name"))
    return {paper.pk: own.get(paper.pk) or (paper.item.commune_name if paper.item else "") for paper in certificates}
