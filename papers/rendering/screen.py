"""The whole text of a paper as part of a page of the system: the words of `sheet`, with headings and real tables."""

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from papers.rendering.html import blocks_of
from papers.rendering.lines import lines_of
from papers.rendering.sheet import sheet_of
from papers.structure import Certificate, Printed


def screen_html_of(printed: Printed) -> SafeString:
    """Below a heading of level 2: the paper's title is of level 3, and its own headings follow. No style and no drawing
    is in it, so it stands under the pages' content policy."""
    if isinstance(printed, Certificate):
        return render_to_string("papers/text.html", {"lines": lines_of(printed)})
    sheet = sheet_of(printed)
    context = {
        "sheet": sheet,
        "blocks": blocks_of(sheet.blocks, first_tag=4),
        "several_sign": len(sheet.signatures) > 1,
        "annexes": [(annex, blocks_of(annex.blocks, first_tag=4)) for annex in sheet.annexes],
    }
    return render_to_string("papers/text.html", context)
