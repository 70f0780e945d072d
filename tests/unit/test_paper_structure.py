"""What a paper says of itself before it is PDF or Word."""

from dataclasses import replace
from datetime import date

from papers.kinds import Form
from papers.structure import Content, Figure, Letterhead, Paragraph, Signature, from_json, to_json

REPORT = Content(
    form=Form.REPORT,
    letterhead=Letterhead(body="Ủy ban nhân dân huyện Thử", place="Thử"),
    symbol="BC-UBND",
    year=2024,
    subject="Kết quả năm 2024",
    blocks=(Paragraph("Không có nội dung./."),),
    signatures=(Signature(lines=("CHỦ TỊCH",), name=""),),
    figures=(Figure("recognised", "Số xã được công nhận", "6"),),
)


def test_a_paper_is_a_draft_until_it_has_number_and_day() -> None:
    assert REPORT.is_draft
    assert not REPORT.numbered("15", date(2024, 11, 28)).is_draft


def test_a_form_to_fill_in_has_no_number_and_is_no_draft() -> None:
    assert not replace(REPORT, form=Form.OPINION, has_number=False).is_draft


def test_figures_are_kept_with_the_paper() -> None:
    assert from_json(to_json(REPORT)) == REPORT
