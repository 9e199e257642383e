"""What every test has at hand."""

import os
from datetime import UTC, datetime

import pytest
from django.test import TransactionTestCase
from hypothesis import HealthCheck, settings

from tests import databases

# How long something takes is no matter of a test: here other tests run beside it. A fixture made once holds for all of
# the examples.
settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("unhurried")

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "alone")


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker):
    """Give each worker a copy of one migrated database: to migrate takes longer than most files of tests."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        databases.use(databases.copy(databases.migrated(), f"test_{WORKER}"))
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: databases.empty())
        yield


@pytest.fixture(autouse=True)
def the_watch_is_awake(monkeypatch):
    """Let every page believe that somebody has just swept, so that none shows the banner or costs a statement more."""
    from portal import last_look

    monkeypatch.setattr(
        last_look,
        "LOOK",
        last_look.LastLook(swept_at=datetime.max.replace(tzinfo=UTC), until=float("inf"), knows=True),
    )
