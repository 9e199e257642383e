"""Journeys in Django's admin: to read, by those who may."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cases import lifecycle, recording
from cases.models import Case, Escalation, FormRecord, Hold, Note, Notice, Patient, StageEntry, SweepRun, Timer
from cases.watch import sweep
from pathways.groups import INSPECTOR, PATHWAY_ADMINISTRATOR
from pathways.models import system_user
from tests.factories import MONDAY, UserFactory, a_case, a_manager, a_member, a_pathway, fresh, in_group

pytestmark = pytest.mark.django_db

JOURNEYS = (Case, Patient, StageEntry, Hold, Escalation, FormRecord, Note, Notice, Timer)
WITH_HISTORY = (Case, Patient, StageEntry, Hold, Escalation, FormRecord, Note)


def address(row_or_model, act="change"):
    names = f"admin:{row_or_model._meta.app_label}_{row_or_model._meta.model_name}_{act}"
    return reverse(names, args=[] if isinstance(row_or_model, type) else [row_or_model.pk])


def a_whole_case(pathway=None):
    """A late case with a row of every kind."""
    case = a_case(pathway)
    by = system_user()
    form = case.version_map.forms["risk-assessment"]
    recording.complete_form(case, form, {"falls": "no"}, by=by)
    recording.write_note(case, "Rang the daughter.", by=by)
    lifecycle.hold_case(
        case, reason="On holiday", until=MONDAY + timedelta(days=2), by=by, at=MONDAY + timedelta(days=1)
    )
    lifecycle.resume_case(case, by=by, at=MONDAY + timedelta(days=2))
    return case


@pytest.fixture
def case():
    a_manager("booking")
    case = a_whole_case()
    sweep.run(timezone.now())
    return case


@pytest.fixture
def inspector(client):
    user = in_group(INSPECTOR, is_staff=True)
    client.force_login(user)
    return user


@pytest.mark.parametrize("model", [*JOURNEYS, SweepRun])
def test_an_inspector_reads_every_list_and_every_row(client, inspector, case, model):
    assert client.get(address(model, "changelist")).status_code == 200
    assert client.get(address(model.objects.first())).status_code == 200


@pytest.mark.parametrize("model", WITH_HISTORY)
def test_an_inspector_reads_the_history(client, inspector, case, model):
    row = model.objects.first()
    assert client.get(address(row, "history")).status_code == 200
    if line := row.history.first():
        page = reverse(f"admin:cases_{model._meta.model_name}_simple_history", args=[row.pk, line.pk])
        assert client.get(page).status_code == 200


def test_the_history_of_a_case_says_who_and_why(client, inspector, case):
    page = client.get(address(case, "history")).content.decode()

    assert "On hold: On holiday" in page
    assert "Midwatch" in page


@pytest.mark.parametrize("who", ["an inspector", "a superuser", "a superuser who inspects"])
@pytest.mark.parametrize("model", [*JOURNEYS, SweepRun])
def test_nobody_changes_anything(client, case, model, who):
    user = UserFactory(is_staff=True) if who == "a superuser" else in_group(INSPECTOR, is_staff=True)
    user.is_superuser = "superuser" in who
    user.save()
    client.force_login(user)
    row = model.objects.first()

    assert client.get(address(model, "add")).status_code == 403
    assert client.post(address(model, "add"), {}).status_code == 403
    assert client.post(address(row), {"reason": "Changed"}).status_code in (302, 403)  # 302: may not even see it
    assert client.post(address(row, "delete"), {"post": "yes"}).status_code in (302, 403)
    client.post(
        address(model, "changelist"), {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    )
    assert fresh(row) == row
    assert vars(fresh(row)) | {"_state": 0} == vars(row) | {"_state": 0}


@pytest.mark.parametrize("model", WITH_HISTORY)
def test_no_earlier_state_is_brought_back(client, inspector, case, model):
    row = model.objects.first()
    if line := row.history.last():
        page = reverse(f"admin:cases_{model._meta.model_name}_simple_history", args=[row.pk, line.pk])
        assert client.post(page, {}).status_code == 403


@pytest.mark.parametrize("model", JOURNEYS)
def test_a_superuser_sees_no_case_by_being_one(client, case, model):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))

    assert list(client.get(address(model, "changelist")).context["cl"].result_list) == []
    assert client.get(address(model.objects.first())).status_code == 302


@pytest.mark.parametrize("model", WITH_HISTORY)
def test_a_superuser_sees_no_history_of_a_case_by_being_one(client, case, model):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    row = model.objects.first()

    assert client.get(address(row, "history")).status_code in (403, 404)
    if line := row.history.first():
        page = reverse(f"admin:cases_{model._meta.model_name}_simple_history", args=[row.pk, line.pk])
        assert client.get(page).status_code == 404


def test_a_superuser_in_a_team_sees_the_cases_of_that_team(client, case):
    user = a_member("booking", is_staff=True, is_superuser=True)
    client.force_login(user)
    others = a_whole_case(a_pathway("other", team="elsewhere"))

    assert list(client.get(address(Case, "changelist")).context["cl"].result_list) == [case]
    assert client.get(address(case)).status_code == 200
    assert client.get(address(others)).status_code == 302
    assert {note.case for note in client.get(address(Note, "changelist")).context["cl"].result_list} == {case}


@pytest.mark.parametrize("model", [*JOURNEYS, SweepRun])
def test_a_pathway_administrator_sees_no_case(client, case, model):
    client.force_login(in_group(PATHWAY_ADMINISTRATOR, is_staff=True))

    assert client.get(address(model, "changelist")).status_code == 403
    assert client.get(address(model.objects.first())).status_code == 403


@pytest.mark.parametrize("model", [model for model in JOURNEYS if model is not Notice])
def test_rows_are_found_by_the_reference_of_their_case(client, inspector, case, model):
    other = a_whole_case(a_pathway("other"))

    for asked, expected in ((case.reference.lower(), case), (other.reference, other)):
        found = client.get(address(model, "changelist"), {"q": f" {asked} "}).context["cl"].result_list
        cases = {row if model is Case else row.cases.get() if model is Patient else row.case for row in found}
        assert cases <= {expected}
        assert found or model is Escalation


@pytest.mark.parametrize("model", [*JOURNEYS, SweepRun])
def test_a_long_list_costs_no_more_statements_than_a_short_one(client, inspector, case, model):
    def statements():
        with CaptureQueriesContext(connection) as counted:
            client.get(address(model, "changelist"))
        return len(counted)

    pathway = case.version.pathway
    short = statements()
    for _ in range(4):
        a_whole_case(pathway)
        sweep.run(timezone.now())
    assert statements() <= max(short, 14)


def test_a_case_leads_to_its_own_page(client, inspector, case):
    assert f'href="{case.get_absolute_url()}"' in client.get(address(case)).content.decode()
