"""Small numbers name children: over HTTP, in files and in the audit, for every role.

Two proofs. A canary count and the texts about it are looked for in everything an outsider can open; and everything an
outsider can open is the same, byte for byte, whether the commune had two cases or three.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from assessments import services
from assessments.disclosure import figures_for, reads_exact
from assessments.figures import load_figures
from assessments.models import (
    Answer,
    AppraisedAnswer,
    CriterionEntry,
    Decision,
    DecisionItem,
    Dossier,
    Figures,
    FrozenSheet,
    ReturnedItem,
)
from assessments.services import Appraised
from assessments.workflow import Action, Status
from childfriendly.core.models import AuditEvent
from communes.models import Role, User
from tests.factories import (
    Place,
    agree,
    approved,
    declare,
    dossier_in,
    issued_paper,
    make_neighbour,
    make_place,
    proposed,
    user_with,
)
from tests.signing_in import signed_in

pytestmark = pytest.mark.django_db

TOLD = "Công an xã báo đúng BA cháu, nêu tại biên bản."  # what people write about it
EXACT = re.compile(r"\b[23]\s?/\s?2\.?000\b|\b1(,5)? trẻ em / 1\.000 trẻ em\)?\s*(được|,)|BA cháu")
INSIDE = ["commune_editor", "commune_head", "appraiser", "head_of_office"]
OUTSIDE = ["leader", "clerk", "province_staff", "inspector"]


def people(place: Place) -> dict[str, User]:
    return {
        "commune_editor": place.editors[0],
        "commune_head": place.heads[0],
        "appraiser": place.appraiser,
        "head_of_office": place.head_of_office,
        "leader": place.leader,
        "clerk": place.clerk,
        "province_staff": place.province_staff,
        "inspector": place.inspector,
    }


def build(place: Place) -> Dossier:
    """A refused commune: two cases declared, returned, three declared, two found; somebody wrote about it each time."""
    editor, appraiser = place.editors[0], place.appraiser
    dossier = services.create(period=place.period, commune=place.communes[0], by=editor, at=place.later())
    declare(dossier, editor, place.at, {"TC04.1": Figures(numerator=1), "TC06.2": Figures(numerator=2, denominator=2)})
    entry = CriterionEntry.objects.get(dossier=dossier, criterion="TC03")
    services.save_entry(
        dossier_id=dossier.pk,
        criterion="TC03",
        version=entry.version,
        answers={"TC03.1": Figures(numerator=2)},
        explanation=TOLD,
        by=editor,
        at=place.later(),
    )
    step(place, dossier, Action.SUBMIT, place.heads[0])
    step(place, dossier, Action.TAKE, appraiser)
    step(place, dossier, Action.RETURN, appraiser, items={"TC03.1": TOLD})
    entry.refresh_from_db()
    services.save_entry(
        dossier_id=dossier.pk,
        criterion="TC03",
        version=entry.version,
        answers={"TC03.1": Figures(numerator=3)},
        explanation=TOLD,
        by=editor,
        at=place.later(),
    )
    step(place, dossier, Action.SUBMIT, place.heads[0])
    step(place, dossier, Action.TAKE, appraiser)
    agree(dossier, appraiser, place.later())
    entry.refresh_from_db()
    services.save_appraisal(
        dossier_id=dossier.pk,
        criterion="TC03",
        version=entry.appraisal_version,
        answers={"TC03.1": Appraised(Figures(numerator=2), TOLD)},
        by=appraiser,
        at=place.later(),
    )
    step(place, dossier, Action.CONCLUDE, appraiser, recommendation="refuse", reason=TOLD)
    return dossier


def step(place: Place, dossier: Dossier, action: Action, by: User, **more: Any) -> None:
    dossier.refresh_from_db()
    services.perform(action, dossier_id=dossier.pk, version=dossier.version, by=by, at=place.later(), **more)


@pytest.fixture
def place() -> Place:
    return make_place(2)


@pytest.fixture
def dossier(place: Place) -> Dossier:
    return build(place)


def addresses(dossier: Dossier) -> list[str]:
    rules = dossier.period.criteria_set.rules()
    names = ("dossier", "base_figures", "check", "submitted", "appraisal", "appraise_base")
    pages = [reverse(f"assessments:{name}", args=[dossier.uuid]) for name in names]
    for criterion in (criterion for criterion in rules.criteria if criterion.sensitive or criterion.number == 1):
        pages += [
            reverse(f"assessments:{name}", args=[dossier.uuid, criterion.code]) for name in ("criterion", "appraise")
        ]
    pages += [reverse("home"), reverse("assessments:dossiers"), reverse("assessments:proposals")]
    pages += [reverse("assessments:decisions"), reverse("reports:summary"), reverse("reports:summary_xlsx")]
    for item in dossier.proposal_items.all():
        pages.append(reverse("assessments:proposal", args=[item.proposal.uuid]))
        pages.append(reverse("assessments:approve", args=[item.proposal.uuid]))
    for decision in Decision.objects.filter(items__dossier=dossier):
        pages.append(reverse("assessments:decision", args=[decision.uuid]))
        pages.append(reverse("reports:decision_pdf", args=[decision.uuid]))
    return pages


def texts(content: bytes, kind: str) -> str:
    if "pdf" in kind:
        return " ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    if "spreadsheet" in kind:
        book = openpyxl.load_workbook(BytesIO(content))
        rows = (row for sheet in book.worksheets for row in sheet.iter_rows(values_only=True))
        return "\n".join("|".join("" if cell is None else str(cell) for cell in row) for row in rows)
    return re.sub(r"\b[A-Za-z0-9]{64}\b", "", content.decode())  # the tokens of the forms


def opened(user: User, dossier: Dossier) -> Iterator[tuple[str, str]]:
    client = signed_in(user)
    for address in addresses(dossier):
        has_fragment = "/tieu-chi/" in address or "/so-lieu-nen/" in address
        for headers in ({}, {"HX-Request": "true"}) if has_fragment else ({},):
            response = client.get(address, headers=headers)
            content = b"".join(response) if response.streaming else response.content
            if response.status_code == 200:
                yield f"{address} {headers}", texts(content, response.headers.get("Content-Type", ""))
            else:
                assert response.status_code in (302, 404, 409), address


# ---- who ---------------------------------------------------------------------------------------------------------
def test_the_commune_and_the_body_that_appraises_read_exact_figures_and_nobody_else(place: Place) -> None:
    dossier, now = dossier_in(Status.CONCLUDED, place), timezone.now()
    neighbour = make_neighbour(place)
    readers = people(place) | {f"neighbour {role}": user for role, user in people(neighbour).items()}
    readers["system_admin"] = user_with(Role.SYSTEM_ADMIN, place.province)
    readers["sibling"] = place.editors[1]
    assert {name for name, user in readers.items() if reads_exact(user, dossier, at=now)} == set(INSIDE)
    assert reads_exact(None, dossier, at=now) is False


def test_insiders_read_the_count_and_what_was_written(dossier: Dossier, place: Place) -> None:
    for role in ("appraiser", "head_of_office"):
        pages = dict(opened(people(place)[role], dossier))
        page = next(text for name, text in pages.items() if name.endswith("tham-dinh/tieu-chi/TC03/ {}"))
        assert "2 / 2.000" in page
        assert TOLD in page
    commune = next(text for name, text in opened(place.editors[0], dossier) if name.endswith("/tieu-chi/TC03/ {}"))
    assert "3 / 2.000" in commune


# ---- the canary --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", OUTSIDE)
def test_no_outsider_finds_the_count_anywhere(dossier: Dossier, place: Place, role: str, settings: Any) -> None:
    settings.EXPORTS_PER_MINUTE = 100
    user = people(place)[role]
    proposal = proposed([dossier], place)
    stages = [dict(opened(user, dossier))]
    decision = services.approve(proposal_id=proposal.pk, version=proposal.version, by=place.leader, at=place.later())
    stages.append(dict(opened(user, dossier)))
    services.issue_decision(
        decision_id=decision.pk,
        version=decision.version,
        number="12",
        issued_on=timezone.localdate(place.later()),
        by=place.clerk,
        at=place.at,
    )
    stages.append(dict(opened(user, dossier)))
    found = {name: match[0] for pages in stages for name, text in pages.items() if (match := EXACT.search(text))}
    assert found == {}
    assert all(len(pages) > 20 for pages in stages)
    criterion = next(text for name, text in stages[-1].items() if name.endswith("/tieu-chi/TC03/ {}"))
    assert "1–4 / 2.000" in criterion
    assert "đã che điểm" in criterion


def test_the_command_and_the_issued_paper_hold_none_either(dossier: Dossier, place: Place, tmp_path: Path) -> None:
    issued_paper([dossier], place, "12")
    decision = Decision.objects.get(items__dossier=dossier)
    book = tmp_path / "tong-hop.xlsx"
    call_command("export_summary", year="2024", unit=place.province.code, output=str(book), stdout=StringIO())
    call_command(
        "decision_pdf",
        "12",
        year=str(decision.number_year),
        unit=place.deciding.code,
        output=str(tmp_path),
        stdout=StringIO(),
    )
    workbook = texts(book.read_bytes(), "spreadsheet")
    paper = texts(next(tmp_path.glob("quyet-dinh-*.pdf")).read_bytes(), "pdf")
    assert [EXACT.search(workbook), EXACT.search(paper)] == [None, None]
    assert "đã che" in workbook
    item = DecisionItem.objects.get(dossier=dossier)
    assert item.hides_total is True
    assert item.reasons[0] == (
        "Tiêu chí 3 (Trẻ em bị xâm hại) bị 0 điểm (điểm liệt). Số liệu chi tiết chỉ xã và cơ quan thẩm định được xem."
    )
    assert " ".join(item.reasons[0].split()[:10]) in " ".join(paper.split())
    assert "từ 850 trở lên" in " ".join(paper.split())


def test_the_audit_keeps_no_small_count(dossier: Dossier) -> None:
    rows = AuditEvent.objects.about(dossier)
    kept = " ".join(f"{row.before} {row.after}" for row in rows)
    assert EXACT.search(kept) is None
    changed = rows.get(action="save_appraisal")
    assert (changed.before, changed.after) == ({"TC03.1": "1–4/2000"}, {"TC03.1": "1–4/2000"})
    assert ReturnedItem.objects.get(dossier=dossier).reason == TOLD  # the commune has to know


# ---- sums and differences ----------------------------------------------------------------------------------------
def make_it(dossier: Dossier, count: int) -> None:
    """As if the commune had declared, and the appraiser found, another count from the start."""
    Answer.objects.filter(dossier=dossier, item="TC03.1").update(numerator=count)
    text = f"{count}/2000"
    AppraisedAnswer.objects.filter(dossier=dossier, item="TC03.1").update(numerator=count, declared_as=text)
    ReturnedItem.objects.filter(dossier=dossier).update(declared_as=text)
    stored = load_figures(Dossier.objects.with_setting().get(pk=dossier.pk))
    for frozen in FrozenSheet.objects.filter(dossier=dossier):
        sheet = stored.declared_sheet if frozen.kind == FrozenSheet.Kind.DECLARED else stored.appraised_sheet
        FrozenSheet.objects.filter(pk=frozen.pk).update(
            answers=frozen.answers | {"TC03.1": text}, sheet=sheet.as_json(), total=sheet.total
        )
    latest = stored.appraised_sheet.total
    Dossier.objects.filter(pk=dossier.pk).update(declared_total=stored.declared_sheet.total, appraised_total=latest)


def test_everything_an_outsider_can_open_is_the_same_for_two_cases_and_for_four(
    place: Place, dossier: Dossier, settings: Any
) -> None:
    settings.EXPORTS_PER_MINUTE = 1000
    approved([dossier], place)
    readers = {role: people(place)[role] for role in OUTSIDE}
    with time_machine.travel(place.later(), tick=False):
        seen = {}
        for count in (2, 4):
            make_it(dossier, count)
            seen[count] = {role: dict(opened(user, dossier)) for role, user in readers.items()}
        for role in OUTSIDE:
            different = [name for name in seen[2][role] if seen[2][role][name] != seen[4][role][name]]
            assert (role, different) == (role, [])
        inside = dict(opened(place.heads[0], dossier))
    assert "4 / 2.000" in next(text for name, text in inside.items() if name.endswith("/tieu-chi/TC03/ {}"))


def test_no_sum_over_communes_is_offered_from_which_one_could_be_worked_out(place: Place, dossier: Dossier) -> None:
    dossier_in(Status.SUBMITTED, place, 1)
    client = signed_in(place.province_staff)
    content = client.get(reverse("reports:summary_xlsx")).content
    sheet = openpyxl.load_workbook(BytesIO(content))["Tổng hợp"]
    heads = next(row for row in sheet.iter_rows(values_only=True) if row[0] == "TT")
    sums = [row for row in sheet.iter_rows(values_only=True) if str(row[2]).startswith(("Cộng", "Tổng cộng"))]
    assert len(sums) == 2
    summed = {
        str(head) for row in sums for head, cell in zip(heads, row, strict=True) if cell and head != "Đơn vị cấp xã"
    }
    assert summed == {"Số xã", "Đã nộp", "Công nhận", "Tỷ lệ công nhận"}


def test_outsiders_figures_hold_nothing_exact_in_any_field(dossier: Dossier, place: Place) -> None:
    row = Dossier.objects.with_setting().get(pk=dossier.pk)
    shown = figures_for(place.leader, row, at=timezone.now())
    assert "TC03.1" not in shown.answers
    assert shown.appraised["TC03.1"].figures == Figures()
    assert shown.entries["TC03"].explanation != TOLD
    assert [(note.reason != TOLD, note.declared_as) for note in shown.returned] == [(True, "1–4/2000")]
    assert asdict(shown.declared_sheet.item("TC03.1"))["value"] is None
    assert shown.still_to_appraise == load_figures(row).still_to_appraise


def test_figures_for_outsiders_cost_no_query_more(
    dossier: Dossier, place: Place, django_assert_num_queries: Any
) -> None:
    row = Dossier.objects.with_setting().get(pk=dossier.pk)
    for user in (place.appraiser, place.leader):
        reads_exact(user, row, at=timezone.now())  # the roles are read once for the whole page
    with django_assert_num_queries(6):
        figures_for(place.appraiser, row, at=timezone.now())
    with django_assert_num_queries(6):
        figures_for(place.leader, row, at=timezone.now())


# ---- history -----------------------------------------------------------------------------------------------------
def test_the_history_holds_no_small_count(place: Place, dossier: Dossier) -> None:
    """The audit keeps them masked, so that this holds for everybody; «1–4 → 1–4» is no change to read."""
    page = reverse("assessments:dossier", args=[dossier.uuid])
    for user in (place.editors[0], place.appraiser, place.leader, place.inspector):
        changes = re.findall(r"<li>(TC03[^<]*)</li>", signed_in(user).get(page).content.decode())
        assert changes == ["TC03.1: 0 / 2.000 → 1–4 / 2.000"]
