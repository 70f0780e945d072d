"""Two tabs, every way to save: what the second one did not see is never overwritten (SECURITY.md R-02)."""

import datetime
import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments import services
from assessments.models import Dossier, Figures
from assessments.services import Appraised
from assessments.workflow import Action, Status
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.models import AuditEvent
from communes.forms import assignment_key
from communes.models import User
from criteria import services as criteria_services
from criteria.models import Target
from papers import services as papers
from papers.models import Paper
from papers.services import council as council_services
from papers.services import recheck as recheck_services
from papers.services.council import Record, reopen_meeting, save_council, save_meeting
from papers.services.recheck import enter_opinion, save_recheck
from tests.factories import (
    SEATED,
    VISIT,
    Place,
    agree,
    approved,
    asked,
    council,
    dossier_in,
    drafted,
    issued_paper,
    make_place,
    met,
    numbered,
    pdf_file,
    proposed,
    rechecked,
    signed,
)
from tests.later_papers import begun_reissue, certificates_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny_papers")]

Tab = dict[str, Any]
Case = tuple[Callable[..., object], Tab, Tab]  # what is called, and what the first and the second tab send


def entry(place: Place) -> Case:
    same = {"dossier_id": dossier_in(Status.DRAFT, place).pk, "criterion": "TC12", "version": 1, "by": place.editors[0]}
    first, second = ({"answers": {"TC12.2": Figures(count=n)}, "explanation": f"Thẻ {n}"} for n in (1, 2))
    return services.save_entry, same | first, same | second


def base_figures(place: Place) -> Case:
    same = {"dossier_id": dossier_in(Status.DRAFT, place).pk, "version": 0, "by": place.editors[0]}
    first, second = ({"values": {"children_aged_5": number}} for number in (1, 2))
    return services.save_base_figures, same | first, same | second


def appraised_totals(place: Place) -> Case:
    same = {"dossier_id": dossier_in(Status.APPRAISING, place).pk, "version": 0, "by": place.appraiser}
    first, second = (
        {"values": {"children_aged_5": number}, "reasons": {"children_aged_5": "Theo sổ."}} for number in (1, 2)
    )
    return services.save_appraised_totals, same | first, same | second


def appraisal(place: Place) -> Case:
    dossier = dossier_in(Status.APPRAISING, place)
    same = {"dossier_id": dossier.pk, "criterion": "TC12", "version": 0, "by": place.appraiser}
    first, second = ({"answers": {"TC12.2": Appraised(Figures(count=n), "Theo sổ.")}} for n in (1, 2))
    return services.save_appraisal, same | first, same | second


def conclusion(place: Place) -> Case:
    dossier = dossier_in(Status.APPRAISING, place)
    agree(dossier, place.appraiser, place.later())
    same = {"dossier_id": dossier.pk, "version": dossier.version, "by": place.appraiser}
    first = {"recommendation": "recognise", "reason": "Đủ điều kiện."}
    return (
        lambda **tab: services.perform(tab.pop("action"), **tab),
        (same | first | {"action": Action.CONCLUDE}),
        same | {"action": Action.RETURN, "items": {"TC01.1": "Thiếu chữ ký."}},
    )


def answer(place: Place) -> Case:
    same = {"proposal_id": proposed([dossier_in(Status.CONCLUDED, place)], place).pk, "version": 1, "by": place.leader}
    return (
        lambda **tab: tab.pop("do")(**tab),
        same | {"do": services.approve},
        same
        | {
            "do": services.return_proposal,
            "reason": "Thiếu biên bản.",
        },
    )


def numbering(place: Place) -> Case:
    decision = approved([dossier_in(Status.CONCLUDED, place)], place)
    same = {"decision_id": decision.pk, "version": 1, "by": place.clerk, "issued_on": place.at.date()}
    return services.issue_decision, same | {"number": "1"}, same | {"number": "2"}


def a_draft(place: Place) -> Paper:
    return drafted(approved([dossier_in(Status.CONCLUDED, place)], place), place)


