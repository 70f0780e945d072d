"""The frame of every page: headers, refusals, errors, sign-in, menu, parts of pages."""

import datetime as dt
import gettext
import re
import zlib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import RequestContext, Template
from django.test import Client, RequestFactory
from django.urls import include, path, resolve, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from pytest_django import DjangoDbBlocker
from pytest_django.asserts import assertRedirects

from childfriendly.core import headers, readiness
from childfriendly.core.exceptions import Refused, Stale
from childfriendly.core.templatetags.components import last_moment, time_left
from childfriendly.navigation import MENU
from communes.models import Role, RoleAssignment, Unit, User
from tests.factories import CommuneFactory

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "một câu dài khó đoán 2026"


# ---- an application of the test's own, behind the real settings ---------------------------------------------------
def refuse(request: HttpRequest) -> HttpResponse:
    raise Refused("Hồ sơ đang ở trạng thái «đang lập», phải ở trạng thái «đã nộp».")


def stale(request: HttpRequest) -> HttpResponse:
    raise Stale("Chị Lan vừa sửa mục này lúc 16:30. Tải lại trang rồi làm lại.")


@login_not_required
def boom(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("hỏng")


@login_not_required
def database_away(request: HttpRequest) -> HttpResponse:
    raise OperationalError("connection refused")


@login_not_required
def pdf(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"%PDF-1.7", content_type="application/pdf")


@login_not_required
def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{request.GET.get('q', '')}|{request.POST.get('note', '')}")


@login_not_required
@require_POST
def only_post(request: HttpRequest) -> HttpResponse:
    return HttpResponse("được")


urlpatterns = [
    path("", echo, name="home"),
    path("", include("childfriendly.urls")),
    path("thu/refuse/", refuse),
    path("thu/stale/", stale),
    path("thu/boom/", boom),
    path("thu/database/", database_away),
    path("thu/pdf/", pdf),
    path("thu/echo/", echo),
    path("thu/only-post/", only_post),
]
handler400 = "childfriendly.core.views.bad_request"
handler403 = "childfriendly.core.views.permission_denied"
handler404 = "childfriendly.core.views.page_not_found"
handler429 = "childfriendly.core.views.too_many_requests"
handler500 = "childfriendly.core.views.server_error"

own_urls = pytest.mark.urls(__name__)


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user(username="lan.nguyen", password=PASSWORD, full_name="Nguyễn Thị Lan")


@pytest.fixture
def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


def give(user: User, role: Role, *, days: tuple[int, int | None] = (-10, None)) -> RoleAssignment:
    today = timezone.localdate()
    unit = Unit.objects.filter(name="Xã Tháp Mười").first() or CommuneFactory.create(new=True, name="Xã Tháp Mười")
    first, last = days
    return RoleAssignment.objects.create(
        user=user,
        role=role,
        unit=unit,
        title="Chuyên viên",
        valid_from=today + dt.timedelta(days=first),
        valid_to=None if last is None else today + dt.timedelta(days=last),
    )


# ---- headers -----------------------------------------------------------------------------------------------------
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)


@own_urls
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/dang-nhap/", 200),
        ("/doi-mat-khau/", 302),
        ("/healthz", 200),
        ("/khong-co/", 404),
        ("/thu/echo/?q=%00", 400),
        ("/thu/only-post/", 405),
        ("/thu/boom/", 500),
        ("/thu/database/", 503),
    ],
)
def test_every_answer_carries_the_same_headers(client: Client, address: str, status: int) -> None:
    client.raise_request_exception = False
    response = client.get(address)
    assert response.status_code == status
    assert response["Content-Security-Policy"] == POLICY
    assert response["Permissions-Policy"] == headers.PERMISSIONS_POLICY
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Cache-Control"] == "no-store, private"


