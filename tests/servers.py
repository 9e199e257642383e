"""Throw-away servers for one run of the tests; loaded with ``-p``, so that it comes before Django's settings."""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

from portal.embedded import places

# Workers and the processes that tests start read what one of them compiled: to compile it all takes each ten seconds.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Seconds for the mail server of a test to begin, on a machine that is busy with the other tests.
os.environ["AIOSMTPD_CONTROLLER_TIMEOUT"] = "60"

# The process that runs the tests; the workers of pytest-xdist inherit what it set.
if "PYTEST_XDIST_WORKER" not in os.environ:
    for name in ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SECRET_KEY", "ALLOWED_HOSTS", "MIDWATCH_BASE_URL", "BIND"):
        os.environ.pop(name, None)  # the tests never touch a real server
    state = Path(tempfile.mkdtemp(prefix="midwatch-tests-"))
    state.chmod(0o711)
    for directory in ("static", "assets"):
        (state / directory).mkdir(mode=0o755)
    os.environ |= {"MIDWATCH_STATE": str(state), "MIDWATCH_FORGETFUL": "1"}

    from portal import assets
    from portal.embedded import users

    # Also when pytest fails before or during its configuration.
    atexit.register(shutil.rmtree, state, ignore_errors=True)
    atexit.register(users.leave)
    users.join()
    assets.build(state / "assets")


def valkey_url(database: int) -> str:
    """Return the URL of one of the sixteen databases of this run's Valkey."""
    return f"{SOCKET}?db={database}"


# Each worker of pytest-xdist has a database of its own, for the cache and for what a real worker is asked to do: of
# two real workers on one database, each would take the tasks of the other's test.
SOCKET = places.redis_url()
OWN = valkey_url(1 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")))
places.redis_url = lambda: OWN
