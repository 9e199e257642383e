from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = "Cases"

    def ready(self):
        from cases import requirements  # noqa: F401 - registers the checks a pathway may demand
        from pathways import groups

        # Again: after pathways were migrated, the rights to read cases did not exist yet.
        post_migrate.connect(groups.ensure, sender=self)
