"""The audit for inspectors: who did what in their area, never what stands in a dossier.

Neither the figures before and after nor the reasons of officials are shown here: those are read on the dossier's own
page, where small counts are masked. What the system itself said in a refusal is shown.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from django import forms
from django.utils import timezone

from assessments.views.common import SENTENCES
from childfriendly.core.exports import watermark
from childfriendly.core.forms import NfcCharField, PlainForm, VietnameseDateField
from childfriendly.core.models import AuditEvent, AuditQuerySet
from childfriendly.core.sheets import open_workbook, text_format, write_text
from childfriendly.core.text import fold
from communes.models import Role, Unit, User, within
from communes.queries import roles_of

PER_PAGE: Final = 50
MOST_ROWS: Final = 20_000  # of one workbook; a narrower choice of days takes the rest
DAYS: Final = datetime.timedelta(days=30)

ACTIONS: Final[dict[str, str]] = {
    **{str(action): words for action, words in SENTENCES.items()},
    "revoke": "Thu hồi công nhận",
    "take_over_decision": "Ký quyết định thay lãnh đạo đã thôi giữ chức vụ",
    "issue_decision": "Vào số, phát hành quyết định",
    "draft_paper": "Soạn văn bản",
    "reword_paper": "Sửa câu chữ văn bản",
    "drop_paper": "Bỏ dự thảo văn bản",
    "sign_paper": "Ký văn bản",
    "enter_signed_paper": "Ghi nhận văn bản đã ký giấy",
    "number_paper": "Vào số văn bản",
    "issue_paper": "Phát hành văn bản",
    "export_paper": "Tải văn bản",
    "deny": "Bị từ chối",
    "sign_in": "Đăng nhập",
    "sign_in_failed": "Đăng nhập không thành công",
    "sign_in_locked": "Tạm khóa đăng nhập vì sai nhiều lần",
    "sign_out": "Đăng xuất",
    "session_expired": "Phiên đăng nhập hết hạn",
    "end_sessions": "Kết thúc các phiên đăng nhập",
    "second_factor_failed": "Sai mã xác thực",
    "enrol_second_factor": "Đăng ký xác thực hai bước",
    "remove_second_factor": "Bỏ xác thực hai bước",
    "renew_recovery_codes": "Lấy mã dự phòng mới",
    "reset_second_factor": "Đặt lại xác thực hai bước cho người khác",
    "change_password": "Đổi mật khẩu",
    "reset_password": "Đặt lại mật khẩu cho người khác",
    "create_account": "Mở tài khoản",
    "deactivate_account": "Ngừng tài khoản",
    "reactivate_account": "Mở lại tài khoản",
    "review_account": "Rà soát tài khoản",
    "assign_role": "Giao vai trò",
    "end_role": "Kết thúc vai trò",
    "take_back_role": "Thu hồi vai trò",
    "give_acting": "Giao làm thay",
    "end_acting": "Kết thúc làm thay",
    "accept_area_type": "Xếp loại xã",
    "load_criteria": "Nạp bộ tiêu chí",
    "confirm_criteria": "Xác nhận bộ tiêu chí",
    "open_period": "Mở kỳ đánh giá",
    "set_target": "Ghi chỉ tiêu",
    "confirm_authority": "Xác nhận thẩm quyền",
    "load_holidays": "Nạp ngày nghỉ lễ",
    "add_holiday": "Thêm ngày nghỉ, ngày làm việc",
    "remove_holiday": "Bỏ ngày nghỉ, ngày làm việc",
    "save_council": "Lưu danh sách Hội đồng",
    "begin_meeting": "Ghi phiên họp Hội đồng mới",
    "save_meeting": "Lưu phiên họp Hội đồng",
    "close_meeting": "Chốt phiên họp Hội đồng",
    "reopen_meeting": "Mở lại phiên họp Hội đồng",
    "attach_to_paper": "Đính kèm tệp vào văn bản",
    "save_recheck": "Ghi kết quả phúc tra",
    "ask_opinion": "Lấy ý kiến ngành",
    "enter_opinion": "Ghi ý kiến ngành nhận được",
    "set_issuer": "Đặt tên cơ quan, nơi nhận, căn cứ in trên văn bản",
    "refuse_infected_file": "Từ chối tệp có mã độc",
    "quarantine_file": "Cách ly tệp có mã độc",
    "export_minutes": "Tải dự thảo biên bản Hội đồng",
    "export_summary": "Tải bảng tổng hợp",
    "export_decision": "Tải quyết định",
    "export_certificate": "Tải giấy công nhận",
    "export_decision_papers": "Tải cả bộ văn bản của quyết định",
    "export_attachment": "Tải tệp kèm văn bản",
    "export_dossier_bundle": "Tải cả hồ sơ (ZIP)",
    "export_recheck_sheet": "Tải phiếu phúc tra",
    "export_opinion_form": "Tải phiếu lấy ý kiến",
    "export_audit": "Tải nhật ký",
    "import_people": "Nhập người dùng từ tệp Excel",
    "import_area_types": "Nhập loại xã từ tệp Excel",
    "export_accounts": "Tải danh sách tài khoản",
    "export_passwords": "Tải mật khẩu tạm của tài khoản vừa nhập",
}

OBJECTS: Final = {
    "assessments.Dossier": "Hồ sơ",
    "assessments.Proposal": "Hồ sơ trình",
    "assessments.Decision": "Quyết định",
    "papers.Council": "Hội đồng",
    "papers.Meeting": "Phiên họp Hội đồng",
    "papers.Opinion": "Phiếu lấy ý kiến",
    "communes.User": "Tài khoản",
    "communes.Unit": "Đơn vị",
    "communes.Import": "Tệp nhập",
    "criteria.Period": "Kỳ đánh giá",
    "criteria.Authority": "Thẩm quyền",
    "criteria.Holiday": "Ngày nghỉ",
    "papers.Paper": "Văn bản",
    "papers.Issuer": "Cơ quan ban hành văn bản",
    "address": "Địa chỉ trang",
}


def may_read_audit(user: User, today: datetime.date) -> bool:
    return roles_of(user, today).has(Role.INSPECTOR)


def audit_visible_to(user: User, today: datetime.date) -> AuditQuerySet:
    """Rows about what lies in the inspector's area, a province that it took over as a whole included."""
    area = roles_of(user, today).covered_unit_ids(Role.INSPECTOR)
    if not area:
        return AuditEvent.objects.none()
    return AuditEvent.objects.filter(unit_id__in=Unit.objects.filter(within(area)).values("pk"))


