"""A paper → PDF, in this process; many papers at once are a matter of `papers.press`."""

from papers.press.weasy import FONT_FAMILY, STYLES_DIR, render
from papers.rendering.annex import annex_workbook
from papers.rendering.html import frame_of, html_of, styles_of
from papers.structure import Printed

__all__ = ["FONT_FAMILY", "STYLES_DIR", "render", "render_pdf"]


def render_pdf(printed: Printed, *, mark: str = "", for_signing: bool = False) -> bytes:
    """The paper as a PDF, with the workbook of its long tables inside. `mark` says on a draft who took it and when; on
    anything else it is left out. A draft `for_signing` is not called one."""
    page = html_of(printed, mark, for_signing=for_signing)
    return render(page, styles_of(printed), annex=annex_workbook(printed), frame=frame_of(printed))
