from django.urls import path

from papers.views import (
    attachments,
    bundles,
    council,
    issuers,
    public,
    recognised,
)

app_name = "papers"

urlpatterns = [
    path("van-ban/<uuid:uuid>/tep/", attachments.attach, name="attach"),
    path("tep-van-ban/<uuid:uuid>/", attachments.attachment, name="attachment"),
    path("hoi-dong/", council.councils, name="councils"),
    path("hoi-dong/<uuid:period_uuid>/<uuid:unit_uuid>/", council.council, name="council"),
    path("hoi-dong/<uuid:period_uuid>/<uuid:unit_uuid>/phien-hop/", council.begin_meeting, name="begin_meeting"),
    path("phien-hop/<uuid:uuid>/", council.meeting, name="meeting"),
    path("phien-hop/<uuid:uuid>/bien-ban/", council.minutes_file, name="minutes_file"),
    path("phien-hop/<uuid:uuid>/mo-lai/", council.reopen_meeting, name="reopen_meeting"),
    path("goi-ho-so/", bundles.area_bundle, name="area_bundle"),
    path("ho-so/<uuid:uuid>/goi-ho-so/", bundles.dossier_bundle, name="dossier_bundle"),
    path("co-quan-ban-hanh/<uuid:uuid>/", issuers.issuers, name="issuers"),
    path("co-quan-ban-hanh/<uuid:uuid>/<slug:desk>/", issuers.issuer, name="issuer"),
    # without sign-in
    path("kiem-tra/", public.check_form, name="check_form"),
    path("kiem-tra/<str:code>/", public.check, name="check"),
    path("cong-khai/", recognised.recognised, name="recognised"),
]
