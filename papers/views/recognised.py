"""The public list of recognised communes: a page, CSV and JSON of the same rows."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from assessments.models import DecisionItem
from childfriendly.core.clock import received_at
from childfriendly.core.rates import check_rate
from childfriendly.core.sheets import BOM, csv_bytes
from papers.forms.public import ListForm
from papers.recognitions import Recognition, published_in, published_provinces, published_years, recognitions
from papers.standing import Standing
from papers.views.public import let_keep, named, page, public, units_text

ROWS_ON_A_PAGE: Final = 25
ROWS_AT_ONCE: Final = 500  # of a file: what is looked up together, and sent together

STATES: Final = {
    Standing.ISSUED: ("dang_co_hieu_luc", "Đang có hiệu lực"),
    Standing.CORRECTED: ("da_dinh_chinh", "Đang có hiệu lực, quyết định đã được đính chính"),
    Standing.REPLACED: ("da_thay_the", "Đang có hiệu lực theo quyết định thay thế"),
    Standing.REVOKED: ("da_thu_hoi", "Đã thu hồi"),
}
"""Of a recognition: the word in files, which others' programs read and which never changes, and that on the page."""

Value = str | int | bool | date | None


def later_text(row: Recognition) -> str:
    """«Quyết định thu hồi số 20/QĐ-UBND ngày 05/12/2024»."""
    return "; ".join(f"{named(paper)} ngày {paper.issued_on:%d/%m/%Y}" for paper in row.said.later)


FIELDS: Final[dict[str, tuple[str, Callable[[Recognition], Value]]]] = {
    "nam": ("năm đánh giá", lambda row: row.item.decision.period.year),
    "ten_xa": ("tên xã, phường, thị trấn, đặc khu khi công nhận", lambda row: row.name),
    "thuoc": ("đơn vị cấp trên khi công nhận", lambda row: row.item.parent_name),
    "tinh": ("tỉnh, thành phố khi công nhận", lambda row: row.item.decision.period.province.name),
    "ma_don_vi": ("mã đơn vị hành chính khi công nhận", lambda row: row.item.dossier.commune.code),
    "quyet_dinh": ("số, ký hiệu quyết định công nhận", lambda row: row.item.decision.full_number),
    "ngay_quyet_dinh": ("ngày quyết định", lambda row: row.item.decision.issued_on),
    "co_quan": ("cơ quan quyết định", lambda row: row.item.decision.body_name),
    "so_vao_so": ("số vào sổ cấp giấy công nhận, trống nếu chưa cấp giấy", lambda row: row.register_number),
    "tinh_trang": (", ".join(f"{key}: {words.lower()}" for key, words in STATES.values()), lambda row: state(row)[0]),
    "van_ban_sau": ("văn bản đính chính, thay thế, thu hồi nếu có", later_text),
    "don_vi_hien_nay": ("đơn vị hiện nay nối tiếp, cách nhau bằng dấu chấm phẩy", lambda row: units_text(row.today)),
    "so_lieu_gia_dinh": ("có giá trị đúng nếu là số liệu chạy thử, không có giá trị pháp lý", lambda row: row.is_demo),
}
"""Name in files → what it holds. Others' programs read these names: one may be added, none may change."""


def state(row: Recognition) -> tuple[str, str]:
    return STATES[row.said.standing]


@public
def recognised(request: HttpRequest) -> HttpResponseBase:
    form = ListForm(request.GET, years=published_years(), provinces=published_provinces())
    kind = request.GET.get("dinh-dang", "")
    if not form.is_valid() or kind not in {"", *FILES}:
        return page(request, "recognised", {"form": form, "rows": [], "fields": FIELDS}, status=422)
    given = form.cleaned_data
    items = published_in(year=given["nam"], province=given["tinh"], text=given["xa"])
    today = timezone.localdate(received_at(request))
    if kind:
        check_rate(request, "file", settings.PUBLIC_FILES_PER_MINUTE)
        response = FILES[kind](items, today)
        let_keep(request, response)
        return response
    shown = Paginator(items, ROWS_ON_A_PAGE).get_page(request.GET.get("trang", ""))
    found = [(row, state(row)[1], later_text(row), units_text(row.today)) for row in recognitions(list(shown), today)]
    context = {
        "form": form,
        "page": shown,
        "rows": found,
        "chosen": urlencode({key: request.GET[key] for key in form.fields if request.GET.get(key)}),
        "fields": FIELDS,
    }
    return page(request, "recognised", context)


# ---- files -------------------------------------------------------------------------------------------------------
def _in_parts(items: QuerySet[DecisionItem], today: date) -> Iterator[list[Recognition]]:
    rows = items.iterator(chunk_size=ROWS_AT_ONCE)
    while part := list(islice(rows, ROWS_AT_ONCE)):
        yield recognitions(part, today)


def _values(row: Recognition) -> list[Value]:
    return [value(row) for _, value in FIELDS.values()]


def _as_csv(items: QuerySet[DecisionItem], today: date) -> StreamingHttpResponse:
    def parts() -> Iterator[bytes]:
        yield csv_bytes([list(FIELDS)])
        for part in _in_parts(items, today):
            yield csv_bytes(map(_in_words, part)).removeprefix(BOM)

    headers = {"Content-Disposition": 'attachment; filename="xa-phu-hop-voi-tre-em.csv"'}
    return StreamingHttpResponse(parts(), content_type="text/csv; charset=utf-8", headers=headers)


def _in_words(row: Recognition) -> list[str | int | date | None]:
    return [{True: "có", False: ""}[value] if isinstance(value, bool) else value for value in _values(row)]


def _as_json(items: QuerySet[DecisionItem], today: date) -> StreamingHttpResponse:
    """An array with one object a line; days as ISO 8601."""

    def parts() -> Iterator[str]:
        before = "[\n"
        for part in _in_parts(items, today):
            yield before + ",\n".join(map(_object, part))
            before = ",\n"
        yield "[]\n" if before == "[\n" else "\n]\n"

    return StreamingHttpResponse(parts(), content_type="application/json")


def _object(row: Recognition) -> str:
    return json.dumps(dict(zip(FIELDS, _values(row), strict=True)), ensure_ascii=False, default=date.isoformat)


FILES: Final = {"csv": _as_csv, "json": _as_json}
