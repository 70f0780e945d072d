"""What a paper looks like: `structure` → PDF, Word and plain lines, all with the same words."""

from papers.rendering.html import html_of
from papers.rendering.lines import lines_of
from papers.rendering.pdf import render_pdf

__all__ = ["html_of", "lines_of", "render_pdf"]
