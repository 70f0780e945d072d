"""The services without any page: the whole path, every refusal by its sentence, lateness, frozen sheets, and the
database as the last guard."""

import datetime
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from assessments import services
from assessments.figures import load_figures
from assessments.models import (
    Answer,
    AppraisedAnswer,
    AppraisedBaseFigure,
    BaseFigure,
    CriterionEntry,
    Decision,
    DecisionItem,
    Dossier,
    Evidence,
    Figures,
    FrozenSheet,
    Proposal,
    ProposalItem,
    ReturnedItem,
    StepTime,
)
from assessments.services import Appraised
from assessments.workflow import Action, Status
from childfriendly.core import chain
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.models import AuditEvent
from communes.models import AreaType, AreaTypeAssignment, Role, User
from criteria.models import Deadline, DeadlineKind
from tests.factories import (
    CHILDREN,
    PDF,
    ZERO_IN_3,
    AreaTypeAssignmentFactory,
    CommuneFactory,
    Place,
    RoleAssignmentFactory,
    agree,
    approved,
    best_figures,
    declare,
    dossier_in,
    issued,
    make_place,
    pdf_file,
    proposed,
    user_with,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> Place:
    return make_place(2)


def fresh(dossier: Dossier) -> Dossier:
    return Dossier.objects.with_setting().get(pk=dossier.pk)


def perform(action: Action, dossier: Dossier, by: User, place: Place, **more: Any) -> Dossier:
    at = more.pop("at", None) or place.later()
    version = more.pop("version", None) or fresh(dossier).version
    return services.perform(action, dossier_id=dossier.pk, version=version, by=by, at=at, **more)


def refusal(action: Action, dossier: Dossier, by: User, place: Place, **more: Any) -> str:
    before = fresh(dossier)
    with pytest.raises(Refused) as caught:
        perform(action, dossier, by, place, **more)
    after = fresh(dossier)
    assert (after.status, after.version) == (before.status, before.version)
    return str(caught.value)


def save_entry(dossier: Dossier, place: Place, answers: dict[str, Figures], **more: Any) -> CriterionEntry:
    criterion = next(iter(answers))[:4]
    stored = CriterionEntry.objects.filter(dossier=dossier, criterion=criterion).first()
    defaults: dict[str, Any] = {
        "criterion": criterion,
        "version": stored.version if stored else 0,
        "explanation": None,
        "by": place.editors[0],
        "at": place.later(),
    }
    return services.save_entry(dossier_id=dossier.pk, answers=answers, **{**defaults, **more})


def save_appraisal(dossier: Dossier, place: Place, answers: dict[str, Appraised], **more: Any) -> CriterionEntry:
    criterion = next(iter(answers))[:4]
    stored = CriterionEntry.objects.get(dossier=dossier, criterion=criterion)
    defaults: dict[str, Any] = {
        "criterion": criterion,
        "version": stored.appraisal_version,
        "by": place.appraiser,
        "at": place.later(),
    }
    return services.save_appraisal(dossier_id=dossier.pk, answers=answers, **{**defaults, **more})


# ---- the whole path ----------------------------------------------------------------------------------------------


def test_from_the_first_figure_to_the_number_of_the_decision() -> None:
    place = make_place()
    editor, head = place.editors[0], place.heads[0]
    dossier = services.create(period=place.period, commune=place.communes[0], by=editor, at=place.later())
    rules = dossier.period.criteria_set.rules()
    totals = {total.key: CHILDREN for total in rules.base_figures}
    services.save_base_figures(dossier_id=dossier.pk, version=0, values=totals, by=editor, at=place.later())
    best = best_figures(rules)
    for criterion in rules.criteria:
        save_entry(dossier, place, {item.code: best[item.code] for item in criterion.items}, explanation="Đủ.")
    perform(Action.SUBMIT, dossier, head, place)
    perform(Action.TAKE, dossier, place.appraiser, place)
    services.save_appraised_totals(
        dossier_id=dossier.pk, version=0, values=totals, reasons={}, by=place.appraiser, at=place.later()
    )
    for criterion in rules.criteria:
        save_appraisal(dossier, place, {item.code: Appraised(best[item.code]) for item in criterion.items})
    perform(Action.RETURN, dossier, place.appraiser, place, items={"TC12.2": "Thiếu kế hoạch."})
    save_entry(dossier, place, {"TC12.2": Figures(count=3)})
    perform(Action.SUBMIT, dossier, head, place)
    perform(Action.TAKE, dossier, place.appraiser, place)
    assert load_figures(fresh(dossier)).still_to_appraise == ["TC12.2"]
    save_appraisal(dossier, place, {"TC12.2": Appraised(Figures(count=3))})
    perform(
        Action.CONCLUDE, dossier, place.appraiser, place, recommendation="recognise", reason="Theo biên bản Hội đồng."
    )
    decision = issued([dossier], place, "123")

    done = fresh(dossier)
    assert (done.status, done.declared_total, done.appraised_total, done.threshold, done.passes, done.round) == (
        Status.RECOGNISED,
        985,
        985,
        850,
        True,
        1,
    )
    assert [sheet.total for sheet in FrozenSheet.objects.filter(kind="declared").order_by("number")] == [1000, 985]
    assert [sheet.total for sheet in FrozenSheet.objects.filter(kind="appraised")] == [985]
    item = DecisionItem.objects.get(decision=decision)
    assert (item.position, item.result, item.total, item.threshold, item.reasons) == (1, "recognised", 985, 850, [])
    moves = [action for action in Action.values if action not in ("withdraw", "resume", "reopen", "refuse")]
    told = AuditEvent.objects.about(dossier).filter(action__in=[*moves, "propose", "approve"]).order_by("seq")
    assert list(told.values_list("action", flat=True)) == [
        "submit",
        "take",
        "return",
        "submit",
        "take",
        "conclude",
        "propose",
        "approve",
        "recognise",
    ]
    assert told.get(action="recognise").after == {"status": "recognised", "decision": "123/QĐ-UBND"}
    assert told.first().actor_role == f"Lãnh đạo UBND xã, {place.communes[0].name}"  # type: ignore[union-attr]
    assert chain.first_broken_row() is None


def test_a_withdrawn_dossier_can_be_taken_up_again(place: Place) -> None:
    dossier = dossier_in(Status.WITHDRAWN, place)
    assert perform(Action.RESUME, dossier, place.heads[0], place).status == Status.DRAFT
    assert perform(Action.SUBMIT, dossier, place.heads[0], place).status == Status.SUBMITTED
    assert list(FrozenSheet.objects.order_by("number").values_list("number", flat=True)) == [1, 2]


# ---- opening -----------------------------------------------------------------------------------------------------


def test_opened_twice_it_is_the_same_dossier(place: Place) -> None:
    args: dict[str, Any] = {"period": place.period, "commune": place.communes[0], "by": place.editors[0]}
    assert services.create(**args, at=place.later()) == services.create(**args, at=place.later())
    assert Dossier.objects.count() == 1


def test_opening_locks_the_criteria_set(place: Place) -> None:
    dossier_in(Status.DRAFT, place)
    place.period.criteria_set.refresh_from_db()
    assert place.period.criteria_set.locked_at is not None


def test_a_unit_that_is_not_in_force_on_the_closing_day_has_no_dossier(place: Place) -> None:
    new = CommuneFactory(new=True)
    editor = user_with(Role.COMMUNE_EDITOR, new)
    with pytest.raises(Refused, match=f"{new.name} không có hiệu lực vào ngày chốt số liệu 31/10/2024 của kỳ này"):
        services.create(period=place.period, commune=new, by=editor, at=place.later())


def test_a_commune_of_another_province_has_no_dossier_here(place: Place) -> None:
    other = make_place()
    with pytest.raises(Refused, match=f"{other.communes[0].name} không thuộc {place.province.name}"):
        services.create(period=place.period, commune=other.communes[0], by=other.editors[0], at=place.later())


def test_only_the_editor_of_the_commune_opens_its_dossier(place: Place) -> None:
    for person in (place.heads[0], place.editors[1], place.appraiser, place.catalogue_admin):
        with pytest.raises(Refused, match="Việc này dành cho Cán bộ lập hồ sơ của xã"):
            services.create(period=place.period, commune=place.communes[0], by=person, at=place.later())


def test_a_role_counts_on_its_days_only(place: Place) -> None:
    past = user_with(Role.COMMUNE_EDITOR, place.communes[0])
    past.role_assignments.update(valid_to=datetime.date(2024, 5, 31))
    with pytest.raises(Refused, match="Việc này dành cho"):
        services.create(period=place.period, commune=place.communes[0], by=past, at=place.later())


# ---- figures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"TC02.1": Figures(numerator=101, denominator=100)}, r"\(101\) lớn hơn .*\(100\)\. Kiểm tra lại"),
        ({"TC02.1": Figures(yes=True)}, "Số liệu mục TC02.1 không đúng dạng"),
        ({"TC12.2": Figures(numerator=1)}, "Số liệu mục TC12.2 không đúng dạng"),
        ({"TC01.1": Figures(count=1)}, "Số liệu mục TC01.1 không đúng dạng"),
        ({"TC03.1": Figures(numerator=0, denominator=5)}, "Mẫu số của mục TC03.1 lấy từ số liệu nền"),
    ],
)
def test_what_cannot_be_is_refused(place: Place, given: dict[str, Figures], sentence: str) -> None:
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    with pytest.raises(Refused, match=sentence):
        save_entry(dossier, place, given)
    assert (Answer.objects.count(), CriterionEntry.objects.count()) == (0, 0)


