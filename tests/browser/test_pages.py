"""Every page in every state, at both widths: what a machine can say about accessibility, language and policy; and the
pictures of the main screens."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser import pictures
from tests.browser.rules import complaints
from tests.browser.watch import Watch

RECOGNISED, ZERO, DRAFT, SUBMITTED, APPRAISING, RETURNED, CONCLUDED = (
    f"{code}.2022" for code in ("23479", "23482", "23485", "23488", "23491", "23494", "23497")
)
WITHDRAWN = "03406.2022"
CURRENT = "30055.2026"  # Xã Mỹ Quí, in the period that runs now


@dataclass(frozen=True)
class Scene:
    """One page in one state. In the address `{dossier}` is the dossier named beside it, `{paper}` the paper, and
    `{person}` and `{successor}` are people.

    `press` names a button to be pressed on it, with `typed` (name of the field → text), to show what a refusal looks
    like.
    """

    name: str
    who: str
    address: str
    dossier: str = ""
    paper: str = ""
    person: str = ""
    successor: str = ""
    typed: tuple[tuple[str, str], ...] = ()
    press: str = ""
    picture: str = ""

    @property
    def id(self) -> str:
        return f"{self.name}{' picture' if self.picture else ''}".replace(" ", "-")

    @property
    def is_error(self) -> bool:
        return bool(self.press)


ALL_SCENES = [
    Scene("sign in", "", "/dang-nhap/", picture="dang-nhap"),
    Scene("sign in refused", "", "/dang-nhap/", press="Đăng nhập"),
    Scene("change password", "lap.23485.konray", "/doi-mat-khau/"),
    Scene("change password refused", "lap.23485.konray", "/doi-mat-khau/", press="Đổi mật khẩu"),
    Scene("own account", "lap.23485.konray", "/tai-khoan/", picture="tai-khoan"),
    Scene("second factor", "lap.23485.konray", "/tai-khoan/xac-thuc-hai-buoc/", picture="xac-thuc-hai-buoc"),
    Scene(
        "second factor refused",
        "lap.23485.konray",
        "/tai-khoan/xac-thuc-hai-buoc/",
        typed=(("code", "000000"),),
        press="Bật xác thực hai bước",
    ),
    Scene("recovery codes", "lap.23485.konray", "/tai-khoan/xac-thuc-hai-buoc/ma-du-phong/"),
    Scene("second factor off", "lap.23485.konray", "/tai-khoan/xac-thuc-hai-buoc/bo/"),
    Scene("confirm", "lap.23485.konray", "/xac-nhan-danh-tinh/?next=/", picture="xac-nhan-danh-tinh"),
    Scene("confirm refused", "lap.23485.konray", "/xac-nhan-danh-tinh/?next=/", press="Xác nhận"),
    Scene("stopped account", "", "/dang-nhap/tai-khoan-da-khoa/"),
    # what anybody may ask
    Scene("check of a paper", "", "/kiem-tra/"),
    Scene("unknown code", "", "/kiem-tra/ABCDEFGHJK/"),
    Scene("decision revoked", "", "/kiem-tra/{paper}/", paper="code_revoked", picture="kiem-tra-van-ban"),
    Scene("certificate in force", "", "/kiem-tra/{paper}/", paper="code_certificate"),
    Scene("public list", "", "/cong-khai/", picture="cong-khai"),
    Scene("public list, nothing found", "", "/cong-khai/?xa=khong+co+ai"),
    # work that runs by itself
    Scene("jobs", "vanthu.konray", "/viec/"),
    Scene("jobs, none", "lap.23485.konray", "/viec/"),
    Scene("job waiting", "tinh.konray", "/viec/{paper}/", paper="job_waiting"),
    Scene("job done", "vanthu.konray", "/viec/{paper}/", paper="job_done", picture="viec-da-xong"),
    # the first page of everybody
    Scene("home of a commune that begins", "lap.03412.tamduong", "/"),
    Scene("home of a commune at work", "lap.30055.dongthap", "/", picture="viec-can-lam"),
    Scene("home of its head", "xa.23485.konray", "/"),
    Scene("home of a commune that has to mend", "lap.23494.konray", "/"),
    Scene("home of a recognised commune", "xa.23479.konray", "/"),
    Scene("home of the appraiser", "thamdinh.konray", "/"),
    Scene("home of the head of office", "truongphong.tamduong", "/"),
    Scene("home of the leader", "lanhdao.tamduong", "/"),
    Scene("home of the clerk", "vanthu.tamduong", "/"),
    Scene("home of a head who is told of a file", "xa.23488.konray", "/"),
    Scene("home of the head of office who is told of it", "truongphong.konray", "/"),
    Scene("home of the province", "tinh.konray", "/"),
    Scene("home of the inspector", "kiemtra.konray", "/"),
    Scene("home of the catalogue administrator", "danhmuc.konray", "/"),
    Scene("home of the system administrator", "hethong.konray", "/"),
    # the commune
    Scene("task list", "lap.30055.dongthap", "/ho-so/{dossier}/", CURRENT, picture="danh-muc-ho-so"),
    Scene("base figures", "lap.30055.dongthap", "/ho-so/{dossier}/so-lieu-nen/", CURRENT, picture="so-lieu-nen"),
    Scene(
        "base figures refused",
        "lap.23485.konray",
        "/ho-so/{dossier}/so-lieu-nen/",
        DRAFT,
        typed=(("children_under_16-value", "1,5"), ("children_aged_5-value", "mười")),
        press="Lưu và sang tiêu chí 1",
    ),
    Scene("criterion of questions", "lap.23485.konray", "/ho-so/{dossier}/tieu-chi/TC01/", DRAFT),
    Scene("criterion of rates", "lap.30055.dongthap", "/ho-so/{dossier}/tieu-chi/TC05/", CURRENT, picture="tieu-chi"),
    Scene("criterion of a sensitive matter", "lap.23485.konray", "/ho-so/{dossier}/tieu-chi/TC03/", DRAFT),
    Scene("criterion not begun", "lap.23485.konray", "/ho-so/{dossier}/tieu-chi/TC12/", DRAFT),
    Scene(
        "criterion refused",
        "lap.23485.konray",
        "/ho-so/{dossier}/tieu-chi/TC12/",
        DRAFT,
        typed=(("TC12_1-numerator", "-1"), ("TC12_1-denominator", "1,2,3"), ("TC12_2-count", "10000000000000")),
        press="Lưu và sang tiêu chí tiếp theo",
    ),
    Scene(
        "upload refused",
        "lap.23485.konray",
        "/ho-so/{dossier}/tieu-chi/TC02/",
        DRAFT,
        press="Tải tệp lên cho mục TC02.1",
    ),
    Scene("criterion read by the head", "xa.23485.konray", "/ho-so/{dossier}/tieu-chi/TC05/", DRAFT),
    Scene("criterion that a notice asked to improve", "lap.30055.dongthap", "/ho-so/{dossier}/tieu-chi/TC03/", CURRENT),
    Scene("notice to a commune merged since", "lap.30055.dongthap", "/van-ban/{paper}/", paper="notice"),
    Scene("check with errors", "xa.30055.dongthap", "/ho-so/{dossier}/kiem-tra/", CURRENT, picture="kiem-tra"),
    Scene("submitted", "xa.23488.konray", "/ho-so/{dossier}/", SUBMITTED),
    Scene("confirmation", "xa.23488.konray", "/ho-so/{dossier}/da-nop/", SUBMITTED, picture="da-nop"),
    Scene("withdraw", "xa.23488.konray", "/ho-so/{dossier}/rut/", SUBMITTED),
    Scene("withdraw refused", "xa.23488.konray", "/ho-so/{dossier}/rut/", SUBMITTED, press="Rút hồ sơ"),
    Scene("withdrawn", "xa.03406.tamduong", "/ho-so/{dossier}/", WITHDRAWN),
    Scene("returned", "lap.23494.konray", "/ho-so/{dossier}/", RETURNED, picture="yeu-cau-bo-sung"),
    Scene("returned criterion", "lap.23494.konray", "/ho-so/{dossier}/tieu-chi/TC12/", RETURNED),
    Scene("criterion that stays shut", "lap.23494.konray", "/ho-so/{dossier}/tieu-chi/TC01/", RETURNED),
    Scene("returned check", "xa.23494.konray", "/ho-so/{dossier}/kiem-tra/", RETURNED),
    Scene("recognised", "lap.23479.konray", "/ho-so/{dossier}/", RECOGNISED),
    Scene("criterion of a recognised commune", "lap.23479.konray", "/ho-so/{dossier}/tieu-chi/TC10/", RECOGNISED),
    Scene("not recognised", "lap.23482.konray", "/ho-so/{dossier}/", ZERO),
    # councils
    Scene("councils", "lap.23485.konray", "/hoi-dong/"),
    Scene("council", "lap.23485.konray", "/hoi-dong/{paper}/", paper="council_commune", picture="hoi-dong"),
    Scene(
        "council refused",
        "lap.23485.konray",
        "/hoi-dong/{paper}/",
        paper="council_commune",
        typed=(("thanh-vien-0-title", ""), ("thanh-vien-4-title", "Trưởng thôn")),
        press="Lưu danh sách",
    ),
    Scene("council read by the head", "xa.23485.konray", "/hoi-dong/{paper}/", paper="council_commune"),
    Scene("council of an office", "thamdinh.konray", "/hoi-dong/{paper}/", paper="council_office"),
    Scene("meeting", "lap.23485.konray", "/phien-hop/{paper}/", paper="meeting_commune", picture="phien-hop"),
    Scene(
        "meeting refused",
        "lap.23485.konray",
        "/phien-hop/{paper}/",
        paper="meeting_commune",
        typed=(("begins", "tám giờ"), ("ends", "25:00")),
        press="Lưu và chốt phiên họp",
    ),
    Scene("meeting closed", "thamdinh.konray", "/phien-hop/{paper}/", paper="meeting_office", picture="phien-hop-chot"),
    # papers about single children
    Scene("reason", "thamdinh.konray", "/minh-chung/{paper}/ly-do/", paper="sensitive", picture="ly-do-mo-tep"),
    Scene(
        "reason refused",
        "thamdinh.konray",
        "/minh-chung/{paper}/ly-do/",
        paper="sensitive",
        press="Ghi lý do và mở tệp",
    ),
    Scene("emergency", "truongphong.konray", "/minh-chung/{paper}/ly-do/", paper="sensitive"),
    Scene(
        "emergency refused", "truongphong.konray", "/minh-chung/{paper}/ly-do/", paper="sensitive", press="Mở khẩn tệp"
    ),
    Scene("opened by emergency", "kiemtra.konray", "/minh-chung/{paper}/ly-do/", paper="opened"),
    Scene("protection", "xa.23488.konray", "/minh-chung/{paper}/bao-ve/", paper="opened", picture="bao-ve-tep"),
    Scene("protection refused", "xa.23488.konray", "/minh-chung/{paper}/bao-ve/", paper="opened", press="Khóa tệp"),
    Scene("unusual readings", "kiemtra.konray", "/bat-thuong/"),
    Scene("unusual readings, none", "xa.23485.konray", "/bat-thuong/"),
    # the appraiser
    Scene("list", "thamdinh.konray", "/ho-so/", picture="danh-sach-ho-so"),
    Scene("list, filtered", "thamdinh.konray", "/ho-so/?trang-thai=da-nop&q=xa"),
    Scene("list, nothing found", "thamdinh.konray", "/ho-so/?q=khong-co"),
    Scene("dossier to take", "thamdinh.konray", "/ho-so/{dossier}/", SUBMITTED),
    Scene("appraisal", "thamdinh.konray", "/ho-so/{dossier}/tham-dinh/", APPRAISING, picture="tham-dinh"),
    Scene("appraisal of base figures", "thamdinh.konray", "/ho-so/{dossier}/tham-dinh/so-lieu-nen/", APPRAISING),
    Scene(
        "appraisal of a criterion",
        "thamdinh.konray",
        "/ho-so/{dossier}/tham-dinh/tieu-chi/TC12/",
        APPRAISING,
        picture="tham-dinh-tieu-chi",
    ),
    Scene(
        "appraisal refused",
        "thamdinh.konray",
        "/ho-so/{dossier}/tham-dinh/tieu-chi/TC12/",
        APPRAISING,
        typed=(("TC12_1-numerator", "0"),),
        press="Lưu thẩm định tiêu chí 12",
    ),
    Scene("return", "thamdinh.konray", "/ho-so/{dossier}/tra-lai/", APPRAISING),
    Scene("return refused", "thamdinh.konray", "/ho-so/{dossier}/tra-lai/", APPRAISING, press="Trả lại để bổ sung"),
    Scene("appraisal while returned", "thamdinh.konray", "/ho-so/{dossier}/tham-dinh/", RETURNED),
    Scene("appraisal concluded", "thamdinh.konray", "/ho-so/{dossier}/tham-dinh/", CONCLUDED),
    Scene("reopen", "truongphong.konray", "/ho-so/{dossier}/tham-dinh-lai/", CONCLUDED),
    Scene(
        "reopen refused",
        "truongphong.konray",
        "/ho-so/{dossier}/tham-dinh-lai/",
        CONCLUDED,
        press="Đưa về thẩm định lại",
    ),
    # head of office, leader, clerk
    Scene("proposals", "truongphong.tamduong", "/ho-so-trinh/"),
    Scene("propose", "truongphong.tamduong", "/ho-so-trinh/lap/"),
    Scene("propose refused", "truongphong.tamduong", "/ho-so-trinh/lap/", press="Trình lãnh đạo"),
    Scene("proposal returned", "truongphong.tamduong", "/ho-so-trinh/{paper}/", paper="proposal_returned"),
    Scene(
        "proposal approved", "lanhdao.konray", "/ho-so-trinh/{paper}/", paper="proposal_approved", picture="ho-so-trinh"
    ),
    Scene("proposal", "lanhdao.tamduong", "/ho-so-trinh/{paper}/", paper="proposal_waiting"),
    Scene("approve", "lanhdao.tamduong", "/ho-so-trinh/{paper}/duyet/", paper="proposal_waiting"),
    Scene("return proposal", "lanhdao.tamduong", "/ho-so-trinh/{paper}/tra-lai/", paper="proposal_waiting"),
    Scene(
        "return proposal refused",
        "lanhdao.tamduong",
        "/ho-so-trinh/{paper}/tra-lai/",
        paper="proposal_waiting",
        press="Trả lại hồ sơ trình",
    ),
    Scene("no proposals", "truongphong.dongthap", "/ho-so-trinh/lap/"),
    Scene("decisions", "vanthu.konray", "/quyet-dinh/"),
    Scene("decision without number", "vanthu.tamduong", "/quyet-dinh/{paper}/", paper="decision_draft"),
    Scene("papers of a decision", "vanthu.tamduong", "/van-ban/cua-quyet-dinh/{paper}/", paper="decision_draft"),
    Scene("papers", "vanthu.tamduong", "/van-ban/", picture="van-ban"),
    Scene("signed paper", "vanthu.tamduong", "/van-ban/{paper}/", paper="paper_signed"),
    Scene("number", "vanthu.tamduong", "/van-ban/{paper}/vao-so/", paper="paper_signed"),
    Scene(
        "number refused",
        "vanthu.tamduong",
        "/van-ban/{paper}/vao-so/",
        paper="paper_signed",
        typed=(("number", "số 5"), ("issued_on", "31/02/2026")),
        press="Vào số",
    ),
    Scene("draft", "thamdinh.tamduong", "/van-ban/{paper}/", paper="paper_draft"),
    Scene("reword", "thamdinh.tamduong", "/van-ban/{paper}/sua-cau-chu/", paper="paper_draft"),
    Scene("drop", "thamdinh.tamduong", "/van-ban/{paper}/bo/", paper="paper_draft"),
    Scene("sign", "lanhdao.tamduong", "/van-ban/{paper}/ky/", paper="paper_draft", picture="ky-van-ban"),
    Scene("signed by hand", "vanthu.tamduong", "/van-ban/{paper}/ky-giay/", paper="paper_draft"),
    Scene(
        "signed by hand refused",
        "vanthu.tamduong",
        "/van-ban/{paper}/ky-giay/",
        paper="paper_draft",
        press="Ghi nhận bản đã ký",
    ),
    Scene("drop signed", "lanhdao.tamduong", "/van-ban/{paper}/bo/", paper="paper_signed"),
    Scene("decision", "vanthu.konray", "/quyet-dinh/{paper}/", paper="decision_issued", picture="quyet-dinh"),
    # papers that come later
    Scene(
        "decision corrected",
        "thamdinh.dongthap",
        "/van-ban/{paper}/",
        paper="paper_corrected",
        picture="van-ban-da-dinh-chinh",
    ),
    Scene("decision corrected, for the leader", "lanhdao.dongthap", "/van-ban/{paper}/", paper="paper_corrected"),
    Scene("decision corrected, for everybody", "", "/kiem-tra/{paper}/", paper="code_corrected"),
    Scene("page of a corrected decision", "vanthu.dongthap", "/quyet-dinh/{paper}/", paper="decision_corrected"),
    Scene(
        "papers of a corrected decision",
        "vanthu.dongthap",
        "/van-ban/cua-quyet-dinh/{paper}/",
        paper="decision_corrected",
    ),
    Scene("paper of a revoked decision", "thamdinh.konray", "/van-ban/{paper}/", paper="paper_revoked"),
    Scene("correct", "thamdinh.dongthap", "/van-ban/{paper}/dinh-chinh/", paper="paper_corrected"),
    Scene(
        "correct refused",
        "thamdinh.dongthap",
        "/van-ban/{paper}/dinh-chinh/",
        paper="paper_corrected",
        typed=(("wrong", "QĐ-UBND"), ("right", "QĐ-UBND"), ("reason", "Sai.")),
        press="Soạn dự thảo",
    ),
    Scene("replace", "thamdinh.dongthap", "/van-ban/{paper}/thay-the/", paper="paper_corrected", picture="thay-the"),
    Scene(
        "replace refused",
        "thamdinh.dongthap",
        "/van-ban/{paper}/thay-the/",
        paper="paper_corrected",
        press="Soạn dự thảo",
    ),
    Scene("revoke", "thamdinh.dongthap", "/van-ban/{paper}/thu-hoi/", paper="paper_corrected", picture="thu-hoi"),
    Scene(
        "revoke refused",
        "thamdinh.dongthap",
        "/van-ban/{paper}/thu-hoi/",
        paper="paper_corrected",
        press="Soạn dự thảo",
    ),
    Scene("certificate", "thamdinh.dongthap", "/van-ban/{paper}/", paper="certificate_corrected"),
    Scene(
        "reissue", "thamdinh.dongthap", "/van-ban/{paper}/cap-lai/", paper="certificate_corrected", picture="cap-lai"
    ),
    Scene(
        "reissue refused",
        "thamdinh.dongthap",
        "/van-ban/{paper}/cap-lai/",
        paper="certificate_corrected",
        typed=(("commune_name", ""),),
        press="Soạn dự thảo",
    ),
    Scene("decision with a revocation on its way", "thamdinh.thapmuoi", "/van-ban/{paper}/", paper="paper_kept"),
    Scene("revoke in the way", "thamdinh.thapmuoi", "/van-ban/{paper}/thu-hoi/", paper="paper_kept"),
    Scene("draft of a revocation", "thamdinh.thapmuoi", "/van-ban/{paper}/", paper="revocation_draft"),
    Scene(
        "sign a revocation", "lanhdao.thapmuoi", "/van-ban/{paper}/ky/", paper="revocation_draft", picture="ky-thu-hoi"
    ),
    Scene(
        "issue a correction",
        "vanthu.konray",
        "/van-ban/{paper}/phat-hanh/",
        paper="letter_numbered",
        picture="phat-hanh",
    ),
    Scene("summary of a province", "tinh.konray", "/tong-hop/"),
    Scene("summary of a district", "truongphong.konray", "/tong-hop/", picture="tong-hop"),
    Scene("criteria sets", "lap.23485.konray", "/tieu-chi/"),
    # the inspector
    Scene("audit", "kiemtra.konray", "/nhat-ky/", picture="nhat-ky"),
    Scene("audit, nothing found", "kiemtra.konray", "/nhat-ky/?nguoi=khong-co"),
    Scene("audit refused", "kiemtra.konray", "/nhat-ky/?nguoi=", typed=(("tu", "31/02/2026"),), press="Lọc nhật ký"),
    # somebody acts for somebody
    Scene("acting", "lanhdao.konray", "/lam-thay/", picture="lam-thay"),
    Scene("acting, none", "lanhdao.tamduong", "/lam-thay/"),
    Scene("give acting", "lanhdao.konray", "/nguoi-dung/{person}/lam-thay/", person="lanhdao.konray"),
    Scene(
        "give acting refused",
        "lanhdao.konray",
        "/nguoi-dung/{person}/lam-thay/",
        person="lanhdao.konray",
        press="Giao người làm thay",
    ),
    Scene("give acting for a head", "danhmuc.konray", "/nguoi-dung/{person}/lam-thay/", person="xa.23485.konray"),
    Scene("end acting", "lanhdao.konray", "/lam-thay/ket-thuc/?vai-tro={paper}", paper="acting"),
    # the administrator of the catalogue
    Scene("imports", "danhmuc.konray", "/nhap-tu-excel/", picture="nhap-tu-excel"),
    Scene("imports refused", "danhmuc.konray", "/nhap-tu-excel/", press="Tải lên và xem trước"),
    Scene("import", "danhmuc.konray", "/nhap-tu-excel/{paper}/", paper="import_good", picture="xem-truoc"),
    Scene(
        "import with mistakes", "danhmuc.konray", "/nhap-tu-excel/{paper}/", paper="import_bad", picture="xem-truoc-loi"
    ),
    Scene("import done", "danhmuc.konray", "/nhap-tu-excel/{paper}/", paper="import_done"),
    Scene("people", "danhmuc.konray", "/nguoi-dung/"),
    Scene("person who acts", "danhmuc.konray", "/nguoi-dung/{person}/", person="vanthu.konray"),
    Scene("create account", "danhmuc.konray", "/them-nguoi-dung/"),
    Scene("assign role", "danhmuc.konray", "/nguoi-dung/{person}/giao-vai-tro/", person="vanthu.konray"),
    Scene("reset password", "danhmuc.konray", "/nguoi-dung/{person}/dat-lai-mat-khau/", person="vanthu.konray"),
    Scene("reset second factor", "danhmuc.konray", "/nguoi-dung/{person}/dat-lai-xac-thuc/", person="vanthu.konray"),
    Scene("end sessions", "danhmuc.konray", "/nguoi-dung/{person}/ket-thuc-phien/", person="vanthu.konray"),
    Scene("stop an account without work", "danhmuc.konray", "/nguoi-dung/{person}/ngung/", person="kiemtra.konray"),
    Scene("choose a successor", "danhmuc.konray", "/nguoi-dung/{person}/ngung/", person="thamdinh.konray"),
    Scene(
        "hand over",
        "danhmuc.konray",
        "/nguoi-dung/{person}/ngung/?ke-nhiem={successor}",
        person="thamdinh.konray",
        successor="truongphong.konray",
        picture="ban-giao",
    ),
    # no such page, and no
    Scene("not found", "lap.23485.konray", "/ho-so/{dossier}/", SUBMITTED),
    Scene("not yet", "thamdinh.konray", "/ho-so/{dossier}/hoan-thanh-tham-dinh/", SUBMITTED),
    Scene("wrong method", "lap.23485.konray", "/ho-so/{dossier}/nop/", DRAFT),
]


@pytest.mark.parametrize("scene", ALL_SCENES, ids=lambda scene: scene.id)
def test_a_page_in_one_state(scene: Scene, open_page: Callable[..., Page], world: dict[str, Any], watch: Watch) -> None:
    watch.expect(404, 405, 409, 422)
    page = open_page(scene.who)
    address = scene.address.format(
        dossier=world["dossiers"].get(scene.dossier, ""),
        paper=world["papers"].get(scene.paper, ""),
        person=world["people"].get(scene.person, ""),
        successor=world["people"].get(scene.successor, ""),
    )
    page.goto(address)
    assert urlsplit(page.url).path == urlsplit(address).path, "sent elsewhere"
    for name, text in scene.typed:
        page.locator(f'[name="{name}"]').fill(text)
    if scene.press:
        page.locator("main").get_by_role("button", name=scene.press, exact=True).click()
        summary = page.locator("[data-error-summary]")
        expect(summary).to_be_focused()
        for link in summary.get_by_role("link").all():
            target = (link.get_attribute("href") or "").removeprefix("#")
            assert page.locator(f"[id='{target}']").count() == 1, f"#{target} leads nowhere"
    elif scene.picture:
        pictures.take(page, scene.picture)
    found = complaints(page, is_error=scene.is_error, names=world["names"])
    assert not found, "\n".join(found)


def kind_of(address: str) -> str:
    """Two addresses of one kind show the same page on other rows."""
    return re.sub(r"/[0-9a-f]{8}-[0-9a-f-]{27}(?=/)", "/…", urlsplit(address).path)


def test_every_page_of_the_catalogue_administrator(
    open_page: Callable[..., Page], site: str, world: dict[str, Any]
) -> None:
    """From link to link, one page of each kind."""
    page = open_page("danhmuc.thapmuoi")
    waiting, found, seen = ["/"], [], set()
    while waiting:
        address = waiting.pop(0)
        kind = kind_of(address)
        if kind in seen:
            continue
        seen.add(kind)
        if "text/html" not in page.request.head(address).headers["content-type"]:
            continue  # a file
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(address)
        links = page.locator("a[href]").evaluate_all("(links) => links.map((link) => link.href)")
        waiting += [link for link in links if link.startswith(site)]
        found += [f"{kind}: {complaint}" for complaint in complaints(page, names=world["names"])]
    assert not found, "\n".join(found)
    assert len(seen) > 5


def test_pictures_of_the_papers(open_page: Callable[..., Page], world: dict[str, Any]) -> None:
    """Nothing to see here unless SCREENSHOTS=1; the links must work all the same."""
    page = open_page("vanthu.konray")
    page.goto(f"/quyet-dinh/{world['papers']['decision_issued']}/")
    for name, label in (("giay-cong-nhan", "Giấy công nhận"), ("quyet-dinh-pdf", "Tải về quyết định")):
        link = page.locator("main").get_by_role("link", name=re.compile(label)).first
        content = page.request.get(link.get_attribute("href") or "").body()
        assert content.startswith(b"%PDF")
        pictures.take_paper(content, name)
