"""Alive, and ready."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from cases.models import Notice, SweepRun
from portal.embedded import places
from tests.factories import UserFactory, a_case
from tests.portal.running import free_port, run


@pytest.fixture
def swept(db):
    """A sweep that finished a moment ago."""
    return SweepRun.objects.create(as_of=timezone.now(), finished_at=timezone.now())


def test_the_portal_is_alive_without_asking_anybody(client):
    assert client.get("/health/live").status_code == 200


def test_the_portal_is_ready_once_database_broker_and_first_sweep_are_there(client, swept):
    answer = client.get("/health/ready")

    said = answer.json()
    assert (answer.status_code, said["ready"], said["reasons"]) == (200, True, [])
    assert said["watch"].keys() >= {"seconds_since_last_sweep", "oldest_unsent_seconds", "lag_seconds"}


def test_readiness_tells_in_numbers_how_far_the_watch_lags_and_stays_ready(client, swept):
    someone = UserFactory()
    Notice.objects.create(
        kind="digest", recipient=someone, created_at=timezone.now() - timedelta(hours=2), error="refused"
    )
    a_case()  # of months ago: long due, and not looked at

    answer = client.get("/health/ready")

    watch = answer.json()["watch"]
    assert answer.status_code == 200, "taking the pages from people would send no e-mail"
    assert (watch["unsent"], watch["due_timers"]) == (1, 1)
    assert 7200 <= watch["oldest_unsent_seconds"] < 7300
    assert watch["lag_seconds"] > 86400
    assert someone.email not in answer.content.decode()


def test_the_portal_is_not_ready_before_the_first_sweep_has_finished(client, swept):
    SweepRun.objects.update(finished_at=None)

    answer = client.get("/health/ready")

    assert (answer.status_code, answer.json()["reasons"]) == (503, ["The first sweep has not finished yet."])


def test_the_portal_is_not_ready_when_nobody_has_swept_for_five_minutes(client, swept):
    SweepRun.objects.update(finished_at=timezone.now() - timedelta(minutes=5, seconds=1))

    answer = client.get("/health/ready")

    (reason,) = answer.json()["reasons"]
    assert answer.status_code == 503
    assert reason.startswith("The last sweep finished at ")


def test_the_portal_is_not_ready_without_its_broker(client, swept, settings):
    settings.REDIS_URL = f"redis://:hush@127.0.0.1:{free_port()}/0"

    answer = client.get("/health/ready")

    assert (answer.status_code, answer.json()["reasons"]) == (503, ["The broker does not answer."])


# As a load balancer asks an installation: from inside, without TLS.
ASK = """
import django
django.setup()
from django.test import Client
answer = Client(headers={"host": "midwatch.example.nhs.uk"}).get("/health/ready")
print(answer.status_code, answer.content.decode())
"""


def test_the_portal_is_not_ready_without_its_database():
    asked = run(
        "-c",
        ASK,
        DJANGO_SETTINGS_MODULE="portal.settings",
        DATABASE_URL=f"postgresql://midwatch:hush@127.0.0.1:{free_port()}/midwatch",
        REDIS_URL=places.redis_url(),
        EMAIL_URL="smtp://127.0.0.1",
        SECRET_KEY="a long secret that is made up for these tests and for nothing else",
        ALLOWED_HOSTS="midwatch.example.nhs.uk",
    )
    status, _, answer = asked.stdout.partition(" ")

    assert (status, json.loads(answer)["reasons"]) == (
        "503",
        ["The database does not answer, or its migrations have not been run."],
    )
    assert "hush" not in asked.stdout + asked.stderr