def test_an_item_of_another_criterion_is_refused(place: Place) -> None:
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    with pytest.raises(Refused, match="Mục không thuộc tiêu chí này"):
        save_entry(dossier, place, {"TC12.2": Figures(count=4)}, criterion="TC01")
    with pytest.raises(Refused, match="Số liệu nền không có trong bộ tiêu chí"):
        services.save_base_figures(
            dossier_id=dossier.pk, version=0, values={"adults": 3}, by=place.editors[0], at=place.later()
        )


def test_a_blank_is_no_row_and_never_a_zero(place: Place) -> None:
    dossier = dossier_in(Status.DRAFT, place)
    save_entry(dossier, place, {"TC12.2": Figures()})
    assert not Answer.objects.filter(item="TC12.2").exists()
    services.save_base_figures(
        dossier_id=dossier.pk, version=0, values={"children_aged_5": None}, by=place.editors[0], at=place.later()
    )
    figures = load_figures(fresh(dossier))
    assert figures.missing_totals == ["children_aged_5"]
    assert [(str(p.kind), p.item) for p in figures.declared_sheet.problems] == [
        ("missing", "TC10.1"),
        ("missing", "TC12.2"),
    ]


def test_what_a_colleague_saved_meanwhile_is_not_overwritten(place: Place) -> None:
    dossier = dossier_in(Status.DRAFT, place)
    save_entry(dossier, place, {"TC12.2": Figures(count=3)}, explanation="Của tôi.")
    for version in (0, 1):
        with pytest.raises(Stale, match="Nội dung này vừa được người khác lưu"):
            save_entry(dossier, place, {"TC12.2": Figures(count=1)}, version=version, explanation="Của người khác.")
    assert (Answer.objects.get(item="TC12.2").count, CriterionEntry.objects.get(criterion="TC12").explanation) == (
        3,
        "Của tôi.",
    )


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (Status.SUBMITTED, "Hồ sơ đã nộp nên không sửa được. Muốn sửa, đề nghị cơ quan thẩm định trả lại."),
        (Status.APPRAISING, "Hồ sơ đã nộp nên không sửa được. Muốn sửa, đề nghị cơ quan thẩm định trả lại."),
        (Status.RECOGNISED, "Hồ sơ đã nộp nên không sửa được. Muốn sửa, đề nghị cơ quan thẩm định trả lại."),
        (Status.WITHDRAWN, "Hồ sơ đã rút nên không sửa được. Đề nghị lãnh đạo xã lập lại hồ sơ."),
    ],
)
def test_a_sent_dossier_is_closed(place: Place, status: Status, sentence: str) -> None:
    dossier = dossier_in(status, place)
    with pytest.raises(Refused) as caught:
        save_entry(dossier, place, {"TC12.2": Figures(count=1)})
    assert str(caught.value) == sentence


