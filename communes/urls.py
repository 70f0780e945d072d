from django.urls import path

from communes.models import Import
from communes.views import account, accounts_list, acting, imports, people, units

app_name = "communes"

urlpatterns = [
    path("don-vi/", units.units, name="units"),
    path("don-vi/<uuid:uuid>/", units.unit, name="unit"),
    path("tai-khoan/", account.my_account, name="my_account"),
    path("tai-khoan/xac-thuc-hai-buoc/", account.enrol_second_factor, name="enrol_second_factor"),
    path("tai-khoan/xac-thuc-hai-buoc/ma-du-phong/", account.recovery_codes, name="recovery_codes"),
    path("tai-khoan/xac-thuc-hai-buoc/bo/", account.remove_second_factor, name="remove_second_factor"),
    path("tai-khoan/phien/ket-thuc/", account.end_sessions, name="end_sessions"),
    path("tai-khoan/phien/giu/", account.keep_session, name="keep_session"),
    path("nguoi-dung/", people.people, name="people"),
    path("nguoi-dung/tai-khoan.csv", accounts_list.accounts_csv, name="accounts_csv"),
    path("nguoi-dung/ra-soat/", accounts_list.review_accounts, name="review_accounts"),
    path("them-nguoi-dung/", people.create_account, name="create_account"),
    path("nguoi-dung/<uuid:uuid>/", people.person, name="person"),
    path("nguoi-dung/<uuid:uuid>/giao-vai-tro/", people.assign_role, name="assign_role"),
    path("nguoi-dung/<uuid:uuid>/ket-thuc-vai-tro/", people.end_role, name="end_role"),
    path("nguoi-dung/<uuid:uuid>/dat-lai-mat-khau/", people.reset_password, name="reset_password"),
    path("nguoi-dung/<uuid:uuid>/dat-lai-xac-thuc/", account.reset_second_factor, name="reset_second_factor"),
    path("nguoi-dung/<uuid:uuid>/ket-thuc-phien/", account.end_sessions_of, name="end_sessions_of"),
    path("nguoi-dung/<uuid:uuid>/lam-thay/", acting.give, name="give_acting"),
    path("nhap-tu-excel/", imports.imports, name="imports"),
    path("nhap-tu-excel/bieu-mau-nguoi-dung/", imports.form, {"kind": Import.Kind.PEOPLE}, name="import_form_people"),
    path("nhap-tu-excel/bieu-mau-loai-xa/", imports.form, {"kind": Import.Kind.AREA_TYPES}, name="import_form_types"),
    path("nhap-tu-excel/<uuid:uuid>/", imports.preview, name="import"),
    path("nhap-tu-excel/<uuid:uuid>/mat-khau/", imports.passwords, name="import_passwords"),
    path("lam-thay/", acting.mine, name="acting"),
    path("lam-thay/ket-thuc/", acting.end, name="end_acting"),
    path("nguoi-dung/<uuid:uuid>/mo-lai/", people.reactivate, name="reactivate"),
]
