"""The commune types its figures: the shared totals, then one page a criterion. Whoever may see the dossier reads the
same pages; what one may change is asked of `permissions` and `figures`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.forms.boundfield import BoundField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from assessments import services
from assessments.figures import (
    NOTHING,
    DossierFigures,
    answers_of_last_period,
    totals_of_last_period,
)
from assessments.forms.entry import BaseFiguresForm, CriterionForm, EvidenceForm
from assessments.models import Dossier, Evidence, Figures, ReturnedItem
from assessments.permissions import (
    can_edit,
    check_can_edit,
    check_targets_open,
    rule_for,
)
from assessments.policy import Right
from assessments.views.common import (
    criterion_or_404,
    dossier_or_404,
    figures_of,
    readable,
    saved_message,
    saved_words,
)
from assessments.views.dossier import head_of
from assessments.views.improving import asked_of, notices_for
from assessments.workflow import Status
from childfriendly.core.clock import received_at
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.forms import posted_version
from childfriendly.core.numbers import format_number
from communes.auth import current_user, today
from communes.models import User
from criteria.scoring import Band, BaseFigureSpec, Criterion, Item, ItemScore

# ---- shared totals -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TotalRow:
    total: BaseFigureSpec
    anchor: str
    fields: Sequence[BoundField]
    value: int | None
    note: ReturnedItem | None
    last: str
    used_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure that a colleague stored differently from what this person typed."""

    title: str
    stored: str
    typed: str


@dataclass(frozen=True, slots=True)
class Conflict:
    sentence: str
    who: str
    at: datetime | None
    differences: Sequence[Difference]
    version: int


@require_http_methods(["GET", "HEAD", "POST"])
def base_figures(request: HttpRequest, uuid: UUID) -> HttpResponse:
    row = dossier_or_404(request, uuid)
    user, at = current_user(request), received_at(request)
    figures = figures_of(request, row)
    if request.method != "POST":
        return _base_page(request, figures, _base_form(figures, user, at))
    check_can_edit(user, row, at=at)
    form = _base_form(figures, user, at, request)
    if not form.keys:
        check_targets_open(figures, [total.key for total in figures.rules.base_figures])
    if not form.is_valid():
        return _base_page(request, figures, form, status=422)
    values, done = form.values(), form.said_to_be_mended()
    if row.status == Status.RETURNED:
        # Only what really changed, or is said to be settled, counts as mended.
        values = {key: value for key, value in values.items() if value != figures.totals.get(key) or key in done}
    try:
        services.save_base_figures(dossier_id=row.pk, version=posted_version(request), values=values, by=user, at=at)
    except Stale as error:
        return _base_conflict(request, row, form, str(error))
    except Refused as error:
        form.add_error(None, str(error))
        return _base_page(request, figures, form, status=422)
    return _saved(request, row, at, next_url=reverse("assessments:criterion", args=[uuid, _first(figures)]))


def _first(figures: DossierFigures) -> str:
    return figures.rules.criteria[0].code


def _base_form(
    figures: DossierFigures, user: User, at: datetime, request: HttpRequest | None = None
) -> BaseFiguresForm:
    editable = can_edit(user, figures.dossier, at=at)
    return BaseFiguresForm(
        request.POST if request else None,
        totals=[total for total in figures.rules.base_figures if editable and figures.is_open(total.key)],
        to_mend={note.target for note in figures.not_mended},
        stored=figures.totals,
    )


def _base_conflict(request: HttpRequest, row: Dossier, form: BaseFiguresForm, sentence: str) -> HttpResponse:
    fresh = _reload(request, row)
    differences = [
        Difference(fresh.target_title(key), _number(fresh.totals.get(key)), _number(value))
        for key, value in form.values().items()
        if fresh.totals.get(key) != value
    ]
    conflict = Conflict(sentence, "", None, differences, fresh.dossier.base_version)
    return _base_page(request, fresh, form, status=409, conflict=conflict)