def test_only_what_was_returned_opens_again(place: Place) -> None:
    dossier = dossier_in(Status.RETURNED, place)  # TC01.1 was returned
    with pytest.raises(Refused, match=r"Mục «TC12\.2 – .*» không bị trả lại nên giữ nguyên"):
        save_entry(dossier, place, {"TC12.2": Figures(count=1)})
    with pytest.raises(Refused, match="không bị trả lại nên giữ nguyên"):
        services.save_base_figures(
            dossier_id=dossier.pk, version=0, values={"children_aged_5": 5}, by=place.editors[0], at=place.later()
        )
    with pytest.raises(Refused, match="không bị trả lại nên giữ nguyên"):
        services.attach_evidence(
            dossier_id=dossier.pk,
            item="TC12.2",
            slot=None,
            upload=pdf_file(),
            by=place.editors[0],
            at=place.later(),
        )
    save_entry(dossier, place, {"TC01.1": Figures(yes=False)})
    assert ReturnedItem.objects.get().mended_at is not None


def test_a_shared_total_reopens_by_itself(place: Place) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    perform(Action.RETURN, dossier, place.appraiser, place, items={"children_aged_5": "Khác số của trường."})
    with pytest.raises(Refused, match="không bị trả lại"):
        save_entry(dossier, place, {"TC10.1": Figures(numerator=5)})
    services.save_base_figures(
        dossier_id=dossier.pk, version=0, values={"children_aged_5": 2100}, by=place.editors[0], at=place.later()
    )
    assert perform(Action.SUBMIT, dossier, place.heads[0], place).status == Status.SUBMITTED


# ---- evidence ----------------------------------------------------------------------------------------------------


def attach(dossier: Dossier, place: Place, name: str = "ke-hoach.pdf", **more: Any) -> Evidence:
    given: dict[str, Any] = {"item": "TC01.1", "slot": 0, "upload": pdf_file(name), "by": place.editors[0]}
    return services.attach_evidence(dossier_id=dossier.pk, at=place.later(), **{**given, **more})


def test_the_same_file_sent_twice_is_one_file(place: Place) -> None:
    dossier = dossier_in(Status.DRAFT, place)
    assert attach(dossier, place) == attach(dossier, place, "ten-khac.pdf")
    assert attach(dossier, place, item="TC03.1").is_sensitive is True
    assert Evidence.objects.count() == 2


