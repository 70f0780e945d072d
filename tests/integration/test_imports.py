"""People and area types from a workbook (SECURITY.md I-01 to I-04): every mistake by its cell, all or nothing, through
the services and rights of the screens, and the same file twice changes nothing."""

import datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from childfriendly.core import jobs
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.models import AuditEvent, Job
from childfriendly.core.sheets import clean_cell_text
from communes.imports import service
from communes.imports.plans import Problem
from communes.models import AreaType, AreaTypeAssignment, Import, Role, RoleAssignment, Unit, User
from communes.queries import roles_of
from tests.corpus import files, strings
from tests.factories import CommuneFactory, ProvinceFactory, RoleAssignmentFactory, UserFactory, user_with
from tests.signing_in import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("march")]

NOW = datetime.datetime(2026, 3, 10, 2, 0, tzinfo=datetime.UTC)
TODAY = datetime.date(2026, 3, 10)
PAGE = "/nhap-tu-excel/"
PEOPLE, TYPES = Import.Kind.PEOPLE, Import.Kind.AREA_TYPES
FROM = datetime.date(2026, 3, 10)


@pytest.fixture
def march() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def province() -> Unit:
    return ProvinceFactory(new=True, name="Tỉnh Đồng Tháp", code="82")


@pytest.fixture
def commune(province: Unit) -> Unit:
    return CommuneFactory(new=True, parent=province, name="Xã Tháp Mười", code="30037")


@pytest.fixture
def admin(province: Unit) -> User:
    return user_with(Role.CATALOGUE_ADMIN, province, full_name="Người Quản Trị", username="quan.tri")


def filled(kind: Import.Kind, by: User, rows: list[list[Any]]) -> bytes:
    """The form as it is downloaded, filled in with Excel."""
    book = openpyxl.load_workbook(BytesIO(service.form_of(kind, by=by, at=NOW)))
    sheet = book.worksheets[0]
    for number, row in enumerate(rows, start=2):
        for column, value in enumerate(row, start=1):
            sheet.cell(number, column, value)
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def received(kind: Import.Kind, by: User, rows: list[list[Any]]) -> Import:
    upload = SimpleUploadedFile("nguoi-dung.xlsx", filled(kind, by, rows))
    return service.receive(kind=kind, upload=upload, by=by, at=NOW)


def confirmed(item: Import, by: User) -> Job:
    job = service.confirm_people(item=item, by=by, at=NOW)
    jobs.run(str(job.uuid))
    job.refresh_from_db()
    return job


LAN = ["Trần Thị Lan", "lan.thapmuoi", "30037 – Xã Tháp Mười, tỉnh Đồng Tháp", "Cán bộ lập hồ sơ của xã", "", FROM]
MINH = ["Lê Văn Minh", "Minh.ThapMuoi", 30037, "lãnh đạo ubnd xã", "Chủ tịch", "01/04/2026", "31/12/2026"]
MINH_AGAIN = ["Lê Văn Minh", "minh.thapmuoi", "82", "Cán bộ kiểm tra", "", FROM]


# ---- the form ----------------------------------------------------------------------------------------------------
def test_the_form_offers_the_units_of_the_area_and_the_roles(admin: User, commune: Unit) -> None:
    CommuneFactory(new=True, name="Xã Nơi Khác", code="99999")
    book = openpyxl.load_workbook(BytesIO(service.form_of(PEOPLE, by=admin, at=NOW)))
    assert book.sheetnames == ["Người dùng", "Danh sách", "Thông tin"]
    lists = [[cell.value for cell in column if cell.value] for column in book["Danh sách"].iter_cols()]
    assert lists[2] == ["Đơn vị", "82 – Tỉnh Đồng Tháp", "30037 – Xã Tháp Mười, tỉnh Đồng Tháp"]
    assert lists[3] == ["Vai trò", *(role.label for role in Role if "admin" not in role.value)]
    rules = {str(rule.sqref): rule for rule in book.worksheets[0].data_validations.dataValidation}
    assert {cells: rule.type for cells, rule in rules.items()} == {
        "C2:C1001": "list",
        "D2:D1001": "list",
        "F2:F1001": "date",
        "G2:G1001": "date",
    }
    assert rules["C2:C1001"].formula1 == "'Danh sách'!$C$2:$C$3"


