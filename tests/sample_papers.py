"""Believable papers of every form, of one made-up district: for tests of the renderers and for the pictures in docs.

The texts are ours and no model of any ministry; the people are made up.
"""

from datetime import date

from papers.bases import laws
from papers.kinds import Form, Kind
from papers.structure import (
    Annex,
    Article,
    Certificate,
    Column,
    Content,
    Heading,
    Letterhead,
    Paragraph,
    Printed,
    Row,
    Signature,
    Table,
)

DAY = date(2024, 11, 5)
CODE = "7K2QX9MPLT"
CRITERIA = (
    "Căn cứ Quyết định số 06/QĐ-TTg ngày 03 tháng 01 năm 2019 của Thủ tướng Chính phủ ban hành Quy định tiêu chuẩn, "
    "trình tự đánh giá và công nhận xã, phường, thị trấn phù hợp với trẻ em"
)

DISTRICT = Letterhead(body="Ủy ban nhân dân huyện Ví Dụ", place="Ví Dụ")
OFFICE = Letterhead(
    parent_body="Ủy ban nhân dân huyện Ví Dụ",
    body="Phòng Lao động - Thương binh và Xã hội",
    place="Ví Dụ",
)
COMMUNE = Letterhead(parent_body="Ủy ban nhân dân huyện Ví Dụ", body="Ủy ban nhân dân xã Suối Mẫu", place="Suối Mẫu")

DEPUTY = Signature(lines=("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"), name="Trần Thị Giả Định")
CHAIR = Signature(lines=("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"), name="Lê Văn Thí Dụ")
HEAD = Signature(lines=("TRƯỞNG PHÒNG",), name="Phạm Văn Minh Họa")

LIST_COLUMNS = (
    Column("TT", 8, "center"),
    Column("Xã, thị trấn", 42),
    Column("Tổng điểm đạt được", 25, "center"),
    Column("Điểm tối thiểu phải đạt", 25, "center"),
)
COMMUNES = ("Xã Suối Mẫu", "Xã Đồi Thử", "Xã Bến Nháp", "Thị trấn Ví Dụ")


def communes(count: int) -> tuple[Row, ...]:
    names = (COMMUNES[n] if n < len(COMMUNES) else f"Xã Số {n + 1}" for n in range(count))
    return tuple(Row((str(n), name, f"{880 + n % 90},5", "850")) for n, name in enumerate(names, start=1))


def decision(*, count: int = 4, number: str = "2345", issued_on: date | None = DAY, code: str = CODE) -> Content:
    return Content(
        form=Form.DECISION,
        letterhead=DISTRICT,
        symbol="QĐ-UBND",
        year=2024,
        number=number,
        issued_on=issued_on,
        code=code,
        subject="Về việc công nhận xã, thị trấn phù hợp với trẻ em năm 2024",
        authority_line="ỦY BAN NHÂN DÂN HUYỆN VÍ DỤ",
        bases=(
            *laws(Kind.DECISION, DAY),
            CRITERIA,
            "Theo đề nghị của Trưởng Phòng Lao động - Thương binh và Xã hội huyện Ví Dụ tại Tờ trình số 45/TTr-LĐTBXH",
        ),
        blocks=(
            Article(
                f"Công nhận {count:02d} xã, thị trấn đạt tiêu chuẩn xã, phường, thị trấn phù hợp với trẻ em năm 2024 "
                "(có danh sách tại Phụ lục kèm theo)."
            ),
            Article(
                "Quyết định này có hiệu lực kể từ ngày ký. Các xã, thị trấn được công nhận tại Điều 1 được cấp Giấy "
                "công nhận."
            ),
            Article(
                "Chánh Văn phòng Hội đồng nhân dân và Ủy ban nhân dân huyện Ví Dụ, Trưởng Phòng Lao động - Thương binh "
                "và Xã hội huyện Ví Dụ, Chủ tịch Ủy ban nhân dân các xã, thị trấn có tên tại Điều 1 và thủ trưởng các "
                "cơ quan, đơn vị có liên quan chịu trách nhiệm thi hành Quyết định này./."
            ),
        ),
        annexes=(
            Annex(
                label="PHỤ LỤC",
                title=("DANH SÁCH XÃ, THỊ TRẤN", "ĐƯỢC CÔNG NHẬN PHÙ HỢP VỚI TRẺ EM NĂM 2024"),
                blocks=(Table(LIST_COLUMNS, communes(count)),),
            ),
        ),
        signatures=(DEPUTY,),
        recipients=("Như Điều 3", "CT, các PCT UBND huyện", "Lưu: VT, LĐTBXH"),
    )


