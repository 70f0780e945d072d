"""What a paper looks like: `structure` → PDF, Word, plain lines and part of a page, all with the same words."""

from papers.rendering.annex import annex_workbook
from papers.rendering.docx import render_docx
from papers.rendering.html import html_of
from papers.rendering.layout import check_layout
from papers.rendering.lines import lines_of
from papers.rendering.pdf import render_pdf
from papers.rendering.screen import screen_html_of

__all__ = ["annex_workbook", "check_layout", "html_of", "lines_of", "render_docx", "render_pdf", "screen_html_of"]
