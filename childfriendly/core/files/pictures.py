"""Pictures are drawn anew: what is kept has our size and our encoder's bytes, and nothing of what a camera writes along
(place, time, serial number) or of what somebody hid behind the picture (SECURITY.md F-03)."""

import struct
import threading
import warnings
import zlib
from io import BytesIO
from typing import IO

import pillow_heif
from PIL import Image, ImageFile, ImageOps

from childfriendly.core.exceptions import Refused
from childfriendly.core.files.refusals import damaged, other_kind

MAX_PIXELS = 50_000_000
MAX_SIDE = 2400  # pixels; an A4 page at 200 dots an inch
_QUALITY = 85
_KINDS = {"jpg": "JPEG", "png": "PNG", "heic": "HEIF"}
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})

# A header that claims more pixels than this is refused before a single pixel is unpacked.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)
pillow_heif.register_heif_opener(thumbnails=False)

_one_at_a_time = threading.Lock()  # fifty million pixels take 200 MB of memory while they are drawn


def redraw(stream: IO[bytes], name: str, extension: str) -> tuple[bytes, str]:
    """The picture as it is kept, and its extension: HEIC becomes JPG. Raises `Refused`."""
    if not _has_signature(stream.read(12), extension):
        raise other_kind(name, extension)
    try:
        with _one_at_a_time:
            ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint, once imported, wants half a picture rather than none
            return _redraw(stream, "PNG" if extension == "png" else "JPEG", _KINDS[extension])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused(
            f'Ảnh "{name}" có quá nhiều điểm ảnh, tối đa {MAX_PIXELS // 1_000_000} triệu. '
            "Chụp lại bằng điện thoại hoặc giảm độ phân giải khi quét."
        ) from error
    except (
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        LookupError,
        RuntimeError,
        TypeError,
        struct.error,
        zlib.error,
    ) as error:
        raise damaged(name) from error


def _has_signature(head: bytes, extension: str) -> bool:
    if extension == "heic":
        return head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS
    return head.startswith({"jpg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n"}[extension])


def _redraw(stream: IO[bytes], target: str, kind: str) -> tuple[bytes, str]:
    stream.seek(0)
    with Image.open(stream, formats=[kind]) as image:
        if image.width * image.height > MAX_PIXELS:
            raise Image.DecompressionBombError
        image.verify()
    stream.seek(0)
    with Image.open(stream, formats=[kind]) as image:
        image.draft("RGB", (MAX_SIDE, MAX_SIDE))  # a JPEG is unpacked no larger than needed
        upright = ImageOps.exif_transpose(image)
        picture = upright.convert(_mode(upright, target))
    picture.thumbnail((MAX_SIDE, MAX_SIDE))
    picture.info.clear()  # Pillow writes colour profile and comment from here
    buffer = BytesIO()
    picture.save(buffer, format=target, quality=_QUALITY)
    return buffer.getvalue(), "png" if target == "PNG" else "jpg"


def _mode(image: Image.Image, target: str) -> str:
    if target == "PNG" and image.has_transparency_data:
        return "RGBA"
    return "L" if image.mode in {"1", "L", "I;16", "I"} else "RGB"
