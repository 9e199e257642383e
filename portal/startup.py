"""What stands between a command line and Django: the servers are there, or the start is refused in a sentence."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import redis

from portal import environment
from portal.refusal import Refused

# Commands that read the code and its files only. Every other one gets servers, for a command may be anybody's.
WITHOUT_SERVERS = {
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "version",
}
OLDEST_POSTGRESQL = 14  # of those that Django 5.2 supports


@contextmanager
def servers_for(arguments: list[str]) -> Iterator[None]:
    """Have the servers that a command needs: the named ones, if they answer, or the embedded ones while it runs."""
    asks_only = {"-h", "--help", "--version"} & set(arguments)
    if asks_only or not arguments or arguments[0] in WITHOUT_SERVERS:
        yield
        return
    try:
        if environment.names_servers():
            require_named_servers()
            yield
        else:
            from portal.embedded import users

            users.join(say=lambda note: print(note, file=sys.stderr))  # noqa: T201 - Django and its logging are not there yet
            try:
                yield
            finally:
                users.leave()
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def require_servers() -> None:
    """Refuse the start of a process that serves (web, worker, beat) unless every server it will use answers."""
    if environment.names_servers():
        require_named_servers()
        require_mail_server()
        return
    from portal.embedded import users

    if not users.running():
        raise Refused(
            "DATABASE_URL, REDIS_URL and EMAIL_URL are not set, and the embedded servers do not run. Set all three, "
            "or start everything with make run."
        )


def require_named_servers() -> None:
    """Refuse an environment that says too little, and a database or a broker that does not answer."""
    database, broker, _ = map(environment.url, environment.SERVERS)
    environment.secret_key()
    environment.allowed_hosts()
    try:
        with psycopg.connect(database, connect_timeout=5) as connection:
            version = connection.info.server_version // 10000
    except psycopg.Error as error:
        raise Refused(f"The database that DATABASE_URL names cannot be used: {first_line(error)}.") from None
    if version < OLDEST_POSTGRESQL:
        raise Refused(
            f"DATABASE_URL names a PostgreSQL {version}. Midwatch needs PostgreSQL {OLDEST_POSTGRESQL} or newer."
        )
    try:
        with redis.Redis.from_url(broker, socket_connect_timeout=5, socket_timeout=5) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise Refused(f"The broker that REDIS_URL names cannot be used: {first_line(error)}.") from None


def require_mail_server() -> None:
    """Refuse a mail server that does not answer. At the start only: an outage later is ridden out by the outbox."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from django.core.mail import get_connection

    try:
        with get_connection(timeout=5):
            pass
    except OSError as error:  # smtplib's errors are OSErrors too
        raise Refused(f"The mail server that EMAIL_URL names cannot be used: {first_line(error)}.") from None


def first_line(error: Exception) -> str:
    """Return what went wrong in one line; the libraries put host and port there and no password."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