def _number(value: int | None) -> str:
    return "" if value is None else format_number(value)


def _base_page(
    request: HttpRequest,
    figures: DossierFigures,
    form: BaseFiguresForm,
    *,
    status: int = 200,
    conflict: Conflict | None = None,
) -> HttpResponse:
    context = {
        **head_of(figures),
        "form": form,
        "conflict": conflict,
        "version": figures.dossier.base_version,
    }
    if request.htmx:  # type: ignore[attr-defined]  # set by django-htmx
        return render(request, "assessments/_not_saved.html", context, status=status)
    last, notes = totals_of_last_period(figures.dossier), _notes_by_target(figures)
    context |= {
        "rows": [
            TotalRow(
                total=total,
                anchor=f"muc-{total.key}",
                fields=form.bound_fields_of(total.key),
                value=figures.totals.get(total.key),
                note=notes.get(total.key),
                last=_number(last.get(total.key)),
                used_by=tuple(item.code for item in figures.rules.items if item.denominator_key == total.key),
            )
            for total in figures.rules.base_figures
        ],
        "next_criterion": figures.rules.criteria[0],
    }
    return render(request, "assessments/base_figures.html", context, status=status)


# ---- one criterion -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SlotFiles:
    title: str
    is_required: bool
    files: Sequence[Evidence]


@dataclass(frozen=True, slots=True)
class Ladder:
    """One step of an item's band ladder; `is_reached` is the step that the figures stand on."""

    band: Band
    is_reached: bool


@dataclass(frozen=True, slots=True)
class ItemRow:
    item: Item
    anchor: str
    fields: Sequence[BoundField]
    is_open: bool
    score: ItemScore
    ladder: Sequence[Ladder]
    declared: str
    zero_reason: str
    shared: BaseFigureSpec | None
    shared_value: int | None
    note: ReturnedItem | None
    last: str
    slots: Sequence[SlotFiles]
    upload: EvidenceForm | None


@require_http_methods(["GET", "HEAD", "POST"])
def criterion(request: HttpRequest, uuid: UUID, criterion: str) -> HttpResponse:
    row = dossier_or_404(request, uuid)
    user, at = current_user(request), received_at(request)
    figures = figures_of(request, row)
    shown = criterion_or_404(figures.rules, criterion)
    if request.method != "POST":
        return criterion_page(request, figures, shown)
    check_can_edit(user, row, at=at)
    form = _criterion_form(figures, shown, user, at, request)
    if not form.open_items:
        check_targets_open(figures, [item.code for item in shown.items])
    if not form.is_valid():
        return criterion_page(request, figures, shown, form=form, status=422)
    try:
        services.save_entry(
            dossier_id=row.pk,
            criterion=shown.code,
            version=posted_version(request),
            answers=_to_save(figures, form),
            explanation=form.cleaned_data["explanation"],
            by=user,
            at=at,
        )
    except Stale as error:
        return _criterion_conflict(request, row, shown, form, str(error))
    except Refused as error:
        form.add_error(None, str(error))
        return criterion_page(request, figures, shown, form=form, status=422)
    return _saved(request, row, at, criterion=shown, next_url=_next_url(figures, shown))


def _to_save(figures: DossierFigures, form: CriterionForm) -> dict[str, Figures]:
    """In a returned dossier only what really changed, or is said to be settled, is stored and so counts as mended."""
    typed = form.figures()
    if figures.dossier.status != Status.RETURNED:
        return typed
    done = form.said_to_be_mended()
    return {code: given for code, given in typed.items() if given != figures.answers.get(code, NOTHING) or code in done}


def _next_url(figures: DossierFigures, shown: Criterion) -> str:
    following = _neighbours(figures, shown)[1]
    if following is None:
        return reverse("assessments:check", args=[figures.dossier.uuid])
    return reverse("assessments:criterion", args=[figures.dossier.uuid, following.code])


