"""Codes of the criteria file in the words of the page."""

from criteria.templatetags.certainty import in_words


def test_codes_become_the_words_of_their_labels() -> None:
    text = "Chỉ các trường ghi 'verified' có nguồn trích; các trường 'reconstructed' là đề xuất (top_band_verified)."
    assert in_words(text) == (
        "Chỉ các trường ghi «Đã đối chiếu nguồn» có nguồn trích; "
        "các trường «Đề xuất, chưa thấy nguồn» là đề xuất («Chỉ mức cao nhất có nguồn»)."
    )


def test_words_that_only_contain_a_code_stay() -> None:
    assert in_words("unverified") == "unverified"
