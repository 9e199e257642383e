"""Setting up the map in Django's admin."""

import re
from datetime import time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cases.models import Case, StageEntry
from pathways import publishing, registry
from pathways.groups import INSPECTOR
from pathways.models import (
    Absence,
    Calendar,
    DetourRule,
    Duty,
    EscalationStep,
    FactDefinition,
    FormDefinition,
    MailPreference,
    Membership,
    Organisation,
    Pathway,
    PathwayVersion,
    Question,
    Requirement,
    Stage,
    TaskTemplate,
    Team,
    Transition,
    system_user,
)
from tests.factories import (
    TeamFactory,
    UserFactory,
    a_case,
    a_detour_pathway,
    a_draft,
    a_form,
    a_manager,
    a_member,
    a_move,
    a_pathway,
    a_rule,
    a_stage,
    in_group,
    office_hours,
    publish,
)
from tests.pathways.pages import address, errors, inputs, save, saved

pytestmark = pytest.mark.django_db

PAGES = (
    *(Organisation, Team, Calendar, Pathway, PathwayVersion, Stage, Transition, FormDefinition, DetourRule),
    *(Absence, Duty, MailPreference),
)


@pytest.fixture
def draft():
    """A draft with a row on every page."""
    version = a_draft()
    form = a_form(version)
    manager = a_manager("booking")
    # At noon: the page does not take an hour that there is twice, or not at all, when the clocks change.
    noon = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    span = {"starts_at": noon - timedelta(days=1), "ends_at": noon + timedelta(days=1)}
    Absence.objects.create(user=manager, **span)
    Duty.objects.create(team=Team.objects.get(), user=manager, **span)
    MailPreference.objects.create(user=manager)
    triage = a_stage(
        version, "triage", is_first=True, patient_wording="We are looking at it.", calendar=office_hours()
    )
    done = a_stage(version, "done", kind="final", limit=None, patient_wording="All is done.")
    a_move(triage, done, requires=[("form completed", {"form": form.code})])
    return version


def a_row(model):
    if model is DetourRule:
        return a_rule(PathwayVersion.objects.first(), a_draft("dna", "Was not there").pathway)
    return Organisation.objects.get(is_own=True) if model is Organisation else model.objects.first()


# Who may come in


@pytest.mark.parametrize("model", PAGES)
def test_an_administrator_reads_every_page(client, administrator, draft, model):
    row = a_row(model)
    for page in (address(model, "changelist"), address(row), address(row, "history")):
        assert client.get(page).status_code == 200