def _neighbours(figures: DossierFigures, shown: Criterion) -> tuple[Criterion | None, Criterion | None]:
    criteria = figures.rules.criteria
    place = criteria.index(shown)
    return (criteria[place - 1] if place else None, criteria[place + 1] if place + 1 < len(criteria) else None)


def _criterion_form(
    figures: DossierFigures, shown: Criterion, user: User, at: datetime, request: HttpRequest | None = None
) -> CriterionForm:
    entry = figures.entries.get(shown.code)
    return CriterionForm(
        request.POST if request else None,
        criterion=shown,
        open_items=open_items(figures, shown, user, at),
        to_mend={note.target for note in figures.not_mended},
        answers=figures.answers,
        initial={"explanation": entry.explanation if entry else ""},
    )


def open_items(figures: DossierFigures, shown: Criterion, user: User, at: datetime) -> Collection[str]:
    """Codes of the items of one criterion that this person may change now."""
    if not can_edit(user, figures.dossier, at=at):
        return frozenset()
    return frozenset(item.code for item in shown.items if figures.is_open(item.code))


def _criterion_conflict(
    request: HttpRequest, row: Dossier, shown: Criterion, form: CriterionForm, sentence: str
) -> HttpResponse:
    fresh = _reload(request, row)
    entry = fresh.entries.get(shown.code)
    totals = dict(fresh.totals)
    differences = [
        Difference(
            f"{code} – {fresh.rules.item(code).title}",
            readable(fresh.declared_text(fresh.rules.item(code)), blank=""),
            readable(given.text(fresh.rules.item(code), totals), blank=""),
        )
        for code, given in form.figures().items()
        if given != fresh.answers.get(code, NOTHING)
    ]
    stored_text, typed_text = entry.explanation if entry else "", form.cleaned_data["explanation"]
    if stored_text != typed_text:
        differences.append(Difference("Giải trình", stored_text, typed_text))
    conflict = Conflict(
        sentence,
        entry.saved_by.full_name if entry else "",
        entry.saved_at if entry else None,
        differences,
        entry.version if entry else 0,
    )
    return criterion_page(request, fresh, shown, form=form, status=409, conflict=conflict)


def _reload(request: HttpRequest, row: Dossier) -> DossierFigures:
    """The state that somebody else has made meanwhile. Where nothing may be changed any more, says so instead."""
    fresh = dossier_or_404(request, row.uuid)
    check_can_edit(current_user(request), fresh, at=received_at(request))
    return figures_of(request, fresh)


def _notes_by_target(figures: DossierFigures) -> dict[str, ReturnedItem]:
    """Notes stand at their items while the dossier lies with the commune."""
    if figures.dossier.status != Status.RETURNED:
        return {}
    return {note.target: note for note in figures.returned}


def criterion_page(
    request: HttpRequest,
    figures: DossierFigures,
    shown: Criterion,
    *,
    form: CriterionForm | None = None,
    upload: tuple[str, EvidenceForm] | None = None,
    status: int = 200,
    conflict: Conflict | None = None,
) -> HttpResponse:
    """Draws the page of a criterion; `upload` is a refused upload form of one item, to be shown again."""
    user, at = current_user(request), received_at(request)
    form = form or _criterion_form(figures, shown, user, at)
    entry = figures.entries.get(shown.code)
    context = {
        **head_of(figures),
        "criterion": shown,
        "here": f"Tiêu chí {shown.number}",
        "form": form,
        "conflict": conflict,
        "version": entry.version if entry else 0,
        "entry": entry,
    }
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "assessments/_not_saved.html", context, status=status)
    before, after = _neighbours(figures, shown)
    rows = _item_rows(figures, shown, form, user, upload)
    context |= {
        "rows": rows,
        "score": figures.declared_sheet.criterion(shown.code),
        "asked": asked_of(shown, notices_for(user, figures.dossier.commune, figures.dossier.period, today())),
        "can_protect": rule_for(user, Right.PROTECT, figures.dossier, at=at) is not None,
        "previous_criterion": before,
        "next_criterion": after,
        "upload_form": upload[1] if upload else None,
        "has_errors": bool(upload) or bool(conflict),
        "file_count": sum(len(slot.files) for line in rows for slot in line.slots),
    }
    return render(request, "assessments/criterion.html", context, status=status)


