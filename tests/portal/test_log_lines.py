"""What goes into the logs, and what must not."""

import io
import json
import logging
import sys
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from cases.models import Patient
from cases.watch import sweep
from portal.log_lines import Lines
from tests.factories import MONDAY, PatientFactory, a_case, a_manager, a_member


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


NAME, NUMBER = "Featherstonehaugh", "9990000018"


@pytest.fixture
def logged(monkeypatch):
    """What the root logger writes, as the settings set it up."""
    written, logger = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(written)
    handler.setFormatter(Lines())
    logger.addHandler(handler)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logger.removeHandler(handler)


def holds_a_patient(lines) -> bool:
    text = json.dumps(lines, ensure_ascii=False)
    return NAME in text or NUMBER in text or "999 000 0018" in text


def test_a_row_is_named_by_its_kind_and_key_and_an_exception_by_its_kind():
    patient = Patient(pk=7, family_name=NAME, given_name="Test", nhs_number=NUMBER)
    line = line_of("%s could not be saved: %s", patient, ValueError(f"{NAME} is too long"))

    assert line["message"] == "cases.Patient 7 could not be saved: ValueError"


@pytest.mark.parametrize("number", ["9990000018", "999 000 0018", "999-000-0018", "999\N{NO-BREAK SPACE}000 0018"])
def test_an_nhs_number_is_blotted_out_wherever_it_came_from(number):
    assert line_of("Look for %s.", number)["message"] == "Look for [number]."
    assert line_of("Order 12345678901 of 2026-03-02 09:00:00")["message"] == "Order 12345678901 of 2026-03-02 09:00:00"


def test_figures_stand_beside_the_message():
    record = logging.LogRecord("cases", logging.INFO, __file__, 1, "Done.", (), None)
    record.figures = {"seconds": 0.2}

    assert json.loads(Lines().format(record))["seconds"] == 0.2


@pytest.mark.django_db
def test_no_patient_gets_into_the_logs_of_pages_that_fail(client, logged, monkeypatch):
    case = a_case(patient=PatientFactory(family_name=NAME, nhs_number=NUMBER))
    client.force_login(a_member("booking"))
    client.raise_request_exception = False

    def fail(*_, **__):
        raise ValueError(f"{case.patient}, NHS number {NUMBER}, cannot be shown")

    assert client.get(f"/cases/?q={NAME}+{NUMBER}").status_code == 200
    assert client.get("/cases/nothing/", {"q": NAME}).status_code == 404
    assert client.post(case.get_absolute_url() + "notes/", {"text": NAME}).status_code in {302, 200}
    monkeypatch.setattr("cases.web.case_page.CasePage.get_context_data", fail)
    assert client.get(case.get_absolute_url()).status_code == 500

    lines = logged()
    assert "builtins.ValueError" in [line.get("raised") for line in lines]
    assert not holds_a_patient(lines)


@pytest.mark.django_db
def test_no_patient_gets_into_the_logs_of_a_row_that_the_database_refuses(logged):
    patient = PatientFactory(family_name=NAME, nhs_number=NUMBER)
    twice = Patient(family_name=NAME, given_name="Test", nhs_number=NUMBER, born_on=patient.born_on)
    with pytest.raises(IntegrityError, match=NUMBER) as refused, transaction.atomic():  # PostgreSQL quotes the row
        twice.save()
    logging.getLogger("cases").error("%s not saved: %s", twice, refused.value, exc_info=refused.value)

    assert logged()[-1]["message"] == "cases.Patient None not saved: IntegrityError"
    assert not holds_a_patient(logged())


@pytest.mark.django_db
def test_no_patient_gets_into_the_logs_of_a_sweep_that_sets_a_row_aside(logged, monkeypatch):
    a_manager("booking")
    case = a_case(patient=PatientFactory(family_name=NAME, nhs_number=NUMBER))

    def fail(*_, **__):
        raise KeyError(f"{case.patient} {NUMBER}")

    monkeypatch.setattr("cases.watch.escalations.values", fail)
    sweep.run(MONDAY + timedelta(days=11))

    assert [line["raised"] for line in logged() if line["level"] == "ERROR"] == ["builtins.KeyError"]
    assert not holds_a_patient(logged())
