"""One year of two communes, through the pages alone: with JavaScript, without it, and where there is no district."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext
from pypdf import PdfWriter

from tests.browser import story as steps
from tests.browser.story import APPRAISED, DECLARED, MENDED, Setting, Story
from tests.browser.watch import Watch

# What the Prime Minister's decision is called, a paper that cites it must say.
TITLE_OF_DECISION_06 = "trình tự đánh giá và công nhận xã, phường, thị trấn phù hợp với trẻ em"

SETTINGS = {
    "thap-muoi": Setting("thapmuoi", 2024, "30073", "30043", "TC03", date(2024, 11, 15), "201"),
    "thap-muoi-without-javascript": Setting(
        "thapmuoi", 2024, "30070", "30055", "TC05", date(2024, 11, 15), "202", javascript=False
    ),
    "dong-thap-without-districts": Setting("dongthap", 2026, "30037", "30043", "TC03", date(2026, 12, 10), "203"),
}


@pytest.fixture(scope="session")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real PDF with a name that only Vietnamese has."""
    path = tmp_path_factory.mktemp("evidence") / "Báo cáo hoạt động hè.pdf"
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    writer.write(path)
    return path


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS.keys())
def test_one_year_from_the_first_figure_to_the_numbered_decision(
    setting: Setting,
    open_browser: Callable[..., BrowserContext],
    world: dict[str, Any],
    evidence: Path,
    watch: Watch,
) -> None:
    watch.expect(409, 422)
    story = Story(setting, open_browser, world, evidence)

    editor = story.editor()
    steps.opens_the_dossier(story, editor)
    steps.types_the_shared_totals(editor)
    steps.fills_the_criteria(story, editor)
    story.opens_dossier(editor)
    steps.reads_the_task_list(story, editor, DECLARED)
    steps.attaches_evidence(story, editor, 1, "TC01.1")

    head = story.head(setting.commune)
    steps.head_submits(story, head, total=DECLARED, files=1)

    appraiser = story.official("thamdinh")
    steps.takes(story, appraiser, story.name)
    steps.agrees_with_everything(appraiser)
    steps.returns_two_items(appraiser)

    story.to_do(editor)
    steps.mends_exactly_the_returned_items(story, editor)
    steps.reads_the_task_list(story, editor, MENDED)
    story.to_do(head)
    steps.head_submits(story, head, total=MENDED, files=2)

    steps.takes(story, appraiser, story.name)
    steps.appraises_again(story, appraiser)
    steps.concludes(appraiser, recognise=True, total=APPRAISED, reason="Đủ điều kiện theo Quyết định số 06/QĐ-TTg.")

    weak_head = story.head(setting.weak_commune)
    weak_head.follows("Kiểm tra và nộp hồ sơ", "Kiểm tra hồ sơ")
    weak_head.reads("đang được 0 điểm (điểm liệt)")
    weak_head.presses("Nộp hồ sơ", "Đã nộp hồ sơ")
    steps.takes(story, appraiser, story.weak_name)
    steps.agrees_with_everything(appraiser)
    appraiser.reads("xã chưa đủ điều kiện công nhận")
    steps.concludes(appraiser, recognise=False, total="", reason="Có tiêu chí bị điểm liệt.")

    head_of_office = story.official("truongphong")
    steps.proposes_both(story, head_of_office, f"{setting.number}/TTr")
    leader = story.official("lanhdao")
    steps.leader_returns(leader, f"{setting.number}/TTr")
    steps.proposes_both(story, head_of_office, f"{setting.number}b/TTr")
    story.to_do(leader)
    steps.leader_approves(story, leader, f"{setting.number}b/TTr")
    clerk = story.official("vanthu")
    number = steps.clerk_numbers(story, clerk)
    steps.takes_the_papers(story, clerk, number)
    steps.takes_the_workbook(story, story.official("tinh"), number)

    story.to_do(head)
    head.follows(f"Hồ sơ {story.code}", re.compile(story.name))
    steps.reads_what_happened(story, head, number)

    if setting.slug == "dongthap":
        for role in ("danhmuc", "hethong"):
            story.official(role)  # the first pages of those who have no part in the story
        inspector = story.official("kiemtra")
        inspector.opens(urlsplit(head.page.url).path, re.compile(story.name))
        texts = [(url, text.replace(TITLE_OF_DECISION_06, "")) for url, text in story.seen]
        said = [(url, word) for url, text in texts for word in ("huyện", "thị trấn") if word in text.lower()]
        assert said == []


def test_a_recognition_is_revoked(
    open_browser: Callable[..., BrowserContext], world: dict[str, Any], evidence: Path, watch: Watch
) -> None:
    """From the issued decision to what everybody reads."""
    watch.expect(422)
    setting = Setting("tamduong", 2022, "03418", "", "", date(2022, 11, 15), "16")
    story = Story(setting, open_browser, world, evidence)
    number = f"{world['used_number']}/QĐ-UBND"
    steps.appraiser_drafts_a_revocation(story, story.official("thamdinh"), number)
    steps.leader_signs_it(story.official("lanhdao"))
    code = steps.clerk_issues_it(story, story.official("vanthu"))
    steps.everybody_reads_that_it_was_revoked(story, code, number)
    steps.head_reads_that_it_was_revoked(story, story.head(setting.commune))