@pytest.mark.parametrize("model", PAGES)
@pytest.mark.parametrize("who", ["a member of staff without a group", "an inspector"])
def test_others_change_nothing(client, draft, model, who):
    client.force_login(in_group(INSPECTOR, is_staff=True) if who == "an inspector" else UserFactory(is_staff=True))

    row = a_row(model)
    assert client.get(address(row)).status_code == (200 if who == "an inspector" else 403)
    assert client.post(address(row), {"name": "Changed"}).status_code == 403
    assert client.post(address(row, "delete"), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("act", ["publish", "retire"])
def test_others_do_not_publish(client, draft, act):
    client.force_login(in_group(INSPECTOR, is_staff=True))

    assert client.post(address(draft, act)).status_code == 403
    assert client.post(address(draft.pathway, "draft")).status_code == 403


def test_a_caseworker_has_no_business_in_the_admin(client):
    client.force_login(a_member("booking"))

    page = client.get("/admin/", follow=True)

    assert page.status_code == 403
    assert "Only people who set up Midwatch can come in here." in page.content.decode()


def test_a_stranger_is_asked_to_sign_in_on_the_one_page_for_it(client):
    page = client.get("/admin/pathways/pathway/", follow=True)

    assert page.redirect_chain[-1][0] == "/sign-in/?next=/admin/pathways/pathway/"


def test_an_administrator_sees_no_case(client, administrator):
    assert "/admin/cases/" not in client.get("/admin/").content.decode()
    assert client.get("/admin/cases/case/").status_code == 403
    assert client.get("/admin/cases/patient/").status_code == 403


# From an empty admin to a published pathway


def test_a_pathway_is_built_checked_and_published_in_the_admin(client, administrator):
    client.post(address(Organisation, "add"), {"code": "trust", "name": "Northshire NHS Trust", "is_own": "on"})
    nurse = UserFactory()
    client.post(
        address(Team, "add"),
        {
            "organisation": Organisation.objects.get().pk,
            "code": "cardiology",
            "name": "Cardiology booking office",
            "memberships-TOTAL_FORMS": 1,
            "memberships-INITIAL_FORMS": 0,
            "memberships-0-user": nurse.pk,
            "memberships-0-role": "manager",
        },
    )
    team = Team.objects.get()
    client.post(
        address(Calendar, "add"),
        {
            "code": "office",
            "name": "Office hours",
            "nation": "ENG",
            "opening_hours-TOTAL_FORMS": 5,
            "opening_hours-INITIAL_FORMS": 0,
            "closures-TOTAL_FORMS": 0,
            "closures-INITIAL_FORMS": 0,
        }
        | {f"opening_hours-{day}-weekday": day for day in range(5)}
        | {f"opening_hours-{day}-opens": "09:00" for day in range(5)}
        | {f"opening_hours-{day}-closes": "17:00" for day in range(5)},
    )
    calendar = Calendar.objects.get()
    assert calendar.opening_hours.count() == 5

    answer = client.post(address(Pathway, "add"), {"code": "echo", "name": "Echo"})
    version = PathwayVersion.objects.get()
    assert answer.url == address(version)

    saved(
        client,
        version,
        stages__TOTAL_FORMS=2,
        stages__0__code="review",
        stages__0__name="Awaiting Specialist Review",
        stages__0__kind="waiting",
        stages__0__team=team.pk,
        stages__0__limit_amount=10,
        stages__0__limit_unit="working_days",
        stages__0__calendar=calendar.pk,
        stages__1__code="done",
        stages__1__name="Done",
        stages__1__kind="final",
        stages__1__team=team.pk,
        forms__0__code="risk-assessment",
        forms__0__name="Risk assessment",
    )
    review, done = version.stages.all()
    assert (review.position, done.position) == (10, 20)
    saved(client, version, starts_in=review.pk)
    saved(
        client,
        version.forms.get(),
        questions__0__code="falls",
        questions__0__text="Is there a risk of falls?",
        questions__0__kind="one_of",
        questions__0__choices="Yes\nNo, not now",
    )
    assert Question.objects.get().choices == ["Yes", "No, not now"]
    saved(
        client,
        review,
        patient_wording="You are waiting for the specialist.",
        transitions__0__name="Close",
        transitions__0__target=done.pk,
        transitions__0__roles=["caseworker", "manager"],
        ladder__0__code="late",
        ladder__0__name="Late: tell the service manager",
        ladder__0__when="after",
        ladder__0__amount=0,
        ladder__0__unit="days",
        ladder__0__tells=["managers"],
    )
    saved(client, done, patient_wording="All is done.")
    move = Transition.objects.get()
    answer = save(client, move, requirements__0__check_name="form completed")
    assert errors(answer) == ["Say what “form completed” asks for here, then save again."]
    saved(
        client,
        move,
        requirements__0__check_name="form completed",
        requirements__0__options__form__completed__form="risk-assessment",
        requirements__0__options__form__completed__max_age_days="30",
    )
    assert Requirement.objects.get().options == {"form": "risk-assessment", "max_age_days": 30}

    assert publishing.problems(version) == []
    answer = client.post(address(version, "publish"), follow=True)
    assert "Version 1 is active now." in answer.content.decode()
    assert Pathway.objects.get().active_version == version
    rows = [team, nurse.memberships.get(), calendar, *version.stages.all(), move, Requirement.objects.get()]
    assert {(line.history_user, bool(line.history_change_reason)) for row in rows for line in row.history.all()} == {
        (administrator, True)
    }


# Checking, publishing, retiring


def test_the_page_before_publishing_says_what_is_wrong_and_leads_there(client, administrator, draft):
    step = EscalationStep.objects.get(code="warn")
    step.tells = []
    step.save()

    page = client.get(address(draft, "publish")).content.decode()

    sentence = "Nobody is told at the rung “Warn” of “Triage”. Choose who: the owner, the team or its managers."
    assert f'<a href="{address(step.stage)}">{sentence}</a>' in page
    assert 'value="Publish"' not in page


def test_a_draft_with_errors_is_not_published_by_insisting(client, administrator, draft):
    Stage.objects.get(code="triage").transitions.all().delete()
    Stage.objects.filter(code="triage").update(is_first=False)

    page = client.post(address(draft, "publish"))

    assert "No stage is chosen for cases to start in." in page.content.decode()
    assert PathwayVersion.objects.get().is_draft


def test_warnings_are_shown_and_do_not_stop_publishing(client, administrator, draft):
    Stage.objects.filter(code="triage").update(patient_wording="")

    page = client.get(address(draft, "publish")).content.decode()

    assert "“Triage” has no wording for the patient." in page
    assert 'value="Publish"' in page
    client.post(address(draft, "publish"))
    assert draft.pathway.active_version == draft


def test_an_active_version_is_revised_and_retired_by_buttons(client, administrator):
    pathway = a_pathway()
    page = client.get(address(pathway.active_version)).content.decode()
    assert address(pathway, "draft") in page
    assert address(pathway.active_version, "retire") in page

    answer = client.post(address(pathway, "draft"), follow=True)
    assert "Version 2 is the draft now." in answer.content.decode()
    assert pathway.versions.get(status="draft").stages.count() == 3

    answer = client.post(address(pathway.active_version, "retire"), follow=True)
    assert "Version 1 is retired now." in answer.content.decode()


def test_a_second_draft_is_refused_with_a_sentence(client, administrator, draft):
    answer = client.post(address(draft.pathway, "draft"), follow=True)

    assert "Review has a draft already, version 1. Change that one, or delete it first." in answer.content.decode()


@pytest.mark.parametrize("key", ["999999", "nonsense"])
def test_what_is_not_there_is_not_decided_on(client, administrator, key):
    for act in ("publish", "retire"):
        assert client.get(f"/admin/pathways/pathwayversion/{key}/{act}/").status_code == 404
    assert client.post(f"/admin/pathways/pathway/{key}/draft/").status_code == 404


def test_a_draft_is_deleted_with_all_that_is_in_it_and_leaves_its_trace(client, administrator, draft):
    stage = draft.stages.first()

    answer = client.post(address(draft, "delete"), {"post": "yes"}, follow=True)

    assert answer.status_code == 200
    assert not PathwayVersion.objects.exists()
    assert not Stage.objects.exists()
    gone = Stage.history.filter(id=stage.pk).first()
    assert (gone.history_type, gone.history_user, gone.history_change_reason) == (
        "-",
        administrator,
        "Deleted in the admin",
    )


def test_a_stage_that_is_ticked_for_deletion_takes_its_moves_along(client, administrator, draft):
    saved(client, draft, stages__1__DELETE="on")

    assert [stage.code for stage in draft.stages.all()] == ["triage"]
    gone = Requirement.history.filter(history_type="-").get()
    assert (gone.history_user, gone.history_change_reason) == (administrator, "Deleted in the admin")


def test_a_page_that_is_saved_unchanged_leaves_no_history(client, administrator, draft):
    rows = [draft, draft.pathway, *draft.stages.all(), *Transition.objects.all(), *draft.forms.all()]
    before = {row: row.history.count() for row in rows}

    for row in rows:
        saved(client, row)

    assert {row: row.history.count() for row in rows} == before


def test_stages_that_exchange_their_codes_are_asked_to_wait(client, administrator, draft):
    answer = save(client, draft, stages__0__code="done", stages__1__code="triage")

    assert errors(answer) == ["Two rows here exchange their code. Save one of the changes first."]


def test_a_code_is_free_again_when_its_stage_is_deleted(client, administrator, draft):
    changes = {"stages__2__code": "done", "stages__2__name": "Finished", "stages__2__kind": "final"}

    saved(client, draft, stages__TOTAL_FORMS=3, stages__1__DELETE="on", **changes)

    assert [stage.name for stage in draft.stages.all()] == ["Triage", "Finished"]


def test_new_rows_without_a_place_come_last(client, administrator, draft):
    Stage.objects.filter(code="triage").update(position=10)
    Stage.objects.filter(code="done").update(position=30)

    saved(
        client,
        draft,
        stages__TOTAL_FORMS=4,
        stages__2__code="last",
        stages__2__name="Last",
        stages__2__kind="working",
        stages__3__code="between",
        stages__3__name="Between",
        stages__3__kind="working",
        stages__3__position=20,
    )

    assert [stage.code for stage in draft.stages.all()] == ["triage", "between", "done", "last"]


# Mistakes


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"stages__2__code": "triage", "stages__2__name": "Again", "stages__2__kind": "working"},
            "Two rows here have the same code. Give each its own.",
        ),
        (
            {"stages__0__limit_unit": ""},
            "A limit needs a number above zero and a unit. Fill in both, or neither.",
        ),
    ],
)
def test_a_mistake_on_the_page_of_a_version(client, administrator, draft, changes, sentence):
    assert sentence in errors(save(client, draft, stages__TOTAL_FORMS=3, **changes))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"code": "done"}, "Two stages of this version have the same code. Give each its own."),
        (
            {
                "transitions__1__name": "Move to Done",
                "transitions__1__target": "done",
                "transitions__1__roles": ["manager"],
            },
            "Two rows here have the same name. Give each its own.",
        ),
        ({"ladder__0__unit": ""}, "Give a unit, or for a share of the limit a number from 1 to 100 and no unit."),
        (
            {"ladder__0__repeat_amount": 2},
            "A rung that repeats needs how often (a number and a unit) and how many times at most.",
        ),
    ],
)
def test_a_mistake_on_the_page_of_a_stage(client, administrator, draft, changes, sentence):
    done = draft.stages.get(code="done")
    changes = {name: done.pk if value == "done" and "target" in name else value for name, value in changes.items()}

    assert sentence in errors(save(client, draft.stages.get(code="triage"), transitions__TOTAL_FORMS=2, **changes))