def letter() -> Content:
    return Content(
        form=Form.LETTER,
        letterhead=OFFICE,
        symbol="LĐTBXH-TE",
        year=2024,
        number="312",
        issued_on=date(2024, 10, 2),
        subject="Về việc đề nghị bổ sung, hoàn thiện hồ sơ công nhận xã phù hợp với trẻ em năm 2024",
        addressees=("Ủy ban nhân dân xã Suối Mẫu", "Ủy ban nhân dân xã Đồi Thử"),
        blocks=(
            Paragraph(
                "Qua thẩm định hồ sơ đề nghị công nhận xã phù hợp với trẻ em năm 2024, Phòng Lao động - Thương binh và "
                "Xã hội huyện Ví Dụ đề nghị Ủy ban nhân dân xã bổ sung, hoàn thiện các nội dung sau:"
            ),
            Paragraph("Tiêu chí 3: bổ sung sổ theo dõi trẻ em bị tai nạn, thương tích tại nhà.", is_item=True),
            Paragraph("Tiêu chí 9: giải trình chênh lệch giữa số khai sinh và số quản lý dân cư.", is_item=True),
            Paragraph(
                "Hồ sơ bổ sung gửi về Phòng Lao động - Thương binh và Xã hội trước ngày 16 tháng 10 năm 2024. Quá thời "
                "hạn trên, hồ sơ được thẩm định theo số liệu đã có."
            ),
        ),
        signatures=(HEAD,),
        recipients=("Như trên", "Chủ tịch UBND huyện (để báo cáo)", "Lưu: VT, TE"),
    )


def submission() -> Content:
    return Content(
        form=Form.SUBMISSION,
        letterhead=COMMUNE,
        symbol="TTr-UBND",
        year=2024,
        number="8",
        issued_on=date(2024, 9, 3),
        subject="Đề nghị công nhận xã Suối Mẫu phù hợp với trẻ em năm 2024",
        addressees=("Ủy ban nhân dân huyện Ví Dụ",),
        bases=(CRITERIA,),
        blocks=(
            Paragraph(
                "Ủy ban nhân dân xã Suối Mẫu đã tổ chức tự đánh giá việc thực hiện các tiêu chí xã phù hợp với trẻ em "
                "năm 2024 với kết quả như sau:"
            ),
            Heading("I. KẾT QUẢ TỰ ĐÁNH GIÁ"),
            Heading("1. Tổng số điểm", 2),
            Paragraph("Tổng số điểm đạt được là 912,5 trên 1.000 điểm; mức tối thiểu của xã là 850 điểm."),
            Heading("2. Kết quả theo tiêu chí", 2),
            Heading("a) Tiêu chí đạt điểm tối đa", 3),
            Paragraph("Có 11 tiêu chí đạt điểm tối đa; không có tiêu chí nào bị 0 điểm."),
            Heading("II. ĐỀ NGHỊ"),
            Paragraph(
                "Ủy ban nhân dân xã Suối Mẫu kính trình Ủy ban nhân dân huyện Ví Dụ xem xét, quyết định công nhận xã "
                "Suối Mẫu phù hợp với trẻ em năm 2024."
            ),
        ),
        signatures=(CHAIR,),
        recipients=("Như trên", "Phòng LĐTBXH huyện", "Lưu: VT, VX"),
    )


