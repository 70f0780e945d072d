from django.urls import path

from papers.views import attachments, begin, bundles, council, issuers, paper, public, recognised, steps

app_name = "papers"

urlpatterns = [
    path("van-ban/<uuid:uuid>/tep/", attachments.attach, name="attach"),
    path("tep-van-ban/<uuid:uuid>/", attachments.attachment, name="attachment"),
    path("van-ban/", paper.papers, name="papers"),
    path("van-ban/cua-ho-so/<uuid:uuid>/", begin.for_dossier, name="for_dossier"),
    path("van-ban/cua-ho-so-trinh/<uuid:uuid>/", begin.for_proposal, name="for_proposal"),
    path("van-ban/cua-quyet-dinh/<uuid:uuid>/", begin.for_decision, name="for_decision"),
    path("van-ban/cua-ky/<uuid:uuid>/", begin.for_period, name="for_period"),
    path("van-ban/<uuid:uuid>/", paper.paper, name="paper"),
    path("van-ban/<uuid:uuid>/van-ban.pdf", paper.pdf, name="pdf"),
    path("van-ban/<uuid:uuid>/van-ban.docx", paper.docx, name="docx"),
    path("van-ban/<uuid:uuid>/sua-cau-chu/", steps.reword, name="reword"),
    path("van-ban/<uuid:uuid>/bo/", steps.drop, name="drop"),
    path("van-ban/<uuid:uuid>/ky/", steps.sign, name="sign"),
    path("van-ban/<uuid:uuid>/ky-giay/", steps.enter_signed, name="enter_signed"),
    path("van-ban/<uuid:uuid>/vao-so/", steps.number, name="number"),
    path("van-ban/<uuid:uuid>/phat-hanh/", steps.issue, name="issue"),
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