@pytest.mark.parametrize(
    ("check", "options", "sentences"),
    [
        (
            "form completed",
            {"form": "falls"},
            ["The form “falls” is not part of this version. Add it, or choose another form."],
        ),
        ("form completed", {"form": ""}, ["“Form” is missing."]),
        (
            "form completed",
            {"form": "risk-assessment", "max_age_days": "a month"},
            ["“Not older than (days)” must be a whole number, not 'a month'."],
        ),
        (
            "answer is",
            {"form": "risk-assessment", "question": "colour"},
            [
                "The form “risk-assessment” has no question “colour”. Add it, or choose another question.",
                "“Answer” is missing.",
            ],
        ),
        (
            "waited at least",
            {"amount": "2", "unit": "moons"},
            ["“Counted in” must be one of minutes, hours, days, not 'moons'."],
        ),
        (
            "task done",
            {"task": "ring"},
            ["No stage of this version creates the task “ring”. Add it, or choose another task."],
        ),
    ],
)
def test_a_requirement_that_cannot_be_asked(client, administrator, draft, check, options, sentences):
    declared = {option.name: "" for option in registry.CHECKS[check].options}
    answer = save(client, Transition.objects.get(), **asks(check, **declared | options))

    assert errors(answer) == sentences


def asks(check, **options):
    """What is sent for the first requirement of a move."""
    prefix = f"requirements__0__options__{check.replace(' ', '__')}__"
    return {"requirements__0__check_name": check} | {prefix + name: value for name, value in options.items()}


