"""`manage.py score`: what goes in, what comes out, and where it stops."""

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from criteria.models import CriteriaSet

pytestmark = pytest.mark.django_db

SOURCE = (Path(settings.BASE_DIR) / "fixtures" / "qd06-2019.json").read_text(encoding="utf-8")

EXAMPLE = (
    '{"criteria_set": "QD06-2019", "area_type": "other", "answers": {"TC01.1": true, '
    '"TC02.1": {"numerator": 98, "denominator": 100}, "TC12.2": 4, '
    '"TC06.2": {"numerator": 0, "denominator": 0, "reason": "Không phát sinh vụ việc"}}}'
)


def store(version: int = 1, source: str = SOURCE) -> CriteriaSet:
    return CriteriaSet.objects.create(
        code="QD06-2019",
        version=version,
        title="Quyết định 06/QĐ-TTg",
        effective_from=date(2019, 1, 3),
        source_text=source,
        sha256=f"{version:064d}",
        loaded_at=datetime(2024, 1, 1, tzinfo=UTC),
    )


@pytest.fixture(autouse=True)
def _criteria_set() -> None:
    store()


class Run:
    """What one call printed and how it ended."""

    def __init__(self, path: Path | str) -> None:
        out, err = io.StringIO(), io.StringIO()
        self.code = 0
        try:
            call_command("score", str(path), stdout=out, stderr=err)
        except SystemExit as end:
            self.code = int(str(end.code))
        self.out, self.err = out.getvalue(), err.getvalue().strip()
        self.sheets = [json.loads(line) for line in self.out.splitlines()]


def run(tmp_path: Path, content: str | bytes) -> Run:
    path = tmp_path / "answers.json"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Run(path)


def line(**changes: object) -> str:
    return json.dumps({**json.loads(EXAMPLE), **changes}, ensure_ascii=False)


def test_the_example_of_the_specification(tmp_path: Path) -> None:
    result = run(tmp_path, EXAMPLE)
    assert (result.code, result.err) == (0, "")
    (sheet,) = result.sheets
    assert list(sheet) == ["total", "max", "threshold", "passes", "items", "criteria", "problems", "reasons"]
    assert (sheet["total"], sheet["max"], sheet["threshold"], sheet["passes"]) == (210, 1000, 850, False)
    assert (len(sheet["items"]), len(sheet["criteria"]), len(sheet["problems"])) == (27, 13, 23)
    assert sheet["criteria"]["TC02"] == {"points": 50, "max": 50}
    assert {"item": "TC09.1", "kind": "missing"} in sheet["problems"]


def test_one_line_is_compact_vietnamese_json(tmp_path: Path) -> None:
    result = run(tmp_path, EXAMPLE)
    assert result.out.count("\n") == 1
    assert (
        '"TC02.1":{"points":50,"max":50,"value":"98",'
        '"explanation":"98 / 100 × 100 = 98 %, thuộc mức từ 98 % trở lên: 50/50 điểm"}'
    ) in result.out


def test_one_object_over_many_lines_is_one_object(tmp_path: Path) -> None:
    result = run(tmp_path, json.dumps(json.loads(EXAMPLE), indent=2))
    assert (result.code, [sheet["total"] for sheet in result.sheets]) == (0, [210])


def test_json_lines_give_one_line_each_and_blank_lines_are_skipped(tmp_path: Path) -> None:
    result = run(tmp_path, f"\n{EXAMPLE}\r\n  \n{line(answers={'TC12.2': 1})}\n\n")
    assert (result.code, [sheet["total"] for sheet in result.sheets]) == (0, [210, 10])


def test_a_byte_order_mark_is_tolerated(tmp_path: Path) -> None:
    result = run(tmp_path, b"\xef\xbb\xbf" + EXAMPLE.encode())
    assert (result.code, len(result.sheets)) == (0, 1)


def test_a_dash_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(EXAMPLE.encode())))
    result = Run("-")
    assert (result.code, [sheet["total"] for sheet in result.sheets]) == (0, [210])


