"""A new version of the map: what it means for the cases in flight, and moving them to it without losing one."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import handoffs, lifecycle, migration, results
from cases.models import Case, Notice
from cases.refusals import Refused
from cases.watch import sweep, timers
from pathways import publishing
from pathways.models import Requirement, system_user
from tests.factories import MONDAY, TeamFactory, a_case, a_manager, a_member, a_pathway, fresh, publish, the_move

pytestmark = pytest.mark.django_db

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture
def manager():
    return a_manager("booking")


def a_revision(pathway, change):
    """Publish a new version of ``pathway`` after ``change(draft)``."""
    draft = publishing.revise(pathway, by=system_user())
    change(draft)
    publish(draft)
    return draft


def limit_of_triage(days):
    def change(draft):
        stage = draft.stages.get(code="triage")
        stage.limit_amount = days
        stage.save()

    return change


def without_review(draft):
    draft.stages.get(code="review").delete()


def migrate(version, at, **values):
    return migration.migrate(version, by=system_user(), now=at, **values)


def test_the_impact_counts_cases_due_times_and_what_would_be_escalated_at_once(manager):
    pathway = a_pathway()
    for days in range(4):
        a_case(pathway, at=MONDAY - days * DAY)
    version = a_revision(pathway, limit_of_triage(5))
    (triage, review, _) = migration.impact(version, now=MONDAY + 3 * DAY + SECOND).stages
    assert (triage.cases, triage.due_changes, review.cases) == (4, 4, 0)
    assert triage.escalations == 7, "four warnings, two breaches, and one a day after"


def test_an_open_entry_keeps_its_start_and_gets_the_new_due_time(manager):
    case = a_case(a_pathway())
    entry = case.open_entry
    version = a_revision(case.version.pathway, limit_of_triage(20))

    assert migrate(version, MONDAY + DAY).moved == 1

    case = fresh(case)
    assert (case.version, case.due_at) == (version, MONDAY + 20 * DAY)
    assert case.open_entry == entry
    assert case.open_entry.entered_at == MONDAY
    assert case.open_entry.stage.version == version
    assert [row.history_change_reason for row in entry.history.all()] == ["Moved to version 2 of Review"]
    assert case.history.first().history_change_reason == "Moved to version 2 of Review"
    assert timers.rebuild(check=True) == []


def test_what_is_late_by_the_new_limit_is_told_in_one_digest_and_no_mail_of_its_own(manager):
    pathway = a_pathway()
    for _ in range(5):
        a_case(pathway)
    version = a_revision(pathway, limit_of_triage(3))
    migrate(version, MONDAY + 6 * DAY)
    assert not Notice.objects.exists()
    sweep.run(MONDAY + 6 * DAY + SECOND)
    notice = Notice.objects.get()
    assert (notice.kind, notice.lines.count()) == ("digest", 5)


def test_what_the_old_ladder_passed_is_told_by_it_and_not_again(manager):
    case = a_case(a_pathway())
    version = a_revision(case.version.pathway, limit_of_triage(9))
    migrate(version, MONDAY + 10 * DAY + SECOND)
    assert Notice.objects.get().kind == "digest"
    assert {e.rung_code for e in case.escalations.all()} == {"warn", "breach"}
    sweep.run(MONDAY + 10 * DAY + 2 * SECOND)
    told = Notice.objects.get().lines.order_by("pk").values_list("escalation__rung_code", flat=True)
    assert list(told) == ["breach", "again"], "a day after the new limit"


def test_cases_in_a_removed_stage_are_mapped_and_nothing_is_lost(manager):
    pathway = a_pathway()
    cases = [a_case(pathway) for _ in range(14)]
    for case in cases:
        lifecycle.move_case(case, the_move(case, "review"), by=manager, at=MONDAY + DAY)
    version = a_revision(pathway, without_review)
    impact = migration.impact(version, now=MONDAY + 2 * DAY)
    assert [(stage.name, stage.cases) for stage in impact.removed] == [("Review", 14)]

    done = migrate(version, MONDAY + 2 * DAY, mapping={"review": "triage"})

    assert (done.moved, done.mapped, done.stayed) == (0, 14, 0)
    for case in cases:
        assert [(e.stage.code, e.how) for e in case.entries.all()] == [
            ("triage", "opened"),
            ("review", "moved"),
            ("triage", "mapped"),
        ]
        assert fresh(case).stage == "triage"
    assert timers.rebuild(check=True) == []


def test_cases_in_a_stage_that_became_final_stay_or_are_mapped_and_are_never_left_unwatched(manager):
    pathway = a_pathway()
    stays, _ = cases = [a_case(pathway) for _ in range(2)]

    def triage_is_final(draft):
        draft.stages.filter(code="triage").update(kind="final", limit_amount=None, limit_unit="", calendar=None)

    version = a_revision(pathway, triage_is_final)
    assert [(stage.code, stage.cases) for stage in migration.impact(version, now=MONDAY + DAY).removed] == [
        ("triage", 2)
    ]
    assert migrate(version, MONDAY + DAY).stayed == 2
    assert (fresh(stays).version.number, fresh(stays).due_at) == (1, MONDAY + 10 * DAY)
    assert migrate(version, MONDAY + DAY, mapping={"triage": "review"}).mapped == 2
    assert {fresh(case).stage for case in cases} == {"review"}
    assert timers.rebuild(check=True) == []


def given_to_another_team(draft):
    draft.stages.filter(code="triage").update(team=TeamFactory(code="site"))


def test_who_is_to_read_a_result_reads_it_also_after_the_stage_went_to_another_team(manager):
    case, reader = a_case(a_pathway()), a_member("booking")
    result = results.request_result(case, "Echo", reader, by=manager, at=MONDAY)
    migrate(a_revision(case.version.pathway, given_to_another_team), MONDAY + DAY)
    results.record_arrival(result, "Normal.", by=a_member("site"), at=MONDAY + DAY)
    assert Case.objects.visible_to(reader).get() == case
    results.read_result(result, by=reader, at=MONDAY + 2 * DAY)
    assert not Case.objects.visible_to(reader).exists()


def test_an_open_offer_goes_with_its_stage_to_the_team_that_has_it_now(manager):
    case = a_case(a_pathway(handoff="2 days"))
    handoff = handoffs.offer(case, the_move(case, "review"), by=manager, note="Lift needed", at=MONDAY)
    migrate(a_revision(case.version.pathway, given_to_another_team), MONDAY + DAY)
    assert fresh(handoff).from_team.code == "site"
    with pytest.raises(PermissionDenied):
        handoffs.withdraw(handoff, by=manager, why="No")
    assert handoffs.withdraw(handoff, by=a_member("site"), why="Not needed").status == "withdrawn"
    assert timers.rebuild(check=True) == []


def test_an_offer_made_past_a_requirement_is_accepted_after_a_migration(manager):
    requires = [("form completed", {"form": "risk-assessment"}, "manager")]
    for is_asked in (True, False):
        case = a_case(a_pathway(f"asked-{is_asked}", handoff="2 days", requires=requires))
        move = the_move(case, "review")
        past = {row.pk: "The ward rings" for row in move.requirements.all()}
        handoff = handoffs.offer(case, move, by=manager, note="Lift needed", overriding=past, at=MONDAY)

        def change(draft, is_asked=is_asked):
            if not is_asked:
                Requirement.objects.filter(transition__source__version=draft).update(options={"form": "another"})

        migrate(a_revision(case.version.pathway, change), MONDAY + DAY)
        assert len(fresh(handoff).passed_over) == is_asked
        if is_asked:
            assert handoffs.accept(handoff, by=a_member("clinic"), at=MONDAY + 2 * DAY).stage == "review"
        else:
            with pytest.raises(Refused):  # what is asked now was passed over by nobody
                handoffs.accept(handoff, by=a_member("clinic"), at=MONDAY + 2 * DAY)


def test_cases_that_are_not_mapped_stay_on_their_version(manager):
    case = a_case(a_pathway())
    lifecycle.move_case(case, the_move(case, "review"), by=manager, at=MONDAY + DAY)
    version = a_revision(case.version.pathway, without_review)
    assert migrate(version, MONDAY + 2 * DAY).stayed == 1
    assert fresh(case).version != version


def test_a_held_case_stays_on_hold(manager):
    case = a_case(a_pathway())
    lifecycle.hold_case(case, reason="Abroad", until=MONDAY + 20 * DAY, by=manager, at=MONDAY + DAY)
    migrate(a_revision(case.version.pathway, limit_of_triage(3)), MONDAY + 2 * DAY)
    assert (fresh(case).status, fresh(case).due_at) == ("on_hold", None)
    lifecycle.resume_case(case, by=manager, at=MONDAY + 3 * DAY)
    assert fresh(case).due_at == MONDAY + 5 * DAY
    assert timers.rebuild(check=True) == []


def test_an_open_handoff_can_still_be_accepted(manager):
    case = a_case(a_pathway(handoff="2 days"))
    handoff = handoffs.offer(case, the_move(case, "review"), by=manager, note="Needs a lift", at=MONDAY)
    migrate(a_revision(case.version.pathway, limit_of_triage(20)), MONDAY + DAY)
    handoffs.accept(handoff, by=a_member("clinic"), at=MONDAY + DAY)
    assert fresh(case).stage == "review"


def test_a_mapping_to_nowhere_is_refused(manager):
    version = a_revision(a_pathway(), without_review)
    for target in ("nowhere", "done"):
        with pytest.raises(Refused, match="Choose a stage of the version that is not final"):
            migrate(version, MONDAY, mapping={"review": target})
    with pytest.raises(Refused, match="Publish this version first"):
        migrate(publishing.revise(version.pathway, by=system_user()), MONDAY)


def test_moving_many_cases_costs_statements_by_the_batch(manager):
    pathway = a_pathway()
    for _ in range(30):
        a_case(pathway)
    version = a_revision(pathway, limit_of_triage(20))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        migrate(version, MONDAY + DAY)
    assert len(queries) < 50