def test_a_requirement_asks_for_what_its_check_declares_and_offers_what_the_version_has(client, administrator, draft):
    triage = draft.stages.get(code="triage")
    TaskTemplate.objects.create(stage=triage, code="ring", title="Ring the patient")
    move = Transition.objects.get()

    first = save(client, move, requirements__0__check_name="task done")
    page = first.content.decode()
    assert errors(first) == ["Say what “task done” asks for here, then save again."]
    assert '<option value="ring">Ring the patient</option>' in page
    assert "Empty: by anybody. A manager is the second pair of eyes." in page

    saved(client, move, **asks("task done", task="ring", by_role="manager"))
    assert (Requirement.objects.get().check_name, Requirement.objects.get().options) == (
        "task done",
        {"task": "ring", "by_role": "manager"},
    )
    saved(client, move, requirements__0__check_name="note written")
    assert Requirement.objects.get().options == {}


def test_options_that_are_not_there_any_more_are_still_shown(client, administrator, draft):
    FormDefinition.objects.all().delete()

    page = client.get(address(Transition.objects.get())).content.decode()

    assert '<option value="risk-assessment" selected>risk-assessment (not there any more)</option>' in page


def test_hours_that_overlap_are_refused_while_they_are_typed(client, administrator):
    answer = save(
        client,
        office_hours(),
        opening_hours__TOTAL_FORMS=7,
        opening_hours__5__weekday=5,
        opening_hours__5__opens="09:00",
        opening_hours__5__closes="12:00",
        opening_hours__6__weekday=5,
        opening_hours__6__opens="11:00",
        opening_hours__6__closes="13:00",
    )

    assert errors(answer) == ["The opening hours of sat overlap: change or join them."]


def test_new_hours_count_at_once(client, administrator):
    calendar = office_hours()
    calendar.schedule()

    saved(client, calendar, opening_hours__0__closes="13:00")

    assert Calendar.objects.get().schedule().hours[0][0][1].total_seconds() == 13 * 3600
    assert calendar.opening_hours.first().closes == time(13)


