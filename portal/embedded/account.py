"""The account that PostgreSQL runs under when Midwatch is started by root, which PostgreSQL refuses to serve."""

import os
import pwd
import subprocess
from functools import cache
from pathlib import Path

from portal.refusal import Refused


@cache
def unprivileged() -> pwd.struct_passwd | None:
    """Return the account, or None when we are an ordinary user and PostgreSQL can run as ourselves."""
    if os.geteuid():
        return None
    for candidate in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(candidate)
        except KeyError:
            continue
    raise Refused(
        "PostgreSQL does not run as root, and there is no account postgres or nobody. Start Midwatch as another user."
    )


def name() -> str:
    """Return the name of the account that PostgreSQL runs under."""
    return (unprivileged() or pwd.getpwuid(os.geteuid())).pw_name


def options() -> dict:
    """Return the options with which a process of that account is started."""
    account = unprivileged()
    # Not from a directory that the account may be shut out of, and without the environment of whoever started us.
    common = {"cwd": "/", "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}}
    return common | ({"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {})


def run(*arguments: object) -> subprocess.CompletedProcess:
    """Run a command as that account and return what came of it."""
    return subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True, **options())


def reaches(path: Path) -> bool:
    """Tell whether the account may enter ``path``, by trying: modes, access lists and mounts all have a say."""
    return run("/bin/sh", "-c", 'cd "$1"', "sh", path).returncode == 0


def own(path: Path) -> Path:
    """Make ``path`` a directory that only the account may enter; refuse one that belongs to somebody else."""
    path.mkdir(mode=0o700, exist_ok=True)
    account = unprivileged()
    mine = {os.geteuid()} | ({account.pw_uid} if account else set())
    if path.is_symlink() or path.stat().st_uid not in mine:
        raise Refused(f"{path} belongs to somebody else. Remove it, or set MIDWATCH_STATE to another directory.")
    if account:
        os.chown(path, account.pw_uid, account.pw_gid)
    path.chmod(0o700)
    return path
