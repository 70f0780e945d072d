"""Single pieces of a Word file: paragraphs in the styles of papers, rules, fixed tables, fields, the watermark.

Lengths are in millimetres, sizes in points.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import segno
from docx.document import Document
from docx.enum.section import WD_ORIENTATION
from docx.enum.table import WD_ROW_HEIGHT_RULE
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.section import Section, _Footer, _Header
from docx.shared import Mm, Pt
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

from papers.rendering.word.base import CHECK, FONT, GAP, STYLE_IDS, twips_of_mm

Flow = Document | _Cell | _Header | _Footer


BREAK: Final = "\v"  # in a text: go on in the next line of the same paragraph; no text of a paper holds one


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph; `lead` stands before the text in bold."""

    style: str
    text: str
    lead: str = ""
    rule: float = 0  # the length of a solid line below, in the middle of a place that is `within` wide
    within: float = 0
    rule_color: str = "000000"
    is_bold: bool = False  # beside what the style says
    stays: bool = False  # as an empty paragraph where there is no text yet


def fill(place: _Cell | _Header | _Footer, *lines: Line) -> None:
    """A new cell or header stands there with one empty paragraph, which takes the first line."""
    first = place.paragraphs[0]
    if add(place, *lines):
        first._p.getparent().remove(first._p)
    elif lines:
        first._p.style = STYLE_IDS[lines[0].style]


def add(flow: Flow, *lines: Line) -> list[Paragraph]:
    """The lines that have a text, one after the other, at the end; each line of a text is a paragraph."""
    added = []
    for line in lines:
        lead = line.lead
        for text in line.text.split("\n") if line.text or line.stays else ():
            paragraph = flow.add_paragraph()
            paragraph._p.style = STYLE_IDS[line.style]
            if lead:
                paragraph.add_run(f"{lead} ").bold = True
            if text:
                paragraph.add_run(text.replace(BREAK, "\n")).bold = line.is_bold or None
            lead = ""
            added.append(paragraph)
        if line.rule and line.text:
            added.append(_ruled(flow.add_paragraph(), line))
    return added


def _ruled(paragraph: Paragraph, line: Line) -> Paragraph:
    """A solid line as the border of an empty paragraph: it stays where it is when somebody edits the text above."""
    paragraph._p.style = STYLE_IDS[GAP]
    side = twips_of_mm(max(line.within - line.rule, 0) / 2)
    properties = paragraph._p.get_or_add_pPr()
    properties.append(
        parse_xml(
            f'<w:pBdr {nsdecls("w")}><w:top w:val="single" w:sz="6" w:space="1" w:color="{line.rule_color}"/></w:pBdr>'
        )
    )
    properties.append(parse_xml(f'<w:spacing {nsdecls("w")} w:before="30" w:line="40" w:lineRule="exact"/>'))
    properties.append(parse_xml(f'<w:ind {nsdecls("w")} w:left="{side}" w:right="{side}"/>'))
    return paragraph


def width_of(text: str, size: float) -> float:
    """About how wide the widest line is in bold Times: enough for a rule that is to be a third to a half of it."""
    longest = max(text.split(BREAK), key=len)
    ems = sum(0.25 if c == " " else 0.7 if c.isupper() else 0.5 for c in longest)
    return ems * size * 25.4 / 72


# ---- tables --------------------------------------------------------------------------------------------------------
def add_table(document: Document, rows: int, widths: Sequence[float], *, has_grid: bool) -> Table:
    """With columns that stay as wide as they are; without a grid it only arranges what stands in it."""
    table: Table = document.add_table(rows, len(widths))
    properties = table._tbl.tblPr
    for name in ("w:tblStyle", "w:tblW", "w:tblLook"):
        for found in properties.findall(qn(name)):
            properties.remove(found)
    whole = sum(map(twips_of_mm, widths))
    style = "TableGrid" if has_grid else "TableNormal"
    properties.insert(0, parse_xml(f'<w:tblStyle {nsdecls("w")} w:val="{style}"/>'))
    properties.insert(1, parse_xml(f'<w:tblW {nsdecls("w")} w:w="{whole}" w:type="dxa"/>'))
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for row in table.rows:
        _mark(row, "w:cantSplit")
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Mm(width)
    add_gap(document)  # between two tables, which Word would join, and behind the last, which it wants
    return table


def add_gap(document: Document, *, before: float = 0) -> None:
    paragraph = document.add_paragraph()
    paragraph._p.style = STYLE_IDS[GAP]
    if before:
        paragraph.paragraph_format.space_before = Pt(before)