def of(paper: Paper, by: User) -> Tab:
    return {"paper_id": paper.pk, "version": paper.version, "by": by}


def rewording(place: Place) -> Case:
    same = of(a_draft(place), place.appraiser)
    first, second = ({"edits": {"opening": text}} for text in ("Thẻ 1", "Thẻ 2"))
    return papers.reword, same | first, same | second


def dropping(place: Place) -> Case:
    paper = a_draft(place)
    tabs = ((papers.drop, place.appraiser), (papers.sign, place.leader))
    first, second = (of(paper, by) | {"do": do} for do, by in tabs)
    return lambda **tab: tab.pop("do")(**tab), first, second


def signing(place: Place) -> Case:
    same = of(a_draft(place), place.leader)
    return papers.sign, same, same


def signing_by_hand(place: Place) -> Case:
    same = of(a_draft(place), place.clerk) | {"signer_id": place.leader.pk, "signed_on": timezone.localdate(place.at)}
    first, second = ({"scan": pdf_file(f"the-{number}.pdf")} for number in (1, 2))
    return papers.enter_signed, same | first, same | second


def numbering_a_paper(place: Place) -> Case:
    same = of(signed(a_draft(place), place), place.clerk) | {"issued_on": timezone.localdate(place.at)}
    return papers.number, same | {"number": "1"}, same | {"number": "2"}


def sending_out(place: Place) -> Case:
    same = of(numbered(signed(a_draft(place), place), place), place.clerk)
    return papers.issue, same, same


def entering(place: Place) -> Case:
    paper = certificates_of(issued_paper([dossier_in(Status.CONCLUDED, place)], place), place)[0]
    same = of(signed(begun_reissue(paper, place, "Xã Tên Đúng"), place), place.clerk)
    return papers.enter_in_register, same, same


def target(place: Place) -> Case:
    same = {"period": place.period, "version": 1, "unit": place.deciding, "by": place.catalogue_admin}
    first, second = ({"communes": n, "document_number": f"{n}/KH"} for n in (0, 1))
    return criteria_services.set_target, same | first, same | second


def members(place: Place) -> Case:
    dossier_in(Status.DRAFT, place)
    same = {
        "period": place.period,
        "unit": place.communes[0],
        "version": council(place).version,
        "document": "",
        "by": place.editors[0],
    }
    return save_council, same | {"members": SEATED[:2]}, same | {"members": SEATED[1:]}


def meeting(place: Place) -> Case:
    dossier = dossier_in(Status.DRAFT, place)
    held = met(council(place), [dossier], place, closes=False)
    same = {"meeting_id": held.pk, "version": held.version, "council_version": 1, "by": place.editors[0]}
    first, second = ({"record": Record(place=where), "closes": False} for where in ("Hội trường", "Nhà văn hóa"))
    return save_meeting, same | first, same | second


def reopening(place: Place) -> Case:
    held = met(council(place), [dossier_in(Status.DRAFT, place)], place)
    same = {"meeting_id": held.pk, "version": held.version, "by": place.editors[0]}
    return reopen_meeting, same, same


def visit(place: Place) -> Case:
    dossier = dossier_in(Status.APPRAISING, place)
    same = {
        "dossier_id": dossier.pk,
        "recheck_id": rechecked(dossier, place).pk,
        "version": 1,
        "findings": {},
        "by": place.appraiser,
    }
    first, second = ({"visit": replace(VISIT, conclusion=words)} for words in ("Khớp.", "Không khớp."))
    return save_recheck, same | first, same | second


def opinion(place: Place) -> Case:
    same = {"opinion_id": asked(place).pk, "version": 1, "received_on": place.at.date(), "by": place.appraiser}
    return enter_opinion, same | {"text": "Nhất trí."}, same | {"text": "Không nhất trí."}