@own_urls
def test_a_pdf_keeps_a_policy_under_which_browsers_can_show_it(client: Client) -> None:
    policy = client.get("/thu/pdf/")["Content-Security-Policy"]
    assert policy == "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def test_an_unknown_host_is_refused_with_a_page(client: Client) -> None:
    response = client.get("/dang-nhap/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "Không đọc được yêu cầu" in response.text
    assert response["Content-Security-Policy"] == POLICY


# ---- clean requests ----------------------------------------------------------------------------------------------
@own_urls
@pytest.mark.parametrize("address", ["/thu/echo/%00", "/thu/echo/?q=%00", "/thu/echo/?q=%FF", "/thu/echo/?%C3=1"])
def test_bytes_that_nobody_types_are_refused(client: Client, address: str) -> None:
    assert client.get(address).status_code == 400


@own_urls
def test_a_cookie_with_a_nul_is_refused(client: Client) -> None:
    assert client.get("/thu/echo/", headers={"cookie": r'sessionid="\000abcdefgh"'}).status_code == 400


@own_urls
@pytest.mark.parametrize("body", ["note=a%00b", "note=%FF", "no%00te=a"])
def test_the_same_bytes_in_a_form_are_refused(client: Client, body: str) -> None:
    response = client.post("/thu/echo/", body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400


@own_urls
def test_a_nul_among_the_fields_of_an_upload_is_refused(client: Client) -> None:
    assert client.post("/thu/echo/", {"note": "a\0b"}).status_code == 400


@own_urls
def test_vietnamese_goes_through_unharmed(client: Client) -> None:
    response = client.post("/thu/echo/?q=Tháp Mười", {"note": "Kon Rẫy"})
    assert response.text == "Tháp Mười|Kon Rẫy"


@own_urls
@pytest.mark.parametrize("address", ["/tháp-mười/", "/thu/%FF/", "/thu/%25FF/"])
def test_an_odd_address_is_merely_not_found(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


@own_urls
@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "CONNECT"])
def test_methods_that_no_view_knows_get_405(client: Client, method: str) -> None:
    response = client.generic(method, "/thu/echo/")
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, POST, OPTIONS"


@own_urls
def test_a_page_that_is_only_a_button_says_so(client: Client) -> None:
    response = client.get("/thu/only-post/")
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert "Không mở trực tiếp được trang này" in response.text


# ---- refusals ----------------------------------------------------------------------------------------------------
@own_urls
@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("/thu/refuse/", "Hồ sơ đang ở trạng thái «đang lập», phải ở trạng thái «đã nộp»."),
        ("/thu/stale/", "Chị Lan vừa sửa mục này lúc 16:30. Tải lại trang rồi làm lại."),
    ],
)
def test_a_refusal_is_a_page_with_its_sentence(signed_in: Client, address: str, sentence: str) -> None:
    response = signed_in.get(address)
    assert response.status_code == 409
    assert sentence in response.text
    assert "<html" in response.text


@own_urls
def test_a_refusal_to_htmx_is_only_the_sentence(signed_in: Client) -> None:
    response = signed_in.post("/thu/stale/", headers={"HX-Request": "true"})
    assert response.status_code == 409
    assert response.text.strip() == (
        '<p class="notice notice-warning" role="alert" tabindex="-1">'
        "Chị Lan vừa sửa mục này lúc 16:30. Tải lại trang rồi làm lại.</p>"
    )


@own_urls
def test_a_refused_form_gives_its_prose_back(signed_in: Client) -> None:
    response = signed_in.post(
        "/thu/refuse/",
        {"reason": "Thiếu biên bản <họp>", "version": "3", "password": "mật khẩu riêng"},
        headers={"referer": "http://testserver/ho-so/"},
    )
    assert "Thiếu biên bản &lt;họp&gt;" in response.text
    assert "mật khẩu riêng" not in response.text
    assert 'href="http://testserver/ho-so/"' in response.text


@own_urls
def test_the_way_back_never_leads_to_another_site(signed_in: Client) -> None:
    response = signed_in.get("/thu/refuse/", headers={"referer": "https://evil.example/ho-so/"})
    assert "evil.example" not in response.text


