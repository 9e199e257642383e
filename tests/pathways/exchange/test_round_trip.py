"""A version as a file and back."""

import pytest

from pathways import exchange
from pathways.exchange import layout
from pathways.models import Calendar, Organisation, Team, system_user
from tests.factories import TeamFactory, a_pathway
from tests.pathways.exchange.small import SMALL


@pytest.mark.django_db
def test_texts_of_a_browser_are_tidied():
    pathway = a_pathway()
    pathway.description = "One.  \r\n\r\nTwo. \r\n"
    pathway.save()

    text = exchange.dump(pathway.active_version)

    assert exchange.read(text)["pathway"]["description"] == "One.  \n\nTwo."
    assert exchange.dump(exchange.draft_from(exchange.read(text), by=system_user(), reason="x")) == text


@pytest.mark.django_db
def test_an_empty_installation_gets_what_the_file_refers_to():
    draft = exchange.draft_from(
        exchange.read(exchange.shipped("discharge-to-assess")), by=system_user(), reason="Loaded"
    )

    assert dict(Team.objects.values_list("code", "organisation__code")) == {
        "discharge-team": "trust",
        "social-care-brokerage": "social-care",
        "ward-team": "trust",
    }
    assert Organisation.objects.get(code="trust").is_own
    assert Calendar.objects.get().opening_hours.count() == 5
    assert draft.stages.get(code="package-requested").team.organisation.name == "Adult social care"


@pytest.mark.django_db
def test_what_exists_already_stays_as_it_is():
    team = TeamFactory(code="booking", name="Our booking office")

    draft = exchange.draft_from(exchange.read(SMALL), by=system_user(), reason="Loaded")

    assert draft.stages.get(code="triage").team == team
    assert Team.objects.get().name == "Our booking office"
    assert Organisation.objects.get() == team.organisation


@pytest.mark.django_db
def test_every_row_of_a_file_says_who_loaded_it_and_why():
    draft = exchange.draft_from(exchange.read(SMALL), by=system_user(), reason="Loaded from small.yaml")

    rows = [
        draft,
        draft.pathway,
        *Team.objects.all(),
        *draft.stages.all(),
        *draft.stages.get(code="triage").ladder.all(),
    ]
    trail = [(row.history.get().history_user, row.history.get().history_change_reason) for row in rows]
    assert set(trail) == {(system_user(), "Loaded from small.yaml")}


@pytest.mark.django_db
def test_a_draft_that_is_replaced_leaves_its_trace():
    draft = exchange.draft_from(exchange.read(SMALL), by=system_user(), reason="First")
    stage = draft.stages.get(code="triage")

    again = exchange.draft_from(exchange.read(SMALL), by=system_user(), reason="Second")

    assert again == draft
    assert again.stages.count() == 2
    gone = stage.history.model.objects.filter(id=stage.pk).first()
    assert (gone.history_type, gone.history_user, gone.history_change_reason) == ("-", system_user(), "Second")


def test_words_that_yaml_would_read_as_something_else_mean_what_they_say():
    text = SMALL.replace("name: Small", "name: No").replace(
        "{code: booking, name: Booking team}", "{code: booking, name: 17:00}"
    )

    document = layout.read(text)

    assert (document["pathway"]["name"], document["teams"][0]["name"]) == ("No", "17:00")


def test_what_is_left_out_has_its_default():
    triage = layout.read(SMALL)["stages"][0]

    assert triage["kind"] == "working"
    assert triage["moves"] == [
        {"to": "done", "name": "Move to Done", "roles": ["caseworker", "manager"], "requires": []}
    ]