def test_a_file_of_an_earlier_round_stays(place: Place) -> None:
    dossier = dossier_in(Status.DRAFT, place)
    evidence = attach(dossier, place)
    perform(Action.SUBMIT, dossier, place.heads[0], place)
    perform(Action.TAKE, dossier, place.appraiser, place)
    perform(Action.RETURN, dossier, place.appraiser, place, items={"TC01.1": "Thiếu chữ ký."})
    with pytest.raises(Refused, match="Tệp đã nộp ở lần trước nên không bỏ được"):
        services.remove_evidence(evidence_id=evidence.pk, by=place.editors[0], at=place.later())
    newer = attach(dossier, place, upload=pdf_file(content=PDF + b"% 2\n"))
    services.remove_evidence(evidence_id=newer.pk, by=place.editors[0], at=place.later())
    with pytest.raises(Refused, match="Tệp này đã được bỏ ra trước đó"):
        services.remove_evidence(evidence_id=newer.pk, by=place.editors[0], at=place.later())
    assert list(Evidence.objects.present()) == [evidence]


def test_a_slot_that_the_set_does_not_know_is_refused(place: Place) -> None:
    dossier = dossier_in(Status.DRAFT, place)
    with pytest.raises(Refused, match="Loại minh chứng này không có trong bộ tiêu chí"):
        attach(dossier, place, slot=9)


# ---- submitting --------------------------------------------------------------------------------------------------


def test_a_submit_wants_everything(place: Place) -> None:
    dossier = dossier_in(Status.DRAFT, place, filled=False)
    head = place.heads[0]
    assert refusal(Action.SUBMIT, dossier, head, place) == (
        "Số liệu nền còn thiếu 6 số. Nhập đủ số liệu nền rồi nộp hồ sơ."
    )
    declare(dossier, place.editors[0], place.at)
    Answer.objects.filter(item__in=["TC12.2", "TC01.1"]).delete()
    assert refusal(Action.SUBMIT, dossier, head, place) == (
        "Còn 2 mục thiếu hoặc sai số liệu. Mở trang kiểm tra, sửa từng mục rồi nộp hồ sơ."
    )


def test_a_submit_wants_an_accepted_area_type(place: Place) -> None:
    dossier = dossier_in(Status.DRAFT, place)
    AreaTypeAssignment.objects.filter(unit=place.communes[0]).delete()
    assert "Loại xã (ngưỡng điểm) chưa được xác nhận bằng văn bản" in refusal(
        Action.SUBMIT, dossier, place.heads[0], place
    )


def test_the_area_type_is_frozen_at_submit(place: Place) -> None:
    dossier = dossier_in(Status.SUBMITTED, place)
    AreaTypeAssignment.objects.filter(unit=place.communes[0]).delete()
    AreaTypeAssignmentFactory(unit=place.communes[0], area_type=AreaType.MOUNTAIN_ISLAND_DISADVANTAGED)
    figures = load_figures(fresh(dossier))
    assert (figures.area.value, figures.area.document_number) == (AreaType.OTHER, "01/QĐ-THỬ")
    assert figures.declared_sheet.threshold == 850


def test_returned_items_must_be_mended(place: Place) -> None:
    dossier = dossier_in(Status.RETURNED, place)
    assert "Còn 1 mục bị trả lại chưa sửa: TC01.1 – " in refusal(Action.SUBMIT, dossier, place.heads[0], place)


def test_the_editor_does_not_submit_and_the_head_of_another_commune_sees_nothing(place: Place) -> None:
    dossier = dossier_in(Status.DRAFT, place)
    assert refusal(Action.SUBMIT, dossier, place.editors[0], place).startswith(
        f"Việc này dành cho Lãnh đạo UBND xã ({place.communes[0].name})."
    )
    assert refusal(Action.SUBMIT, dossier, place.heads[1], place) == (
        "Không tìm thấy hồ sơ này trong phạm vi của đơn vị."
    )


def test_a_wrong_state_is_named_with_the_right_one(place: Place) -> None:
    dossier = dossier_in(Status.SUBMITTED, place)
    assert refusal(Action.SUBMIT, dossier, place.heads[0], place) == (
        "Hồ sơ đang ở trạng thái «đã nộp», phải ở trạng thái «đang lập» hoặc «yêu cầu bổ sung». "
        "Mở lại trang để xem tình trạng mới."
    )


def test_an_old_version_is_stale(place: Place) -> None:
    dossier = dossier_in(Status.SUBMITTED, place)
    with pytest.raises(Stale, match="Hồ sơ vừa được người khác cập nhật"):
        perform(Action.TAKE, dossier, place.appraiser, place, version=1)


def test_a_withdrawal_wants_a_reason(place: Place) -> None:
    dossier = dossier_in(Status.SUBMITTED, place)
    assert refusal(Action.WITHDRAW, dossier, place.heads[0], place, reason=" \u200b") == (
        "Ghi lý do rồi chọn «Rút hồ sơ»."
    )


# ---- appraising --------------------------------------------------------------------------------------------------


def test_a_difference_wants_a_reason(place: Place) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    with pytest.raises(Refused, match=r"TC12\.2: ghi lý do vì số thẩm định khác số xã khai\."):
        save_appraisal(dossier, place, {"TC12.2": Appraised(Figures(count=3), " ")})
    totals = load_figures(fresh(dossier)).totals
    with pytest.raises(Refused, match="Số trẻ em 5 tuổi: ghi lý do vì số thẩm định khác số xã khai"):
        services.save_appraised_totals(
            dossier_id=dossier.pk,
            version=0,
            values={**totals, "children_aged_5": 1},
            reasons={},
            by=place.appraiser,
            at=place.later(),
        )
    assert (AppraisedAnswer.objects.count(), AppraisedBaseFigure.objects.count()) == (0, 0)


