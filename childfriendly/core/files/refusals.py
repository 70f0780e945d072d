"""The sentences that several checks share."""

from childfriendly.core.exceptions import Refused

TYPE_WORDS = {
    "pdf": "PDF",
    "docx": "Word (.docx)",
    "xlsx": "Excel (.xlsx)",
    "jpg": "ảnh JPG",
    "png": "ảnh PNG",
    "heic": "ảnh HEIC",
}


def damaged(name: str) -> Refused:
    return Refused(f'Tệp "{name}" bị hỏng hoặc chưa được chép đủ. Mở thử tệp trên máy, lưu lại rồi tải lên.')


def other_kind(name: str, extension: str) -> Refused:
    return Refused(
        f'Nội dung tệp "{name}" không phải {TYPE_WORDS[extension]}. '
        "Mở tệp, lưu lại đúng loại rồi tải lên; không chỉ đổi tên."
    )
