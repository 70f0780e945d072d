"""Small files as bytes, made in memory: good ones of each kind that may be uploaded, bad ones that must be refused."""

import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO

import pikepdf
import pillow_heif
from PIL import Image

DOCX_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
XLSX_MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
DOCM_MAIN = "application/vnd.ms-word.document.macroEnabled.main+xml"
VBA = "application/vnd.ms-office.vbaProject"

_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2048)
"""What old Word and Excel files begin with, and every new one that has a password."""

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
EXE = b"MZ\x90\x00" + bytes(512)


def pdf(text: str = "", *, trailer: str = "") -> bytes:
    """One empty page; `trailer` goes into the trailer dictionary, `text` into a comment to make files differ."""
    body = (
        f"%PDF-1.4\n%{text}\n"
        "1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
        "2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n"
        "3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>\nendobj\n"
    ).encode()
    table = b"xref\n0 4\n0000000000 65535 f \n"
    for number in (b"1", b"2", b"3"):
        table += b"%010d 00000 n \n" % (body.index(b"\n" + number + b" 0 obj") + 1)
    end = f"trailer\n<< /Size 4 /Root 1 0 R {trailer}>>\nstartxref\n{len(body)}\n%%EOF\n"
    return body + table + end.encode()


def encrypted_pdf(user: str = "mat-khau") -> bytes:
    """Encrypted for real; with an empty `user` it opens without a password and only asks not to be printed."""
    buffer = BytesIO()
    with pikepdf.open(BytesIO(pdf())) as source:
        source.save(buffer, encryption=pikepdf.Encryption(owner="chu", user=user))
    return buffer.getvalue()


def pdf_with(entries: str) -> bytes:
    """A PDF with these entries in its catalogue, packed away where a search through the bytes finds nothing."""
    buffer = BytesIO()
    with pikepdf.open(BytesIO(pdf())) as target:
        for name, value in pikepdf.Object.parse(entries.encode()).items():
            target.Root[name] = value
        target.save(buffer, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return buffer.getvalue()


def active_pdf(what: str) -> bytes:
    """A PDF that does something when opened or clicked, or carries a file: one of `ACTIVE`."""
    return pdf_with(ACTIVE[what])


ACTIVE = {
    "script": "<< /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>",
    "script in the names": "<< /Names << /JavaScript << /Names [(a) << /S /JavaScript /JS (app.alert(1)) >>] >> >> >>",
    "script, spelled otherwise": "<< /AA << /WC << /S /J#61vaScript /J#53 (app.alert(1)) >> >> >>",
    "program": "<< /OpenAction << /S /Launch /F (cmd.exe) >> >>",
    "file inside": "<< /Names << /EmbeddedFiles << /Names [(a.exe) << /Type /Filespec /F (a.exe) >>] >> >> >>",
    "web page on opening": "<< /OpenAction << /S /URI /URI (http://127.0.0.1:9/) >> >>",
    "form that sends itself": "<< /AcroForm << /Fields [] /XFA (x) >> >>",
}
QUIET = {
    "page on opening": "<< /OpenAction [0 /XYZ null null 0] >>",
    "jump on opening": "<< /OpenAction << /S /GoTo /D [0 /Fit] >> >>",
    "bookmark with the word": "<< /Title (JavaScript and Launch, OpenAction) >>",
}
"""What most PDFs hold that Word or a scanner saved."""


def swelling_pdf(megabytes: int = 64) -> bytes:
    """A PDF of some ten kilobytes whose object stream unpacks to so many megabytes."""
    packed = zlib.compress(b"5 0 6 3 [] [" + b" " * (megabytes * 1024 * 1024) + b"]", 9)
    body = b"%PDF-1.5\n1 0 obj\n<</Type/Catalog/Pages 2 0 R/AA 6 0 R>>\nendobj\n"
    second = len(body)
    body += b"2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
    third = len(body)
    body += b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>\nendobj\n"
    fourth = len(body)
    head = b"4 0 obj\n<</Type/ObjStm/N 2/First 8/Filter/FlateDecode/Length %d>>\nstream\n" % len(packed)
    body += head + packed + b"\nendstream\nendobj\n"
    table = [
        (0, 0, 0),
        (1, 9, 0),
        (1, second, 0),
        (1, third, 0),
        (1, fourth, 0),
        (2, 4, 0),
        (2, 4, 1),
        (1, len(body), 0),
    ]
    rows = b"".join(struct.pack(">BIB", *row) for row in table)
    end = b"7 0 obj\n<</Type/XRef/Size 8/W[1 4 1]/Root 1 0 R/Length %d>>\nstream\n" % len(rows)
    return body + end + rows + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % len(body)


def archive(parts: dict[str, bytes | str]) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return buffer.getvalue()


def _types(overrides: dict[str, str]) -> str:
    lines = "".join(f'<Override PartName="{part}" ContentType="{kind}"/>' for part, kind in overrides.items())
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{lines}</Types>'
    )


