from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PathwaysConfig(AppConfig):
    name = "pathways"
    verbose_name = "Pathways"

    def ready(self):
        from pathways import groups

        post_migrate.connect(groups.ensure, sender=self)
