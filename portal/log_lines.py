"""Log lines as JSON, and without the data of patients."""

import json
import logging
import re
import traceback
from datetime import UTC, datetime

from django.db.models import Model

NHS_NUMBER = re.compile(r"(?<!\d)\d{3}[ \N{NO-BREAK SPACE}-]?\d{3}[ \N{NO-BREAK SPACE}-]?\d{4}(?!\d)")


class Lines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, what was raised and where, and the ``figures`` that
    the record brings (``extra={"figures": {...}}``).

    The text of an exception is left out: PostgreSQL puts the offending row into it, and a form the offending input. So
    is what a row calls itself: a patient's is the name. An NHS number that is left after that is blotted out.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of ``record``."""
        record.args = _without_words_of_patients(record)
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": NHS_NUMBER.sub("[number]", record.getMessage()),
        }
        line |= getattr(record, "figures", {})
        if record.exc_info and record.exc_info[0]:
            kind, _, trace = record.exc_info
            line["raised"] = f"{kind.__module__}.{kind.__qualname__}"
            line["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
        return json.dumps(line, ensure_ascii=False)


def _without_words_of_patients(record):
    args = record.args
    if not isinstance(args, dict):
        return tuple(_said(argument) for argument in args or ())
    args = {name: _said(argument) for name, argument in args.items()}
    if record.exc_info and "exc" in args:  # how Celery tells of a failure: by the exception's own words
        args["exc"] = record.exc_info[0].__name__
    return args


def _said(argument):
    """What is said of an argument of a message: of a row its kind and key, of an exception its kind."""
    if isinstance(argument, Model):
        return f"{argument._meta.label} {argument.pk}"
    return type(argument).__name__ if isinstance(argument, BaseException) else argument
