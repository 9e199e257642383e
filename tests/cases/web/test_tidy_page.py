"""Tidying a pathway that was discovered in a log, from the draft to its publication."""

from datetime import UTC, datetime, timedelta

import pytest

from cases.models import Case
from pathways import publishing, tidying
from pathways.groups import PATHWAY_ADMINISTRATOR
from pathways.models import Pathway
from tests.cases.history_import.logs import a_log, bring
from tests.cases.web.reading import reasons, title, words
from tests.factories import OrganisationFactory, in_group

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TIDY, MERGE = "/pathways/log/tidy/", "/pathways/log/tidy/merge/"


@pytest.fixture
def log(tmp_path, db):
    """Twenty cases that went through Test in up to twenty hours, one that waits in Tests, and one in Test."""
    OrganisationFactory()
    rows = [
        (f"C{case}", stage, (NOON + timedelta(hours=hours)).isoformat())
        for case in range(20)
        for stage, hours in (("Test", 0), ("Done", case + 1))
    ]
    rows += [("T", "Tests", NOON.isoformat()), ("W", "Test", NOON.isoformat())]
    bring(a_log(tmp_path, rows), name="A clinic", final=["Done"])
    return Pathway.objects.get()


@pytest.fixture
def administrator(client, log):
    user = in_group(PATHWAY_ADMINISTRATOR, is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def draft(administrator, log):
    return publishing.revise(log, by=administrator)


def save(client, **values):
    names = {"test-name": "Test", "tests-name": "Tests", "done-name": "Done"}
    return client.post(
        TIDY, {"save": "on"} | names | {name.replace("_", "-"): value for name, value in values.items()}
    )


def test_it_begins_with_a_draft_and_says_that_nothing_changes_yet(client, administrator, log):
    said = words(client.get(TIDY))
    assert "Cases are on version 1, which stays as it is." in said
    assert "Nothing changes for anybody until you publish the draft." in said

    answer = client.post(TIDY, follow=True)
    assert "Version 2 is the draft now. Nothing changes for cases yet." in words(answer)
    assert log.versions.get(number=2).is_draft
    assert {case.version.number for case in Case.objects.all()} == {1}


def test_each_stage_stands_there_with_the_limit_that_is_proposed_and_what_it_rests_on(client, draft):
    said = words(client.get(TIDY))
    assert "18 hours for “Test” 85 in 100 of 20 stays took 17 hours 9 minutes or less" in said
    assert "none: no stays have ended, and 20 are needed" in said
    assert "done, a case ends here" in said
    assert "Nothing yet." in said


def test_names_and_ticked_limits_are_saved_and_shown_as_what_is_different(client, administrator, draft):
    answer = client.post(
        TIDY,
        {"save": "on", "test-name": "Blood test", "test-accept": "on", "tests-name": "Tests", "done-name": "Home"},
        follow=True,
    )
    said = words(answer)
    assert "2 stages were changed." in said
    assert "“Test” is now called “Blood test”." in said
    assert "limit of “Blood test”: none → 18 hours." in said
    assert "18 hours, as it is" in said
    stage = draft.stages.get(code="test")
    assert (stage.name, str(stage.limit), stage.history.first().history_user) == (
        "Blood test",
        "18 hours",
        administrator,
    )
    assert draft.pathway.active_version.stages.get(code="test").name == "Test"


def test_a_limit_that_is_not_ticked_is_not_taken(client, draft):
    assert "Nothing was changed." in words(client.get(save(client).url))
    assert draft.stages.get(code="test").limit is None


def test_a_name_that_is_missing_is_asked_for_and_the_others_are_kept_as_typed(client, draft):
    answer = save(client, test_name="", tests_name="Other tests")
    assert answer.status_code == 422
    assert reasons(answer) == ["Test: Give it a name."]
    assert title(answer).startswith("Error: ")
    assert b'value="Other tests"' in answer.content
    assert draft.stages.get(code="tests").name == "Tests"


def test_stages_are_merged_and_what_that_means_is_said(client, draft):
    assert "Stays that have ended keep the stage they were in" in words(client.get(TIDY))
    answer = client.post(MERGE, {"gone": "tests", "into": "test"}, follow=True)
    said = words(answer)
    assert "“Tests” was merged into “Test”." in said
    assert "“Tests” was removed." in said
    assert "test, cases start here, with tests" in said


@pytest.mark.parametrize(
    ("sent", "status", "sentences"),
    [
        ({"gone": "test"}, 422, ["Choose an answer for “into this one, which stays”."]),
        ({"gone": "test", "into": "test"}, 409, ["Choose two different stages."]),
        (
            {"gone": "test", "into": "done"},
            409,
            [
                "“Test” and “Done” cannot be merged: in one of them a case ends, and in the other it waits. Choose "
                "two of one kind."
            ],
        ),
    ],
)
def test_what_cannot_be_merged_is_said(client, draft, sent, status, sentences):
    answer = client.post(MERGE, sent)
    assert (answer.status_code, reasons(answer)) == (status, sentences)


def test_on_publishing_the_cases_of_a_merged_stage_are_led_into_the_other_one_unless_one_says_otherwise(client, draft):
    client.post(MERGE, {"gone": "tests", "into": "test"})
    address = f"/admin/pathways/pathwayversion/{draft.pk}/publish/"

    page = client.get(address)
    assert page.context["decision"].form["to-tests"].value() == "test"

    answer = client.post(address, {"move": "yes", "to-tests": "test"}, follow=True)
    assert "1 case was moved to it. 1 case was mapped from Tests to Test." in answer.content.decode()
    stays = Case.objects.get(log_id="T").entries.values_list("stage__code", "how")
    assert list(stays) == [("tests", "imported"), ("test", "mapped")], "what was stays what it was"
    assert Case.objects.filter(version__number=1).exclude(status="closed").count() == 0


def test_a_draft_that_is_published_meanwhile_is_not_changed(client, administrator, draft, monkeypatch):
    tidy = tidying.tidy

    def just_published(*args, **options):
        publishing.publish(draft, by=administrator)
        return tidy(*args, **options)

    monkeypatch.setattr(tidying, "tidy", just_published)
    answer = save(client, test_name="Blood test")
    assert answer.status_code == 409
    assert reasons(answer) == ["This draft was published meanwhile, and cannot be changed any more. Make a new one."]
    assert "Make a draft to tidy" in words(answer)
    assert client.post(MERGE, {"gone": "tests", "into": "test"}).status_code == 404


def test_who_was_quicker_with_the_draft_is_no_error(client, administrator, log):
    publishing.revise(log, by=administrator)
    answer = client.post(TIDY, {"save": "on"})
    assert answer.status_code == 422, "it is taken for the form of the draft that is there now"


@pytest.mark.parametrize("who", ["caseworker", "manager", "inspector"])
def test_only_who_may_change_pathways_tidies(client, draft, request, who):
    client.force_login(request.getfixturevalue(who))
    assert client.get(TIDY).status_code == client.post(TIDY).status_code == 403
    assert client.post(MERGE, {"gone": "tests", "into": "test"}).status_code == 403
    client.force_login(in_group(PATHWAY_ADMINISTRATOR))
    assert "Pathways are tidied by pathway administrators who may use the admin." in words(client.get(TIDY))


def test_a_pathway_that_does_not_exist_is_not_tidied(client, administrator):
    assert client.get("/pathways/nothing/tidy/").status_code == 404
