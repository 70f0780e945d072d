from django.urls import path

from communes import views

app_name = "communes"

urlpatterns = [
    path("don-vi/", views.units, name="units"),
    path("don-vi/<uuid:uuid>/", views.unit, name="unit"),
    path("nguoi-dung/", views.people, name="people"),
    path("them-nguoi-dung/", views.create_account, name="create_account"),
    path("nguoi-dung/<uuid:uuid>/", views.person, name="person"),
    path("nguoi-dung/<uuid:uuid>/giao-vai-tro/", views.assign_role, name="assign_role"),
    path("nguoi-dung/<uuid:uuid>/ket-thuc-vai-tro/", views.end_role, name="end_role"),
    path("nguoi-dung/<uuid:uuid>/dat-lai-mat-khau/", views.reset_password, name="reset_password"),
    path("nguoi-dung/<uuid:uuid>/ngung/", views.deactivate, name="deactivate"),
    path("nguoi-dung/<uuid:uuid>/mo-lai/", views.reactivate, name="reactivate"),
]
