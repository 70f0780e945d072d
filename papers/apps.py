from django.apps import AppConfig


class PapersConfig(AppConfig):
    name = "papers"
    verbose_name = "văn bản"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # importing registers what it holds; only now are settings and models complete
        from assessments.views.decisions import SAID_LATER
        from assessments.views.files import FINDERS
        from assessments.views.improving import NOTICES
        from assessments.views.lists import MORE_TILES
        from papers import checks, jobs  # noqa: F401
        from papers.services import files
        from papers.views.attachments import KIND, attachment_of_ticket
        from papers.views.improving import notices_to
        from papers.views.paper import said_of_decisions, waiting_tile

        files.register()
        FINDERS[KIND] = attachment_of_ticket
        MORE_TILES.append(waiting_tile)
        NOTICES.append(notices_to)
        SAID_LATER.append(said_of_decisions)
