"""The empty Word file that every paper starts from: A4, Times New Roman, the styles that papers use and no others.

A clerk who finishes a paper by hand works with these styles, so they have Vietnamese names; headings are Word's own,
since its navigation pane and its table of contents look for those.
"""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from docx import Document
from docx.document import Document as DocumentObject

FONT: Final = "Times New Roman"  # NĐ 30/2020, phụ lục I
BODY_LINE: Final = 1.09  # of a line of Times, which is 1.15 of its size: the 1.25 of content.css
CELL_LINE: Final = 1.045  # the 1.2 of its tables
RED: Final = "9B1B1E"
DARK_RED: Final = "8F1D21"
GREY: Final = "555555"
GOLD: Final = "C79A3B"


@dataclass(frozen=True, slots=True)
class Style:
    """Sizes in points, indents in millimetres."""

    name: str
    size: float = 14
    is_bold: bool = False
    is_italic: bool = False
    align: Literal["left", "center", "right", "both"] = "left"
    first_line: float = 0
    left: float = 0
    right: float = 0
    before: float = 0
    after: float = 0
    line: float = 1
    keeps_next: bool = False
    color: str = ""
    spread: float = 0  # between the letters
    is_of_word: bool = False  # one of Word's own styles
    level: int = 0  # in the outline: what the navigation pane shows


TITLE: Final = "Title"
HEADINGS: Final = ("heading 1", "heading 2", "heading 3")
GAP: Final = "Khoảng trống"
PARENT_BODY: Final = "Cơ quan chủ quản"
BODY: Final = "Cơ quan ban hành"
STATE: Final = "Quốc hiệu"
MOTTO: Final = "Tiêu ngữ"
NUMBER: Final = "Số, ký hiệu"
PLACE: Final = "Địa danh, thời gian"
ABOUT: Final = "Trích yếu công văn"
SUBJECT: Final = "Trích yếu"
AUTHORITY: Final = "Thẩm quyền ban hành"
ADDRESSEE: Final = "Kính gửi"
ADDRESSEES_HEAD: Final = "Kính gửi (nhiều nơi)"
ADDRESSEE_LIST: Final = "Kính gửi (danh sách)"
BASIS: Final = "Căn cứ"
DECIDES: Final = "Quyết định"
TEXT: Final = "Nội dung"
CENTRED: Final = "Nội dung ở giữa"
ANNEX: Final = "Phụ lục"
ANNEX_TITLE: Final = "Tên phụ lục"
ATTACHED: Final = "Kèm theo"
CAPTION: Final = "Tên bảng"
CELL: Final = "Ô bảng"
CELL_HEAD: Final = "Đầu cột"
REST: Final = "Dòng dưới bảng"
RECIPIENTS_HEAD: Final = "Nơi nhận"
RECIPIENT: Final = "Nơi nhận (danh sách)"
SIGNER: Final = "Quyền hạn, chức vụ"
SIGNER_NAME: Final = "Họ tên người ký"
CHECK: Final = "Mã kiểm tra"
PAGE_NUMBER: Final = "Số trang"
DEMO: Final = "Số liệu giả định"
MARK: Final = "Dấu bản dự thảo"
AWARD: Final = "Giấy công nhận"
AWARD_BODY: Final = "Giấy công nhận (cơ quan)"
AWARD_VERB: Final = "Giấy công nhận (lời)"
AWARD_PLACE: Final = "Giấy công nhận (địa bàn)"
AWARD_DATE: Final = "Giấy công nhận (ngày)"
AWARD_NAME: Final = "Giấy công nhận (tên xã)"
AWARD_STANDARD: Final = "Giấy công nhận (tiêu chuẩn)"
AWARD_SIGNER: Final = "Giấy công nhận (chức vụ)"
AWARD_SIGNER_NAME: Final = "Giấy công nhận (người ký)"
AWARD_REGISTER: Final = "Giấy công nhận (số vào sổ)"
AWARD_NOTE: Final = "Giấy công nhận (căn cứ)"

