from django.urls import path

from reports import views

app_name = "reports"

urlpatterns = [
    path("tong-hop/", views.summary, name="summary"),
    path("tong-hop/tai-excel/", views.summary_xlsx, name="summary_xlsx"),
    path("tong-hop/lap-excel/", views.summary_workbook, name="summary_workbook"),
    path("nhat-ky/", views.audit_log, name="audit"),
    path("nhat-ky/tai-excel/", views.audit_log_xlsx, name="audit_xlsx"),
    path("quyet-dinh/<uuid:uuid>/tat-ca-van-ban/", views.decision_papers, name="decision_papers"),
    path("quyet-dinh/<uuid:uuid>/quyet-dinh.pdf", views.decision_pdf, name="decision_pdf"),
    path(
        "quyet-dinh/<uuid:uuid>/giay-cong-nhan/<uuid:dossier_uuid>.pdf", views.certificate_pdf, name="certificate_pdf"
    ),
]
