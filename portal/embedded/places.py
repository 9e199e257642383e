"""Where the embedded servers keep what is theirs: the state directory, ``var/`` or what MIDWATCH_STATE names."""

import contextlib
import json
import os
import secrets
from pathlib import Path

from portal.refusal import Refused

CHECKOUT = Path(__file__).resolve().parent.parent.parent
DATABASE = ACCOUNT = "midwatch"


def state() -> Path:
    """Return the state directory as an absolute path, whether it is there or not."""
    return Path(os.environ.get("MIDWATCH_STATE") or CHECKOUT / "var").expanduser().resolve()


def directory(name: str = "", mode: int | None = None) -> Path:
    """Return a directory below the state directory, made if it is missing; refuse a place that cannot be written to.

    What root makes can be walked through but not read by others: PostgreSQL runs as another account and must reach
    its own part.
    """
    path = state() / name
    mode = mode or (0o711 if os.geteuid() == 0 else 0o700)
    try:
        for part in [*reversed(path.parents), path]:
            if not part.exists():
                part.mkdir(exist_ok=True)
                part.chmod(mode)  # mkdir alone would obey a umask that shuts PostgreSQL's account out
    except OSError as error:
        raise Refused(unusable(path, error)) from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise Refused(unusable(path, PermissionError(13, "Permission denied")))
    return path


def unusable(path: Path, error: OSError) -> str:
    """Return the sentence about a place where nothing can be kept."""
    return (
        f"Midwatch cannot write to {path} ({error.strerror}). Set MIDWATCH_STATE to a directory that this account may "
        "write to, on a disk with room."
    )


def log(name: str) -> Path:
    """Return the log file of the process called ``name``."""
    return directory("log") / f"{name}.log"


def addresses() -> dict:
    """Return what the keeper wrote down: sockets, mail_port, notes. Empty before the first start."""
    try:
        return json.loads((state() / "run" / "servers.json").read_text())
    except (OSError, ValueError):
        return {}


def write_addresses(found: dict) -> None:
    """Write down where the servers are reached; a reader sees the old text or the new, never half."""
    path = directory("run") / "servers.json"
    replace(path, json.dumps(found, indent=1).encode())


def replace(path: Path, content: bytes) -> None:
    """Write a private file in one step: there is never half a file of that name."""
    draft = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with open(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(content)
        draft.rename(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise Refused(unusable(path.parent, error)) from None


def sockets() -> Path:
    """Return the directory of the servers' sockets."""
    return Path(addresses().get("sockets") or state() / "run")


def database_url(database: str = DATABASE) -> str:
    """Return the URL of a database on the embedded PostgreSQL."""
    return f"postgresql://{ACCOUNT}@/{database}?host={sockets() / 'postgres'}"


def redis_url() -> str:
    """Return the URL of the embedded Valkey."""
    return f"unix://{sockets() / 'valkey' / 'valkey.sock'}"


def secret_key() -> str:
    """Return the secret key of this state directory, made on first use and readable by its owner alone."""
    path = directory() / "secret-key"
    if not path.exists():
        draft = path.with_name(f".secret-key.{os.getpid()}")
        replace(draft, secrets.token_urlsafe(50).encode())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # of two first starts one wins, and both read the winner's
        draft.unlink()
    try:
        return path.read_text()
    except OSError as error:
        raise Refused(unusable(path, error)) from None
