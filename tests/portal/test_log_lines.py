"""What goes into the logs, and what must not."""

import json
import logging
import sys

from portal.log_lines import Lines


def line_of(message: str, *arguments: object, raised: bool = False) -> dict:
    record = logging.LogRecord(
        "cases", logging.ERROR, __file__, 1, message, arguments, sys.exc_info() if raised else None
    )
    return json.loads(Lines().format(record))


def test_a_line_is_one_json_object_with_its_time_in_utc():
    line = line_of("Swept %s cases in\ntwo lines", 3)

    assert line["message"] == "Swept 3 cases in\ntwo lines"
    assert (line["level"], line["logger"]) == ("ERROR", "cases")
    assert line["time"].endswith("+00:00")


def test_what_was_raised_is_told_with_its_place_and_without_its_text():
    try:
        raise ValueError("Key (nhs_number)=(9990000018) already exists.")
    except ValueError:
        line = line_of("Internal Server Error", raised=True)

    assert line["raised"] == "builtins.ValueError"
    assert f"{__file__}:" in line["at"][0]
    assert "9990000018" not in json.dumps(line)


def test_a_task_that_failed_is_told_without_the_text_of_its_exception():
    try:
        raise ValueError("Key (nhs_number)=(9990000018) already exists.")
    except ValueError as error:
        line = line_of("Task %(name)s: %(exc)s", {"name": "cases.tasks.sweep", "exc": repr(error)}, raised=True)

    assert line["message"] == "Task cases.tasks.sweep: ValueError"
    assert "9990000018" not in json.dumps(line)