class AuditFilterForm(PlainForm, forms.Form):
    """What is not understood filters nothing away unseen: the page then shows the error and no rows."""

    nguoi = NfcCharField(label="Người thực hiện", help_text="Không cần gõ dấu", required=False, max_length=100)
    doi_tuong = NfcCharField(
        label="Đối tượng", help_text="Mã hồ sơ, số tờ trình, tên; không cần gõ dấu", required=False, max_length=100
    )
    viec = forms.ChoiceField(label="Việc", required=False, choices=[("", "Tất cả"), *ACTIONS.items()])
    loai = forms.ChoiceField(label="Loại đối tượng", required=False, choices=[("", "Tất cả"), *OBJECTS.items()])
    ket_qua = forms.ChoiceField(label="Kết quả", required=False, choices=[("", "Tất cả"), *AuditEvent.Result.choices])
    tu = VietnameseDateField(label="Từ ngày", help_text="Để trống là 30 ngày gần đây", required=False)
    den = VietnameseDateField(label="Đến hết ngày", required=False)

    def chosen(self, rows: AuditQuerySet, today: datetime.date) -> AuditQuerySet:
        """`rows` as filtered, newest first. Names are compared here, since no database folds «Đặng» to «dang»."""
        given = self.cleaned_data
        last: datetime.date = given["den"] or today
        first: datetime.date = given["tu"] or last - DAYS
        rows = rows.filter(at__gte=_midnight(first), at__lt=_midnight(last + datetime.timedelta(days=1)))
        for column, name in (("action", "viec"), ("object_type", "loai"), ("result", "ket_qua")):
            if given[name]:
                rows = rows.filter(**{column: given[name]})
        for column, name in (("actor_name", "nguoi"), ("object_name", "doi_tuong")):
            if words := fold(given[name]).split():
                names = rows.order_by().values_list(column, flat=True).distinct()
                rows = rows.filter(
                    **{f"{column}__in": [text for text in names if all(word in fold(text) for word in words)]}
                )
        return rows.order_by("-seq")


def _midnight(day: datetime.date) -> datetime.datetime:
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))


@dataclass(frozen=True, slots=True)
class Line:
    seq: int
    at: datetime.datetime
    actor: str
    role: str
    words: str
    kind: str
    thing: str
    result: str
    is_denied: bool
    said: str
    address: str
    request_id: str


def line_of(event: AuditEvent) -> Line:
    is_denied = event.result == AuditEvent.Result.DENIED
    item = event.after.get("item") or event.before.get("item")
    words = ACTIONS.get(event.action, event.action)
    return Line(
        seq=event.seq,
        at=event.at,
        actor=event.actor_name,
        role=event.actor_role,
        words=f"{words} ({item})" if isinstance(item, str) else words,
        kind=OBJECTS.get(event.object_type, "Khác"),
        thing=event.object_name,
        result=AuditEvent.Result(event.result).label,
        is_denied=is_denied,
        said=event.reason if is_denied else "",
        address=event.address,
        request_id=event.request_id,
    )


HEADINGS: Final = (
    ("Dòng", 8),
    ("Lúc", 17),
    ("Người thực hiện", 26),
    ("Vai trò", 34),
    ("Việc", 36),
    ("Loại", 14),
    ("Đối tượng", 34),
    ("Kết quả", 14),
    ("Lời từ chối", 44),
    ("Địa chỉ máy", 18),
    ("Mã yêu cầu", 34),
)


def audit_xlsx(events: Iterable[AuditEvent], *, by: User, at: datetime.datetime) -> bytes:
    buffer = BytesIO()
    workbook = open_workbook(buffer)
    sheet = workbook.add_worksheet("Nhật ký")
    font = {"font_name": "Times New Roman", "font_size": 12, "valign": "top", "text_wrap": True}
    head, text = text_format(workbook, **font, bold=True, bg_color="#DDE5EE"), text_format(workbook, **font)
    number = workbook.add_format(font)
    moment = workbook.add_format({**font, "num_format": "hh:mm dd/mm/yyyy"})
    write_text(sheet, 0, 0, watermark(by, at), text_format(workbook, font_name="Times New Roman", italic=True))
    for column, (title, width) in enumerate(HEADINGS):
        sheet.set_column(column, column, width)
        write_text(sheet, 2, column, title, head)
    sheet.freeze_panes(3, 2)
    row = 2
    for row, event in enumerate(events, start=3):
        line = line_of(event)
        sheet.write_number(row, 0, line.seq, number)
        sheet.write_datetime(row, 1, timezone.localtime(line.at).replace(tzinfo=None), moment)
        words = [line.actor, line.role, line.words, line.kind, line.thing, line.result, line.said, line.address]
        for column, value in enumerate([*words, line.request_id], start=2):
            write_text(sheet, row, column, value, text)
    sheet.autofilter(2, 0, row, len(HEADINGS) - 1)
    workbook.close()
    return buffer.getvalue()