def report(*, rows: int = 9) -> Content:
    columns = (
        Column("TT", 5, "center"),
        Column("Nội dung tiêu chí", 39),
        Column("Số liệu", 14, "right"),
        Column("Tỷ lệ (%)", 12, "right"),
        Column("Điểm tối đa", 10, "right"),
        Column("Điểm tự chấm", 10, "right"),
        Column("Ghi chú", 10),
    )
    scores = tuple(
        Row((f"{n}", f"Nội dung của tiêu chí {n}: số trẻ em được hưởng dịch vụ", "124/126", "98,41", "75", "70,5", ""))
        for n in range(1, rows + 1)
    )
    total = Row(("", "Tổng số điểm", "", "", "1.000", "912,5", ""), is_total=True)
    return Content(
        form=Form.REPORT,
        letterhead=COMMUNE,
        symbol="BC-UBND",
        year=2024,
        number="57",
        issued_on=date(2024, 9, 2),
        subject="Tự đánh giá kết quả thực hiện tiêu chí xã phù hợp với trẻ em năm 2024",
        blocks=(
            Heading("I. CÔNG TÁC CHỈ ĐẠO, TRIỂN KHAI"),
            Paragraph(
                "Hội đồng đánh giá của xã họp ngày 26 tháng 8 năm 2024 với đủ 09 thành viên, thống nhất kết quả tự "
                "đánh giá bằng 09/09 phiếu."
            ),
            Heading("II. KẾT QUẢ THỰC HIỆN"),
            Table(
                (Column("Chỉ tiêu", 60), Column("Năm 2023", 20, "right"), Column("Năm 2024", 20, "right")),
                (
                    Row(("Trẻ em dưới 16 tuổi", "1.204", "1.187")),
                    Row(("Trẻ em có thẻ bảo hiểm y tế", "1.198", "1.187")),
                ),
                caption="Bảng 1. Số liệu cơ bản",
            ),
            Paragraph("Điểm của từng tiêu chí nêu tại Phụ lục kèm theo."),
        ),
        annexes=(
            Annex(
                label="PHỤ LỤC",
                title=("BẢNG TỰ CHẤM ĐIỂM NĂM 2024",),
                blocks=(Table(columns, (*scores, total)),),
                is_landscape=True,
            ),
        ),
        signatures=(CHAIR,),
        recipients=("UBND huyện Ví Dụ", "Phòng LĐTBXH huyện", "Lưu: VT, VX"),
    )


def minutes(*, name: str = "Lê Văn Thí Dụ") -> Content:
    return Content(
        form=Form.MINUTES,
        letterhead=COMMUNE,
        symbol="BB-UBND",
        year=2024,
        number="11",
        issued_on=date(2024, 8, 26),
        subject="Họp Hội đồng đánh giá xã phù hợp với trẻ em năm 2024",
        blocks=(
            Paragraph("Thời gian: 08 giờ 00 phút, ngày 26 tháng 8 năm 2024."),
            Paragraph("Địa điểm: Hội trường Ủy ban nhân dân xã Suối Mẫu."),
            Heading("I. THÀNH PHẦN"),
            Paragraph("Chủ trì: Ông Lê Văn Thí Dụ, Chủ tịch Ủy ban nhân dân xã.", is_item=True),
            Paragraph("Thư ký: Bà Đỗ Thị Nháp, công chức Văn hóa - Xã hội.", is_item=True),
            Paragraph("Có mặt 09/09 thành viên Hội đồng.", is_item=True),
            Heading("II. NỘI DUNG VÀ BIỂU QUYẾT"),
            Paragraph(
                "Hội đồng thống nhất tổng số điểm tự đánh giá là 912,5 điểm với 09/09 phiếu tán thành, đạt 100%."
            ),
            Paragraph("Cuộc họp kết thúc hồi 10 giờ 30 phút cùng ngày."),
        ),
        signatures=(
            Signature(lines=("THƯ KÝ",), name="Đỗ Thị Nháp" if name else ""),
            Signature(lines=("CHỦ TRÌ",), name=name),
        ),
    )