def test_an_appraised_part_stays_within_the_appraised_whole(place: Place) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    totals = load_figures(fresh(dossier)).totals
    services.save_appraised_totals(
        dossier_id=dossier.pk,
        version=0,
        values={**totals, "children_aged_5": 1990},
        reasons={"children_aged_5": "Theo danh sách lớp."},
        by=place.appraiser,
        at=place.later(),
    )
    with pytest.raises(Refused, match=r"TC10\.1: .*\(2\.000\) lớn hơn .*\(1\.990\)"):
        save_appraisal(dossier, place, {"TC10.1": Appraised(Figures(numerator=2000))})


def test_another_total_changes_points_without_a_second_reason(place: Place) -> None:
    dossier = dossier_in(Status.APPRAISING, place, answers={"TC03.2": Figures(numerator=1)})
    totals = load_figures(fresh(dossier)).totals
    services.save_appraised_totals(
        dossier_id=dossier.pk,
        version=0,
        values={**totals, "children_under_16": 900},
        reasons={"children_under_16": "Theo sổ hộ tịch."},
        by=place.appraiser,
        at=place.later(),
    )
    save_appraisal(
        dossier, place, {"TC03.1": Appraised(Figures(numerator=0)), "TC03.2": Appraised(Figures(numerator=1))}
    )
    figures = load_figures(fresh(dossier))
    assert figures.declared_sheet.item("TC03.2").points == 25
    assert figures.appraised_sheet.item("TC03.2").points == 0
    assert figures.appraised_sheet.criterion("TC03").points == 75


def test_a_return_wants_items_and_a_reason_for_each(place: Place) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    assert refusal(Action.RETURN, dossier, place.appraiser, place) == (
        "Chọn ít nhất một mục cần bổ sung và ghi lý do cho từng mục."
    )
    assert refusal(Action.RETURN, dossier, place.appraiser, place, items={"TC12.2": " "}).startswith(
        "Ghi lý do trả lại cho mục «TC12.2 – "
    )


def test_a_conclusion_wants_every_figure_and_an_honest_recommendation(place: Place) -> None:
    dossier = dossier_in(Status.APPRAISING, place, answers=ZERO_IN_3)
    whole: dict[str, Any] = {"recommendation": "recognise", "reason": "Đủ điều kiện."}
    assert refusal(Action.CONCLUDE, dossier, place.appraiser, place, **whole).startswith(
        "Còn 33 số liệu chưa thẩm định, bắt đầu từ «Tổng số trẻ em"
    )
    agree(dossier, place.appraiser, place.later())
    assert refusal(Action.CONCLUDE, dossier, place.appraiser, place, recommendation="refuse") == (
        "Ghi lý do rồi chọn «Hoàn thành thẩm định»."
    )
    assert refusal(Action.CONCLUDE, dossier, place.appraiser, place, reason="Không rõ.") == (
        "Chọn đề nghị công nhận hoặc không công nhận."
    )
    assert refusal(Action.CONCLUDE, dossier, place.appraiser, place, **whole).startswith(
        "Không thể đề nghị công nhận: Tiêu chí 3 (Trẻ em bị xâm hại) bị 0 điểm (điểm liệt)"
    )
    done = perform(Action.CONCLUDE, dossier, place.appraiser, place, recommendation="refuse", reason="Điểm liệt.")
    assert (done.appraised_total, done.passes) == (875, False)


def test_a_total_changed_after_its_parts_stops_the_conclusion(place: Place) -> None:
    dossier = dossier_in(Status.APPRAISING, place)
    agree(dossier, place.appraiser, place.later())
    services.save_appraised_totals(
        dossier_id=dossier.pk,
        version=0,
        values={"children_aged_5": 1990},
        reasons={"children_aged_5": "Theo danh sách lớp."},
        by=place.appraiser,
        at=place.later(),
    )
    sentence = refusal(
        Action.CONCLUDE, dossier, place.appraiser, place, recommendation="recognise", reason="Đủ điều kiện."
    )
    assert sentence.startswith("Số liệu thẩm định mục TC10.1 chưa hợp lệ: Mục TC10.1: kiểm tra lại hai số")


def test_nobody_appraises_the_own_commune(place: Place) -> None:
    dossier = dossier_in(Status.SUBMITTED, place)
    RoleAssignmentFactory(user=place.appraiser, role=Role.COMMUNE_EDITOR, unit=place.communes[0])
    by = User.objects.get(pk=place.appraiser.pk)
    assert "Không ai được thẩm định, quyết định hồ sơ của chính xã mình." in refusal(Action.TAKE, dossier, by, place)


