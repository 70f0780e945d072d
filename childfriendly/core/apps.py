from django.apps import AppConfig


class CoreConfig(AppConfig):
    """The bottom layer: what every app uses and what knows none of them."""

    name = "childfriendly.core"
    label = "core"
    verbose_name = "Nền chung"

    def ready(self) -> None:
        # importing registers what they hold; only now are settings and models complete
        from childfriendly.core import checks, nightly  # noqa: F401
