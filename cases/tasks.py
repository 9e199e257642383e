"""What the worker does. Each task is two lines: the work is elsewhere, and can be done without Celery."""

import logging

from celery import shared_task

from cases.watch import alone, notices, timers
from cases.watch import sweep as watch_sweep

log = logging.getLogger(__name__)


@shared_task
def sweep():
    alone.do("sweep", watch_sweep.run)
    alone.do("send notices", notices.send_due)  # apart: a slow mail server must not keep the watch from sweeping


@shared_task
def send_urgent():
    notices.send_due(only_urgent=True)


@shared_task
def check_timers():
    for sentence in timers.rebuild(check=True):
        log.error("%s", sentence)
