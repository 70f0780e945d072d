"""Addresses: Vietnamese words without accents; names in English."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from django.urls import include, path

from assessments.views import lists
from childfriendly.core import job_views, views
from communes.views import account as own_account

# Only these of allauth's pages exist: no sign-up, no e-mail, no reset by link. The names are allauth's own.
urlpatterns = [
    path("", lists.home, name="home"),
    path("", include("papers.urls")),  # first: the pages that everybody may ask for are there
    path("", include("assessments.urls")),
    path("", include("criteria.urls")),
    path("", include("communes.urls")),
    path("", include("reports.urls")),
    path("dang-nhap/", own_account.sign_in, name="account_login"),
    path("dang-nhap/ma-xac-thuc/", own_account.sign_in_code, name="mfa_authenticate"),
    path("dang-nhap/tai-khoan-da-khoa/", account.account_inactive, name="account_inactive"),
    path("xac-nhan-danh-tinh/", account.reauthenticate, name="account_reauthenticate"),
    path("xac-nhan-danh-tinh/ma/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("dang-xuat/", views.sign_out, name="account_logout"),
    path("doi-mat-khau/", account.password_change, name="account_change_password"),
    path("dat-mat-khau/", account.password_set, name="account_set_password"),
    path("viec/", job_views.own_jobs, name="jobs"),
    path("viec/<uuid:uuid>/", job_views.job, name="job"),
    path("viec/<uuid:uuid>/tep/", job_views.job_file, name="job_file"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]

handler400 = "childfriendly.core.views.bad_request"
handler403 = "childfriendly.core.views.permission_denied"
handler404 = "childfriendly.core.views.page_not_found"
handler429 = "childfriendly.core.views.too_many_requests"  # not Django's: allauth's rate limits look for it
handler500 = "childfriendly.core.views.server_error"
