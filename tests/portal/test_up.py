"""The whole portal, started and stopped as its users do it."""

import json
import os
import signal
import socket
import urllib.error
import urllib.request
from contextlib import contextmanager

import psycopg
import pytest

from portal.embedded import places
from tests.portal.running import (
    copy,
    eventually,
    free_port,
    is_a_sentence,
    kill,
    manage,
    none_left,
    prepare,
    processes_of,
    read_until,
    started,
    state_directory,
)
from tests.servers import valkey_url


@pytest.fixture(scope="module")
def prepared():
    """Give this module a state directory with an empty, migrated database, to be copied."""
    with state_directory() as state:
        prepare(state)
        yield state


@pytest.fixture
def state(prepared, state):
    """Begin with a copy of it instead of with nothing: the way from nothing is one test's matter."""
    copy(prepared, state)
    return state


def get(url: str, **headers: str) -> tuple[int, str]:
    """Ask for a page as a machine would, following nothing, and return status and text."""

    class Follow(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Follow)
    try:
        with opener.open(urllib.request.Request(url, headers=headers), timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.read().decode()


@contextmanager
def up(state, *options, **given):
    """Start the portal, and go on once it runs."""
    bind = f"127.0.0.1:{free_port()}"
    with started("manage.py", "up", *options, MIDWATCH_STATE=state, BIND=bind, **given) as portal:
        portal.said = read_until(portal, "Ctrl-C stops it.")
        portal.url = f"http://{bind}"
        yield portal


def is_ready(url: str, **headers: str) -> bool:
    return get(f"{url}/health/ready", **headers)[0] == 200


def test_the_portal_starts_serves_and_stops_without_a_trace(state):
    with up(state, "--no-demo", MIDWATCH_FORGETFUL=1) as portal:
        assert f"Midwatch is running at {portal.url}/" in portal.said

        status, page = get(f"{portal.url}/sign-in/")
        style = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
        assert (status, "User name" in page) == (200, True)
        assert get(portal.url + style)[0] == 200

        # Worker and beat are there too: the first sweep comes by itself.
        eventually(lambda: is_ready(portal.url), "The portal never became ready.")

        # What somebody searched for stays out of the log, whose every line is JSON.
        get(f"{portal.url}/sign-in/?q=9990000018")
        lines = [json.loads(line) for line in (state / "log" / "web.log").read_text().splitlines()]
        assert any(line["message"].startswith("GET /sign-in/ 200 ") for line in lines)
        assert "9990000018" not in json.dumps(lines)

        # A second one on the same state is refused, and leaves the first alone.
        refused = manage("up", MIDWATCH_STATE=state, BIND=f"127.0.0.1:{free_port()}")
        assert refused.returncode == 1
        assert refused.stderr.startswith(f"Midwatch is already running on {state}.")
        assert is_a_sentence(refused.stderr)

        # Other commands use the servers that run.
        assert manage("migrate", "--check", MIDWATCH_STATE=state).returncode == 0
        assert get(f"{portal.url}/health/live")[0] == 200

        portal.send_signal(signal.SIGINT)
        said, _ = portal.communicate()

        assert portal.returncode == 0
        assert said.split("\n")[1:-1] == [
            "SIGINT: stopping",
            "web stopped",
            "beat stopped",
            "worker stopped",
            "servers stopped",
        ]
        assert processes_of(state) == {}


def workers_of(state):
    return [number for number, line in processes_of(state).items() if "-A portal worker" in line]


def test_a_part_that_dies_stops_the_others_and_names_its_log(state):
    with up(state, "--no-demo", MIDWATCH_FORGETFUL=1) as portal:
        # On a busy machine the pages answer before the worker is more than a copy of its parent.
        eventually(lambda: workers_of(state), "The worker was never started.")
        os.kill(min(workers_of(state)), signal.SIGKILL)
        said, _ = portal.communicate()

        assert portal.returncode == 1
        assert "The worker ended by itself with exit code -9, so everything was stopped." in said
        assert f"{state}/log/worker.log" in said
        none_left(state)


def test_a_killed_portal_leaves_no_process_behind(state):
    with up(state, "--no-demo", MIDWATCH_FORGETFUL=1) as portal:
        portal.kill()
        portal.wait()

        none_left(state)


def test_the_end_of_the_embedded_servers_is_the_end_of_the_portal(state):
    with up(state, "--no-demo", MIDWATCH_FORGETFUL=1) as portal:
        kill(state, "portal.embedded.keeper")
        said, _ = portal.communicate()

        assert portal.returncode == 1
        assert "The embedded servers ended, so everything was stopped." in said
        none_left(state)


def test_a_port_in_use_is_refused(state):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        refused = manage("up", MIDWATCH_STATE=state, BIND=f"127.0.0.1:{listening.getsockname()[1]}")

    assert refused.returncode == 1
    assert "is in use by another program." in refused.stderr
    assert is_a_sentence(refused.stderr)
    assert processes_of(state) == {}


@pytest.mark.parametrize("address", ["0.0.0.0:8000", "8000"])
def test_the_demo_refuses_an_address_that_is_not_of_this_machine_alone(state, address):
    refused = manage("up", MIDWATCH_STATE=state, BIND=address)

    assert refused.returncode == 1
    assert is_a_sentence(refused.stderr)
    assert processes_of(state) == {}


@pytest.fixture
def empty():
    """Give an installation a state directory of its own, with nothing in it."""
    with state_directory() as state:
        yield state


@pytest.fixture
def database():
    """Make an empty database on the server of this test run, as an installation finds it."""
    with psycopg.connect(places.database_url("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS installation WITH (FORCE)")
        connection.execute("CREATE DATABASE installation")
        yield places.database_url("installation")
        connection.execute("DROP DATABASE installation WITH (FORCE)")


def test_an_installation_runs_on_the_servers_that_are_named(empty, database):
    host = "midwatch.example.nhs.uk"
    named = {
        "DATABASE_URL": database,
        "REDIS_URL": valkey_url(15),
        "EMAIL_URL": f"smtp://127.0.0.1:{places.addresses()['mail_port']}",
        "SECRET_KEY": "a long secret that is made up for these tests and for nothing else",
        "ALLOWED_HOSTS": host,
    }
    with up(empty, **named) as portal:
        eventually(lambda: is_ready(portal.url, Host=host), "The portal never became ready.")
        with psycopg.connect(database) as connection:
            people = connection.execute(
                "SELECT count(*) FROM portal_user WHERE is_active AND password != ''"
            ).fetchone()
        inside = get(f"{portal.url}/sign-in/", **{"Host": host, "X-Forwarded-Proto": "https"})
        outside = get(f"{portal.url}/sign-in/", Host=host)
        stranger = get(f"{portal.url}/sign-in/", **{"Host": "evil.example", "X-Forwarded-Proto": "https"})
        mail_sent = get(f"{portal.url}/mail-sent/", **{"Host": host, "X-Forwarded-Proto": "https"})
        portal.terminate()
        said, _ = portal.communicate()

    assert (inside[0], outside[0], stranger[0], mail_sent[0]) == (200, 301, 400, 404)
    assert "Mail sent" not in inside[1]
    assert people == (0,)  # nobody signs in to an installation with a password that the demo prints
    assert not (empty / "postgres").exists()
    assert portal.returncode == 0
    assert "servers stopped" not in said
    assert processes_of(empty) == {}
