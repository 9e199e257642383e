"""The worklist: order, choices, pages, and what a row says."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases import detours, lifecycle, recording, results, to_do
from cases.models import Case
from cases.web import listing
from pathways import groups
from pathways.models import Pathway
from tests.cases.web.reading import words
from tests.factories import (
    PatientFactory,
    UserFactory,
    a_case,
    a_detour_pathway,
    a_draft,
    a_move,
    a_pathway,
    a_stage,
    in_group,
    publish,
    the_move,
)

DAY = timedelta(days=1)


@pytest.fixture
def aged(pathway):
    """Make a case that came into its stage some days ago."""

    def make(days, name="Test", **values):
        patient = PatientFactory(given_name="Test", family_name=name)
        return a_case(pathway, at=timezone.now() - days * DAY, patient=patient, **values)

    return make


def listed(page):
    return [row.case.patient.family_name for row in page.context["rows"]]


def test_the_most_late_comes_first_and_what_has_no_due_time_last(signed_in, aged, caseworker):
    aged(1, "Fresh")
    aged(14, "Latest")
    held = aged(30, "Held")
    aged(11, "Late")
    lifecycle.hold_case(held, reason="On holiday", until=timezone.now() + DAY, by=caseworker)

    assert listed(signed_in.get("/cases/")) == ["Latest", "Late", "Fresh", "Held"]


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("longest", ["Back", "Held", "Late", "Fresh"]),
        ("newest", ["Fresh", "Late", "Held", "Back"]),
        ("oldest", ["Back", "Held", "Late", "Fresh"]),
        ("nonsense", ["Back", "Late", "Fresh", "Held"]),
    ],
)
def test_the_order_can_be_chosen(signed_in, aged, caseworker, order, names):
    aged(1, "Fresh")
    aged(40, "Back")
    held = aged(30, "Held")
    aged(11, "Late")
    lifecycle.hold_case(held, reason="On holiday", until=timezone.now() + DAY, by=caseworker)

    assert listed(signed_in.get(f"/cases/?sort={order}")) == names


def test_the_longest_in_their_stage_are_not_the_oldest(signed_in, aged, caseworker):
    moved = aged(30, "Moved")
    aged(20, "Stayed")
    recording.complete_form(moved, moved.version_map.forms["risk-assessment"], {"falls": "no"}, by=caseworker)
    lifecycle.move_case(moved, the_move(moved, "review"), by=caseworker)

    assert listed(signed_in.get("/cases/?sort=longest")) == ["Stayed", "Moved"]
    assert listed(signed_in.get("/cases/?sort=oldest")) == ["Moved", "Stayed"]


def test_a_row_says_where_how_long_how_late_and_who(signed_in, aged, manager, caseworker):
    case = aged(12.5, "Abbott")
    lifecycle.assign_case(case, manager, by=caseworker)

    row = words(signed_in.get("/cases/"))

    assert f"{case.reference} ABBOTT, Test" in row
    assert "Triage here for 12 days, Review" in row
    assert "Late 2 days over its limit of 10" in row
    assert "Grace Okafor Booking team" in row


def test_a_case_of_a_log_is_shown_by_its_number_there(signed_in, pathway):
    a_case(pathway)
    Case.objects.update(patient=None, log_id="NA")

    assert "NA" in words(signed_in.get("/cases/"))


def test_closed_cases_are_not_listed_unless_asked_for(signed_in, aged, caseworker):
    lifecycle.close_case(aged(30, "Gone"), reason="Moved away", by=caseworker)
    lifecycle.close_case(aged(3, "Gone later"), reason="Moved away", by=caseworker)
    aged(2, "Here")

    assert listed(signed_in.get("/cases/")) == ["Here"]
    closed = signed_in.get("/cases/?status=closed")
    assert listed(closed) == ["Gone later", "Gone"]
    assert "2 cases, the last closed first" in words(closed)


@pytest.fixture
def world(aged, caseworker, manager):
    """Five cases that are each something else."""
    aged(11, "Late")
    lifecycle.assign_case(aged(1, "Fresh"), caseworker, by=caseworker)
    lifecycle.hold_case(aged(5, "Held"), reason="Abroad", until=timezone.now() + 9 * DAY, by=caseworker)
    other = a_case(a_pathway("other", limit=None), at=timezone.now(), patient=PatientFactory(family_name="Other"))
    lifecycle.assign_case(other, manager, by=manager)
    waiting = aged(40, "Waiting")
    form, moved_at = waiting.version_map.forms["risk-assessment"], timezone.now() - 20 * DAY
    recording.complete_form(waiting, form, {"falls": "no"}, by=caseworker, at=moved_at)
    lifecycle.move_case(waiting, the_move(waiting, "review"), by=caseworker, at=moved_at)


ALL = ["Waiting", "Late", "Fresh", "Held", "Other"]


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ("", ALL),
        ("pathway=review", ["Waiting", "Late", "Fresh", "Held"]),
        ("pathway=other", ["Other"]),
        ("stage=review/triage", ["Late", "Fresh", "Held"]),
        ("pathway=review&stage=review/review", ["Waiting"]),
        ("team=clinic", ["Waiting"]),
        ("team=booking", ["Late", "Fresh", "Held", "Other"]),
        ("team=@my-teams", ["Late", "Fresh", "Held", "Other"]),
        ("owner=@me", ["Fresh"]),
        ("owner=@nobody", ["Waiting", "Late", "Held"]),
        ("late=late", ["Waiting", "Late"]),
        ("late=late&team=booking", ["Late"]),
        ("late=held", ["Held"]),
        ("late=none", ["Other"]),
        ("late=7-days", []),
        ("reason=breached", ["Waiting", "Late"]),
        ("reason=nobodys&team=@my-teams", ["Late", "Held"]),
        ("reason=on-track", ["Fresh"]),
        ("reason=no-step", ["Other"]),
        ("late=1-day", []),
    ],
)
def test_the_list_is_narrowed_by_what_is_chosen(signed_in, world, chosen, found):
    page = signed_in.get(f"/cases/?{chosen}")

    assert listed(page) == found
    assert page.context["choice"].not_understood == []


@pytest.mark.parametrize(
    ("chosen", "named"),
    [
        ("pathway=nonsense", "Pathway"),
        ("stage=review/gone", "Stage"),
        ("stage=review/%00", "Stage"),
        ("owner=0", "Who has it"),
        ("late=soon", "Time limit"),
        ("team=@managed", "Team"),
        ("fact-lab=x", "fact-lab"),
    ],
)
def test_a_choice_that_means_nothing_is_left_out_and_named(signed_in, world, chosen, named):
    page = signed_in.get(f"/cases/?{chosen}")

    assert listed(page) == ALL
    assert f"asks for something that is not there (any more): {named}. That was left out." in words(page)


@pytest.mark.parametrize(
    ("chosen", "found", "named"),
    [
        ("pathway=nonsense&stage=review/review", ["Waiting"], "Pathway"),
        ("pathway=other&stage=review/review", ["Other"], "Stage"),
        ("pathway=other&stage=review/triage", ["Other"], "Stage"),
        ("pathway=nonsense&stage=gone/triage", ALL, "Pathway, Stage"),
    ],
)
def test_a_pathway_and_a_stage_that_do_not_go_together(signed_in, world, chosen, found, named):
    page = signed_in.get(f"/cases/?{chosen}")

    assert listed(page) == found
    assert f"asks for something that is not there (any more): {named}. That was left out." in words(page)


@pytest.mark.parametrize("chosen", ["reason=zz", "owes=abc", "detour=zz"])
def test_choices_that_are_folded_away_are_unfolded_when_one_is_wrong(signed_in, world, chosen):
    assert 'class="nhsuk-details mw-choices__more" open' in signed_in.get(f"/cases/?{chosen}").content.decode()


def test_the_list_of_one_person_is_chosen_also_when_they_have_left_the_team(signed_in, world, manager):
    manager.memberships.all().delete()

    page = signed_in.get("/cases/")
    assert (str(manager.pk), "Grace Okafor") in page.context["choice"].fields["owner"].choices
    assert listed(signed_in.get(f"/cases/?owner={manager.pk}")) == ["Other"]


@pytest.mark.parametrize(
    ("chosen", "found"),
    [("today", ["Today"]), ("3-days", ["Today", "In 3 days"]), ("7-days", ["Today", "In 3 days", "In 6 days"])],
)
def test_what_is_due_soon_can_be_listed(signed_in, pathway, time_machine, chosen, found):
    time_machine.move_to("2026-03-02 09:00+00:00", tick=False)
    for name, hours in (("Late", -1), ("Today", 8), ("In 3 days", 3 * 24), ("In 6 days", 6 * 24), ("Later", 9 * 24)):
        case = a_case(pathway, at=timezone.now(), patient=PatientFactory(family_name=name))
        Case.objects.filter(pk=case.pk).update(due_at=timezone.now() + timedelta(hours=hours))

    assert listed(signed_in.get(f"/cases/?late={chosen}")) == found


def test_cases_with_a_detour_under_way_are_listed_but_not_for_one_that_is_restricted(client, caseworker):
    dna, safeguarding = a_detour_pathway("dna"), a_detour_pathway("safeguarding", team="safeguarding")
    version = a_pathway(
        detours=[(dna, {}), (safeguarding, {"restricted": True, "roles": ["caseworker", "manager"]})]
    ).active_version
    for name, code in (("Dna", "dna"), ("Hidden", "safeguarding")):
        case = a_case(version.pathway, at=timezone.now(), patient=PatientFactory(family_name=name))
        detours.take(case, case.version_map.detour_rules[code], by=caseworker, note="As it is")
    a_case(version.pathway, at=timezone.now())
    client.force_login(caseworker)

    assert listed(client.get("/cases/?detour=@any&pathway=review")) == ["Dna"]
    assert listed(client.get("/cases/?detour=dna")) == ["Dna"]
    assert listed(client.get("/cases/?detour=safeguarding")) == []


def test_the_facts_of_the_chosen_pathway_can_be_chosen(signed_in):
    pathway = with_a_fact("tests")
    for name, lab in (("One", "Lab A"), ("Two", "Lab B")):
        case = a_case(pathway, at=timezone.now(), patient=PatientFactory(family_name=name))
        entry = case.open_entry
        entry.facts = {"lab": lab}
        entry.save(update_fields=["facts"])

    page = signed_in.get("/cases/?pathway=tests")
    assert [field.name for field in page.context["choice"] if field.name.startswith("fact-")] == ["fact-lab"]
    assert listed(signed_in.get("/cases/?pathway=tests&fact-lab=Lab B")) == ["Two"]
    assert "fact-lab" not in signed_in.get("/cases/").context["choice"].fields


def with_a_fact(code):
    version = a_draft(code)
    version.facts.create(code="lab", name="Laboratory", choices=["Lab A", "Lab B"])
    version.facts.create(code="words", name="In their words")
    start, end = a_stage(version, "triage", is_first=True), a_stage(version, "done", limit=None, kind="final")
    a_move(start, end)
    return publish(version)


def test_the_stages_to_choose_from_are_those_of_the_chosen_pathway_or_stand_under_each(signed_in, pathway):
    a_pathway("other")

    choices = dict(signed_in.get("/cases/").context["choice"].fields["stage"].choices)
    assert choices["Other"][0] == ("other/triage", "Triage")
    assert choices["Review"][0] == ("review/triage", "Triage")

    choices = signed_in.get("/cases/?pathway=other").context["choice"].fields["stage"].choices
    assert [value for value, _ in choices] == ["", "other/triage", "other/review", "other/done"]


def test_a_long_list_has_pages_that_keep_the_choices(signed_in, aged, monkeypatch):
    monkeypatch.setattr(listing, "PAGE_SIZE", 2)
    for days in (15, 14, 13):
        aged(days, f"Late {days}")
    aged(1, "Fresh")

    first = signed_in.get("/cases/?late=late&stage=")
    assert listed(first) == ["Late 15", "Late 14"]
    assert first.context["page"].previous is None

    second = signed_in.get(f"/cases/?late=late&after={first.context['page'].next}")
    assert listed(second) == ["Late 13"]
    assert second.context["page"].next is None
    assert f'href="/cases/?late=late&amp;after={first.context["page"].next}"' in first.content.decode()

    back = signed_in.get(f"/cases/?late=late&before={second.context['page'].previous}")
    assert listed(back) == ["Late 15", "Late 14"]


@pytest.mark.parametrize("place", ["after=nonsense", "after=9999999999999999~1", "before=0~1", "after=none~99999999"])
def test_a_page_that_is_not_there_is_the_first(signed_in, aged, place):
    aged(3, "Only")

    assert listed(signed_in.get(f"/cases/?{place}")) == ["Only"]


def test_a_list_that_is_too_long_to_count_says_so_and_goes_on(signed_in, aged, monkeypatch):
    monkeypatch.setattr(listing, "COUNTED", 2)
    monkeypatch.setattr(listing, "PAGE_SIZE", 2)
    for days in (3, 2, 1):
        aged(days)

    page = signed_in.get("/cases/")

    assert "More than 2 cases, the most late first" in words(page)
    assert page.context["page"].next


def test_an_empty_list_says_what_to_do(signed_in, pathway):
    assert "Your teams have no case now." in words(signed_in.get("/cases/"))
    assert "Choose less above, or show all." in words(signed_in.get("/cases/?late=late"))


def test_an_empty_list_tells_somebody_in_no_team_why(client):
    for person, told in {
        UserFactory(): "you are in no team: ask whoever looks after the accounts",
        in_group(groups.INSPECTOR): "There is no case.",
    }.items():
        client.force_login(person)
        assert told in words(client.get("/cases/"))


def test_the_list_costs_the_same_few_statements_whatever_it_holds(signed_in, aged, caseworker):
    def statements(address="/cases/"):
        signed_in.get(address)  # the maps of the pathways are read once per process
        with CaptureQueriesContext(connection) as captured:
            signed_in.get(address)
        return len(captured)

    aged(1)
    with_one = statements()
    for days in range(2, 30):
        case = aged(days)
        lifecycle.assign_case(case, caseworker, by=caseworker)
        to_do.add_task(case, "Ring them", owner=caseworker, due_at=timezone.now() + DAY / 24, by=caseworker)
        results.record_arrival(results.request_result(case, "Echo", caseworker, by=caseworker), "Fine", by=caseworker)
    lifecycle.hold_case(case, reason="On holiday", until=timezone.now() + DAY, by=caseworker)

    assert statements() == with_one
    assert with_one <= 8
    for choices in ("sort=longest&team=@my-teams", "reason=task&late=late", "detour=@any", "status=closed"):
        assert statements(f"/cases/?{choices}") <= 8


def test_a_pathway_without_published_version_is_not_offered(signed_in):
    Pathway.objects.create(code="draft", name="Drafted")

    assert "Drafted" not in signed_in.get("/cases/").content.decode()


def test_the_list_is_kept_in_no_cache(signed_in, pathway):
    assert "no-store" in signed_in.get("/cases/")["Cache-Control"]
