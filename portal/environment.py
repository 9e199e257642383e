"""The environment variables that say where Midwatch runs, read once and refused in sentences.

DATABASE_URL, REDIS_URL and EMAIL_URL name real servers, all three or none. With none of them Midwatch runs on servers
of its own (see portal.embedded): the demo. With all three it is an installation, and SECRET_KEY and ALLOWED_HOSTS must
be given too.
"""

import os
from urllib.parse import parse_qsl, unquote, urlsplit

from portal.refusal import Refused

SERVERS = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL")
SCHEMES = {
    "DATABASE_URL": ("postgresql", "postgres"),
    "REDIS_URL": ("redis", "rediss", "unix"),
    "EMAIL_URL": ("smtp", "smtp+tls", "smtp+ssl"),
}
EXAMPLES = {
    "DATABASE_URL": "postgresql://midwatch:password@db.example.nhs.uk:5432/midwatch",
    "REDIS_URL": "redis://:password@redis.example.nhs.uk:6379/0",
    "EMAIL_URL": "smtp+tls://midwatch:password@mail.example.nhs.uk:587",
}


def names_servers() -> bool:
    """Tell whether real servers are named; refuse some without the others."""
    named = [name for name in SERVERS if os.environ.get(name)]
    missing = [name for name in SERVERS if name not in named]
    if named and missing:
        raise Refused(
            f"{' and '.join(named)} {'is' if len(named) == 1 else 'are'} set but {' and '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} not. Set all three to use real servers, or none to use the "
            "embedded ones."
        )
    return bool(named)


def url(name: str) -> str:
    """Return the server URL called ``name``; refuse one that cannot be read or is of a kind that is not supported.

    The sentence shows an example, never the value: a URL holds a password.
    """
    value = os.environ[name]
    try:
        parts = urlsplit(value)
        known, host = parts.scheme in SCHEMES[name], parts.hostname or parts.path or parts.query
        _ = parts.port
    except ValueError:
        known, host = False, ""
    if not known or not host:
        raise Refused(f"{name} is not a URL that Midwatch can use. Write it like {EXAMPLES[name]}.")
    if name == "DATABASE_URL" and not parts.path.strip("/"):
        raise Refused(f"DATABASE_URL does not name a database. Write it like {EXAMPLES[name]}.")
    return value


def database(url: str) -> dict:
    """Return Django's database settings for ``url``; its query (sslmode and the like) goes to PostgreSQL's library."""
    parts, options = urlsplit(url), dict(parse_qsl(urlsplit(url).query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def email(url: str) -> dict:
    """Return Django's EMAIL_* settings for ``url``: plain SMTP, STARTTLS (smtp+tls) or TLS throughout (smtp+ssl)."""
    parts = urlsplit(url)
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtp+ssl",
    }


def broker(redis_url: str) -> str:
    """Return ``redis_url`` as Celery writes it: a unix socket, and a database on one, have other names there."""
    if not redis_url.startswith("unix://"):
        return redis_url
    return redis_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=", 1)


def secret_key() -> str:
    """Return SECRET_KEY; refuse a missing or a guessable one."""
    key = os.environ.get("SECRET_KEY", "")
    if len(key) < 50:
        raise Refused(
            "SECRET_KEY is not set, or is shorter than 50 characters. Set it to a long random text and keep it "
            'secret: python3 -c "import secrets; print(secrets.token_urlsafe(50))" writes one.'
        )
    return key


def allowed_hosts() -> list[str]:
    """Return the host names that Midwatch answers to; refuse none."""
    hosts = [host.strip() for host in os.environ.get("ALLOWED_HOSTS", "").split(",") if host.strip()]
    if not hosts:
        raise Refused(
            "ALLOWED_HOSTS is not set. Set it to the names people reach Midwatch by, such as midwatch.example.nhs.uk."
        )
    return hosts