def test_no_button_recognises(place: Place) -> None:
    dossier = dossier_in(Status.CONCLUDED, place)
    for action in (Action.RECOGNISE, Action.REFUSE):
        assert refusal(action, dossier, place.clerk, place).startswith(
            "Hồ sơ chỉ được công nhận hoặc không công nhận bằng quyết định đã có số."
        )


def test_a_reopening_keeps_the_appraised_figures(place: Place) -> None:
    dossier = dossier_in(Status.CONCLUDED, place)
    perform(Action.REOPEN, dossier, place.head_of_office, place, reason="Có đơn phản ánh.")
    assert load_figures(fresh(dossier)).still_to_appraise == []
    perform(Action.CONCLUDE, dossier, place.appraiser, place, recommendation="recognise", reason="Đã xem lại.")
    assert list(FrozenSheet.objects.filter(kind="appraised").values_list("number", flat=True)) == [1, 2]


# ---- frozen sheets -----------------------------------------------------------------------------------------------


def test_the_frozen_sheet_keeps_what_was_sent(place: Place) -> None:
    dossier = dossier_in(Status.RETURNED, place, answers=ZERO_IN_3)
    save_entry(dossier, place, {"TC01.1": Figures(yes=False)})
    sheet = FrozenSheet.objects.get(dossier=dossier)
    assert (sheet.kind, sheet.number, sheet.total, sheet.threshold, sheet.passes) == ("declared", 1, 875, 850, False)
    assert sheet.rules_sha256 == dossier.period.criteria_set.rules().sha256
    assert (sheet.area_type, sheet.frozen_by) == (AreaType.OTHER, place.heads[0])
    assert (sheet.answers["TC01.1"], sheet.answers["TC03.1"], sheet.answers["TC02.1"]) == ("Có", "6/2000", "100/100")
    assert sheet.sheet["criteria"]["TC03"] == {"points": 0, "max": 125}
    assert sheet.sheet["reasons"][0].startswith("Tiêu chí 3 (Trẻ em bị xâm hại) bị 0 điểm (điểm liệt)")
    assert len(sheet.sheet["items"]) == 27


# ---- lateness ----------------------------------------------------------------------------------------------------

CUTOFF = datetime.datetime(2024, 11, 14, 17, 0, tzinfo=datetime.UTC)  # 15/11 at midnight in Viet Nam
SECOND = datetime.timedelta(seconds=1)


@pytest.mark.parametrize(("at", "is_late"), [(CUTOFF - SECOND, False), (CUTOFF, True), (CUTOFF + SECOND, True)])
def test_before_15_11_means_until_the_end_of_14_11(place: Place, at: datetime.datetime, *, is_late: bool) -> None:
    dossier = dossier_in(Status.DRAFT, place)
    perform(Action.SUBMIT, dossier, place.heads[0], place, at=at)
    row = StepTime.objects.get(dossier=dossier)
    assert (row.kind, row.done_at, row.cutoff, row.is_late) == (DeadlineKind.DOSSIER, at, CUTOFF, is_late)


def test_late_stays_late_and_in_time_stays_in_time(place: Place) -> None:
    late, early = dossier_in(Status.DRAFT, place, 0), dossier_in(Status.DRAFT, place, 1)
    for dossier, head, at in ((early, place.heads[1], CUTOFF - SECOND), (late, place.heads[0], CUTOFF)):
        perform(Action.SUBMIT, dossier, head, place, at=at)
    place.at = CUTOFF
    for dossier, index in ((early, 1), (late, 0)):
        perform(Action.TAKE, dossier, place.appraiser, place)
        perform(Action.RETURN, dossier, place.appraiser, place, items={"TC12.2": "Xem lại."})
        save_entry(dossier, place, {"TC12.2": Figures(count=4)}, by=place.editors[index])
        perform(Action.SUBMIT, dossier, place.heads[index], place)
    Deadline.objects.filter(kind=DeadlineKind.DOSSIER).update(cutoff=CUTOFF + datetime.timedelta(days=60))
    judged = StepTime.objects.filter(kind=DeadlineKind.DOSSIER)
    assert {row.dossier_id: row.is_late for row in judged} == {late.pk: True, early.pk: False}


def test_conclusion_and_decision_are_judged_too(place: Place) -> None:
    place.at = datetime.datetime(2024, 11, 24, 10, 0, tzinfo=datetime.UTC)
    dossier_in(Status.RECOGNISED, place)
    judged = dict(StepTime.objects.values_list("kind", "is_late"))
    assert judged == {DeadlineKind.DOSSIER: True, DeadlineKind.APPRAISAL: False, DeadlineKind.DECISION: False}


def test_a_period_without_that_deadline_judges_nothing(place: Place) -> None:
    Deadline.objects.all().delete()
    dossier_in(Status.SUBMITTED, place)
    assert not StepTime.objects.exists()


# ---- proposals and decisions -------------------------------------------------------------------------------------


def propose(dossiers: list[Dossier], place: Place, **more: Any) -> Proposal:
    given: dict[str, Any] = {
        "dossier_ids": [dossier.pk for dossier in dossiers],
        "submission_number": "15/TTr",
        "submission_text": "Kính trình.",
        "minutes": pdf_file(),
        "by": place.head_of_office,
        "at": place.later(),
    }
    return services.propose(**{**given, **more})


