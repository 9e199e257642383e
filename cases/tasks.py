"""What the worker does. Each task is two lines: the work is elsewhere, and can be done without Celery."""

import logging

from celery import shared_task
from django.utils import timezone

from cases import radar
from cases.durations import due_times, rollups
from cases.history_import import at_work, uploads
from cases.watch import alone, differing, later, notices, timers
from cases.watch import sweep as watch_sweep

log = logging.getLogger(__name__)


@shared_task
def sweep():
    alone.do("sweep", watch_sweep.run)
    alone.do("send notices", notices.send_due)  # apart: a slow mail server keeps no sweep from beginning
    alone.do("drain rollups", rollups.drain)  # last: figures are right without it, only slower


@shared_task
def send_urgent():
    # Each detour asks for it: one at a time, or a mail server that is slow would have every worker.
    alone.do("send urgent", lambda: notices.send_due(only_urgent=True))


@shared_task
def tell_later():
    alone.do("tell later", later.tell)


@shared_task
def check_timers():
    found = timers.rebuild(check=True)
    differing.keep(found)
    for sentence in found:
        log.error("%s", sentence)


@shared_task
def forget_old_sweeps():
    watch_sweep.forget_old(timezone.now())


@shared_task
def check_durations():
    due_times.fill()
    for sentence in rollups.check(rollups.stages_of()):
        log.error("Made anew: %s", sentence)


@shared_task
def look_at_the_radar():
    for sentence in radar.look(timezone.now()):
        log.info("Radar, %s", sentence)


@shared_task
def look_at_the_setup():
    radar.keep_faults(timezone.now())


@shared_task(bind=True, max_retries=None)
def work_on_import(self, pk, ticket):
    if not at_work.work(pk, ticket):
        raise self.retry(countdown=5)


@shared_task
def forget_old_imports():
    uploads.forget_old(timezone.now())
