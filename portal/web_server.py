"""Gunicorn's settings: ``gunicorn -c python:portal.web_server portal.wsgi``, in the demo and in production."""

import os

from portal import startup

bind = os.environ.get("BIND") or "127.0.0.1:8000"
worker_class = "gthread"
if "WEB_CONCURRENCY" not in os.environ:  # which gunicorn reads by itself
    workers = 2
threads = 4
timeout = 60
graceful_timeout = 10
control_socket_disable = True  # its socket would lie in the home directory of whoever starts it
accesslog = "-"
# The path without its query: what somebody searched for may be a name.
access_log_format = "%(m)s %(U)s %(s)s %(M)sms"
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": "portal.log_lines.Lines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {name: {"handlers": ["stderr"], "level": "INFO"} for name in ("gunicorn.error", "gunicorn.access")},
}


def on_starting(server: object) -> None:
    """Refuse to start while a server that is needed does not answer, before there are workers that try for ever."""
    startup.require_servers()


def post_worker_init(worker: object) -> None:
    """Let each web process look whether the watch is awake."""
    from portal import watch_alarm  # it needs the settings, which the worker alone has read

    watch_alarm.start()
