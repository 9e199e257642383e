from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = "Cases"

    def ready(self):
        from cases import (
            arrays,  # noqa: F401 - registers the lookup "any"
            calendar_change,
            list_export,
            migration,
            requirements,  # noqa: F401 - registers the checks a pathway may ask
            search,
        )
        from pathways import groups
        from pathways.registry import consequence

        consequence("version", preview=migration.impact, apply=migration.migrate)
        consequence("calendar", preview=calendar_change.count, apply=calendar_change.recompute)
        connection_created.connect(search.prepare)
        # Again: after pathways were migrated, the rights to read cases did not exist yet.
        post_migrate.connect(groups.ensure, sender=self)
        post_migrate.connect(list_export.let_the_privacy_lead_read, sender=self)