def test_a_rung_says_whom_it_tells_by_when_they_answer_and_what_else_it_does(client, administrator, draft):
    triage, site = Stage.objects.get(code="triage"), TeamFactory(code="site")
    lead = UserFactory(first_name="Ada", last_name="Lead")

    changes = {
        "ladder-0-tells": ["on_duty", "named_team", "lead"],
        "ladder-0-named_team": site.pk,
        "ladder-0-answer_amount": "1",
        "ladder-0-answer_unit": "working_days",
        "ladder-0-raises_priority": "on",
        "ladder-0-task_title": "Ring the patient",
    }
    saved(client, triage, **changes)
    step = triage.ladder.first()
    assert (step.tells, step.named_team) == (["on_duty", "named_team", "lead"], site)
    assert (str(step.answer_within), step.raises_priority, step.task_title) == (
        "1 working day",
        True,
        "Ring the patient",
    )
    assert step.history.first().history_user == administrator

    saved(client, draft.pathway, lead=lead.pk)
    assert Pathway.objects.get(pk=draft.pathway_id).lead == lead


def test_an_absence_set_in_the_admin_is_kept_with_who_set_it_and_is_held_to_the_rules(client, administrator, draft):
    absence, deputy = Absence.objects.get(), a_member("booking")

    saved(client, absence, deputy=deputy.pk)

    line = absence.history.first()
    assert (line.deputy_id, line.history_user) == (deputy.pk, administrator)
    answer = save(client, absence, deputy=absence.user_id)
    assert errors(answer) == ["Choose somebody else as the deputy."]
    assert errors(save(client, absence, ends_at_0="2020-01-01")) == ["An absence must end after it starts."]
    assert errors(save(client, absence, ends_at_0="2099-01-01")) == [
        "This date is two years or more away. Check the year."
    ]


def test_a_duty_in_the_admin_is_for_people_of_the_team_and_can_be_ended_when_they_have_left_it(
    client, administrator, draft
):
    duty, other, stranger = (
        Duty.objects.get(),
        a_member("booking"),
        a_member("clinic", first_name="Sam", last_name="Far"),
    )

    assert errors(save(client, duty, user=stranger.pk)) == [
        "Sam Far is not in Booking team. Choose a person of that team."
    ]
    saved(client, duty, user=other.pk)

    other.memberships.all().delete()
    saved(client, duty, ends_at_0=str(timezone.localdate() + timedelta(days=3)))


def test_a_time_to_answer_needs_a_unit(client, administrator, draft):
    answer = save(client, Stage.objects.get(code="triage"), **{"ladder-0-answer_amount": "1"})
    assert errors(answer) == ["“To be answered within” needs a number above zero and a unit, or neither."]


def test_a_detour_says_what_it_asks_and_does_to_the_case_it_is_taken_from(client, administrator, draft):
    rule, short = a_rule(draft, a_detour_pathway()), a_pathway("short")
    assert "score" not in client.get(address(rule)).content.decode()

    saved(client, rule, pathway=short.pk, on_dna="on", raises_priority="on", shorten_amount=4, shorten_unit="hours")
    page = client.get(address(rule)).content.decode()
    assert "Which form of Short is filled in" in page, "only the forms of the pathway that is saved are offered"
    saved(client, rule, form="risk-assessment")

    rule.refresh_from_db()
    assert (rule.form, rule.on_dna, rule.raises_priority, str(rule.shortens_to)) == (
        "risk-assessment",
        True,
        True,
        "4 hours",
    )
    assert "working_hours" not in page.split("shorten_unit")[1].split("</select>")[0]


def test_two_detours_are_not_both_taken_when_a_patient_did_not_attend(client, administrator, draft):
    a_rule(draft, a_detour_pathway(), on_dna=True)
    other = a_rule(draft, a_detour_pathway("other"))
    assert errors(save(client, other, on_dna="on")) == [
        "Another detour is taken when a patient did not attend. Choose one of them."
    ]
    assert errors(save(client, other, shorten_amount=4)) == [
        "A detour that shortens the stage needs a number above zero and a unit: minutes, hours or days."
    ]


# Cost


def test_a_large_version_is_saved_in_one_go(client, administrator, draft):
    for number in range(100):
        a_stage(draft, f"stage-{number}", patient_wording="x")
    sent = inputs(client.get(address(draft)), "pathwayversion_form") | {"stages-1-name": "Finished"}

    with CaptureQueriesContext(connection) as counted:
        assert client.post(address(draft), sent | {"_save": "Save"}).status_code == 302

    assert len(sent) > 1000
    assert len(counted) <= 30

    assert draft.stages.get(code="done").name == "Finished"