# ---- errors ------------------------------------------------------------------------------------------------------
@own_urls
def test_an_error_shows_a_code_that_stands_in_the_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.raise_request_exception = False
    response = client.get("/thu/boom/")
    assert response.status_code == 500
    found = re.search(r'error-code">([A-Z0-9]{6})<', response.text)
    assert found is not None
    assert f"Error code {found[1]}: GET /thu/boom/" in caplog.text
    assert "RuntimeError" not in response.text


@own_urls
def test_a_database_that_is_away_is_503(client: Client) -> None:
    client.raise_request_exception = False
    response = client.get("/thu/database/")
    assert response.status_code == 503
    assert response["Retry-After"] == "60"
    assert "Hệ thống đang tạm ngừng" in response.text


@own_urls
def test_error_pages_ask_nothing_of_the_database(client: Client, django_db_blocker: DjangoDbBlocker) -> None:
    client.raise_request_exception = False
    with django_db_blocker.block():
        assert client.get("/thu/boom/").status_code == 500
        assert client.get("/thu/database/").status_code == 503
        assert client.get("/thu/echo/?q=%00").status_code == 400


def test_health_needs_nobody_and_no_database(client: Client, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.block():
        assert client.get("/healthz").content == b"ok\n"


@pytest.mark.django_db
def test_readiness_asks_the_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/readyz", REMOTE_ADDR="192.0.2.7").content == b"ok\n"

    class Away:
        def cursor(self) -> None:
            raise OperationalError("connection refused")

    monkeypatch.setattr(readiness, "connection", Away())
    answer = client.get("/readyz", REMOTE_ADDR="192.0.2.7")
    assert (answer.status_code, answer.content) == (503, b"not ready\n")


# ---- signing in and out ------------------------------------------------------------------------------------------
def test_a_person_signs_in_with_name_and_password(client: Client, user: User) -> None:
    response = client.post("/dang-nhap/", {"login": "lan.nguyen", "password": PASSWORD, "next": "/doi-mat-khau/"})
    assertRedirects(response, "/doi-mat-khau/")
    assert client.session["_auth_user_id"] == str(user.pk)


@pytest.mark.django_db
def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(client: Client, user: User) -> None:
    known = client.post("/dang-nhap/", {"login": "lan.nguyen", "password": "sai"})
    unknown = client.post("/dang-nhap/", {"login": "khong.co", "password": "sai"})
    for response in (known, unknown):
        assert "Tên đăng nhập hoặc mật khẩu chưa đúng." in response.text
        assert "<title>Lỗi: Đăng nhập" in response.text


@own_urls
@pytest.mark.django_db
@pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example/", "javascript:x()", r"/\evil.example"])
def test_signing_in_never_leads_to_another_site(client: Client, user: User, target: str) -> None:
    response = client.post("/dang-nhap/", {"login": "lan.nguyen", "password": PASSWORD, "next": target})
    assert response.status_code == 302
    assert response["Location"] == reverse("home")


def test_signing_out_is_a_post_and_makes_the_browser_forget(signed_in: Client) -> None:
    asked = signed_in.get("/dang-xuat/")
    assert asked.status_code == 200
    assert "_auth_user_id" in signed_in.session
    assert "Clear-Site-Data" not in asked
    done = signed_in.post("/dang-xuat/")
    assertRedirects(done, "/dang-nhap/")
    assert done["Clear-Site-Data"] == '"cache", "storage"'
    assert "_auth_user_id" not in signed_in.session


def test_a_changed_password_ends_every_session(signed_in: Client, user: User) -> None:
    other = Client()
    other.force_login(user)
    new = "một câu khác hẳn, cũng dài 81"
    signed_in.post(
        "/doi-mat-khau/", {"oldpassword": PASSWORD, "password1": new, "password2": new, "next": "/dang-nhap/"}
    )
    user.refresh_from_db()
    assert user.check_password(new)
    for client in (signed_in, other):
        assertRedirects(client.get("/doi-mat-khau/"), "/dang-nhap/?next=/doi-mat-khau/")


def test_weak_passwords_are_refused_in_vietnamese(signed_in: Client) -> None:
    response = signed_in.post("/doi-mat-khau/", {"oldpassword": "sai", "password1": "12345678", "password2": "1"})
    text = response.text
    assert "Mật khẩu hiện tại chưa đúng. Nhập lại mật khẩu đang dùng." in text
    assert "Mật khẩu quá ngắn. Nhập ít nhất 12 ký tự." in text
    assert "Mật khẩu toàn chữ số. Thêm chữ cái." in text
    assert "bạn" not in text.casefold().split()


def test_nobody_signs_up_and_no_other_account_page_exists(client: Client) -> None:
    names = {pattern.name for pattern in resolve_names() if pattern.name and pattern.name.startswith("account_")}
    assert names == {
        "account_login",
        "account_inactive",
        "account_logout",
        "account_reauthenticate",
        "account_change_password",
        "account_set_password",
    }


def resolve_names() -> list[Any]:
    from childfriendly.urls import urlpatterns as ours

    return [pattern for pattern in ours if hasattr(pattern, "name")]


@own_urls
@pytest.mark.django_db
def test_an_ended_session_gives_typed_text_back(client: Client) -> None:
    body = "explanation=S%E1%BB%91+li%E1%BB%87u+c%E1%BB%A7a+tr%E1%BA%A1m+y+t%E1%BA%BF"
    response = client.post("/thu/refuse/", body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 401
    assert "Số liệu của trạm y tế" in response.text
    assert "/dang-nhap/?next=/thu/refuse/" in response.text


@own_urls
@pytest.mark.django_db
def test_a_login_page_never_lands_inside_a_form(client: Client) -> None:
    response = client.post("/thu/refuse/", headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert "Phiên đăng nhập đã hết." in response.text
    assert "<form" not in response.text


@own_urls
def test_a_stale_csrf_token_is_explained_and_renewed(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    page = client.post("/thu/refuse/")
    assert page.status_code == 403
    assert "Trang này mở từ phiên đăng nhập trước" in page.text
    fragment = client.post("/thu/refuse/", headers={"HX-Request": "true"})
    assert fragment.status_code == 403
    again = client.post("/thu/refuse/", headers={"HX-Request": "true", "X-CSRFToken": fragment["X-CSRFToken"]})
    assert again.status_code == 409


# ---- the frame ---------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_language_of_the_browser_is_ignored(client: Client) -> None:
    response = client.get("/dang-nhap/", headers={"accept-language": "en-US,en;q=0.9"})
    assert '<html lang="vi">' in response.text
    assert "Tên đăng nhập" in response.text
    assert "Password" not in response.text


@pytest.mark.django_db
@pytest.mark.parametrize("allowed", [True, False])
def test_the_demo_is_marked_on_every_page(client: Client, settings: Any, allowed: bool) -> None:
    settings.DEMO_ALLOWED = allowed
    for address in ("/dang-nhap/", "/khong-co/"):
        assert ("SỐ LIỆU GIẢ ĐỊNH – KHÔNG CÓ GIÁ TRỊ PHÁP LÝ" in client.get(address).text) is allowed


@pytest.mark.django_db
def test_the_frame_names_neither_district_nor_town(client: Client) -> None:
    text = client.get("/dang-nhap/").text.casefold()
    assert "huyện" not in text
    assert "thị trấn" not in text


PAGES = sorted(path for path in (ROOT / "templates").rglob("*.html") if "pdf" not in path.parts)  # papers have styles


@pytest.mark.parametrize("template", PAGES, ids=lambda p: str(p.name))
def test_no_template_holds_inline_script_style_or_a_number_field(template: Path) -> None:
    text = template.read_text()
    assert re.findall(r'\sstyle="|<style|\son[a-z]+="|hx-on|type="number"|\|\s*safe\b|https?://', text) == []
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


@own_urls
def test_the_menu_shows_what_todays_roles_may_open(
    signed_in: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    menu = [
        ("home", "Hồ sơ", frozenset({Role.COMMUNE_EDITOR})),
        ("account_change_password", "Đổi mật khẩu", frozenset({Role.COMMUNE_EDITOR, Role.CLERK})),
        ("healthz", "Kỳ đánh giá", frozenset({Role.CATALOGUE_ADMIN})),
    ]
    monkeypatch.setattr("childfriendly.navigation.MENU", menu)
    give(user, Role.CATALOGUE_ADMIN, days=(-20, -1))
    give(user, Role.COMMUNE_EDITOR)
    text = signed_in.get("/doi-mat-khau/").text
    assert "Nguyễn Thị Lan" in text
    assert "Xã Tháp Mười" in text
    assert '<a href="/">Hồ sơ</a>' in text
    assert '<a href="/doi-mat-khau/" aria-current="page">Đổi mật khẩu</a>' in text
    assert "Kỳ đánh giá" not in text


def test_the_frame_costs_one_query_besides_session_and_user(
    signed_in: Client, user: User, django_assert_num_queries: Any
) -> None:
    give(user, Role.COMMUNE_EDITOR)
    give(user, Role.APPRAISER)
    with django_assert_num_queries(3):
        signed_in.get("/doi-mat-khau/")


@pytest.mark.parametrize("name", [name for name, _, _ in MENU])
def test_every_entry_of_the_menu_leads_somewhere(name: str) -> None:
    assert resolve(reverse(name)).view_name == name


# ---- parts of pages ----------------------------------------------------------------------------------------------
class Figures(forms.Form):
    children = forms.CharField(label="Số trẻ em")
    kind = forms.ChoiceField(label="Loại", choices=[("a", "Có"), ("b", "Không")], widget=forms.RadioSelect)

    def clean(self) -> None:
        raise forms.ValidationError("Hai số không khớp nhau.")


def draw(source: str, **context: object) -> str:
    request = RequestFactory().get("/?q=duong&page=2")
    return Template("{% load components crispy_forms_tags %}" + source).render(RequestContext(request, context))


@pytest.mark.parametrize("source", ["{% error_summary form %}", "{% crispy form %}", "{{ form|crispy }}"])
def test_the_error_summary_links_every_error_to_its_field(source: str) -> None:
    html = draw(source, form=Figures({}))
    assert html.count("data-error-summary") == 1
    assert "Cần sửa 3 chỗ" in html
    assert "<li>Hai số không khớp nhau.</li>" in html
    assert '<a href="#id_children">Số trẻ em: Nhập nội dung cho ô này.</a>' in html
    assert '<a href="#id_kind_0">Loại: Nhập nội dung cho ô này.</a>' in html


@pytest.mark.parametrize("form", [None, Figures()])
def test_no_error_no_summary(form: Figures | None) -> None:
    assert draw("{% error_summary form %}", form=form).strip() == ""


def test_errors_of_a_formset_are_listed_with_their_own_fields() -> None:
    rows = forms.formset_factory(Figures, min_num=2)(
        {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "0", "form-0-children": "5", "form-1-kind": "a"}
    )
    html = draw("{% error_summary rows %}", rows=rows)
    assert 'href="#id_form-1-children"' in html
    assert 'href="#id_form-0-kind_0"' in html


VIET_NAM = ZoneInfo("Asia/Ho_Chi_Minh")


def test_a_deadline_names_its_last_moment() -> None:
    assert last_moment(dt.datetime(2026, 11, 21, tzinfo=VIET_NAM)) == "hết ngày thứ Sáu, 20/11/2026"
    assert last_moment(dt.datetime(2026, 11, 22, 16, 30, tzinfo=VIET_NAM)) == "trước 16:30 Chủ nhật, 22/11/2026"


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (dt.datetime(2026, 11, 17, 23, 0, tzinfo=VIET_NAM), "còn 3 ngày"),
        (dt.datetime(2026, 11, 20, 23, 59, 59, tzinfo=VIET_NAM), "hôm nay là ngày cuối"),
        (dt.datetime(2026, 11, 21, 0, 0, tzinfo=VIET_NAM), "quá hạn 1 ngày"),
    ],
)
def test_the_days_left_are_counted_in_vietnam(now: dt.datetime, words: str) -> None:
    cutoff = dt.datetime(2026, 11, 21, tzinfo=VIET_NAM).astimezone(dt.UTC)
    assert time_left(cutoff, now.astimezone(dt.UTC)) == words


def test_the_deadline_line_quotes_the_plan() -> None:
    html = draw(
        "{% deadline_line cutoff 'trước ngày 15/11' now=now %}",
        cutoff=dt.datetime(2026, 11, 15, tzinfo=VIET_NAM),
        now=dt.datetime(2026, 11, 10, tzinfo=VIET_NAM),
    )
    assert "<strong>hết ngày thứ Bảy, 14/11/2026</strong>" in html
    assert "(còn 4 ngày)" in html
    assert "«trước ngày 15/11»" in html


def test_a_state_is_words_and_a_sign() -> None:
    html = draw("{% include 'components/status_badge.html' with status='refused' label='Không công nhận' %}")
    assert html.strip() == (
        '<span class="badge-state badge-refused"><span aria-hidden="true">✕</span> Không công nhận</span>'
    )


def test_turning_pages_keeps_the_search() -> None:
    html = draw("{% include 'components/pagination.html' %}", page=Paginator(range(150), 50).page(2))
    assert 'href="?q=duong&amp;page=1"' in html
    assert 'href="?q=duong&amp;page=3"' in html
    assert "Trang 2 trên 3 (150 dòng)" in html


def test_one_page_has_no_turning() -> None:
    html = draw("{% include 'components/pagination.html' %}", page=Paginator(range(5), 50).page(1))
    assert html.strip() == ""


def test_the_history_is_plain_words_and_escaped() -> None:
    event = {
        "at": dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC),
        "words": "Trả lại để bổ sung",
        "actor_name": "Trần Văn Bình",
        "actor_role": "Chuyên viên",
        "reason": "Thiếu <biên bản>",
    }
    html = draw("{% include 'components/history.html' with events=events %}", events=[event])
    assert "16:30 20/11/2026" in html
    assert "Trần Văn Bình, Chuyên viên" in html
    assert "Lý do: Thiếu &lt;biên bản&gt;" in html
    assert "Chưa có việc nào được ghi." in draw("{% include 'components/history.html' %}")


# ---- weight and words --------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_first_view_weighs_less_than_100_kilobytes(client: Client) -> None:
    from bootstrap_wrapper import get_bootstrap_dir
    from django.contrib.staticfiles import finders

    page = client.get("/dang-nhap/").content
    names = [name.decode() for name in re.findall(rb'(?:href|src)="/static/([^"]+)"', page)]
    assert "bootstrap/css/bootstrap.min.css" in names
    assert get_bootstrap_dir().is_dir()
    files = [Path(str(finders.find(name))).read_bytes() for name in names]
    assert sum(len(zlib.compress(content, 6)) for content in [page, *files]) < 100_000


def test_the_compiled_catalogue_is_the_written_one() -> None:
    """django.mo is committed, because machines without gettext must run: nobody may change one without the other."""
    folder = ROOT / "locale" / "vi" / "LC_MESSAGES"
    with (folder / "django.mo").open("rb") as compiled:
        texts = set(gettext.GNUTranslations(compiled)._catalog.values())  # type: ignore[attr-defined]
    written = set()
    for block in (folder / "django.po").read_text().split("\n\n")[1:]:
        if found := re.search(r'msgstr(?:\[0\])? ((?:".*"\n?)+)', block):
            written.add("".join(re.findall(r'"(.*)"', found[1])))
    assert written == texts - {texts_header(texts)}


def texts_header(texts: set[str]) -> str:
    return next(text for text in texts if "Content-Type" in text)