# ---- the preview -------------------------------------------------------------------------------------------------
def test_a_good_file_is_shown_and_nothing_is_written(admin: User, commune: Unit) -> None:
    before = User.objects.count()
    item = received(PEOPLE, admin, [LAN, MINH, [None, " "], MINH_AGAIN])
    plan = service.plan_of(item, by=admin, at=NOW)
    assert plan.problems == []
    assert [(row.number, row.username, row.role, row.valid_from, row.valid_to) for row in plan.rows] == [  # type: ignore[union-attr]
        (2, "lan.thapmuoi", Role.COMMUNE_EDITOR, FROM, None),
        (3, "minh.thapmuoi", Role.COMMUNE_HEAD, datetime.date(2026, 4, 1), datetime.date(2026, 12, 31)),
        (5, "minh.thapmuoi", Role.INSPECTOR, FROM, None),
    ]
    assert User.objects.count() == before


def test_every_mistake_is_named_by_its_cell(admin: User, commune: Unit, province: Unit) -> None:
    elsewhere = CommuneFactory(new=True, code="30100")
    user_with(Role.LEADER, elsewhere, username="nguoi.la")
    user_with(Role.COMMUNE_EDITOR, commune, username="da.ngung", full_name="Đã Ngừng", is_active=False)
    known = user_with(Role.CLERK, commune, username="da.co", full_name="Đã Có")
    RoleAssignmentFactory(user=known, role=Role.COMMUNE_EDITOR, unit=commune, valid_from=datetime.date(2026, 1, 1))
    unit, editor = "30037", Role.COMMUNE_EDITOR.label
    rows: list[list[Any]] = [
        ["", "a", unit, editor, "", FROM],
        ["An", "nguyễn", unit, editor, "", FROM],
        ["An", "nguoi.la", unit, editor, "", FROM],
        ["An", "quan.tri", unit, editor, "", FROM],
        ["Đã Ngừng", "da.ngung", unit, editor, "", FROM],
        ["Tên Khác", "da.co", unit, editor, "", FROM],
        ["An", "b", "30100", editor, "", FROM],
        ["An", "c", "77777", editor, "", FROM],
        ["An", "d", "Tháp Mười", editor, "", FROM],
        ["An", "e", unit, "Vua", "", FROM],
        ["An", "f", unit, "Quản trị danh mục", "", FROM],
        ["An", "g", unit, editor, "x" * 151, FROM],
        ["An", "h", unit, editor, "", ""],
        ["An", "i", unit, editor, "", "31/02/2026"],
        ["An", "k", unit, editor, "", FROM, "09/03/2026"],
        ["An", "l", unit, editor, "", "30/06/2025"],
        ["Đã Có", "da.co", unit, editor, "", FROM],
        ["An", "m", unit, editor, "", FROM],
        ["An", "m", unit, editor, "", "01/05/2026"],
        ["Bình", "m", unit, "Văn thư", "", FROM],
        ["An", "n", "", "", "", None],
        ["=1+1", "o", unit, editor, "", "05/06/2026 x"],
    ]
    before = AuditEvent.objects.count()
    plan = service.plan_of(received(PEOPLE, admin, rows), by=admin, at=NOW)
    day = "Nhập ngày có thật theo dạng ngày/tháng/năm, ví dụ 20/11/2024."
    login = "Tên đăng nhập chỉ gồm chữ không dấu, chữ số và các ký tự @ . + - _, bắt đầu bằng chữ hoặc số; nhập lại."
    choose = "Chọn một mục trong danh sách của biểu mẫu."
    assert [(problem.cell.partition("!")[2], problem.sentence) for problem in plan.problems] == [
        ("A2", "Nhập họ và tên của người dùng."),
        ("B3", login),
        ("B4", "Tên đăng nhập «nguoi.la» đã có người dùng; chọn một tên khác."),
        ("B5", "Không được tự giao vai trò cho chính mình; bỏ dòng này."),
        ("B6", "Tài khoản của Đã Ngừng đã ngừng hoạt động; mở lại tài khoản trước."),
        ("A7", "Tên đăng nhập «da.co» là của Đã Có; sửa họ tên hoặc tên đăng nhập."),
        ("C8", "Đơn vị mã 30100 không thuộc địa bàn được giao quản trị; chọn đơn vị trong địa bàn."),
        ("C9", "Không có đơn vị nào mang mã 77777; chọn trong danh sách."),
        ("C10", "Chọn đơn vị trong danh sách, hoặc nhập mã đơn vị."),
        ("D11", choose),
        ("D12", "Vai trò quản trị chỉ được giao trên máy chủ. Chọn một vai trò trong danh sách."),
        ("E13", "Chức danh dài quá 150 ký tự; rút ngắn lại."),
        ("F14", day),
        ("F15", day),
        ("G16", "Ngày kết thúc phải từ ngày bắt đầu trở đi; sửa lại ngày kết thúc."),
        ("F17", "Xã Tháp Mười chỉ có từ ngày 01/07/2025; chọn ngày từ ngày đó trở đi."),
        ("F18", "Đã có vai trò này từ ngày 01/01/2026; sửa ngày hoặc bỏ dòng này."),
        ("F20", "Trùng thời gian với dòng 19; bỏ một dòng hoặc sửa ngày."),
        ("A21", "Tên đăng nhập này ở dòng 19 là của «An»; sửa họ tên hoặc tên đăng nhập."),
        ("D22", choose),
        ("F22", day),
        ("C22", "Chọn đơn vị trong danh sách, hoặc nhập mã đơn vị."),
        ("A23", "Nhập họ và tên của người dùng."),  # a formula that Excel never worked out has no value
        ("F23", day),
    ]
    assert AuditEvent.objects.count() == before


