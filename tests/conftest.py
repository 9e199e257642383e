"""What every test has at hand."""

import os

import pytest
from django.conf import settings


@pytest.fixture(autouse=True, scope="session")
def apart_from_the_other_workers():
    """Give each worker of pytest-xdist keys of its own in the cache that they share."""
    settings.CACHES["default"]["KEY_PREFIX"] = os.environ.get("PYTEST_XDIST_WORKER", "")


@pytest.fixture
def soak_seconds(request) -> float:
    """Tell a soak test how long it may go on: an equal share of MIDWATCH_SOAK_SECONDS."""
    tests = sum(bool(item.get_closest_marker("soak")) for item in request.session.items)
    return float(os.environ.get("MIDWATCH_SOAK_SECONDS", "60")) / tests
