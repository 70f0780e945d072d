from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "Văn bản và báo cáo"

    def ready(self) -> None:
        from reports import jobs  # noqa: F401 — importing registers what workers can do
