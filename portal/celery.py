"""The Celery application: worker and beat find their settings, their logging and their first wake-up here."""

import logging.config
import os

from celery import Celery
from celery.signals import beat_init, celeryd_init, setup_logging

from portal import startup

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_as_django_does(**_) -> None:
    """Log in the lines of the settings instead of Celery's own."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@celeryd_init.connect
def refuse_to_work_alone(**_) -> None:
    """Refuse to start a worker while a server that it needs does not answer."""
    startup.require_servers()


@beat_init.connect
def sweep_at_once(**_) -> None:
    """Refuse to start a beat without servers; otherwise wake the sweep at once, instead of in a minute."""
    startup.require_servers()
    app.send_task("cases.tasks.sweep", expires=60)