def relations(*lines: str) -> str:
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{"".join(lines)}</Relationships>'


def relation(kind: str, target: str, *, external: bool = False) -> str:
    mode = ' TargetMode="External"' if external else ""
    return f'<Relationship Id="r1" Type="{_RELATION}/{kind}" Target="{target}"{mode}/>'


def docx(*, main: str = DOCX_MAIN, extra: dict[str, bytes | str] | None = None) -> bytes:
    """A Word file of one empty paragraph; `extra` adds or replaces parts."""
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": _types({"/word/document.xml": main}),
        "_rels/.rels": relations(relation("officeDocument", "word/document.xml")),
        "word/document.xml": f'{_HEAD}<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        "<w:body><w:p/></w:body></w:document>",
    }
    return archive(parts | (extra or {}))


def xlsx(
    sheet_data: str = '<row r="1"><c r="A1"><v>1</v></c></row>', *, extra: dict[str, bytes | str] | None = None
) -> bytes:
    """A workbook with one sheet «Trang1» of the given `<row>` elements; `extra` adds or replaces parts."""
    spreadsheet = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts: dict[str, bytes | str] = {
        "[Content_Types].xml": _types(
            {
                "/xl/workbook.xml": XLSX_MAIN,
                "/xl/worksheets/sheet1.xml": f"{_SPREADSHEET}.worksheet+xml",
                "/xl/styles.xml": f"{_SPREADSHEET}.styles+xml",
            }
        ),
        "_rels/.rels": relations(relation("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{spreadsheet}" xmlns:r="{_RELATION}">'
        '<sheets><sheet name="Trang1" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(
            relation("worksheet", "worksheets/sheet1.xml"), relation("styles", "styles.xml").replace('"r1"', '"r2"')
        ),
        "xl/worksheets/sheet1.xml": f'{_HEAD}<worksheet xmlns="{spreadsheet}">'
        f"<sheetData>{sheet_data}</sheetData></worksheet>",
        "xl/styles.xml": f'{_HEAD}<styleSheet xmlns="{spreadsheet}">'
        '<fonts count="1"><font/></fonts><fills count="1"><fill><patternFill/></fill></fills>'
        '<borders count="1"><border/></borders>'
        '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="1"><xf xfId="0"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
    }
    return archive(parts | (extra or {}))


ENTITIES = {
    "laughs": '<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY e "&b;&b;&b;&b;&b;&b;">',
    "external": '<!ENTITY e SYSTEM "file:///etc/hostname">',
    "parameter": '<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p; <!ENTITY e "">',
}
"""Declarations whose entity «e» grows, reads a file of the machine, or asks another one."""


def with_entity(content: bytes, part: str, declarations: str) -> bytes:
    """The office file with these declarations in front of one of its parts, and the entity «e» used inside it."""
    with zipfile.ZipFile(BytesIO(content)) as source:
        parts: dict[str, bytes | str] = {name: source.read(name) for name in source.namelist()}
    text = parts[part]
    head, _, rest = (text.decode() if isinstance(text, bytes) else text).partition("?>")
    parts[part] = f"{head}?><!DOCTYPE x [{declarations}]>{rest.replace('</', '&e;</', 1)}"
    return archive(parts)


def bomb(megabytes: int = 8) -> bytes:
    """A Word file of some kilobytes that unpacks to as many megabytes as asked."""
    return docx(extra={"word/media/image1.bmp": bytes(megabytes * 1024 * 1024)})


def boast(claimed: int = 201 * 1024 * 1024) -> bytes:
    """A Word file of 3 MB whose directory claims so many bytes for one part: less than a hundred times its size."""
    real = 3 * 1024 * 1024
    content = docx(extra={"word/media/image1.bmp": random.Random(1).randbytes(real)})  # noqa: S311 — only must not shrink
    assert content.count(struct.pack("<I", real)) == 2
    return content.replace(struct.pack("<I", real), struct.pack("<I", claimed))


def crowd(entries: int = 501) -> bytes:
    """A Word file of far more parts than a document has."""
    return docx(extra={f"word/part{number}.xml": "<a/>" for number in range(entries)})


def picture(kind: str, width: int = 40, height: int = 30) -> bytes:
    """A JPEG or PNG that has something in it, so that its data is longer than its head."""
    buffer = BytesIO()
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    image.save(buffer, format=kind)
    return buffer.getvalue()


def heic(width: int = 64, height: int = 48) -> bytes:
    """As an iPhone sends it."""
    buffer = BytesIO()
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    pillow_heif.from_pillow(image).save(buffer)
    return buffer.getvalue()


def phone_photo(kind: str = "JPEG", *, orientation: int = 6, width: int = 300, height: int = 200) -> bytes:
    """A photo that says where it was taken, with which telephone, and that it lies on its side; its upper left corner
    is red. What follows the picture is not a picture."""
    image = Image.new("RGB", (width, height), "white")
    image.paste("red", (0, 0, width // 3, height // 3))
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "DIEN THOAI THU"
    exif.get_ifd(0x8825).update({1: "N", 2: (10.0, 27.0, 36.0), 3: "E", 4: (105.0, 38.0, 24.0)})
    buffer = BytesIO()
    image.save(buffer, format=kind, exif=exif, comment=b"ghi chu kin", icc_profile=b"ho so mau")
    return buffer.getvalue() + b"PK\x03\x04 phan giau sau anh"


def jpg() -> bytes:
    return picture("JPEG")


def png() -> bytes:
    return picture("PNG")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def flood_png(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG of under a hundred bytes whose head claims 3,6 thousand million pixels."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + _chunk(b"IDAT", zlib.compress(b"")) + _chunk(b"IEND", b"")


GOOD = {
    "bien-ban.pdf": pdf(),
    "bao-cao.docx": docx(),
    "so-lieu.xlsx": xlsx(),
    "anh.jpg": jpg(),
    "anh.png": png(),
    "anh.heic": heic(),
}
"""One good file of each kind, by name."""


def _outside(kind: str, target: str) -> bytes:
    link = relations(relation(kind, target, external=True))
    return docx(extra={"word/_rels/settings.xml.rels": link})


def _cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


HOSTILE: dict[str, Callable[[], bytes]] = {
    "trong.pdf": bytes,
    "trang-web.pdf": lambda: HTML,
    "hinh-ve.png": lambda: SVG,
    "hinh-ve.svg": lambda: SVG,
    "trang-web.html": lambda: HTML,
    "chay.exe": lambda: EXE,
    "chay.pdf": lambda: EXE,
    "co-mat-khau.pdf": encrypted_pdf,
    "co-mat-khau.docx": lambda: OLE,
    "co-macro.docx": lambda: docx(extra={"word/vbaProject.bin": b"x"}),
    "dang-macro.docx": lambda: docx(main=DOCM_MAIN),
    "mau-o-ngoai.docx": lambda: _outside("attachedTemplate", "https://example.vn/mau.dotm"),
    "mau-tren-may.docx": lambda: _outside("attachedTemplate", "file:///C:/mau.dotm"),
    "mau-tren-mang.docx": lambda: _outside("attachedTemplate", "file://192.0.2.1/chung/mau.dotm"),
    "anh-o-ngoai.docx": lambda: _outside("image", "http://192.0.2.1/dem.png"),
    "doi-tuong-ngoai.docx": lambda: _outside("oleObject", "http://192.0.2.1/a.xlsx"),
    "dang-macro.docm": lambda: docx(main=DOCM_MAIN),
    "van-ban-cu.doc": lambda: OLE,
    "bang-tinh-cu.xls": lambda: OLE,
    "nen.zip": lambda: archive({"a.txt": "a"}),
    "nen.docx": lambda: archive({"a.txt": "a"}),
    "bang-tinh.docx": xlsx,
    "van-ban.xlsx": docx,
    "van-ban.pdf": docx,
    "anh.pdf": png,
    "anh-that-la-png.jpg": png,
    "anh-that-la-jpg.png": jpg,
    "anh-that-la-jpg.heic": jpg,
    "trang-web.jpg": lambda: HTML,
    "trang-web-truoc.pdf": lambda: HTML + pdf(),
    "trang-web-truoc.docx": lambda: HTML + docx(),
    "cut.pdf": lambda: _cut(pdf()),
    "cut.docx": lambda: _cut(docx()),
    "cut.xlsx": lambda: _cut(xlsx()),
    "cut.jpg": lambda: _cut(phone_photo()[:-200]),
    "cut.png": lambda: _cut(png()),
    "cut.heic": lambda: _cut(heic()),
    "trong.docx": bytes,
    "trong.jpg": bytes,
    "khong-in-duoc.pdf": lambda: encrypted_pdf(user=""),
    "bung-ra.pdf": swelling_pdf,
    "khong-trang.pdf": lambda: b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
    "phan-dau.pdf": lambda: b"%PDF-1.4\n%%EOF\n",
    "khai-nho.docx": lambda: bomb(3).replace(struct.pack("<I", 3 * 1024 * 1024), struct.pack("<I", 2000)),
    "ngap-mot-chut.png": lambda: flood_png(10_001, 5_000),
    "bung-ra.docx": bomb,
    "khai-lon.docx": boast,
    "nhieu-phan.docx": crowd,
    "ngap-diem-anh.png": flood_png,
    "thuc-the-lon.xlsx": lambda: with_entity(xlsx(), "[Content_Types].xml", ENTITIES["laughs"]),
    "thuc-the-ngoai.xlsx": lambda: with_entity(xlsx(), "[Content_Types].xml", ENTITIES["external"]),
    "thuc-the-ngoai.docx": lambda: with_entity(docx(), "[Content_Types].xml", ENTITIES["external"]),
}
"""What must be refused, by the name under which it is sent; made when asked for, since some of it is large."""
