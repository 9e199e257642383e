"""Change one thing at a time in the code that decides who is told when, and see whether a test notices.

    python -m tests.soak.mutants [part ...]      one of PARTS; all of them, one after the other, if none is named

Prints each change that no test noticed and that ``survivors.md`` does not explain, then one JSON line for each part.
Fails where fewer than nine in ten were noticed, and where a change was that nobody can see: then the tests fail by
themselves, and the figures say nothing. mutmut works in a copy of the checkout: nothing here is changed.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
EXPLAINED = Path(__file__).with_name("survivors.md")
GOAL = 0.9
ENOUGH = ("killed", "timeout")  # one that never ends is noticed too


@dataclass(frozen=True)
class Part:
    """What is changed, and the tests that ought to notice; ``at_once`` 1 where they share a database."""

    mutate: str
    tests: tuple[str, ...]
    at_once: int = 1

    @property
    def patience(self) -> int:
        """Half of the seconds, besides twice those of the tests, after which a change counts as one that never ends:
        to begin takes a while with a database.
        """
        return 4 if self.at_once > 1 else 15


WATCH = (
    "tests/cases/test_sweep.py",
    "tests/cases/test_notices.py",
    "tests/cases/watch/test_effects.py",
    "tests/cases/watch/test_digests.py",
    "tests/cases/watch/test_answers.py",
    "tests/cases/watch/test_promises.py",
)
MAIL = (
    *WATCH[:2],
    "tests/cases/watch/test_storm.py",
    "tests/cases/watch/test_gone_since.py",
    "tests/cases/watch/test_digests.py",
    "tests/cases/watch/test_later.py",
    "tests/cases/watch/test_promises.py",
    "tests/cases/watch/test_recipients_in_turn.py",
    "tests/cases/watch/test_in_parallel.py",
    "tests/cases/watch/test_answers.py",
    "tests/cases/test_urgent.py",
    "tests/cases/test_who_was_told.py",
)
PARTS = {
    "working_time": Part(
        "pathways/working_time.py",
        (
            "tests/pathways/test_working_time.py",
            "tests/pathways/test_working_time_edges.py",
            "tests/pathways/test_clock_changes.py",
            "tests/pathways/test_opening_hours.py",
            "tests/pathways/test_names_of_days.py",
        ),
        at_once=2,
    ),
    "deadlines": Part(
        "cases/deadlines.py", ("tests/cases/test_deadlines.py", "tests/cases/test_deadlines_edges.py"), at_once=2
    ),
    "recipients": Part(
        "cases/watch/recipients.py",
        (
            "tests/cases/watch/test_recipients.py",
            "tests/cases/watch/test_recipients_later.py",
            "tests/cases/watch/test_recipients_in_turn.py",
            "tests/cases/test_what_if_people.py",
            *WATCH[:2],
        ),
    ),
    "sweep": Part(
        "cases/watch/sweep.py",
        (
            "tests/cases/watch/test_sweep_edges.py",
            "tests/cases/watch/test_recipients_in_turn.py",
            "tests/cases/watch/test_in_parallel.py",
            "tests/cases/watch/test_storm.py",
            *WATCH,
        ),
    ),
    "timers": Part(
        "cases/watch/timers.py",
        (
            *WATCH,
            "tests/cases/test_commands.py",
            "tests/cases/test_lifecycle.py",
            "tests/cases/watch/test_timers.py",
            "tests/cases/test_calendar_change.py",
            "tests/cases/reasons/test_radar.py",
            "tests/cases/web/test_radar_page.py",  # what cannot be computed is not set right
        ),
    ),
    "watched": Part(
        "cases/watch/watched.py", ("tests/cases/watch/test_watched.py", *WATCH, "tests/cases/test_lifecycle.py")
    ),
    "mail_times": Part("cases/watch/mail_times.py", ("tests/cases/watch/test_mail_times.py", *MAIL)),
    "instead": Part("cases/watch/instead.py", MAIL),
    "outbox": Part("cases/watch/outbox.py", MAIL),
    "notices": Part("cases/watch/notices.py", MAIL),
}

SETTINGS = """
[tool.mutmut]
source_paths = ["cases", "pathways", "portal"]
also_copy = ["manage.py", "templates", "requirements"]
only_mutate = ["{mutate}"]
pytest_add_cli_args = ["-p", "no:cacheprovider", "-p", "no:xdist"]
pytest_add_cli_args_test_selection = {tests}
timeout_constant = {patience}
timeout_multiplier = 2
use_git_change_detection = false
track_dependencies = false
"""


# In the copy: the first run of the tests makes the database, the thousand others find it.
MADE_ONCE = """

