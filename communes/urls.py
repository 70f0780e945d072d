from django.urls import path

from communes import views

app_name = "communes"

urlpatterns = [
    path("don-vi/", views.units, name="units"),
    path("don-vi/<uuid:uuid>/", views.unit, name="unit"),
    path("nguoi-dung/", views.people, name="people"),
    path("them-nguoi-dung/", views.create_account, name="create_account"),
    path("nguoi-dung/<str:username>/", views.person, name="person"),
    path("nguoi-dung/<str:username>/giao-vai-tro/", views.assign_role, name="assign_role"),
    path("nguoi-dung/<str:username>/ket-thuc-vai-tro/", views.end_role, name="end_role"),
    path("nguoi-dung/<str:username>/dat-lai-mat-khau/", views.reset_password, name="reset_password"),
    path("nguoi-dung/<str:username>/ngung/", views.deactivate, name="deactivate"),
    path("nguoi-dung/<str:username>/mo-lai/", views.reactivate, name="reactivate"),
]
