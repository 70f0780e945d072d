from django.apps import AppConfig


class PapersConfig(AppConfig):
    name = "papers"
    verbose_name = "văn bản"
    default_auto_field = "django.db.models.BigAutoField"