def test_a_proposal_wants_dossiers_number_text_and_minutes(place: Place) -> None:
    dossier = dossier_in(Status.CONCLUDED, place)
    for given, sentence in [
        ({"dossier_ids": []}, "Chọn ít nhất một hồ sơ đã hoàn thành thẩm định của đơn vị mình"),
        ({"dossier_ids": [dossier.pk, 10**6]}, "Chọn ít nhất một hồ sơ đã hoàn thành thẩm định của đơn vị mình"),
        ({"submission_number": " "}, "Nhập số tờ trình và nội dung trình"),
        ({"submission_text": ""}, "Nhập số tờ trình và nội dung trình"),
        ({"minutes": pdf_file("a.exe")}, "Không nhận loại tệp"),
        ({"by": place.appraiser}, "Việc này dành cho Trưởng phòng"),
    ]:
        with pytest.raises(Refused, match=sentence):
            propose([dossier], place, **given)
    assert not Proposal.objects.exists()


def test_only_concluded_dossiers_of_one_period_go_together(place: Place) -> None:
    done, open_one = dossier_in(Status.CONCLUDED, place, 0), dossier_in(Status.APPRAISING, place, 1)
    with pytest.raises(Refused, match=f"Hồ sơ {open_one.code} chưa hoàn thành thẩm định"):
        propose([done, open_one], place)
    other = make_place()
    foreign = dossier_in(Status.CONCLUDED, other)
    RoleAssignmentFactory(user=place.head_of_office, role=Role.HEAD_OF_OFFICE, unit=other.deciding)
    with pytest.raises(Refused, match="Một hồ sơ trình chỉ gồm các xã của cùng một kỳ và cùng cơ quan quyết định"):
        propose([done, foreign], place, by=User.objects.get(pk=place.head_of_office.pk))


def test_a_dossier_lies_in_one_live_proposal(place: Place) -> None:
    dossier = dossier_in(Status.CONCLUDED, place)
    first = proposed([dossier], place)
    with pytest.raises(Stale, match="đã nằm trong hồ sơ trình khác"):
        propose([dossier], place)
    services.return_proposal(proposal_id=first.pk, version=1, reason="Thiếu phiếu.", by=place.leader, at=place.later())
    assert propose([dossier], place).items.count() == 1


def test_nobody_proposes_or_decides_the_own_commune(place: Place) -> None:
    dossier = dossier_in(Status.CONCLUDED, place)
    RoleAssignmentFactory(user=place.head_of_office, role=Role.COMMUNE_HEAD, unit=place.communes[0])
    with pytest.raises(Refused, match="hồ sơ của chính xã mình"):
        propose([dossier], place, by=User.objects.get(pk=place.head_of_office.pk))
    deputy = user_with(Role.HEAD_OF_OFFICE, place.deciding)
    proposal = propose([dossier], place, by=deputy)
    RoleAssignmentFactory(user=place.leader, role=Role.COMMUNE_HEAD, unit=place.communes[0])
    with pytest.raises(Refused, match="hồ sơ của chính xã mình"):
        services.approve(proposal_id=proposal.pk, version=1, by=User.objects.get(pk=place.leader.pk), at=place.later())


def test_who_appraised_does_not_decide(place: Place) -> None:
    proposal = proposed([dossier_in(Status.CONCLUDED, place)], place)
    RoleAssignmentFactory(user=place.appraiser, role=Role.LEADER, unit=place.deciding)
    with pytest.raises(Refused, match="Người đã thẩm định hồ sơ không được quyết định hồ sơ đó"):
        services.approve(
            proposal_id=proposal.pk, version=1, by=User.objects.get(pk=place.appraiser.pk), at=place.later()
        )


def test_an_approval_freezes_names_and_signer(place: Place) -> None:
    dossiers = [dossier_in(Status.CONCLUDED, place, 1, answers=ZERO_IN_3), dossier_in(Status.CONCLUDED, place, 0)]
    place.leader.role_assignments.update(title="Phó Chủ tịch")
    decision = approved(dossiers, place)
    assert (decision.signer_title, decision.signer_name, decision.is_issued) == (
        "Phó Chủ tịch",
        place.leader.full_name,
        False,
    )
    items = decision.items.order_by("position")
    assert [(item.commune_name, item.result, item.total) for item in items] == [
        (place.communes[0].name, "recognised", 1000),
        (place.communes[1].name, "refused", 875),
    ]
    assert fresh(dossiers[0]).status == Status.CONCLUDED