def _item_rows(
    figures: DossierFigures,
    shown: Criterion,
    form: CriterionForm,
    user: User,
    upload: tuple[str, EvidenceForm] | None,
) -> list[ItemRow]:
    codes = {item.code for item in shown.items}
    last, notes = answers_of_last_period(figures.dossier), _notes_by_target(figures)
    shared = {total.key: total for total in figures.rules.base_figures}
    visible = Evidence.objects.visible_to(user, today()).present().filter(dossier=figures.dossier, item__in=codes)
    files = list(visible)
    open_codes = {item.code for item in form.open_items}
    rows = []
    for item in shown.items:
        score = figures.declared_sheet.item(item.code)
        given_upload = upload[1] if upload and upload[0] == item.code else None
        is_open = item.code in open_codes
        rows.append(
            ItemRow(
                item=item,
                anchor=f"muc-{item.code.replace('.', '_')}",
                fields=form.bound_fields_of(item.code),
                is_open=is_open,
                score=score,
                ladder=ladder_of(figures, item),
                declared=readable(figures.declared_text(item), blank=""),
                zero_reason=figures.answers.get(item.code, NOTHING).zero_reason,
                shared=shared.get(item.denominator_key),
                shared_value=figures.totals.get(item.denominator_key),
                note=notes.get(item.code),
                last=figures.readable_text(item.code, last.get(item.code, "")),
                slots=slots_of(item, [file for file in files if file.item == item.code]),
                upload=(given_upload or EvidenceForm(item=item, is_sensitive=shown.sensitive)) if is_open else None,
            )
        )
    return rows


def ladder_of(figures: DossierFigures, item: Item) -> list[Ladder]:
    reached = figures.declared_sheet.item(item.code).band
    return [Ladder(band, band == reached) for band in item.bands_for(figures.area.value)]


def slots_of(item: Item, files: Sequence[Evidence]) -> list[SlotFiles]:
    """The files of one item under the slots that the set proposes; what fits none comes last."""
    slots = [
        SlotFiles(slot.title, slot.required, [file for file in files if file.slot == number])
        for number, slot in enumerate(item.evidence_slots)
    ]
    others = [file for file in files if file.slot is None]
    return [*slots, SlotFiles("Tài liệu khác", False, others)] if others else slots


def _saved(
    request: HttpRequest, row: Dossier, at: datetime, *, next_url: str, criterion: Criterion | None = None
) -> HttpResponse:
    """With htmx: one status line and the new points beside it, no input touched. Without: redirect, then the line."""
    goes_on = "next" in request.POST
    if request.htmx and not goes_on:  # type: ignore[attr-defined]
        figures = figures_of(request, dossier_or_404(request, row.uuid))
        entry = figures.entries.get(criterion.code) if criterion else None
        context = {
            **head_of(figures),
            "saved": saved_words(at),
            "version": entry.version if entry else figures.dossier.base_version,
            "criterion": criterion,
            "score": figures.declared_sheet.criterion(criterion.code) if criterion else None,
            "rows": [
                {
                    "anchor": f"muc-{item.code.replace('.', '_')}",
                    "score": figures.declared_sheet.item(item.code),
                    "ladder": ladder_of(figures, item),
                }
                for item in (criterion.items if criterion else ())
            ],
        }
        return render(request, "assessments/_saved.html", context)
    saved_message(request, at)
    url = next_url if goes_on else request.path
    if request.htmx:  # type: ignore[attr-defined]
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    return HttpResponseRedirect(url)