def test_another_workbook_is_refused_at_the_door(admin: User, commune: Unit) -> None:
    for content in (files.xlsx(), filled(TYPES, admin, [])):
        with pytest.raises(Refused, match="không có trang «Người dùng» với dòng đầu như biểu mẫu"):
            service.receive(kind=PEOPLE, upload=SimpleUploadedFile("a.xlsx", content), by=admin, at=NOW)
    for name, make in files.HOSTILE.items():
        with pytest.raises(Refused):
            service.receive(kind=PEOPLE, upload=SimpleUploadedFile(name, make()), by=admin, at=NOW)
    assert not Import.objects.exists()


def test_hostile_texts_are_names_or_mistakes_and_never_an_error(admin: User, commune: Unit) -> None:
    texts = [text for text in map(clean_cell_text, strings.STRINGS) if text]  # openpyxl cannot write the others
    plan = service.plan_of(received(PEOPLE, admin, [[text] * 6 for text in texts]), by=admin, at=NOW)
    assert plan.rows == []
    assert all(problem.sentence.endswith(".") for problem in plan.problems)


def test_fifty_rows_cost_the_queries_of_one(admin: User, commune: Unit) -> None:
    def count(rows: list[list[Any]]) -> int:
        item = received(PEOPLE, admin, rows)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert service.plan_of(item, by=admin, at=NOW).problems == []
        return len(captured)

    assert count([LAN]) == count([["An", f"nguoi.{n}", "30037", "Văn thư", "", FROM] for n in range(50)])