# Every service that takes a version, with the case that tries it.
CASES: dict[str, Callable[[Place], Case]] = {
    "save_entry": entry,
    "save_base_figures": base_figures,
    "save_appraised_totals": appraised_totals,
    "save_appraisal": appraisal,
    "perform": conclusion,
    "approve": answer,
    "return_proposal": answer,
    "issue_decision": numbering,
    "set_target": target,
    "save_council": members,
    "save_meeting": meeting,
    "reopen_meeting": reopening,
    "save_recheck": visit,
    "enter_opinion": opinion,
    "reword": rewording,
    "drop": dropping,
    "sign": signing,
    "enter_signed": signing_by_hand,
    "number": numbering_a_paper,
    "issue": sending_out,
    "enter_in_register": entering,
}


def test_every_service_that_takes_a_version_is_tried() -> None:
    named = {
        name
        for module in (services, criteria_services, council_services, recheck_services, papers)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if "version" in inspect.signature(function).parameters and not name.startswith("_")
    }
    assert named == set(CASES)


def stored() -> dict[str, object]:
    tables = [
        model
        for app in ("assessments", "criteria", "papers", "core")
        for model in apps.get_app_config(app).get_models()
    ]
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in tables}


@pytest.mark.parametrize("case", list(dict.fromkeys(CASES.values())), ids=lambda case: case.__name__)
def test_the_second_tab_is_told_and_changes_nothing(case: Callable[[Place], Case]) -> None:
    place = make_place()
    save, first, second = case(place)
    at = place.later()
    save(**first, at=at)
    after_the_first = stored()
    with pytest.raises(Refused):  # Stale, or that the state is another one by now
        save(**second, at=at)
    assert stored() == after_the_first


# ---- the catalogue's pages ---------------------------------------------------------------------------------------
def test_a_target_set_meanwhile_is_shown_and_what_was_typed_is_kept() -> None:
    place = make_place(3)
    tabs = [Client(), Client()]
    page = reverse("criteria:target", args=[place.period.uuid])
    for tab in tabs:
        tab.force_login(place.catalogue_admin)
        assert 'name="version" value="1"' in tab.get(page).text
    sent = {"version": "1", "unit": str(place.deciding.uuid), "communes": "2", "document_number": "12/KH-UBND"}
    assert tabs[0].post(page, sent).status_code == 302
    answered = tabs[1].post(page, sent | {"communes": "3", "document_number": "15/KH-UBND"})
    assert answered.status_code == 409
    assert "Chỉ tiêu của kỳ này vừa được người khác ghi." in answered.text
    assert "12/KH-UBND" in answered.text  # theirs
    assert 'value="15/KH-UBND"' in answered.text  # one's own
    assert Target.objects.get().communes == 2
    assert 'name="version" value="2"' in answered.text
    again = sent | {"version": "2", "communes": "3", "document_number": "15/KH-UBND"}
    assert tabs[1].post(page, again).status_code == 302
    assert Target.objects.get().communes == 3


def test_a_last_day_set_meanwhile_is_not_overwritten() -> None:
    place = make_place()
    held = place.clerk.role_assignments.get()
    admin = Client()
    admin.force_login(place.catalogue_admin)
    page = reverse("communes:end_role", args=[place.clerk.uuid])
    key = assignment_key(held)
    assert admin.post(page, {"assignment": key, "last_day": "31/12/2027"}).status_code == 302
    answered = admin.post(page, {"assignment": key, "last_day": "30/11/2026"})
    assert answered.status_code == 422
    assert "Vai trò này vừa được người khác thay đổi. Xem lại danh sách rồi chọn lại." in answered.text
    held.refresh_from_db()
    assert held.valid_to == datetime.date(2027, 12, 31)
    assert AuditEvent.objects.filter(action="end_role").count() == 1


def test_nothing_of_a_dossier_is_written_by_a_stale_move() -> None:
    place = make_place()
    dossier = dossier_in(Status.DRAFT, place)
    at = place.later()
    services.perform(Action.SUBMIT, dossier_id=dossier.pk, version=1, by=place.heads[0], at=at)
    with pytest.raises(Stale):
        services.perform(
            Action.WITHDRAW, dossier_id=dossier.pk, version=1, by=place.heads[0], at=at, reason="Nhập nhầm."
        )
    assert Dossier.objects.get().status == Status.SUBMITTED
