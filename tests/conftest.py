"""What every test has at hand."""

import os
from datetime import UTC, datetime

import pytest
from django.conf import settings


@pytest.fixture(autouse=True, scope="session")
def apart_from_the_other_workers():
    """Give each worker of pytest-xdist keys of its own in the cache that they share."""
    settings.CACHES["default"]["KEY_PREFIX"] = os.environ.get("PYTEST_XDIST_WORKER", "")


@pytest.fixture(autouse=True)
def the_watch_is_awake(monkeypatch):
    """Let every page believe that somebody has just swept, so that none shows the banner or costs a statement more."""
    from portal import last_look

    monkeypatch.setattr(
        last_look,
        "LOOK",
        last_look.LastLook(swept_at=datetime.max.replace(tzinfo=UTC), until=float("inf"), knows=True),
    )
