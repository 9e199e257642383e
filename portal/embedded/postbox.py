"""The e-mails that the demo kept instead of delivering them: one file each, in the order in which they came."""

import re
import secrets
import time
from pathlib import Path

from portal.embedded import places

NAME = re.compile(r"[0-9]{20}-[0-9a-f]{8}")


def keep(content: bytes, *, sender: str, recipients: list[str]) -> None:
    """Keep an e-mail as it was received, under the two lines with which a mail server records the envelope."""
    name = f"{time.time_ns():020}-{secrets.token_hex(4)}.eml"
    envelope = f"Return-Path: <{sender}>\r\nDelivered-To: {', '.join(recipients)}\r\n"
    places.replace(directory() / name, envelope.encode() + content)


def kept() -> list[Path]:
    """Return the files of all e-mails, newest first."""
    return sorted(directory().glob("[0-9]*.eml"), reverse=True)


def find(name: str) -> Path | None:
    """Return the file of the e-mail called ``name``, or None: also for a name that is none of ours."""
    path = directory() / f"{name}.eml"
    return path if NAME.fullmatch(name) and path.is_file() else None


def directory() -> Path:
    """Return the directory of the e-mails, which only its owner may read."""
    return places.directory("mail", 0o700)
