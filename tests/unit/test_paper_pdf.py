"""Papers as PDF: read back from the finished file, word for word, rule for rule."""

import re
import subprocess
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest

from papers.rendering import lines_of, render_pdf
from papers.rendering.html import balanced
from papers.structure import Printed
from tests.sample_papers import SAMPLES, decision, minutes

DRAFT = "DỰ THẢO"


@lru_cache(maxsize=64)
def pdf_of(printed: Printed, mark: str = "") -> bytes:
    return render_pdf(printed, mark=mark)


def tool(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def words(text: str) -> str:
    return " ".join(text.split())


def read_aloud(content: bytes, folder: Path) -> str:
    """The text in the order of the tags, as a screen reader says it."""
    path = folder / "paper.pdf"
    path.write_bytes(content)
    tree = tool("pdfinfo", "-struct-text", str(path))
    return words(" ".join(re.findall(r'^ *"(.*)"$', tree, re.MULTILINE)))


# ---- words ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", SAMPLES)
def test_the_pdf_says_exactly_the_lines_of_the_paper(name: str, tmp_path: Path) -> None:
    paper = SAMPLES[name]
    said = read_aloud(pdf_of(paper), tmp_path)
    if paper.is_draft:
        said = said.replace(f"{DRAFT} ", "")
    assert said == " ".join(lines_of(paper))


def test_the_lines_of_a_decision_stand_in_reading_order() -> None:
    lines = lines_of(decision(count=2))
    assert lines[:9] == [
        "ỦY BAN NHÂN DÂN",
        "HUYỆN VÍ DỤ",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "Số: 2345/QĐ-UBND",
        "Ví Dụ, ngày 05 tháng 11 năm 2024",
        "QUYẾT ĐỊNH",
        "Về việc công nhận xã, thị trấn phù hợp với trẻ em năm 2024",
        "ỦY BAN NHÂN DÂN HUYỆN VÍ DỤ",
    ]
    assert [line[-1] for line in lines[9:13]] == [";", ";", ";", "."]
    assert lines[13] == "QUYẾT ĐỊNH:"
    assert [line[:7] for line in lines[14:17]] == ["Điều 1.", "Điều 2.", "Điều 3."]
    assert lines[17:21] == ["Nơi nhận:", "- Như Điều 3;", "- CT, các PCT UBND huyện;", "- Lưu: VT, LĐTBXH."]
    assert lines[21] == "Mã tra cứu: 7K2QX-9MPLT"
    assert re.fullmatch(r"Kiểm tra tại: [a-z0-9.:]+/kiem-tra/", lines[22])
    assert lines[23:27] == ["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", "Trần Thị Giả Định"]
    assert lines[27:31] == [
        "PHỤ LỤC",
        "DANH SÁCH XÃ, THỊ TRẤN",
        "ĐƯỢC CÔNG NHẬN PHÙ HỢP VỚI TRẺ EM NĂM 2024",
        "(Kèm theo Quyết định số 2345/QĐ-UBND ngày 05 tháng 11 năm 2024 của Ủy ban nhân dân huyện Ví Dụ)",
    ]
    assert lines[31:39] == [
        "TT",
        "Xã, thị trấn",
        "Tổng điểm đạt được",
        "Điểm tối thiểu phải đạt",
        "1",
        "Xã Suối Mẫu",
        "881,5",
        "850",
    ]


def test_the_text_of_a_paper_ends_with_its_mark_once() -> None:
    assert [line for line in lines_of(minutes()) if line.endswith("./.")] == [
        "Cuộc họp kết thúc hồi 10 giờ 30 phút cùng ngày./."
    ]
    assert sum(line.count("./.") for line in lines_of(decision())) == 1


def test_a_draft_carries_no_code_to_check() -> None:
    draft = replace(decision(), number="")
    assert not any("tra cứu" in line or "Kiểm tra" in line for line in lines_of(draft))


def test_long_lines_are_broken_evenly() -> None:
    assert balanced("PHÒNG LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI", 27) == ["PHÒNG LAO ĐỘNG -", "THƯƠNG BINH VÀ XÃ HỘI"]
    assert balanced("HUYỆN VÍ DỤ", 27) == ["HUYỆN VÍ DỤ"]
    assert balanced("", 27) == []
