"""Which of the packages' files are collected: with every variant of Bootstrap and htmx, hashing and compressing took
20 seconds of each installation for some 20 MB that no page asks for."""

from django.contrib.staticfiles.apps import StaticFilesConfig


class UsedStaticFilesConfig(StaticFilesConfig):
    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        # Bootstrap: only css/bootstrap.min.css and its map; menus are <details>, which need no script
        "*.rtl.*",
        "bootstrap-*",
        "bootstrap.css*",
        "bootstrap*.js*",
        "LICENSE",
        "version.txt",
        # django-htmx: only htmx 2, minified
        "htmx-4*",
        "htmx-2.js",
        "htmax*",
        "ext",
        "account",  # allauth's own scripts, for pages that we do not have
    ]
