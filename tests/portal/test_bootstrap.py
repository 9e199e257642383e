"""The one file that the system's own Python runs."""

import ast
import shutil
import subprocess
import sys

import pytest

from portal import bootstrap
from tests.portal.running import CHECKOUT, is_a_sentence

SOURCE = CHECKOUT / "portal" / "bootstrap.py"


@pytest.fixture
def checkout(tmp_path):
    """Make a checkout of what the bootstrap reads."""
    (tmp_path / "portal").mkdir()
    shutil.copy(SOURCE, tmp_path / "portal")
    shutil.copytree(CHECKOUT / "requirements", tmp_path / "requirements")
    return tmp_path


def test_an_older_python_can_read_it():
    ast.parse(SOURCE.read_text(), feature_version=(3, 7))


def test_an_older_python_is_refused(checkout):
    as_an_older_one = (
        "import runpy, sys; sys.version_info = (3, 10, 12, 'final', 0); sys.argv = ['bootstrap.py', 'setup'];"
        "runpy.run_path('portal/bootstrap.py', run_name='__main__')"
    )

    refused = subprocess.run([sys.executable, "-c", as_an_older_one], cwd=checkout, capture_output=True, text=True)

    assert refused.stderr.strip() == "Midwatch needs Python 3.11 or newer, and this is Python 3.10."


def test_a_python_without_pip_is_refused(checkout):
    # The environment that runs the tests has none: it was made without.
    refused = subprocess.run(
        [sys.executable, "portal/bootstrap.py", "setup"], cwd=checkout, capture_output=True, text=True
    )

    assert refused.returncode == 1
    assert refused.stderr.startswith("Midwatch needs pip 22.3 or newer for ")
    assert is_a_sentence(refused.stderr)
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize("lock", ["base.txt", "dev.txt", "mutants.txt", "assets.txt"])
def test_a_lock_names_no_host_and_a_hash_for_every_package(lock):
    text = (CHECKOUT / "requirements" / lock).read_text()
    packages = [line for line in text.replace("\\\n", "").splitlines() if "==" in line]

    assert "://" not in text
    assert "index-url" not in text
    assert packages
    assert all("--hash=sha256:" in package for package in packages)


def test_the_environment_is_made_again_when_a_lock_changes(checkout, monkeypatch):
    monkeypatch.setattr(bootstrap, "HERE", str(checkout))
    before = bootstrap.fingerprint("base.txt")
    with open(checkout / "requirements" / "base.txt", "a") as lock:
        lock.write("one-more==1.0 --hash=sha256:0\n")

    assert bootstrap.fingerprint("base.txt") != before
    assert bootstrap.fingerprint("dev.txt") != before