@pytest.fixture(scope="session")
def django_db_setup(django_test_environment, django_db_blocker):
    from pathlib import Path

    from django.conf import settings
    from django.db import connection
    from django.test.utils import setup_databases

    made = Path(settings.STATE_DIR) / "made-once"
    with django_db_blocker.unblock():
        if not made.exists():
            setup_databases(verbosity=0, interactive=False)
            made.touch()
        connection.close()
        connection.settings_dict["NAME"] = "test_midwatch"
"""

# At the end of the code that is changed, in the copy: mutmut changes each number, which every test asks for and none
# heeds.
CONTROL = """


def unheeded():
    return [1, 2, 3]
"""
ASKED_FOR = """

@pytest.fixture(autouse=True)
def the_control():
    import {module}

    {module}.unheeded()
"""


def main(names) -> int:
    if unknown := sorted(set(names) - PARTS.keys()):
        print(f"There is no part {', '.join(unknown)}: choose of {', '.join(PARTS)}.")
        return 2
    return max(_run(name, PARTS[name]) for name in names or PARTS)


def _run(name, part) -> int:
    with tempfile.TemporaryDirectory(prefix="midwatch-mutants-") as place:
        copy = Path(place)
        copy.chmod(0o711)
        _copy_to(copy, part)
        subprocess.run(
            [*MUTMUT, "run", "--max-children", str(part.at_once)],
            cwd=copy,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            check=False,
        )
        results = dict(re.findall(r"^\s+(\S+): (.+)$", _said(copy, "results", "--all", "true"), flags=re.M))
        if not results or "not checked" in results.values():
            print(f"The tests of {name} could not be run in a copy of the checkout: mutmut says why above.")
            return 1
        control = {mutant: results.pop(mutant) for mutant in list(results) if "unheeded" in mutant}
        if set(control.values()) != {"survived"}:
            print(f"The tests of {name} fail by themselves, whatever is changed: {control}.")
            return 1
        left = {mutant: _change(copy, mutant) for mutant, result in results.items() if result not in ENOUGH}
    explained = EXPLAINED.read_text()
    unexplained = {mutant: change for mutant, change in left.items() if _last_line(change) not in explained}
    for mutant, change in unexplained.items():
        print(f"{mutant}: {results[mutant]}\n{change}\n")
    share = 1 - len(left) / len(results)
    figures = {"soak": "mutants", "part": name, "made": len(results), "noticed": round(share, 3)}
    print(json.dumps(figures | {"left": len(left), "left_unexplained": len(unexplained)}), flush=True)
    return int(share < GOAL)


MUTMUT = [sys.executable, "-m", "mutmut"]


def _copy_to(copy, part):
    """Copy what belongs to the checkout, as it stands on disk, and tell mutmut what to do there."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    known = subprocess.run(listed, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    for path in filter(None, known.stdout.split("\0")):
        if (CHECKOUT / path).is_file():
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / path, copy / path)
    with open(copy / "pyproject.toml", "a") as settings:
        values = {"mutate": part.mutate, "tests": json.dumps(part.tests), "patience": part.patience}
        settings.write(SETTINGS.format(**values))
    with open(copy / part.mutate, "a") as changed:
        changed.write(CONTROL)
    with open(copy / "tests" / "conftest.py", "a") as conftest:
        conftest.write(MADE_ONCE + ASKED_FOR.format(module=part.mutate.removesuffix(".py").replace("/", ".")))


def _said(copy, *arguments):
    return subprocess.run([*MUTMUT, *arguments], cwd=copy, capture_output=True, text=True, check=True).stdout


def _change(copy, mutant):
    lines = _said(copy, "show", mutant).splitlines()
    return "\n".join(line for line in lines if re.match(r"[-+](?![-+])", line))


def _last_line(change):
    return change.rpartition("\n")[2].removeprefix("+").strip() or "(no change is shown)"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