def test_the_register_has_its_rules(place: Place) -> None:
    issued([dossier_in(Status.CONCLUDED, place, 0)], place, "7")
    decision = approved([dossier_in(Status.CONCLUDED, place, 1)], place)
    at = place.later()
    today = timezone.localdate(at)
    day = datetime.timedelta(days=1)
    for number, issued_on, sentence in [
        ("007", today, "Số 07/QĐ-UBND năm 2024 đã dùng cho quyết định khác. Xem lại sổ văn bản"),
        ("8", today + day, "Ngày quyết định không được sau hôm nay"),
        ("8", today - day, "Ngày quyết định không được trước ngày lãnh đạo duyệt"),
        ("８", today, "Nhập số quyết định bằng chữ số"),
        ("1234567", today, "Nhập số quyết định bằng chữ số"),
        ("8/QĐ-SYT", today, "Nhập số quyết định bằng chữ số"),
    ]:
        with pytest.raises(Refused, match=sentence):
            services.issue_decision(
                decision_id=decision.pk, version=1, number=number, issued_on=issued_on, by=place.clerk, at=at
            )
    decision.refresh_from_db()
    assert (decision.number, decision.version) == ("", 1)


# ---- the database as the last guard ------------------------------------------------------------------------------


def breaks(rows: "models.QuerySet[Any]", **changes: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(**changes)


def copies(row: models.Model, **changes: Any) -> None:
    """A second row like the first, but for `changes`, is refused."""
    values = {
        field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key
    }
    values.pop("uuid", None)
    with pytest.raises(IntegrityError), transaction.atomic():
        type(row)._default_manager.create(**{**values, **changes})


def test_impossible_dossiers_cannot_be_stored(place: Place) -> None:
    draft, done = dossier_in(Status.DRAFT, place, 0), dossier_in(Status.CONCLUDED, place, 1, answers=ZERO_IN_3)
    copies(draft, code="khác")
    copies(draft, commune_id=place.deciding.pk)  # the code again
    breaks(Dossier.objects.filter(pk=draft.pk), status="unheard")
    breaks(Dossier.objects.filter(pk=draft.pk), status=Status.SUBMITTED)
    breaks(Dossier.objects.filter(pk=done.pk), area_type="")
    breaks(Dossier.objects.filter(pk=done.pk), recommendation="")
    breaks(Dossier.objects.filter(pk=done.pk), appraised_total=None)
    breaks(Dossier.objects.filter(pk=done.pk), status=Status.RECOGNISED)  # it does not pass


@pytest.mark.parametrize("model", [Answer, AppraisedAnswer])
def test_impossible_answers_cannot_be_stored(place: Place, model: type[Answer] | type[AppraisedAnswer]) -> None:
    dossier_in(Status.CONCLUDED, place)
    pair, count = model._default_manager.filter(item="TC02.1"), model._default_manager.filter(item="TC12.2")
    breaks(pair, numerator=101)
    breaks(pair, denominator=99)
    breaks(pair, numerator=10**9 + 1, denominator=None)
    breaks(pair, numerator=1, denominator=10**9 + 1)
    breaks(count, count=-1)
    breaks(count, count=10**9 + 1)
    copies(count.get())


def test_impossible_totals_and_returns_cannot_be_stored(place: Place) -> None:
    dossier_in(Status.CONCLUDED, place, 0)
    dossier_in(Status.RETURNED, place, 1)
    breaks(BaseFigure.objects.filter(key="children_aged_5"), value=10**9 + 1)
    breaks(AppraisedBaseFigure.objects.filter(key="children_aged_5"), value=5)  # differs without a reason
    breaks(ReturnedItem.objects.all(), reason="")
    for model in (BaseFigure, AppraisedBaseFigure, CriterionEntry, ReturnedItem, FrozenSheet, StepTime):
        copies(model._default_manager.all()[0])


def test_lateness_cannot_be_written_otherwise_than_it_was(place: Place) -> None:
    dossier_in(Status.SUBMITTED, place)
    breaks(StepTime.objects.all(), is_late=True)
    breaks(StepTime.objects.all(), done_at=CUTOFF)


def test_impossible_proposals_and_decisions_cannot_be_stored(place: Place) -> None:
    decision = issued([dossier_in(Status.CONCLUDED, place, 0)], place, "7")
    draft = approved([dossier_in(Status.CONCLUDED, place, 1)], place)
    mine = Decision.objects.filter(pk=draft.pk)
    today = timezone.localdate(place.at)
    numbered: dict[str, Any] = {"issued_on": today, "numbered_at": place.at}
    breaks(mine, number="7", number_year=2024, **numbered)
    breaks(mine, number="8", number_year=2023, **numbered)
    breaks(mine, number="8", number_year=2024, issued_on=None, numbered_at=place.at)
    breaks(mine, number="", number_year=2024, **numbered)
    breaks(Proposal.objects.all(), state="returned")  # no reason
    breaks(Proposal.objects.all(), answered_at=None)
    item = ProposalItem.objects.get(proposal=decision.proposal)
    copies(item)
    copies(item, proposal_id=draft.proposal_id)  # live twice
    row = DecisionItem.objects.get(decision=decision)
    copies(row, position=9)
    breaks(DecisionItem.objects.filter(pk=row.pk), result="maybe")


def test_nothing_that_others_stand_on_is_deleted(place: Place) -> None:
    decision = issued([dossier_in(Status.CONCLUDED, place)], place, "7")
    for row in (decision, decision.proposal, decision.period, place.communes[0], place.clerk, Dossier.objects.get()):
        with pytest.raises(models.ProtectedError):
            row.delete()
