from django.urls import path

from assessments.views import appraisal, decisions, dossier, entry, evidence, handover, lists, proposals, sending

app_name = "assessments"

urlpatterns = [
    path("ho-so/", lists.dossiers, name="dossiers"),
    path("ho-so/lap/<uuid:period_uuid>/<uuid:unit_uuid>/", dossier.create, name="create"),
    path("ho-so/<uuid:uuid>/", dossier.dossier, name="dossier"),
    path("ho-so/<uuid:uuid>/so-lieu-nen/", entry.base_figures, name="base_figures"),
    path("ho-so/<uuid:uuid>/tieu-chi/<slug:criterion>/", entry.criterion, name="criterion"),
    path("ho-so/<uuid:uuid>/minh-chung/<str:item>/", evidence.attach, name="attach"),
    path("minh-chung/<uuid:uuid>/", evidence.download, name="evidence"),
    path("minh-chung/<uuid:uuid>/bo/", evidence.remove, name="remove_evidence"),
    path("ho-so/<uuid:uuid>/kiem-tra/", sending.check, name="check"),
    path("ho-so/<uuid:uuid>/da-nop/", sending.submitted, name="submitted"),
    path("ho-so/<uuid:uuid>/nop/", sending.submit, name="submit"),
    path("ho-so/<uuid:uuid>/rut/", sending.withdraw, name="withdraw"),
    path("ho-so/<uuid:uuid>/lap-lai/", sending.resume, name="resume"),
    path("ho-so/<uuid:uuid>/tiep-nhan/", appraisal.take, name="take"),
    path("ho-so/<uuid:uuid>/tham-dinh/", appraisal.overview, name="appraisal"),
    path("ho-so/<uuid:uuid>/tham-dinh/so-lieu-nen/", appraisal.base_figures, name="appraise_base"),
    path("ho-so/<uuid:uuid>/tham-dinh/tieu-chi/<slug:criterion>/", appraisal.criterion, name="appraise"),
    path("ho-so/<uuid:uuid>/tra-lai/", appraisal.return_items, name="return"),
    path("ho-so/<uuid:uuid>/hoan-thanh-tham-dinh/", appraisal.conclude, name="conclude"),
    path("ho-so/<uuid:uuid>/tham-dinh-lai/", appraisal.reopen, name="reopen"),
    path("nguoi-dung/<uuid:uuid>/ngung/", handover.leave, name="leave"),
    path("ho-so-trinh/", proposals.proposals, name="proposals"),
    path("ho-so-trinh/lap/", proposals.propose, name="propose"),
    path("ho-so-trinh/<uuid:uuid>/", proposals.proposal, name="proposal"),
    path("ho-so-trinh/<uuid:uuid>/bien-ban/", proposals.minutes, name="minutes"),
    path("ho-so-trinh/<uuid:uuid>/duyet/", proposals.approve, name="approve"),
    path("ho-so-trinh/<uuid:uuid>/tra-lai/", proposals.return_proposal, name="return_proposal"),
    path("quyet-dinh/", decisions.decisions, name="decisions"),
    path("quyet-dinh/<uuid:uuid>/", decisions.decision, name="decision"),
    path("quyet-dinh/<uuid:uuid>/vao-so/", decisions.issue, name="issue_decision"),
]
