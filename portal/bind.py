"""The address that the web server listens on: BIND, a host and a port."""

import errno
import ipaddress
import os
import socket

from portal.refusal import Refused


def address(text: str) -> tuple[str, int]:
    """Return host and port of ``text``; refuse anything but HOST:PORT."""
    host, _, port = text.strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdecimal() or not 0 < int(port) < 65536:
        raise Refused(f"BIND is not an address and a port: {text!r}. Write it like 127.0.0.1:8000.")
    return host, int(port)


def refuse_others_reach(host: str) -> None:
    """Refuse a host that other machines reach: the demo's passwords are known, and its pages travel unencrypted."""
    if not all(ipaddress.ip_address(found.partition("%")[0]).is_loopback for found in _numeric(host)):
        raise Refused(
            f"The demo listens to this machine only, and {host} can be reached from others. Use BIND=127.0.0.1:8000, "
            "or name real servers with DATABASE_URL, REDIS_URL and EMAIL_URL."
        )


def refuse_used(host: str, port: int) -> None:
    """Refuse an address that is in use, is not of this machine, or needs an account with more rights."""
    family = socket.AF_INET6 if ":" in _numeric(host)[0] else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as the web server: not put off by old connections
        try:
            trial.bind((host, port))
            trial.listen()
        except OSError as error:
            raise Refused(_why(error, host, port)) from None


def _numeric(host: str) -> list[str]:
    try:
        return [found[4][0] for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
    except OSError:
        raise Refused(f"BIND names {host}, which is no address of this machine. Use 127.0.0.1:8000.") from None


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} of {host} is in use by another program. Stop that program, or choose another port: "
            f"BIND={host}:{port + 1 if port < 65535 else port - 1} make run."
        )
    if error.errno == errno.EACCES:
        return f"This account may not listen on port {port}. Choose a port above 1023: BIND={host}:8000 make run."
    return f"Midwatch cannot listen on {host}, port {port} ({os.strerror(error.errno)}). Use BIND=127.0.0.1:8000."
