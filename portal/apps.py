"""How the portal joins Django."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Sign-in, health and the servers."""

    name = "portal"

    def ready(self) -> None:
        """Make the Celery application current, so that every task of every package belongs to it."""
        from portal import celery  # noqa: F401
