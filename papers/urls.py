from django.urls import path

from papers.views import issuers

app_name = "papers"

urlpatterns = [
    path("co-quan-ban-hanh/<uuid:uuid>/", issuers.issuers, name="issuers"),
    path("co-quan-ban-hanh/<uuid:uuid>/<slug:desk>/", issuers.issuer, name="issuer"),
]
