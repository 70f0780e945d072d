"""The project's own settings; only the table of addresses is ours, so that the bare view stands under the same server,
middleware and database as the pages it is the floor of."""

from childfriendly.settings import *  # noqa: F403

ROOT_URLCONF = "bare_urls"

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    # Eight processes that do nothing but write starve one another for longer than a page would wait.
    DATABASES["default"]["OPTIONS"]["timeout"] = 300  # noqa: F405
