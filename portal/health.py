"""Is the portal alive, and is it ready? Asked by machines: no sign-in, and nothing in an answer that is secret."""

from datetime import timedelta

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache

OLDEST_SWEEP = timedelta(minutes=5)


@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """Answer 200 for as long as the web server answers at all."""
    return JsonResponse({"live": True})


@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the portal can do its work, and 503 with the reasons when it cannot."""
    reasons = [reason for ask in (broker, database_and_sweep) if (reason := ask())]
    return JsonResponse({"ready": not reasons, "reasons": reasons}, status=503 if reasons else 200)


def broker() -> str | None:
    """Return why no work can be handed to the workers, or None."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as client:
            client.ping()
    except redis.RedisError:
        return "The broker does not answer."
    return None


def database_and_sweep() -> str | None:
    """Return why nothing can be read, or why nobody watches over the cases, or None."""
    try:
        connection.ensure_connection()
        return sweep()
    except DatabaseError:
        return "The database does not answer, or its migrations have not been run."


def sweep() -> str | None:
    """Return what is wrong with the last sweep, or None."""
    from cases.models import SweepRun

    last = SweepRun.objects.filter(finished_at__isnull=False).order_by("-finished_at").first()
    if last is None:
        return "The first sweep has not finished yet."
    if timezone.now() - last.finished_at > OLDEST_SWEEP:
        return f"The last sweep finished at {last.finished_at:%Y-%m-%dT%H:%M:%SZ}, more than 5 minutes ago."
    return None
