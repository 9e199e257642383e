"""Log lines as JSON, and without the data of patients."""

import json
import logging
import traceback
from datetime import UTC, datetime


class Lines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, message, and what was raised and where.

    The text of an exception is left out. PostgreSQL puts the offending row into it, and a form the offending input.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of ``record``."""
        if record.exc_info and isinstance(record.args, dict) and "exc" in record.args:  # how Celery tells of a failure
            record.args = record.args | {"exc": record.exc_info[0].__name__}
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0]:
            kind, _, trace = record.exc_info
            line["raised"] = f"{kind.__module__}.{kind.__qualname__}"
            line["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
        return json.dumps(line, ensure_ascii=False)