STYLES: Final = (
    Style(GAP, size=1, keeps_next=True),
    Style(PARENT_BODY, size=13, align="center"),
    Style(BODY, size=13, is_bold=True, align="center"),
    Style(STATE, size=13, is_bold=True, align="center"),
    Style(MOTTO, is_bold=True, align="center"),
    Style(NUMBER, size=13, align="center", before=4),
    Style(PLACE, is_italic=True, align="center", before=4),
    Style(ABOUT, size=12, align="center", left=4, right=4),
    Style(TITLE, is_of_word=True, is_bold=True, align="center", before=20, keeps_next=True),
    Style(SUBJECT, is_bold=True, align="center", left=10, right=10, keeps_next=True),
    Style(AUTHORITY, is_bold=True, align="center", before=14, after=8),
    Style(ADDRESSEE, align="center", before=18, after=6, line=BODY_LINE),
    Style(ADDRESSEES_HEAD, before=18, left=25, line=BODY_LINE, keeps_next=True),
    Style(ADDRESSEE_LIST, left=49, line=BODY_LINE),
    Style(BASIS, is_italic=True, align="both", first_line=10, before=6, line=BODY_LINE),
    Style(DECIDES, is_bold=True, align="center", before=10, after=4, keeps_next=True),
    Style(TEXT, align="both", first_line=10, before=6, line=BODY_LINE),
    Style(CENTRED, align="center", before=6, line=BODY_LINE),
    Style(
        HEADINGS[0], is_of_word=True, is_bold=True, first_line=10, before=6, line=BODY_LINE, keeps_next=True, level=1
    ),
    Style(
        HEADINGS[1], is_of_word=True, is_bold=True, first_line=10, before=6, line=BODY_LINE, keeps_next=True, level=2
    ),
    Style(HEADINGS[2], is_of_word=True, first_line=10, before=6, line=BODY_LINE, keeps_next=True, level=3),
    Style(ANNEX, is_bold=True, align="center", keeps_next=True, level=1),
    Style(ANNEX_TITLE, is_bold=True, align="center", left=8, right=8, keeps_next=True),
    Style(ATTACHED, is_italic=True, align="center", before=2, after=12, keeps_next=True),
    Style(CAPTION, is_italic=True, align="center", before=8, keeps_next=True),
    Style(CELL, size=13, line=CELL_LINE),
    Style(CELL_HEAD, size=13, is_bold=True, align="center", line=CELL_LINE),
    Style(REST, size=13, is_italic=True, align="center", before=4),
    Style(RECIPIENTS_HEAD, size=12, is_bold=True, is_italic=True, keeps_next=True),
    Style(RECIPIENT, size=11),
    Style(SIGNER, is_bold=True, align="center", keeps_next=True),
    Style(SIGNER_NAME, is_bold=True, align="center", before=74),
    Style(CHECK, size=9),
    Style(PAGE_NUMBER, size=13, align="center"),
    Style(DEMO, size=10.5, is_bold=True, align="center", color=DARK_RED),
    Style(MARK, size=9, align="right", color=GREY),
    Style(AWARD, size=46, is_bold=True, align="center", color=RED, spread=3),
    Style(AWARD_BODY, size=17, is_bold=True, align="center", before=14),
    Style(AWARD_VERB, size=17, is_italic=True, align="center", before=7),
    Style(AWARD_NAME, size=38, is_bold=True, align="center", before=7, color=RED),
    Style(AWARD_PLACE, size=17, is_italic=True, align="center", before=3),
    Style(AWARD_STANDARD, size=19, is_bold=True, align="center", before=8),
    Style(AWARD_DATE, size=14, is_italic=True, align="center", after=3),
    Style(AWARD_NOTE, size=12, is_italic=True, after=4, left=2, right=16),
    Style(AWARD_REGISTER, size=12, is_bold=True, after=4, left=2),
    Style(AWARD_SIGNER, size=14, is_bold=True, align="center", keeps_next=True),
    Style(AWARD_SIGNER_NAME, is_bold=True, align="center", before=57),
)
STYLE_IDS: Final = {style.name: f"P{number}" for number, style in enumerate(STYLES, start=1)}

_W: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_WORD_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_XML: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_FIRST_DAY_OF_ZIP: Final = (1980, 1, 1, 0, 0, 0)


def empty_document() -> DocumentObject:
    return Document(io.BytesIO(_empty_file()))


def written(document: DocumentObject) -> bytes:
    """The file; python-docx puts the time of writing on every part, which would make two files of one paper differ."""
    whole = io.BytesIO()
    document.save(whole)
    with zipfile.ZipFile(whole) as archive:
        return _zipped({name: archive.read(name) for name in archive.namelist()})


def _zipped(parts: Mapping[str, bytes]) -> bytes:
    """The same bytes for the same parts, whenever and wherever they are written."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, part in parts.items():
            entry = zipfile.ZipInfo(name, _FIRST_DAY_OF_ZIP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, part)
    return whole.getvalue()


@lru_cache(maxsize=1)
def _empty_file() -> bytes:
    """Written by hand, since the template of python-docx brings 170 styles, a thumbnail and an author along."""
    parts = {
        "[Content_Types].xml": f"""<Types xmlns="{_PACKAGE}/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/word/document.xml" ContentType="{_WORD_TYPE}.document.main+xml"/>
<Override PartName="/word/styles.xml" ContentType="{_WORD_TYPE}.styles+xml"/>
<Override PartName="/word/settings.xml" ContentType="{_WORD_TYPE}.settings+xml"/>
<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>
</Types>""",
        "_rels/.rels": f"""<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/>
