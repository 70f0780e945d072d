from django.urls import path

from criteria.views import area_types, holidays, periods, sets

app_name = "criteria"

urlpatterns = [
    path("tieu-chi/", sets.sets, name="sets"),
    path("tieu-chi/<uuid:uuid>/", sets.criteria_set, name="criteria_set"),
    path("tieu-chi/<uuid:uuid>/xac-nhan/", sets.confirm, name="confirm"),
    path("ky-danh-gia/", periods.periods, name="periods"),
    path("ky-danh-gia/mo/", periods.open_period, name="open_period"),
    path("ky-danh-gia/ngay-nghi/", holidays.holidays, name="holidays"),
    path("ky-danh-gia/ngay-nghi/<uuid:uuid>/bo/", holidays.remove, name="remove_holiday"),
    path("ky-danh-gia/<uuid:uuid>/", periods.period, name="period"),
    path("ky-danh-gia/<uuid:uuid>/chi-tieu/", periods.target, name="target"),
    path("ky-danh-gia/tham-quyen/<uuid:uuid>/", periods.confirm_authority, name="confirm_authority"),
    path("loai-xa/", area_types.area_types, name="area_types"),
]
