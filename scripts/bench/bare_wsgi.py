"""The same pages with only the middleware without which there is no page: session and signed-in user, and
what views ask a request for: when it was received, and whether htmx sent it.

The list is put in place once Django is set up, since allauth refuses to start without its own middleware.
"""

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

django.setup()
settings.MIDDLEWARE = [
    "childfriendly.core.clock.stamp_receipt",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
application = WSGIHandler()