@pytest.fixture
def large(draft):
    """A draft with 200 stages and something of everything, and 2,000 cases under way on the version before it."""
    triage, done = draft.stages.get(code="triage"), draft.stages.get(code="done")
    TaskTemplate.objects.create(stage=triage, code="ring", title="Ring the patient")
    FactDefinition.objects.create(version=draft, code="lab", name="Laboratory")
    a_rule(draft, a_detour_pathway())
    before = triage
    for number in range(198):
        stage = a_stage(draft, f"stage-{number}", patient_wording="x", calendar=office_hours(), ladder=[])
        a_move(stage, done, requires=[("form completed", {"form": "risk-assessment"})])
        a_move(before, stage)
        before = stage
    pathway = publish(draft)
    under_way(pathway, 2000)
    return publishing.revise(pathway, by=system_user())


def test_a_large_version_with_many_cases_costs_no_more_statements_than_a_small_one(client, administrator, large):
    stage = large.stages.get(code="triage")
    pages = [
        address(large),
        address(large, "publish"),
        address(stage),
        address(stage.transitions.first()),
        address(large.forms.first()),
        address(large.detour_rules.first()),
        address(large.pathway),
        address(large.pathway.active_version),
        address(office_hours()),
        *(address(model, "changelist") for model in PAGES),
    ]
    for page in pages:
        with CaptureQueriesContext(connection) as counted:
            assert client.get(page).status_code == 200
        assert len(counted) <= 30, page


def under_way(pathway, number):
    """Open ``number`` cases in the first stage: one in earnest, the others in its likeness, which is quicker."""
    first = a_case(pathway)
    cases = Case.objects.bulk_create(again(first, reference=f"MW-2026-9{n:05}") for n in range(1, number))
    StageEntry.objects.bulk_create(again(first.open_entry, case_id=case.pk) for case in cases)


def again(row, **changes):
    fields = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
    return type(row)(**{name: getattr(row, name) for name in fields} | changes)


# The strict content security policy


@pytest.mark.parametrize("model", PAGES)
def test_no_page_needs_an_inline_script_or_style(client, administrator, draft, model):
    row = a_row(model)
    for page in (address(row), address(model, "changelist"), address(row, "history")):
        html = client.get(page).content.decode()
        assert not re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|\son\w+=|<style|\sstyle=", html)


def test_earlier_states_can_be_looked_at_but_not_brought_back(client, administrator, draft):
    team = TeamFactory(code="booking")
    team.name = "Renamed"
    team.save()
    page = reverse("admin:pathways_team_simple_history", args=[team.pk, team.history.last().pk])

    assert client.get(page).status_code == 200
    assert (
        client.post(
            page, {"code": "booking", "name": "Booking team", "organisation": team.organisation_id}
        ).status_code
        == 403
    )
    assert Team.objects.get(code="booking").name == "Renamed"


# Staff


def test_members_are_added_on_the_page_of_the_person_by_superusers(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    person, team = UserFactory(), TeamFactory()

    answer = save(client, person, memberships__0__team=team.pk, memberships__0__role="manager")

    assert answer.status_code == 302
    line = Membership.objects.get(user=person, team=team).history.get()
    assert (line.history_user.is_superuser, line.history_change_reason) == (True, "Added in the admin")


def test_only_a_superuser_makes_a_superuser(client):
    from django.contrib.auth.models import Permission

    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(content_type__app_label="portal"))
    client.force_login(clerk)

    saved(client, clerk, is_superuser="on", groups=["1"], email="new@trust.example")

    clerk.refresh_from_db()
    assert (clerk.is_superuser, clerk.groups.count(), clerk.email) == (False, 0, "new@trust.example")


def test_only_a_superuser_touches_a_superuser(client):
    from django.contrib.auth.models import Permission

    clerk, chief = UserFactory(is_staff=True), UserFactory(is_superuser=True)
    clerk.user_permissions.set(Permission.objects.filter(content_type__app_label="portal"))
    client.force_login(clerk)
    password = reverse("admin:auth_user_password_change", args=[chief.pk])

    assert client.post(address(chief), {"username": "mine"}).status_code == 403
    assert client.post(address(chief, "delete"), {"post": "yes"}).status_code == 403
    assert client.post(password, {"password1": "x", "password2": "x"}).status_code == 403


def test_background_work_keeps_its_name(client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))

    assert client.get(address(system_user())).status_code == 200
