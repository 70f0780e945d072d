from django.urls import path

from communes.views import acting, people, units

app_name = "communes"

urlpatterns = [
    path("don-vi/", units.units, name="units"),
    path("don-vi/<uuid:uuid>/", units.unit, name="unit"),
    path("nguoi-dung/", people.people, name="people"),
    path("them-nguoi-dung/", people.create_account, name="create_account"),
    path("nguoi-dung/<uuid:uuid>/", people.person, name="person"),
    path("nguoi-dung/<uuid:uuid>/giao-vai-tro/", people.assign_role, name="assign_role"),
    path("nguoi-dung/<uuid:uuid>/ket-thuc-vai-tro/", people.end_role, name="end_role"),
    path("nguoi-dung/<uuid:uuid>/dat-lai-mat-khau/", people.reset_password, name="reset_password"),
    path("nguoi-dung/<uuid:uuid>/lam-thay/", acting.give, name="give_acting"),
    path("lam-thay/", acting.mine, name="acting"),
    path("lam-thay/ket-thuc/", acting.end, name="end_acting"),
    path("nguoi-dung/<uuid:uuid>/mo-lai/", people.reactivate, name="reactivate"),
]