def join_cells(row: _Row) -> _Cell:
    cells = row.cells
    whole: _Cell = cells[0].merge(cells[-1])
    return whole


def set_least_height(row: _Row, height: float) -> None:
    row.height, row.height_rule = Mm(height), WD_ROW_HEIGHT_RULE.AT_LEAST


def repeat_on_every_page(row: _Row) -> None:
    _mark(row, "w:tblHeader")


def _mark(row: _Row, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))


# ---- pictures ------------------------------------------------------------------------------------------------------
def add_qr_code(cell: _Cell, address: str, size: float) -> None:
    image = io.BytesIO()
    # Level M mends 15 %: a stamp's edge or a fold.
    segno.make(address, error="m", micro=False).save(image, kind="png", scale=8, border=4)
    paragraph = cell.add_paragraph()
    paragraph._p.style = STYLE_IDS[CHECK]
    paragraph.paragraph_format.left_indent = Mm(-2)  # its quiet zone: the code itself stands below the text above
    picture = paragraph.add_run().add_picture(image, width=Mm(size))
    picture._inline.docPr.set("descr", f"Mã QR dẫn đến {address}")
    for side in "TBLR":  # LibreOffice keeps 3 mm free where nothing is said
        picture._inline.set(f"dist{side}", "0")


# ---- pages ---------------------------------------------------------------------------------------------------------
def set_page(section: Section, *, is_landscape: bool, margins: tuple[float, float, float, float]) -> None:
    """A4; the margins are top, right, bottom, left."""
    width, height = (297, 210) if is_landscape else (210, 297)
    section.orientation = WD_ORIENTATION.LANDSCAPE if is_landscape else WD_ORIENTATION.PORTRAIT
    section.page_width, section.page_height = Mm(width), Mm(height)
    section.top_margin, section.right_margin, section.bottom_margin, section.left_margin = map(Mm, margins)
    section.header_distance, section.footer_distance = Mm(8), Mm(8)


def set_page_border(section: Section, *, color: str) -> None:
    sides = "".join(
        f'<w:{side} w:val="thinThickThinMediumGap" w:sz="24" w:space="24" w:color="{color}"/>'
        for side in ("top", "left", "bottom", "right")
    )
    borders = parse_xml(f'<w:pgBorders {nsdecls("w")} w:offsetFrom="page">{sides}</w:pgBorders>')
    section._sectPr.get_or_add_pgMar().addnext(borders)


def add_page_number(paragraph: Paragraph) -> None:
    field = parse_xml(f'<w:fldSimple {nsdecls("w")} w:instr=" PAGE "><w:r><w:t>2</w:t></w:r></w:fldSimple>')
    paragraph._p.append(field)


def add_watermark(paragraph: Paragraph, text: str, number: int) -> None:
    """As Word's own «Watermark», so that Word can take it away again; `number` tells those of one file apart."""
    shape = f"PowerPlusWaterMarkObject{number}"
    paragraph._p.append(
        parse_xml(
            f"""<w:r {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml"
 xmlns:o="urn:schemas-microsoft-com:office:office">
<w:rPr><w:noProof/></w:rPr>
<w:pict>
<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800"
 path="m@7,l@8,m@5,21600l@6,21600e">
<v:formulas>
<v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/>
<v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/>
<v:f eqn="if @0 @4 21600"/><v:f eqn="mid @5 @6"/><v:f eqn="mid @8 @5"/><v:f eqn="mid @7 @8"/>
<v:f eqn="mid @6 @7"/><v:f eqn="sum @6 0 @5"/>
</v:formulas>
<v:path textpathok="t" o:connecttype="rect"/><v:textpath on="t" fitshape="t"/>
</v:shapetype>
<v:shape id="{shape}" o:spid="_x0000_s{2048 + number}" type="#_x0000_t136" alt="{text}"
 style="position:absolute;margin-left:0;margin-top:0;width:400pt;height:85pt;rotation:325;z-index:-251658752;\
mso-position-horizontal:center;mso-position-horizontal-relative:margin;\
mso-position-vertical:center;mso-position-vertical-relative:margin"
 o:allowincell="f" fillcolor="#e4e4e4" stroked="f">
<v:textpath style="font-family:&quot;{FONT}&quot;;font-size:1pt;font-weight:bold" string="{text}"/>
</v:shape>
</w:pict>
</w:r>"""
        )
    )
