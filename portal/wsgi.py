"""The entry point of the web server."""

import os
import sys

from portal.refusal import Refused

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

try:
    from django.core.wsgi import get_wsgi_application

    application = get_wsgi_application()
except Refused as refusal:
    print(refusal, file=sys.stderr)  # noqa: T201 - there is no logging without settings
    sys.exit(3)  # gunicorn's own code for a worker that cannot start: it ends, instead of trying for ever
