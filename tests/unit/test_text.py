import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from childfriendly.core.text import fold, nfc, sort_key


def test_text_typed_on_macos_is_the_text_typed_on_windows() -> None:
    typed_on_macos = unicodedata.normalize("NFD", "Nguyễn Thị Đường")
    assert typed_on_macos != "Nguyễn Thị Đường"
    assert nfc(typed_on_macos) == "Nguyễn Thị Đường"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Mỹ\u200b An\ufeff", "Mỹ An"),
        ("\u202egpj.exe\u202c", "gpj.exe"),
        ("\u2066a\u2069\u200e\u200f\u00ad", "a"),
        ("a\x00b\x1bc\x7f", "abc"),
        ("một\r\nhai\rba\nbốn\tnăm", "một\nhai\nba\nbốn\tnăm"),
        ("một\u2028hai\u2029ba\x85bốn", "một\nhai\nba\nbốn"),
        ("e\u200b\u0301", "é"),  # the mark joins its letter only once the zero-width space between them is gone
        ("a\ud800b", "ab"),
        ("a\ufffeb\uffff", "ab"),
        ("  giữ khoảng trắng  ", "  giữ khoảng trắng  "),
    ],
)
def test_invisible_characters_go_and_line_ends_become_newlines(raw: str, clean: str) -> None:
    assert nfc(raw) == clean


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert nfc(nfc(text)) == nfc(text)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Đường", "duong"),
        ("THÁP MƯỜI", "thap muoi"),
        (unicodedata.normalize("NFD", "Xã Đắk  Tơ Lung "), "xa dak to lung"),
        ("ẵ ặ ỗ ợ ữ ỵ ễ", "a a o o u y e"),
        ("", ""),
    ],
)
def test_folding_drops_case_accents_and_extra_spaces(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_names_sort_by_the_vietnamese_alphabet() -> None:
    # The letter decides before the tone and before the length: a, ă, â are three letters, so Ánh comes before Ăn. The
    # same order as CLDR's collation for `vi`.
    names = ["An", "Ánh", "Ăn", "Ẩn", "Âu", "Dung", "Đông", "Em", "Ên"]
    for arrangement in (names[::-1], names[3:] + names[:3], sorted(names)):
        assert sorted(arrangement, key=sort_key) == names


def test_tones_sort_from_level_to_heavy() -> None:
    tones = ["ma", "mà", "mả", "mã", "má", "mạ"]
    for arrangement in (tones[::-1], tones[2:] + tones[:2]):
        assert sorted(arrangement, key=sort_key) == tones


def test_a_tone_decides_only_between_equal_letters() -> None:
    assert sorted(["Ba Vì", "Bá Sơn", "Ba Sơn"], key=sort_key) == ["Ba Sơn", "Bá Sơn", "Ba Vì"]


def test_a_shorter_word_comes_before_the_longer_one() -> None:
    assert sorted(["Anh", "An Bình", "An"], key=sort_key) == ["An", "An Bình", "Anh"]


def test_numbers_sort_as_numbers() -> None:
    assert sorted(["Phường 10", "Phường 2", "Phường 1"], key=sort_key) == ["Phường 1", "Phường 2", "Phường 10"]


def test_case_and_composition_do_not_change_the_order() -> None:
    assert sort_key("ĐẮK") == sort_key(unicodedata.normalize("NFD", "đắk"))


@given(st.text())
def test_a_sort_key_is_digits_only_so_that_no_collation_can_reorder_it(text: str) -> None:
    assert sort_key(text).isdigit()
    assert sort_key(text).isascii()
