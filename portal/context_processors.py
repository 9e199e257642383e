"""What the frame of every page shows: where one can go, and whether this is the demonstration."""

from django.conf import settings
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from cases import access
from cases.watch import answers


def page_frame(request):
    """Return ``navigation`` (label, url, is_current) for the one who is signed in, and ``is_demo``. Asked of the
    database only by a page that shows it: the admin does not.
    """
    return {"navigation": SimpleLazyObject(lambda: _navigation(request)), "is_demo": settings.EMBEDDED}


def _navigation(request):
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    only_reads = access.is_inspector(user) or access.is_pathway_administrator(user)
    works = access.teams_of(user)
    places = [("My teams", "my_teams")] if access.manages_something(user) else []
    places += [("My day", "my_day")] if works else []
    places.append(("Cases", "cases"))
    places += [("Escalations", "escalations")] if answers.has_any(user) else []
    places += [("Handoffs", "handoffs")] if works else []
    if works and not only_reads:
        places.append(("Open a case", "open_case"))
    if access.sees_figures(user):
        places.append(("Where patients are stuck", "durations"))
    if settings.EMBEDDED:
        places.append(("Mail sent", "mail-sent"))
    if access.is_pathway_administrator(user):
        places += [("Pathways", "gallery"), ("Import", "imports")]
    if user.is_staff:
        places.append(("Admin", "admin:index"))
    links = [(label, reverse(name)) for label, name in places]
    here = [url for _, url in links if request.path.startswith(url)]
    current = max(here, key=len, default=None)  # /cases/open/ is also below /cases/
    return [{"label": label, "url": url, "is_current": url == current} for label, url in links]
