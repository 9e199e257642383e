import pytest

from tests.mail_server import MailServer


@pytest.fixture
def server(settings):
    """A mail server that the portal is set to use, and that is not running yet."""
    server = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = server.host, server.port
    return server
