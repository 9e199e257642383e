"""A list as a file: what stands in it, that no cell is a formula, and that it is written down who took it."""

import csv
from datetime import timedelta

import pytest
from django.utils import timezone

from cases import lifecycle, list_export, spreadsheets
from cases.models import ListExport
from pathways.groups import INSPECTOR, PATHWAY_ADMINISTRATOR, PRIVACY_LEAD
from pathways.models import Team
from tests.cases.web.conftest import *  # noqa: F403 - its world
from tests.factories import PatientFactory, a_case, a_pathway, in_group

DAY = timedelta(days=1)


def download(client, query=""):
    answer = client.post("/cases/download/", {"list": query})
    text = b"".join(answer).decode("utf-8-sig")
    return answer, list(csv.DictReader(text.splitlines()))


def test_the_file_holds_what_a_manager_counts_and_no_patient(signed_in, pathway, caseworker, time_machine):
    time_machine.move_to("2026-03-16 09:00+00:00", tick=False)
    patient = PatientFactory(family_name="Okafor", nhs_number="9991234594")
    case = a_case(pathway, at=timezone.now() - 12.5 * DAY, patient=patient)
    lifecycle.assign_case(case, caseworker, by=caseworker)

    answer, rows = download(signed_in)

    assert rows == [
        {
            "Reference": case.reference,
            "Pathway": "Review",
            "Stage": "Triage",
            "Team": "Booking team",
            "Owner": "Priya Shah",
            "State": "open",
            "Opened": "2026-03-03 21:00",
            "In this stage since": "2026-03-03 21:00",
            "Days in this stage": "12.5",
            "Limit": "10 days",
            "Due": "2026-03-13 21:00",
            "Late by (days)": "2.5",
            "On hold until": "",
            "Closed": "",
            "Why it is on the list": "Late",
        }
    ]
    assert answer["Content-Disposition"] == 'attachment; filename="cases-2026-03-16-0900.csv"'
    assert answer["Cache-Control"] == "no-store"
    assert answer["Content-Type"] == "text/csv; charset=utf-8"


def test_it_is_the_list_with_its_choices_and_in_its_order(signed_in, pathway, caseworker):
    late = [a_case(pathway, at=timezone.now() - days * DAY).reference for days in (12, 20, 15)]
    a_case(pathway, at=timezone.now())

    _, rows = download(signed_in, "late=late")

    assert [row["Reference"] for row in rows] == [late[1], late[2], late[0]]


def test_who_took_which_list_with_how_many_rows_is_written_down(signed_in, pathway, caseworker, monkeypatch):
    monkeypatch.setattr(list_export, "BATCH", 2)
    for _ in range(5):
        a_case(pathway, at=timezone.now())

    _, rows = download(signed_in, "team=@my-teams&search=okafor&after=none~1&nonsense=okafor")

    kept = ListExport.objects.get()
    assert len(rows) == kept.rows == 5
    assert (kept.exported_by, kept.query) == (caseworker, "team=%40my-teams")


def test_it_is_written_down_before_the_first_line_leaves(signed_in, pathway):
    a_case(pathway, at=timezone.now())

    answer = signed_in.post("/cases/download/", {"list": ""})

    assert ListExport.objects.get().rows == 1
    answer.close()


def test_only_cases_that_one_may_see_are_in_it(client, pathway, stranger):
    a_case(pathway, at=timezone.now())
    client.force_login(stranger)

    assert download(client)[1] == []
    assert ListExport.objects.get().rows == 0


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "\n", "\N{FULLWIDTH EQUALS SIGN}"])
def test_no_cell_is_a_formula(signed_in, begins):
    name = f"{begins}HYPERLINK(1)"
    pathway = a_pathway(name="Triage")
    Team.objects.filter(code="booking").update(name=name)
    a_case(pathway, at=timezone.now())

    answer = signed_in.post("/cases/download/", {"list": ""})
    (_, row) = csv.reader(b"".join(answer).decode("utf-8-sig").splitlines(keepends=True))

    assert row[3] == f"'{name}"
    assert not any(cell.startswith(spreadsheets.DANGEROUS) for cell in row)


def test_a_list_that_is_too_long_for_a_file_is_refused_and_nothing_is_written_down(signed_in, pathway, monkeypatch):
    monkeypatch.setattr(list_export, "MOST_ROWS", 1)
    for _ in range(2):
        a_case(pathway, at=timezone.now())

    answer = signed_in.post("/cases/download/", {"list": ""})

    assert answer.status_code == 409
    assert "This list has more than 1 cases. Choose less, then download it." in answer.content.decode()
    assert not ListExport.objects.exists()


def test_it_is_not_taken_by_following_a_link(signed_in, pathway):
    assert signed_in.get("/cases/download/").url == "/cases/"
    assert not ListExport.objects.exists()


@pytest.mark.parametrize(("group", "sees"), [(INSPECTOR, 200), (PRIVACY_LEAD, 200), (PATHWAY_ADMINISTRATOR, 403)])
def test_who_took_what_is_read_by_inspectors_and_privacy_leads_and_changed_by_nobody(
    client, pathway, caseworker, group, sees
):
    kept = ListExport.objects.create(query="late=late", rows=7, exported_by=caseworker)
    client.force_login(in_group(group, is_staff=True))

    assert client.get("/admin/cases/listexport/").status_code == sees
    assert client.get(f"/admin/cases/listexport/{kept.pk}/change/").status_code == sees
    assert client.post(f"/admin/cases/listexport/{kept.pk}/change/", {"rows": 1}).status_code == 403
    assert client.post(f"/admin/cases/listexport/{kept.pk}/delete/").status_code == 403
