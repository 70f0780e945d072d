"""Administrative units, the people who work there and the roles they hold."""

from django.apps import AppConfig


class CommunesConfig(AppConfig):
    name = "communes"
    verbose_name = "Đơn vị hành chính và người dùng"

    def ready(self) -> None:
        from communes.imports import service  # noqa: F401 — importing registers what workers can do
