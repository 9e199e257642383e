"""The embedded servers, used by real processes."""

import json
import os
import shutil
import stat
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.portal.running import (
    eventually,
    is_a_sentence,
    kill,
    kill_all,
    none_left,
    processes_of,
    read_until,
    run,
    started,
)

# A user of the servers: joins, writes a line down or reads it, and leaves when its input ends.
USER = """
import sys
import psycopg
from portal.embedded import places, users
users.join(say=print)
with psycopg.connect(places.database_url()) as connection:
    connection.execute("SELECT pg_advisory_xact_lock(1)")  # two at once may not make the same table
    connection.execute("CREATE TABLE IF NOT EXISTS visitor (name text)")
    connection.execute("INSERT INTO visitor VALUES ('somebody')")
    visits = connection.execute("SELECT count(*) FROM visitor").fetchone()[0]
print("joined", visits, flush=True)
sys.stdin.read()
users.leave()
"""


def user(state: Path):
    return started("-c", USER, MIDWATCH_STATE=state, MIDWATCH_FORGETFUL=1)


def keepers(state: Path) -> list[int]:
    return [number for number, line in processes_of(state).items() if "portal.embedded.keeper" in line]


def test_servers_start_with_the_first_user_and_stop_with_the_last(state):
    with user(state) as first, user(state) as second:
        read_until(first, "joined")
        read_until(second, "joined")
        assert len(keepers(state)) == 1

        first.communicate("")
        assert len(keepers(state)) == 1

        second.communicate("")
        assert processes_of(state) == {}  # at once: the last one out has waited for them


def test_of_many_who_start_at_once_one_starts_the_servers(state):
    with ExitStack() as stack:
        users = [stack.enter_context(user(state)) for _ in range(5)]

        visits = {int(read_until(each, "joined").split()[-1]) for each in users}

        assert visits == {1, 2, 3, 4, 5}
        assert len(keepers(state)) == 1


def test_a_killed_user_leaves_no_process_behind(state):
    with user(state) as killed:
        read_until(killed, "joined")
        killed.kill()
        killed.wait()

        none_left(state)


def test_who_comes_while_the_servers_stop_finds_them_started_again(state):
    for visit in range(1, 4):
        with user(state) as visitor:
            assert read_until(visitor, "joined").split()[-1] == str(visit)
            visitor.kill()  # the next one comes while the keeper is stopping
            visitor.wait()


@pytest.mark.parametrize("killed", ["portal.embedded.keeper", "bin/postgres", "valkey-server"])
def test_whatever_part_of_the_servers_is_killed_the_others_stop_and_the_next_start_finds_the_data(state, killed):
    with user(state) as unlucky:
        read_until(unlucky, "joined")

        kill(state, killed)

        eventually(lambda: set(processes_of(state)) == {unlucky.pid}, f"There are still {processes_of(state)}.")
        with user(state) as next_one:
            assert read_until(next_one, "joined").split()[-1] == "2"


def test_files_that_a_crash_left_behind_are_in_nobodys_way(state):
    with user(state) as first:
        read_until(first, "joined")
        kill_all(state)
    (record,) = state.glob("run/servers.json")
    record.write_text("{ half a reco")

    with user(state) as next_one:
        assert read_until(next_one, "joined").split()[-1] == "2"


def test_a_state_directory_with_a_long_name_has_its_sockets_elsewhere(state):
    deep = state / ("long-" * 20) / ("name-" * 10)

    with user(deep) as visitor:
        read_until(visitor, "joined")
        sockets = Path(json.loads((deep / "run" / "servers.json").read_text())["sockets"])

        assert (sockets / "postgres" / ".s.PGSQL.5432").is_socket()
        assert len(str(sockets / "postgres" / ".s.PGSQL.5432")) < 108
        visitor.communicate("")
    assert not sockets.exists()


def test_a_database_of_another_version_is_refused(state):
    with user(state) as visitor:
        read_until(visitor, "joined")
        visitor.communicate("")
    (state / "postgres" / "data" / "PG_VERSION").write_text("12\n")

    refused = run("-c", USER, MIDWATCH_STATE=state)

    assert refused.returncode == 1
    assert "was made by PostgreSQL 12, and Midwatch now brings PostgreSQL 18." in refused.stderr
    assert is_a_sentence(refused.stderr)
    assert processes_of(state) == {}


def test_a_place_that_cannot_be_written_to_is_refused(state):
    (state / "file").write_text("This is no directory.")

    refused = run("-c", USER, MIDWATCH_STATE=state / "file" / "state")

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Midwatch cannot write to {state}/file/state/run (Not a directory).")
    assert is_a_sentence(refused.stderr)


def test_the_secret_key_is_the_same_for_all_and_no_one_elses_to_read(state):
    keys = {run("-c", "from portal.embedded import places; print(places.secret_key())", MIDWATCH_STATE=state).stdout}
    keys |= {run("-c", "from portal.embedded import places; print(places.secret_key())", MIDWATCH_STATE=state).stdout}

    assert len(keys) == 1
    assert len(keys.pop().strip()) > 50
    assert stat.S_IMODE((state / "secret-key").stat().st_mode) == 0o600


@pytest.mark.skipif(
    os.geteuid() != 0, reason="An ordinary user's PostgreSQL runs as that user, to whom nothing is closed."
)
def test_data_in_a_directory_closed_to_postgresql_go_where_it_can_reach_them_and_that_is_said(state):
    closed = state / "closed"
    closed.mkdir(mode=0o700)

    with user(closed / "state") as visitor:
        said = read_until(visitor, "joined")
        visitor.communicate("")
    elsewhere = Path(said.partition("data are in ")[2].partition(".\n")[0])

    assert f"may not enter {closed}/state, so PostgreSQL's data are in {elsewhere}." in said
    assert (elsewhere / "data" / "PG_VERSION").exists()
    assert processes_of(closed / "state") == {}
    assert processes_of(elsewhere) == {}
    shutil.rmtree(elsewhere)
