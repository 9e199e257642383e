"""Put the demo into the database: all of it, or nothing."""

from io import StringIO
from random import Random

from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from cases.demo import history, people, rota
from cases.demo.patients import numbers
from cases.demo.routes import WAYS
from cases.demo.stories import Inventor, Story
from cases.demo.telling import Telling
from cases.models import Patient
from pathways import exchange
from pathways.maps import version_map
from pathways.models import PathwayVersion, system_user

SEED = 2026  # every demo is the same but for the present moment


@transaction.atomic
def load(now=None) -> bool:
    """Load the demo as it stands at ``now``; return False, and change nothing, if it is here already."""
    if people.are_here():
        return False
    now, rng = now or timezone.now(), Random(SEED)  # noqa: S311 - invented journeys, no secrets
    staff = people.engage()
    stories = invent(now, rng)
    elective = PathwayVersion.objects.get(pathway__code=history.PATHWAY, status=PathwayVersion.Status.ACTIVE)
    history.bring_in(version_map(elective.pk), now, Random(SEED), by=system_user())  # noqa: S311
    _take_stock()
    taken = set(Patient.objects.exclude(nhs_number=None).values_list("nhs_number", flat=True))
    Telling(staff, now, rng).tell(stories, numbers(taken, rng))
    rota.plan(staff, now)
    _take_stock()
    return True


def _take_stock():
    """Let the database count its rows: by itself it does so after the commit, and plans for empty tables before."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def invent(now, rng) -> list[Story]:
    """Put the shipped pathways into use and return the stories to tell on them."""
    files = [exchange.LIBRARY / f"{code}.yaml" for code in exchange.shipped_codes()]
    call_command("load_pathway", *files, stdout=StringIO(), stderr=StringIO())
    stories = []
    for code in WAYS:
        version = PathwayVersion.objects.get(pathway__code=code, status=PathwayVersion.Status.ACTIVE)
        stories += Inventor(version_map(version.pk), now, rng).stories()
    return stories
