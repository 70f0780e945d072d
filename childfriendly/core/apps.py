from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The bottom layer: what every app uses and what knows none of them."""

    name = "childfriendly.core"
    label = "core"
    verbose_name = "Nền chung"

    def ready(self) -> None:
        from childfriendly.core import checks  # noqa: F401 — importing registers them; only now are settings complete
