"""Is the portal alive, and is it ready? Asked by machines: no sign-in, and nothing in an answer that is secret."""

import redis
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from cases.watch import watchman


@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """Answer 200 for as long as the web server answers at all."""
    return JsonResponse({"live": True})


@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the portal can do its work, and 503 with the reasons when it cannot; and with how the watch
    stands in numbers, where they can be read.

    A sweep that is late is a reason. What else waits (timers, e-mails) is shown alone: taking the pages from people
    would not help.
    """
    standing = how_the_watch_stands()
    reasons = [reason for reason in (broker(), sweep(standing)) if reason]
    numbers = {"watch": standing.numbers()} if standing else {}
    return JsonResponse({"ready": not reasons, "reasons": reasons, **numbers}, status=503 if reasons else 200)


def broker() -> str | None:
    """Return why no work can be handed to the workers, or None."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as client:
            client.ping()
    except redis.RedisError:
        return "The broker does not answer."
    return None


def how_the_watch_stands() -> watchman.Standing | None:
    """Return the ``Standing`` of the watch now, or None while the database cannot be read."""
    try:
        return watchman.standing(timezone.now(), faults=False)
    except DatabaseError:
        return None


def sweep(standing: watchman.Standing | None) -> str | None:
    """Return why nobody watches over the cases, or None."""
    if standing is None:
        return "The database does not answer, or its migrations have not been run."
    if standing.last_sweep is None:
        return "The first sweep has not finished yet."
    if watchman.is_late(standing.last_sweep, standing.now):
        return f"The last sweep finished at {standing.last_sweep:%Y-%m-%dT%H:%M:%SZ}, more than 5 minutes ago."
    return None
