"""The project's own settings; only the table of addresses is ours, so that the bare view stands under the same server,
middleware and database as the pages it is the floor of."""

from childfriendly.settings import *  # noqa: F403

ROOT_URLCONF = "bare_urls"