# ---- confirming --------------------------------------------------------------------------------------------------
def test_confirmed_the_accounts_are_there_and_their_passwords_are_handed_out_once(admin: User, commune: Unit) -> None:
    item = received(PEOPLE, admin, [LAN, MINH, MINH_AGAIN])
    job = confirmed(item, admin)
    assert (job.state, job.message) == (Job.State.DONE, "Đã nhập 2 tài khoản mới, 3 vai trò.")
    minh = User.objects.get(username="minh.thapmuoi")
    assert minh.full_name == "Lê Văn Minh"
    assert sorted(minh.role_assignments.values_list("role", "title")) == [
        ("commune_head", "Chủ tịch"),
        ("inspector", ""),
    ]
    assert roles_of(minh, datetime.date(2026, 4, 1)).units(Role.COMMUNE_HEAD) == {commune.pk}
    told = AuditEvent.objects.get(action="import_people")
    assert (told.actor_name, told.after) == (
        "Người Quản Trị",
        {"sha256": item.sha256, "accounts": 2, "roles": 3},
    )
    assert AuditEvent.objects.filter(action="create_account").count() == 2

    item.refresh_from_db()
    sheet = openpyxl.load_workbook(BytesIO(service.hand_out_passwords(item=item, by=admin, at=NOW))).worksheets[0]
    _, lan, also_minh = sheet.iter_rows(values_only=True)
    assert (lan[:3], also_minh[1]) == (
        ("Trần Thị Lan", "lan.thapmuoi", "Xã Tháp Mười, tỉnh Đồng Tháp"),
        "minh.thapmuoi",
    )
    assert User.objects.get(username="lan.thapmuoi").check_password(str(lan[3]))
    assert User.objects.get(username="lan.thapmuoi").password_expires_at is not None
    item.refresh_from_db()
    with pytest.raises(Stale, match="đã được tải về hoặc đã hết hạn"):
        service.hand_out_passwords(item=item, by=admin, at=NOW)
    assert AuditEvent.objects.get(action="export_passwords").after["rows"] == 2


def test_neither_names_nor_passwords_lie_anywhere_in_clear(admin: User, commune: Unit, settings: Any) -> None:
    item = received(PEOPLE, admin, [LAN])
    confirmed(item, admin)
    item.refresh_from_db()
    passwords = item.passwords
    sheet = openpyxl.load_workbook(BytesIO(service.hand_out_passwords(item=item, by=admin, at=NOW))).worksheets[0]
    password = str(sheet["D2"].value)
    kept = [path.read_bytes() for path in Path(settings.IMPORTS_ROOT).rglob("*") if path.suffix == ".kin"]
    assert len(kept) == 1
    assert [b"PK" in content[:4] for content in kept] == [False]  # sealed: no workbook to look into
    assert password not in passwords
    assert password not in str(list(AuditEvent.objects.values())) + str(list(Job.objects.values()))


def test_the_same_file_twice_changes_nothing(admin: User, commune: Unit) -> None:
    rows = [LAN, MINH, MINH_AGAIN]
    confirmed(received(PEOPLE, admin, rows), admin)
    stored = list(RoleAssignment.objects.order_by("pk").values()), list(User.objects.order_by("pk").values())
    again = received(PEOPLE, admin, rows)
    plan = service.plan_of(again, by=admin, at=NOW)
    assert (plan.rows, plan.unchanged, plan.problems) == ([], 3, [])
    with pytest.raises(Refused, match="Tệp không có gì mới"):
        service.confirm_people(item=again, by=admin, at=NOW)
    assert (list(RoleAssignment.objects.order_by("pk").values()), list(User.objects.order_by("pk").values())) == stored


def test_one_bad_row_and_no_row_is_written(admin: User, commune: Unit) -> None:
    rows = [["An", f"nguoi.{n}", "30037", "Văn thư", "", FROM] for n in range(30)]
    rows[15][2] = "77777"
    item = received(PEOPLE, admin, rows)
    with pytest.raises(Refused, match="Tệp còn 1 lỗi, đầu tiên là Người dùng!C17: Không có đơn vị nào mang mã 77777"):
        service.confirm_people(item=item, by=admin, at=NOW)
    assert not User.objects.filter(username__startswith="nguoi.").filter(full_name="An").exists()


