import csv
import datetime
import io
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from communes.models import Level, Succession, Unit

pytestmark = pytest.mark.django_db

FOLDER = settings.BASE_DIR / "fixtures" / "units"
LAST_OLD_DAY = datetime.date(2025, 6, 30)
FIRST_NEW_DAY = datetime.date(2025, 7, 1)


def load(folder: Path = FOLDER) -> str:
    out = io.StringIO()
    call_command("load_communes", folder=folder, stdout=out)
    return out.getvalue()


def small_lists(folder: Path, *, old: str = "", new: str = "", communes: str = "", provinces: str = "") -> Path:
    columns = "code,level,type,name,parent_code\n"
    for name, text in {
        "units_until_2025-06-30.csv": columns + old,
        "units_from_2025-07-01.csv": columns + new,
        "commune_succession_2025-07-01.csv": "old_code,new_code,extent\n" + communes,
        "province_succession_2025-07-01.csv": "old_code,new_code\n" + provinces,
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_the_whole_country_is_loaded_once_and_a_second_run_changes_nothing() -> None:
    began = time.perf_counter()
    first = load()
    assert time.perf_counter() - began < 20
    assert first.splitlines()[0] == (
        "Đã nạp 10.810 đơn vị đến hết 30/06/2025, 3.355 đơn vị từ 01/07/2025, 10.618 quan hệ kế thừa: "
        "thêm 24.783 dòng, sửa 0 dòng."
    )
    stored = list(Unit.objects.order_by("pk").values())

    second = load()
    assert second.splitlines()[0] == (
        "Không có gì thay đổi: đã có 10.810 đơn vị đến hết 30/06/2025, 3.355 đơn vị từ 01/07/2025, "
        "10.618 quan hệ kế thừa."
    )
    assert list(Unit.objects.order_by("pk").values()) == stored
    assert first.splitlines()[1:] == second.splitlines()[1:]

    counts = {
        (day, level): Unit.objects.in_force_on(day).filter(level=level).count()
        for day in (LAST_OLD_DAY, FIRST_NEW_DAY)
        for level in Level
    }
    assert counts == {
        (LAST_OLD_DAY, Level.PROVINCE): 63,
        (LAST_OLD_DAY, Level.DISTRICT): 696,
        (LAST_OLD_DAY, Level.COMMUNE): 10_051,
        (FIRST_NEW_DAY, Level.PROVINCE): 34,
        (FIRST_NEW_DAY, Level.DISTRICT): 0,
        (FIRST_NEW_DAY, Level.COMMUNE): 3_321,
    }

    # codes keep their zeros
    with (FOLDER / "units_from_2025-07-01.csv").open(encoding="utf-8", newline="") as file:
        listed = {row["code"] for row in csv.DictReader(file)}
    assert set(Unit.objects.in_force_on(FIRST_NEW_DAY).values_list("code", flat=True)) == listed

    # one code, two units
    then, now = Unit.objects.with_parents().filter(code="30037").order_by("valid_from")
    assert then.full_name_with_parents == "Thị trấn Mỹ An, huyện Tháp Mười, tỉnh Đồng Tháp"
    assert (then.valid_from, then.valid_to) == (datetime.date(2000, 1, 1), LAST_OLD_DAY)
    assert now.full_name_with_parents == "Xã Tháp Mười, tỉnh Đồng Tháp"
    assert (now.valid_from, now.valid_to) == (FIRST_NEW_DAY, None)

    # the districts of the plans
    for district, size in (
        ("Huyện Tháp Mười", 13),
        ("Huyện Tam Đường", 13),
        ("Huyện Kon Rẫy", 7),
        ("Thị xã An Khê", 11),
    ):
        assert Unit.objects.get(name=district).children.count() == size

    # nobody gets the dossiers of a province of which nothing went there
    extents = Succession.objects.filter(predecessor__name="Tỉnh Tiền Giang").values_list("successor__name", "extent")
    assert dict(extents) == {"Tỉnh Đồng Tháp": "whole", "Tỉnh Tây Ninh": "partial"}

    notes = first.splitlines()[2:]
    assert len([note for note in notes if note.endswith("không có đơn vị kế thừa.")]) == 28
    assert len([note for note in notes if note.endswith("không có đơn vị tiền thân.")]) == 5
    assert len([note for note in notes if note.startswith("- Bỏ qua dòng kế thừa")]) == 11
    assert len(notes) == 28 + 5 + 11 + 1
    assert (
        "- Xã Mỹ Hưng, huyện Quảng Hòa, tỉnh Cao Bằng (mã 01651, đến hết 30/06/2025) không có đơn vị kế thừa." in notes
    )
    assert "- Đặc khu Lý Sơn, tỉnh Quảng Ngãi (mã 21548, từ 01/07/2025) không có đơn vị tiền thân." in notes


def test_a_name_that_changed_in_the_file_changes_in_its_row(tmp_path: Path) -> None:
    folder = small_lists(
        tmp_path, new="87,province,tỉnh,Tỉnh Đồng Tháp,\n30037,commune,xã,Xã Tháp Mười,87\n", provinces=""
    )
    load(folder)
    before = Unit.objects.get(code="30037")
    small_lists(tmp_path, new="87,province,tỉnh,Tỉnh Đồng Tháp,\n30037,commune,phường,Phường Đường Thét,87\n")

    assert "thêm 0 dòng, sửa 1 dòng" in load(folder)
    after = Unit.objects.get(code="30037")
    assert (after.pk, after.uuid) == (before.pk, before.uuid)
    assert (after.name, after.kind) == ("Phường Đường Thét", "phường")
    assert list(Unit.objects.search("duong thet")) == [after]
    assert not Unit.objects.search("thap muoi").exists()


def test_a_unit_that_has_ended_meanwhile_is_not_revived(tmp_path: Path) -> None:
    folder = small_lists(tmp_path, new="87,province,tỉnh,Tỉnh Đồng Tháp,\n")
    load(folder)
    Unit.objects.update(valid_to=datetime.date(2027, 12, 31))
    load(small_lists(tmp_path, new="87,province,tỉnh,Tỉnh Đồng Tháp Mới,\n"))
    province = Unit.objects.get()
    assert (province.name, province.valid_to) == ("Tỉnh Đồng Tháp Mới", datetime.date(2027, 12, 31))


def test_an_unsound_row_is_named_and_the_others_are_loaded(tmp_path: Path) -> None:
    folder = small_lists(
        tmp_path,
        old="87,province,tỉnh,Tỉnh Đồng Tháp,\n"
        "872,district,huyện,Huyện Tháp Mười,87\n"
        "873,district,huyện,Huyện Dưới Huyện,872\n"
        "30037,commune,thị trấn,Thị trấn Mỹ An,872\n"
        "30037,commune,xã,Xã Trùng Mã,872\n"
        "30040,commune,xã,Xã Mồ Côi,999\n"
        "3004,commune,xã,Xã Thiếu Số,872\n"
        "30043,commune,làng,Làng Lạ,872\n"
        "30046,hamlet,ấp,Ấp Một,872\n"
        "30049,commune,xã,,872\n"
        f"30052,commune,xã,{'Xã Dài ' * 20},872\n"
        "88,province,tỉnh,Tỉnh Có Cha,87\n",
        new="87,province,tỉnh,Tỉnh Đồng Tháp,\n30037,commune,xã,xã Tháp Mười,87\n",
        communes="30037,30037,whole\n30037,99999,whole\n30037,30037,half\n",
        provinces="87,87\n99,87\n",
    )
    notes = load(folder).splitlines()[2:]
    assert sorted(notes) == sorted(
        [
            "- Không nạp «Huyện Dưới Huyện» (mã 873): đơn vị cấp trên không phải cấp tỉnh.",
            "- Không nạp «Xã Trùng Mã» (mã 30037): mã này đã có ở một dòng khác.",
            "- Không nạp «Xã Mồ Côi» (mã 30040): không có đơn vị cấp trên mang mã «999».",
            "- Không nạp «Xã Thiếu Số» (mã 3004): mã phải có 5 chữ số.",
            "- Không nạp «Làng Lạ» (mã 30043): loại «làng» không có.",
            "- Không nạp «Ấp Một» (mã 30046): cấp «hamlet» không có.",
            "- Không nạp «» (mã 30049): thiếu tên.",
            f"- Không nạp «{('Xã Dài ' * 20).strip()}» (mã 30052): tên dài quá 100 ký tự.",
            "- Không nạp «Tỉnh Có Cha» (mã 88): đơn vị cấp tỉnh không có đơn vị cấp trên.",
            "- Bỏ qua dòng kế thừa 30037 → 99999: không có đơn vị mới mang mã 99999.",
            "- Bỏ qua dòng kế thừa 30037 → 30037: phạm vi «half» không có.",
            "- Bỏ qua dòng kế thừa 99 → 87: không có tỉnh, thành phố mang mã này.",
        ]
    )
    assert sorted(Unit.objects.values_list("name", flat=True)) == [
        "Huyện Tháp Mười",
        "Thị trấn Mỹ An",
        "Tỉnh Đồng Tháp",
        "Tỉnh Đồng Tháp",
        "Xã Tháp Mười",
    ]
    assert Succession.objects.count() == 2


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda path: path.unlink(), "Không có tệp"),
        (
            lambda path: path.write_text("ma,ten\n1,2\n", encoding="utf-8"),
            "thiếu cột code, level, type, name, parent_code",
        ),
        (lambda path: path.write_bytes(b"code,level,type,name,parent_code\n01,province,t\xffnh,X,\n"), "mã UTF-8"),
    ],
)
def test_a_file_that_is_not_the_list_stops_the_run_and_leaves_nothing_half_done(
    tmp_path: Path, damage: object, sentence: str
) -> None:
    folder = small_lists(tmp_path, old="87,province,tỉnh,Tỉnh Đồng Tháp,\n")
    damage(folder / "units_from_2025-07-01.csv")  # type: ignore[operator]
    with pytest.raises(CommandError, match=sentence):
        load(folder)
    assert Unit.objects.count() == 0
