"""A version as a file and back."""

import pytest

from pathways import exchange
from pathways.exchange import layout
from pathways.models import Calendar, Organisation, Pathway, TaskTemplate, Team, system_user
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
    document = exchange.read(exchange.shipped("discharge-to-assess"), beside=exchange.shipped_codes())
    for code in {detour["pathway"] for detour in document["detours"]}:
        Pathway.objects.create(code=code, name=code)
    draft = exchange.draft_from(document, by=system_user(), reason="Loaded")

    assert dict(Team.objects.values_list("code", "organisation__code")) == {
        "discharge-team": "trust",
        "social-care-brokerage": "social-care",
        "ward-team": "trust",
    }
    assert Organisation.objects.get(code="trust").is_own
    assert Calendar.objects.get().opening_hours.count() == 5
    assert draft.stages.get(code="package-requested").team.organisation.name == "Adult social care"


WHOLE = """\
pathway: {code: small, name: Small}
starts_in: triage
organisations:
- {code: agency, name: Agency}
teams:
- {code: booking, name: Booking team}
- {code: outside, name: Outside team, organisation: agency}
- {code: therapy, name: Therapists}
- {code: site, name: Site managers}
facts:
- {code: lab, name: Laboratory}
forms:
- code: test
  name: Test
  questions:
  - {code: done, text: Done?, answer: yes or no}
  - code: where
    text: Where?
    answer: one of
    choices: [Here, There]
    asked_only_if: {question: done, is: yes}
    fact: lab
stages:
- code: triage
  name: Triage
  team: booking
  limit: 2 days
  ladder:
  - code: late
    name: Late
    when: at the limit
    tells: [on duty, named team, lead]
    team_told: site
    to_be_answered_within: 4 hours
    raises_priority: true
    makes_task: Ring the patient
  tasks:
  - {code: call, title: Ring them, text: "Twice.\\nThen write.", for: owner, limit: 2 days}
  - {code: walk, title: Walk with them, team: therapy}
  moves:
  - to: package
- code: package
  name: Package
  team: outside
  entered_by_handoff: true
  acceptance_limit: 2 days
detours:
- {code: away, name: Away, pathway: short, from: [triage], roles: [manager], stage_clock: held at most 3 days,
   restricted: true, blocks_closing: false, tell_at_once: true, asks: score, taken_on_missed_appointment: true,
   raises_priority: true, shortens_stage_to: 4 hours}
- {code: again, name: Again, pathway: short}
"""


@pytest.mark.django_db
def test_a_file_says_the_rungs_tasks_handoffs_conditions_facts_and_detours_of_a_version():
    short = a_pathway("short")
    draft = exchange.draft_from(exchange.read(WHOLE), by=system_user(), reason="Loaded")

    triage, package = draft.stages.all()
    call, walk = triage.task_templates.all()
    assert (call.title, call.text, call.whose, str(call.limit)) == (
        "Ring them",
        "Twice.\nThen write.",
        "owner",
        "2 days",
    )
    assert (walk.whose, walk.team.code, walk.limit) == ("team", "therapy", None)
    assert (package.by_handoff, str(package.acceptance_limit), triage.by_handoff) == (True, "2 days", False)
    late = triage.ladder.get()
    assert (late.tells, late.named_team.code) == (["on_duty", "named_team", "lead"], "site")
    assert (str(late.answer_within), late.raises_priority, late.task_title) == ("4 hours", True, "Ring the patient")
    where = draft.forms.get().questions.get(code="where")
    assert (where.shown_if_code, where.shown_if_answer, where.fact) == ("done", "yes", "lab")
    assert draft.facts.get().name == "Laboratory"
    away, again = draft.detour_rules.all()
    assert (away.pathway, away.stages, away.roles) == (short, ["triage"], ["manager"])
    assert (away.clock, str(away.hold_at_most)) == ("held", "3 days")
    assert (away.restricted, away.blocks_closing, away.tell_at_once) == (True, False, True)
    assert (away.form, away.on_dna, away.raises_priority, str(away.shortens_to)) == ("score", True, True, "4 hours")
    assert (again.form, again.on_dna, again.raises_priority, again.shortens_to) == ("", False, False, None)
    assert (again.stages, again.clock, again.hold_at_most) == ([], "runs", None)
    assert (again.restricted, again.blocks_closing, again.tell_at_once) == (False, True, False)

    text = exchange.dump(draft)
    again = exchange.draft_from(exchange.read(text), by=system_user(), reason="Loaded again")
    assert exchange.dump(again) == text
    assert (again.detour_rules.count(), again.facts.count()) == (2, 1)
    assert TaskTemplate.objects.count() == 2


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