def test_the_newest_version_of_the_set_is_used(tmp_path: Path) -> None:
    newer = json.loads(SOURCE)
    newer["version"] = 10
    newer["recognition"]["thresholds"][1]["min_total"] = 999
    store(version=10, source=json.dumps(newer))
    store(version=9)
    assert run(tmp_path, EXAMPLE).sheets[0]["threshold"] == 999


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("{", "Dòng 2: không phải JSON hợp lệ (cột 2)."),
        ("[1]", "Dòng 2: phải là một đối tượng JSON."),
        ("null", "Dòng 2: phải là một đối tượng JSON."),
        ('{"a": 1, "a": 2}', "Dòng 2: khóa «a» xuất hiện hai lần."),
        ('{"a": NaN}', "Dòng 2: NaN không phải là số trong JSON."),
        ('{"a": -Infinity}', "Dòng 2: -Infinity không phải là số trong JSON."),
        ("[" * 100_000, "Dòng 2: dữ liệu lồng nhau quá sâu."),
        ("{}", "Dòng 2: «criteria_set» phải là văn bản."),
        (line(criteria_set="QD37-2010"), "Dòng 2: không có bộ tiêu chí «QD37-2010»."),
        (line(criteria_set="QD06-2019\x00"), "Dòng 2: không có bộ tiêu chí «QD06-2019\x00»."),
        (line(area_type="xa"), "Dòng 2: Bộ tiêu chí QD06-2019 không có loại xã «xa»."),
        (line(area_type=None), "Dòng 2: «area_type» phải là văn bản."),
        (line(answers={"TC99.1": True}), "Dòng 2: Bộ tiêu chí QD06-2019 không có mục «TC99.1»."),
        (line(answers=[]), "Dòng 2: «answers» phải là một đối tượng JSON (mã mục và số liệu)."),
    ],
)
def test_a_bad_line_stops_the_run_after_the_good_lines(tmp_path: Path, bad: str, reason: str) -> None:
    result = run(tmp_path, f"{EXAMPLE}\n{bad}\n{EXAMPLE}\n")
    assert (result.code, len(result.sheets), result.err) == (2, 1, reason)


def test_bytes_that_are_not_utf8_name_their_line(tmp_path: Path) -> None:
    result = run(tmp_path, EXAMPLE.encode() + b'\n\n{"a": "\xff"}\n')
    assert (result.code, len(result.sheets), result.err) == (2, 1, "Dòng 3: không phải văn bản UTF-8.")


def test_half_a_surrogate_pair_is_refused_and_not_a_crash(tmp_path: Path) -> None:
    answers = '{"TC06.2": {"numerator": 0, "denominator": 0, "reason": "x\\ud800"}}'
    result = run(tmp_path, f'{{"criteria_set": "QD06-2019", "area_type": "other", "answers": {answers}}}')
    assert (result.code, result.err) == (2, "Dòng 1: có ký tự không phải là văn bản Unicode.")


def test_a_bad_first_line_of_many_is_line_one(tmp_path: Path) -> None:
    result = run(tmp_path, f"{EXAMPLE[:40]}\n{EXAMPLE}\n")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("Dòng 1: ")


def test_a_slip_inside_one_object_over_many_lines_names_its_line(tmp_path: Path) -> None:
    result = run(tmp_path, '{\n "criteria_set": "QD06-2019",\n "area_type" "other"\n}\n')
    assert (result.code, result.err) == (2, "Dòng 3: không phải JSON hợp lệ (cột 14).")


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"])
def test_an_empty_file_is_refused(tmp_path: Path, content: str) -> None:
    result = run(tmp_path, content)
    assert (result.code, result.err) == (2, "Dòng 1: không có dữ liệu, nhập ít nhất một đối tượng JSON.")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    result = Run(tmp_path / "none.json")
    assert (result.code, result.out) == (2, "")
    assert result.err.endswith("kiểm tra lại đường dẫn (không có tệp này).")


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("1e999999", "too_large"),
        ("1e99999999999999999999999", "too_large"),
        ("-1e99999999999999999999999", "negative"),
        ("1e-99999999999999999999999", "not_whole"),
        ("9" * 10_000, "too_large"),
        ("-5", "negative"),
        ("4.5", "not_whole"),
        ('"4"', "not_a_number"),
        ("true", "not_a_number"),
        ("null", "missing"),
    ],
)
def test_figures_that_cannot_be_are_problems_and_the_line_is_scored(tmp_path: Path, number: str, kind: str) -> None:
    result = run(tmp_path, f'{{"criteria_set": "QD06-2019", "area_type": "other", "answers": {{"TC12.2": {number}}}}}')
    assert result.code == 0
    assert {"item": "TC12.2", "kind": kind} in result.sheets[0]["problems"]


@pytest.mark.parametrize(("number", "points"), [("4.0", 35), ("0.4e1", 35), ("1E0", 10), ("-0", 0), ("0e99999", 0)])
def test_whole_numbers_may_be_written_in_any_way(tmp_path: Path, number: str, points: int) -> None:
    result = run(tmp_path, f'{{"criteria_set": "QD06-2019", "area_type": "other", "answers": {{"TC12.2": {number}}}}}')
    assert result.sheets[0]["items"]["TC12.2"]["points"] == points