def test_what_changed_after_the_confirmation_stops_all_of_it(admin: User, commune: Unit) -> None:
    item = received(PEOPLE, admin, [LAN, MINH])
    job = service.confirm_people(item=item, by=admin, at=NOW)
    UserFactory(username="minh.thapmuoi")  # by an administrator of another area, a second ago
    jobs.run(str(job.uuid))
    job.refresh_from_db()
    assert (job.state, job.message) == (
        Job.State.FAILED,
        "Tệp còn 1 lỗi, đầu tiên là Người dùng!B3: Tên đăng nhập «minh.thapmuoi» đã có người dùng; chọn một tên khác.",
    )
    assert not User.objects.filter(username="lan.thapmuoi").exists()
    item.refresh_from_db()
    assert item.confirmed_at is None


def test_who_is_no_administrator_any_more_imports_nothing(admin: User, commune: Unit) -> None:
    item = received(PEOPLE, admin, [LAN])
    job = service.confirm_people(item=item, by=admin, at=NOW)
    admin.role_assignments.update(valid_to=TODAY - datetime.timedelta(days=1))
    jobs.run(str(job.uuid))
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert not User.objects.filter(username="lan.thapmuoi").exists()


def test_a_job_that_runs_twice_imports_once(admin: User, commune: Unit) -> None:
    item = received(PEOPLE, admin, [LAN])
    job = confirmed(item, admin)
    Job.objects.filter(pk=job.pk).update(state=Job.State.WAITING, finished_at=None)
    jobs.run(str(job.uuid))
    job.refresh_from_db()
    assert (job.state, job.message) == (Job.State.DONE, "Đã nhập 1 tài khoản mới, 1 vai trò.")
    assert AuditEvent.objects.filter(action="import_people").count() == 1


def test_a_day_later_the_file_and_the_passwords_are_gone(admin: User, commune: Unit, settings: Any) -> None:
    item = received(PEOPLE, admin, [LAN])
    confirmed(item, admin)
    item.refresh_from_db()
    later = NOW + service.KEPT_FOR
    with pytest.raises(Refused, match="đã quá 24 giờ"):
        service.plan_of(item, by=admin, at=later)
    with pytest.raises(Stale, match="đã hết hạn"):
        service.hand_out_passwords(item=item, by=admin, at=later)
    with time_machine.travel(datetime.datetime.now(datetime.UTC) + 400 * service.KEPT_FOR):
        call_command("forget_imports", stdout=StringIO())  # as every night
    item.refresh_from_db()
    assert item.passwords == ""
    assert list(Path(settings.IMPORTS_ROOT).rglob("*.kin")) == []


# ---- area types --------------------------------------------------------------------------------------------------
def test_area_types_come_in_at_once_or_not_at_all(admin: User, commune: Unit, province: Unit) -> None:
    other = CommuneFactory(new=True, parent=province, code="00123", name="Xã Mỹ An")
    poor, plain = AreaType.MOUNTAIN_ISLAND_DISADVANTAGED, AreaType.OTHER
    good: list[list[Any]] = [
        ["30037 – Xã Tháp Mười", poor.label, "861/QĐ-TTg", FROM],
        [123, plain.label, "861/QĐ-TTg", "10/03/2026"],
    ]
    bad: list[list[Any]] = [
        ["82", plain.label, "1/QĐ", FROM],
        ["30037", "Xã đảo", "", "30/06/2025"],
        ["30037", plain.label, "1/QĐ", FROM],
    ]
    plan = service.plan_of(received(TYPES, admin, bad), by=admin, at=NOW)
    assert plan.problems == [
        Problem("Loại xã!A2", "Tỉnh Đồng Tháp không phải đơn vị cấp xã; chọn một đơn vị cấp xã."),
        Problem("Loại xã!B3", "Chọn một mục trong danh sách của biểu mẫu."),
        Problem("Loại xã!C3", "Nhập số văn bản làm căn cứ xếp loại xã."),
        Problem("Loại xã!A3", "Xã Tháp Mười chỉ có từ ngày 01/07/2025; chọn ngày khác."),
    ]
    with pytest.raises(Refused, match="Tệp còn 5 lỗi"):
        service.confirm_area_types(item=received(TYPES, admin, [*good, *bad]), by=admin, at=NOW)
    assert not AreaTypeAssignment.objects.exists()

    item = received(TYPES, admin, good)
    assert service.confirm_area_types(item=item, by=admin, at=NOW) == "Đã xếp loại 2 đơn vị cấp xã."
    assert dict(AreaTypeAssignment.objects.values_list("unit", "area_type")) == {commune.pk: poor, other.pk: plain}
    again = service.plan_of(received(TYPES, admin, good), by=admin, at=NOW)
    assert (again.rows, again.unchanged, again.problems) == ([], 2, [])
    with pytest.raises(Refused, match="Tệp không có gì mới"):
        service.confirm_area_types(item=item, by=admin, at=NOW)