<Relationship Id="rId2" Type="{_PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>
</Relationships>""",
        "docProps/core.xml": f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties"/>',
        "word/_rels/document.xml.rels": f"""<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_OFFICE}/styles" Target="styles.xml"/>
<Relationship Id="rId2" Type="{_OFFICE}/settings" Target="settings.xml"/>
</Relationships>""",
        "word/document.xml": f'<w:document xmlns:w="{_W}"><w:body><w:sectPr/></w:body></w:document>',
        "word/settings.xml": f"""<w:settings xmlns:w="{_W}">
<w:zoom w:percent="100"/>
<w:defaultTabStop w:val="567"/>
<w:compat>
<w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/>
</w:compat>
<w:themeFontLang w:val="vi-VN"/>
<w:decimalSymbol w:val=","/>
<w:listSeparator w:val=";"/>
</w:settings>""",
        "word/styles.xml": _styles_xml(),
    }
    return _zipped({name: f"{_XML}\n{part}".encode() for name, part in parts.items()})


def _styles_xml() -> str:
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    borders = "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="auto"/>' for side in sides)
    own = "\n".join(map(_style_xml, STYLES))
    return f"""<w:styles xmlns:w="{_W}">
<w:docDefaults>
<w:rPrDefault><w:rPr>
<w:rFonts w:ascii="{FONT}" w:hAnsi="{FONT}" w:eastAsia="{FONT}" w:cs="{FONT}"/>
<w:sz w:val="28"/><w:szCs w:val="28"/><w:lang w:val="vi-VN" w:eastAsia="vi-VN" w:bidi="ar-SA"/>
</w:rPr></w:rPrDefault>
<w:pPrDefault><w:pPr><w:spacing w:before="0" w:after="0" w:line="240" w:lineRule="auto"/></w:pPr></w:pPrDefault>
</w:docDefaults>
<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/></w:style>
<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont">
<w:name w:val="Default Paragraph Font"/><w:uiPriority w:val="1"/><w:semiHidden/>
</w:style>
<w:style w:type="table" w:default="1" w:styleId="TableNormal">
<w:name w:val="Normal Table"/><w:uiPriority w:val="99"/><w:semiHidden/>
<w:tblPr><w:tblCellMar>
<w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/>
</w:tblCellMar></w:tblPr>
</w:style>
<w:style w:type="table" w:styleId="TableGrid">
<w:name w:val="Table Grid"/><w:basedOn w:val="TableNormal"/><w:uiPriority w:val="39"/>
<w:tblPr><w:tblBorders>
{borders}
</w:tblBorders><w:tblCellMar>
<w:top w:w="60" w:type="dxa"/><w:left w:w="100" w:type="dxa"/>
<w:bottom w:w="60" w:type="dxa"/><w:right w:w="100" w:type="dxa"/>
</w:tblCellMar></w:tblPr>
</w:style>
{own}
</w:styles>"""


def _style_xml(style: Style) -> str:
    custom = "" if style.is_of_word else ' w:customStyle="1"'
    spacing = f'w:before="{twips(style.before)}" w:after="{twips(style.after)}" w:line="{round(style.line * 240)}"'
    indents = (
        f'w:{name}="{twips_of_mm(indent)}"'
        for name, indent in (("left", style.left), ("right", style.right), ("firstLine", style.first_line))
    )
    paragraph = (
        "<w:keepNext/>" if style.keeps_next else "",
        f'<w:spacing {spacing} w:lineRule="auto"/>',
        f"<w:ind {' '.join(indents)}/>",
        f'<w:jc w:val="{style.align}"/>',
        f'<w:outlineLvl w:val="{style.level - 1}"/>' if style.level else "",
    )
    letters = (
        "<w:b/><w:bCs/>" if style.is_bold else "",
        "<w:i/><w:iCs/>" if style.is_italic else "",
        f'<w:color w:val="{style.color}"/>' if style.color else "",
        f'<w:spacing w:val="{twips(style.spread)}"/>' if style.spread else "",
        f'<w:sz w:val="{round(style.size * 2)}"/><w:szCs w:val="{round(style.size * 2)}"/>',
    )
    return (
        f'<w:style w:type="paragraph"{custom} w:styleId="{STYLE_IDS[style.name]}"><w:name w:val="{style.name}"/>'
        f'<w:basedOn w:val="Normal"/><w:qFormat/>'
        f"<w:pPr>{''.join(paragraph)}</w:pPr><w:rPr>{''.join(letters)}</w:rPr></w:style>"
    )


def twips(points: float) -> int:
    return round(points * 20)


def twips_of_mm(millimetres: float) -> int:
    return round(millimetres * 1440 / 25.4)
