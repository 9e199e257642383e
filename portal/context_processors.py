"""What the frame of every page shows: where one can go, and whether this is the demonstration."""

from django.conf import settings
from django.urls import NoReverseMatch, reverse


def page_frame(request):
    """Return ``navigation`` (label, url, is_current) for the one who is signed in, and ``is_demo``."""
    return {"navigation": _navigation(request), "is_demo": settings.EMBEDDED}


def _navigation(request):
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    places = [("worklist", "Cases"), ("open-case", "Open a case"), ("durations", "Stage durations")]
    if settings.EMBEDDED:
        places.append(("mail-sent", "Mail sent"))
    if user.is_staff:
        places.append(("admin:index", "Admin"))
    links = [(label, url) for name, label in places if (url := _address(name))]
    current = max((url for _, url in links if request.path.startswith(url)), key=len, default=None)
    return [{"label": label, "url": url, "is_current": url == current} for label, url in links]


def _address(name):
    try:
        return reverse(name)
    except NoReverseMatch:
        return None
