"""The banner on every page while the watch sleeps, for everyone who is signed in."""

from django.http import HttpRequest
from django.utils import timezone

from cases import showing
from cases.web.supervision import may_see
from portal import last_look


def watch(request: HttpRequest) -> dict:
    """Return ``asleep``: None, or since when the watch sleeps; and whether this reader ``may_see_watch``."""
    user, now = getattr(request, "user", None), timezone.now()
    if user is None or not user.is_authenticated:
        return {"asleep": None, "may_see_watch": False}
    sees = may_see(user)
    if not last_look.LOOK.is_late(now):
        return {"asleep": None, "may_see_watch": sees}
    swept_at = last_look.LOOK.swept_at
    ago = showing.duration(now - swept_at) if swept_at else ""
    return {"asleep": {"since": swept_at, "ago": ago}, "may_see_watch": sees}
