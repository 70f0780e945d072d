"""The papers of a commune: its council, its report with the full score table, its minutes, its request."""

from assessments.figures import DossierFigures
from childfriendly.core.exceptions import Refused


def check_complete(figures: DossierFigures) -> None:
    """What a commune writes about its score is about the whole of it."""
    if not figures.area.is_settled:
        raise Refused(
            "Loại xã (ngưỡng điểm) chưa được xác nhận bằng văn bản. "
            "Đề nghị quản trị danh mục của tỉnh xác nhận loại xã."
        )
    if figures.missing_totals:
        raise Refused(f"Số liệu nền còn thiếu {len(figures.missing_totals)} số. Nhập đủ số liệu nền trước.")
    if problems := figures.declared_sheet.problems:
        raise Refused(f"Bảng điểm còn {len(problems)} mục thiếu hoặc sai số liệu. Sửa ở trang kiểm tra hồ sơ trước.")
