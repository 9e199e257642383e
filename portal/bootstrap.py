"""Make the environment in .venv and start what was asked for, with nothing but the system's Python 3.11+ and its pip.

    python3 portal/bootstrap.py run      the portal, with everything it needs
    python3 portal/bootstrap.py setup    the environment only, with what the tests need
    python3 portal/bootstrap.py test ... the tests

The one file that runs outside the environment it makes: standard library only, and no syntax that an older Python
cannot read, so that it can say which Python is wanted.
"""

import fcntl
import hashlib
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(HERE, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, ".midwatch")
ASSETS = "assets.txt"


def main(arguments):
    """Do one of run, setup and test, in the environment that it makes first."""
    wanted, rest = (arguments or ["run"])[0], arguments[1:]
    os.chdir(HERE)
    if sys.version_info < (3, 11):
        sys.exit("Midwatch needs Python 3.11 or newer, and this is Python {}.{}.".format(*sys.version_info[:2]))
    try:
        prepare("base.txt" if wanted == "run" else "dev.txt")
    except OSError as error:
        sys.exit("The environment in {} could not be made: {}.".format(VENV, error))
    if wanted == "test":
        os.execv(PYTHON, [PYTHON, "-m", "pytest"] + rest)
    if wanted == "run":
        os.execv(PYTHON, [PYTHON, "manage.py", "up"] + rest)


def prepare(lock):
    """Install the packages of ``lock`` into .venv, unless the same ones are there already."""
    with open(os.path.join(HERE, ".venv.lock"), "w") as alone:
        fcntl.flock(alone, fcntl.LOCK_EX)  # two first starts at once: the second waits, then finds all done
        stamps = {name: fingerprint(name) for name in ("base.txt", "dev.txt")}
        # What the tests need includes what the portal needs: a start never takes away what `make setup` brought.
        if os.access(PYTHON, os.X_OK) and installed() in (stamps[lock], stamps["dev.txt"]):
            return
        require_pip()
        print("Installing {} into {} ...".format(lock, VENV), flush=True)
        if installed() != stamps["base.txt"]:  # which needs more packages only, and a portal may be running on it
            # Without pip: Debian's python3 makes no environment with pip unless python3-venv is installed too.
            call(
                [sys.executable, "-m", "venv", "--without-pip", "--clear", VENV], "The environment could not be made."
            )
        install(lock)
        install(ASSETS, "--no-deps")
        with open(STAMP, "w") as stamp:
            stamp.write(stamps[lock])


def install(lock, *options):
    """Install the packages of one lock file, each checked against its hash, none built here."""
    pip = [sys.executable, "-m", "pip", "--python", PYTHON, "--disable-pip-version-check", "install", "--quiet"]
    call(
        pip + ["--require-hashes", "--only-binary=:all:", "-r", os.path.join("requirements", lock)] + list(options),
        "The packages of requirements/{} could not be installed: pip's own words are above.".format(lock),
    )


def require_pip():
    """Refuse a Python whose pip is missing or cannot install into another environment."""
    found = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, text=True)
    version = found.stdout.split()[1:2] or ["0"]
    if tuple(int(part) for part in version[0].split(".")[:2] if part.isdigit()) < (22, 3):
        sys.exit(
            "Midwatch needs pip 22.3 or newer for {}. On Debian: apt-get install python3-pip.".format(sys.executable)
        )


def fingerprint(lock):
    """Return what the environment of ``lock`` is made of: the text of its locks, this Python and this place."""
    digest = hashlib.sha256((sys.version + sys.executable + VENV).encode())
    for name in (lock, ASSETS):
        with open(os.path.join(HERE, "requirements", name), "rb") as text:
            digest.update(text.read())
    return digest.hexdigest()


def installed():
    """Return the fingerprint of the environment that is there, or an empty text."""
    try:
        with open(STAMP) as stamp:
            return stamp.read()
    except OSError:
        return ""


def call(command, otherwise):
    """Run ``command``; leave with the sentence ``otherwise`` if it fails."""
    if subprocess.run(command, cwd=HERE).returncode:
        sys.exit(otherwise)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
