from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "cases"
    verbose_name = "Cases"

    def ready(self):
        from cases import calendar_change, migration, requirements  # noqa: F401 - registers the checks a pathway may demand
        from pathways.registry import consequence

        consequence("version", preview=migration.impact, apply=migration.migrate)
        consequence("calendar", preview=calendar_change.count, apply=calendar_change.recompute)