# ---- pages -------------------------------------------------------------------------------------------------------
def test_from_the_form_to_the_passwords(admin: User, commune: Unit) -> None:
    client = signed_in(admin)
    form = client.get(f"{PAGE}bieu-mau-nguoi-dung/")
    assert form.headers["Content-Disposition"] == 'attachment; filename="bieu-mau-people.xlsx"'
    assert client.post(PAGE, {"kind": "people"}).status_code == 422
    bad = client.post(PAGE, {"kind": "people", "upload": SimpleUploadedFile("a.xlsx", files.xlsx())})
    assert bad.status_code == 422
    assert "với dòng đầu như biểu mẫu" in bad.text

    wrong = SimpleUploadedFile("sai.xlsx", filled(PEOPLE, admin, [["An", "a", "77777", "Vua", "", FROM]]))
    page = client.post(PAGE, {"kind": "people", "upload": wrong}, follow=True)
    assert "2 lỗi phải sửa" in page.text
    assert "Người dùng!C2" in page.text
    assert "Xác nhận nhập" not in page.text

    upload = SimpleUploadedFile("nguoi-dung.xlsx", filled(PEOPLE, admin, [LAN]))
    page = client.post(PAGE, {"kind": "people", "upload": upload}, follow=True)
    url = page.request["PATH_INFO"]
    assert "1 dòng mới, 0 dòng đã có" in page.text
    assert "Trần Thị Lan (lan.thapmuoi), tài khoản mới" in page.text
    assert "Máy chủ đang nhập." in client.post(url, follow=True).text
    jobs.run(str(Job.objects.get().uuid))
    assert "Đã nhập 1 tài khoản mới, 1 vai trò." in client.get(url).text
    got = client.post(f"{url}mat-khau/")
    assert "no-store" in got.headers["Cache-Control"]
    assert openpyxl.load_workbook(BytesIO(got.content)).worksheets[0]["B2"].value == "lan.thapmuoi"
    assert client.post(f"{url}mat-khau/").status_code == 409
    assert "Tải tệp mật khẩu tạm" not in client.get(url).text


def test_an_upload_is_its_owners_alone(admin: User, commune: Unit, province: Unit) -> None:
    item = received(PEOPLE, admin, [LAN])
    other = signed_in(user_with(Role.CATALOGUE_ADMIN, province))
    assert other.get(f"{PAGE}{item.uuid}/").status_code == 404
    assert other.post(f"{PAGE}{item.uuid}/").status_code == 404
    assert other.post(f"{PAGE}{item.uuid}/mat-khau/").status_code == 404
    assert "nguoi-dung.xlsx" not in other.get(PAGE).text


def test_confirming_asks_who_is_there(admin: User, commune: Unit) -> None:
    item = received(PEOPLE, admin, [LAN])
    client = Client()
    client.force_login(admin)
    for page in (f"{PAGE}{item.uuid}/", f"{PAGE}{item.uuid}/mat-khau/"):
        assert client.post(page).status_code == 302
    assert not Job.objects.exists()