def notice() -> Content:
    return Content(
        form=Form.NOTICE,
        letterhead=DISTRICT,
        symbol="TB-UBND",
        year=2024,
        number="98",
        issued_on=date(2024, 11, 28),
        subject="Về việc không công nhận xã Láng Nháp phù hợp với trẻ em năm 2024",
        blocks=(
            Paragraph(
                "Ủy ban nhân dân huyện Ví Dụ thông báo xã Láng Nháp chưa đạt tiêu chuẩn xã phù hợp với trẻ em năm 2024 "
                "vì các lý do sau:"
            ),
            Paragraph("Tổng số điểm 812,5 thấp hơn mức tối thiểu 850 điểm.", is_item=True),
            Paragraph("Tiêu chí 5 bị 0 điểm.", is_item=True),
            Paragraph("Đề nghị Ủy ban nhân dân xã khắc phục để đề nghị công nhận trong kỳ đánh giá sau."),
        ),
        signatures=(DEPUTY,),
        recipients=("UBND xã Láng Nháp", "Phòng LĐTBXH huyện", "Lưu: VT, LĐTBXH"),
    )


def receipt() -> Content:
    return Content(
        form=Form.RECEIPT,
        letterhead=OFFICE,
        symbol="GTN-LĐTBXH",
        year=2024,
        number="21",
        issued_on=date(2024, 9, 5),
        subject="Hồ sơ đề nghị công nhận xã phù hợp với trẻ em năm 2024",
        blocks=(
            Paragraph(
                "Phòng Lao động - Thương binh và Xã hội huyện Ví Dụ đã tiếp nhận hồ sơ của Ủy ban nhân dân xã Suối Mẫu "
                "gồm các thành phần sau:"
            ),
            Table(
                (Column("TT", 8, "center"), Column("Tên tài liệu", 67), Column("Số lượng", 25, "center")),
                (Row(("1", "Tờ trình đề nghị công nhận", "01")), Row(("2", "Báo cáo tự đánh giá", "01"))),
            ),
            Paragraph("Thời hạn thẩm định: 15 ngày làm việc, chậm nhất ngày 26 tháng 9 năm 2024."),
        ),
        signatures=(HEAD,),
        recipients=("UBND xã Suối Mẫu", "Lưu: VT, TE"),
    )


def opinion() -> Content:
    """A form to fill in: no number, no draft."""
    return Content(
        form=Form.OPINION,
        letterhead=COMMUNE,
        symbol="",
        year=2024,
        has_number=False,
        subject="Ý kiến của trẻ em và cha mẹ, người chăm sóc trẻ em về xã Suối Mẫu",
        blocks=(
            Paragraph("Xin đánh dấu × vào một ô ở mỗi dòng. Phiếu không ghi tên người trả lời."),
            Table(
                (
                    Column("Câu hỏi", 55),
                    Column("Hài lòng", 15, "center"),
                    Column("Bình thường", 15, "center"),
                    Column("Chưa hài lòng", 15, "center"),
                ),
                (
                    Row(("Việc khám bệnh, chữa bệnh cho trẻ em", "", "", "")),
                    Row(("Điểm vui chơi, giải trí dành cho trẻ em", "", "", "")),
                ),
            ),
        ),
        signatures=(Signature(lines=("NGƯỜI TRẢ LỜI",), name=""),),
    )


def certificate(
    *, name: str = "Xã Suối Mẫu", register_number: str = "7", note: str = "", code: str = CODE
) -> Certificate:
    return Certificate(
        letterhead=DISTRICT,
        commune_name=name,
        located_in="huyện Ví Dụ, tỉnh Thử Nghiệm",
        standard="xã, phường, thị trấn",
        year=2024,
        decision_reference="Quyết định số 2345/QĐ-UBND ngày 05 tháng 11 năm 2024 của Ủy ban nhân dân huyện Ví Dụ",
        decided_on=DAY,
        signature=DEPUTY,
        register_number=register_number,
        note=note,
        code=code,
    )


SAMPLES: dict[str, Printed] = {
    "quyet-dinh": decision(),
    "quyet-dinh-du-thao": decision(number="", issued_on=None),
    "cong-van": letter(),
    "to-trinh": submission(),
    "bao-cao": report(),
    "bien-ban": minutes(),
    "thong-bao": notice(),
    "giay-tiep-nhan": receipt(),
    "phieu-lay-y-kien": opinion(),
    "giay-cong-nhan": certificate(),
}
