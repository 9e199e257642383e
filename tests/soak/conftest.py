"""How long each of the soak's tests may go on, and the mail server that they share."""

import os
import time

import pytest

from tests.mail_server import MailServer

BEGAN = time.monotonic()


@pytest.fixture
def soak_seconds(request) -> float:
    """Tell a soak test how long it may go on: its share of what is left of MIDWATCH_SOAK_SECONDS.

    What one test takes longer than its share, the others do not get: the whole must not last longer.
    """
    tests = [item for item in request.session.items if item.get_closest_marker("soak")]
    left = float(os.environ.get("MIDWATCH_SOAK_SECONDS", "60")) - (time.monotonic() - BEGAN)
    return max(0, left) / (len(tests) - tests.index(request.node))


@pytest.fixture
def server(settings):
    """A mail server that the portal is set to use, and that is not running yet."""
    server = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = server.host, server.port
    return server
