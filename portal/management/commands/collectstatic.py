"""Collect the static files, the design system's among them."""

from django.conf import settings
from django.contrib.staticfiles.management.commands import collectstatic
from django.core.management.base import CommandError

from portal import assets


class Command(collectstatic.Command):
    """Django's command, once the design system's files are taken out of their package."""

    def handle(self, **options) -> str | None:
        """Build the design system's files, then collect them all."""
        try:
            assets.build(settings.ASSETS_DIR)
        except assets.AssetsMissing as missing:
            raise CommandError(str(missing)) from None
        return super().handle(**options)
