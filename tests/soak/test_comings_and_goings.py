"""Users of the embedded servers who come, go and are killed in any order."""

import random
import signal
import time
from contextlib import ExitStack

import pytest

from tests.portal.running import kill_all, none_left, processes_of, read_until, started, state_directory

USER = """
import sys
import psycopg
from portal.embedded import places, users
users.join()
with psycopg.connect(places.database_url()) as connection:
    connection.execute("SELECT 1")
print("joined", flush=True)
sys.stdin.read()
users.leave()
"""


@pytest.mark.soak
def test_whoever_joins_is_served_and_when_all_have_gone_nothing_is_left(soak_seconds):
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    print(f"seed {seed}")
    end = time.monotonic() + max(soak_seconds, 5)
    with state_directory() as state, ExitStack() as stack:
        present = []
        while time.monotonic() < end:
            if len(present) < 4 and chance.random() < 0.6:
                newcomers = [
                    stack.enter_context(started("-c", USER, MIDWATCH_STATE=state)) for _ in range(chance.randint(1, 3))
                ]
                for newcomer in newcomers:
                    read_until(newcomer, "joined")  # served, whatever was going on
                present += newcomers
            elif present:
                leaver = present.pop(chance.randrange(len(present)))
                if chance.random() < 0.5:
                    leaver.send_signal(chance.choice([signal.SIGKILL, signal.SIGTERM]))
                leaver.stdin.close()
                leaver.stdin = None
            elif chance.random() < 0.2:
                kill_all(state)
            assert sum("portal.embedded.keeper" in line for line in processes_of(state).values()) <= 1
        for each in present:
            each.kill()
        none_left(state)
