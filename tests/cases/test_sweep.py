"""The sweep: what is late is recorded once, whoever looks and whenever."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from cases import lifecycle, tasks
from cases.models import Case, Escalation, Notice, SweepRun, Timer
from cases.watch import sweep, timers
from cases.watch.recipients import Recipients
from pathways.models import Absence, EscalationStep, system_user
from tests.factories import MONDAY, UserFactory, a_case, a_manager, a_member, a_pathway, fresh, never_open, the_move

pytestmark = pytest.mark.django_db

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
DUE = MONDAY + 10 * DAY


@pytest.fixture(autouse=True)
def manager():
    return a_manager("booking")


@pytest.fixture
def case(manager):
    return a_case()


def raised(case):
    return [
        (e.rung_code, e.occurrence, e.reached_at, e.is_told) for e in case.escalations.order_by("reached_at", "level")
    ]


def test_nothing_is_raised_at_the_limit_and_the_breach_an_instant_after_it(case):
    sweep.run(DUE)
    assert raised(case) == [("warn", 0, DUE - 2 * DAY, True)]
    sweep.run(DUE + SECOND)
    assert raised(case)[1:] == [("breach", 0, DUE, True)]


def test_of_several_rungs_passed_at_once_all_are_recorded_and_the_highest_is_told(case, manager):
    sweep.run(DUE + 20 * DAY)
    assert raised(case) == [
        ("warn", 0, DUE - 2 * DAY, False),
        ("breach", 0, DUE, False),
        ("again", 0, DUE + DAY, True),
    ]
    notice = Notice.objects.get()
    assert (notice.kind, notice.recipient, notice.lines.get().escalation.rung_code) == ("digest", manager, "again")


def test_a_second_sweep_adds_nothing(case):
    first, second = sweep.run(DUE + 20 * DAY), sweep.run(DUE + 20 * DAY)
    assert (first.escalations, second.escalations) == (3, 0)
    assert Notice.objects.count() == 1


def test_late_sweeps_and_timely_ones_record_the_same(manager):
    pathway = a_pathway(ladder=[("breach", "after", "0 days"), ("again", "after", "1 day", "12 hours", 3)])
    timely, late = a_case(pathway), a_case(pathway)
    for hours in range(0, 24 * 14, 5):
        Timer.objects.filter(case=late).update(retry_at=DUE + 14 * DAY)  # nobody looks at this one for a fortnight
        sweep.run(MONDAY + timedelta(hours=hours))
    sweep.run(DUE + 14 * DAY)

    def recorded(case):
        return [row[:3] for row in raised(case)]

    assert recorded(timely) == recorded(late)
    assert len(recorded(late)) == 5


def test_an_escalation_keeps_due_time_limit_and_rung_as_they_were(case):
    sweep.run(DUE + SECOND)
    breach = case.escalations.get(rung_code="breach")
    assert (breach.due_at, breach.limit, breach.stage_name, breach.rung_name, breach.level) == (
        DUE,
        "10 days",
        "Triage",
        "Breach",
        2,
    )


def test_what_was_reached_before_the_stay_was_recorded_goes_into_one_digest(manager):
    pathway = a_pathway()
    for _ in range(3):
        a_case(pathway, recorded_at=DUE + 19 * DAY)
    sweep.run(DUE + 20 * DAY)
    notice = Notice.objects.get()
    assert (notice.kind, notice.recipient, notice.lines.count()) == ("digest", manager, 3)


def test_a_move_settles_what_nobody_swept_and_resolves_what_was_raised(case):
    sweep.run(DUE - DAY)
    by = a_member("booking")
    lifecycle.move_case(case, the_move(case, "review"), by=by, at=DUE + 3 * DAY)

    rows = list(case.escalations.order_by("level"))
    assert [(e.rung_code, e.is_told, e.resolved_by) for e in rows] == [
        ("warn", True, by),
        ("breach", False, by),
        ("again", False, by),
    ]
    assert [(row.history_user, row.resolved_at) for row in rows[0].history.all()] == [(by, DUE + 3 * DAY)]
    sweep.run(DUE + 3 * DAY + SECOND)
    assert case.escalations.count() == 3
    assert Notice.objects.count() == 1, "what was settled is told to nobody"


def test_while_a_case_is_held_nothing_is_raised_and_then_by_the_due_time_as_the_hold_moved_it(case):
    by = a_member("booking")
    lifecycle.hold_case(case, reason="Holiday", until=MONDAY + 30 * DAY, by=by, at=MONDAY + DAY)
    sweep.run(DUE + 5 * DAY)
    assert raised(case) == []
    lifecycle.resume_case(case, by=by, at=MONDAY + 6 * DAY)
    sweep.run(DUE + 5 * DAY)
    assert raised(case) == [("warn", 0, DUE + 3 * DAY, True)]


def test_a_hold_ends_at_its_ceiling_and_the_owner_is_told(case):
    owner = a_member("booking")
    lifecycle.assign_case(case, owner, by=owner)
    hold = lifecycle.hold_case(case, reason="Holiday", until=MONDAY + 4 * DAY, by=owner, at=MONDAY + DAY)

    sweep.run(MONDAY + 6 * DAY)

    hold = fresh(hold)
    assert (fresh(case).status, hold.ended_at, hold.ended_by) == ("open", MONDAY + 4 * DAY, system_user())
    assert fresh(case).due_at == DUE + 3 * DAY
    notice = Notice.objects.get(kind="hold_ended")
    assert (notice.recipient, notice.hold) == (owner, hold)
    assert Notice.objects.get(kind="digest").recipient == owner, "it is told in the digest"
    sweep.run(MONDAY + 6 * DAY)
    assert Notice.objects.count() == 2


def test_who_is_told_in_the_owners_place_that_a_hold_ended_may_open_the_case_until_it_moves(case):
    owner, deputy = a_member("booking"), UserFactory()
    lifecycle.assign_case(case, owner, by=owner)
    Absence.objects.create(user=owner, starts_at=MONDAY, ends_at=MONDAY + 30 * DAY, deputy=deputy)
    lifecycle.hold_case(case, reason="Holiday", until=MONDAY + 4 * DAY, by=owner, at=MONDAY + DAY)
    assert not Case.objects.visible_to(deputy).exists()

    sweep.run(MONDAY + 5 * DAY)

    assert Notice.objects.get(kind="hold_ended").recipient == deputy
    assert Case.objects.visible_to(deputy).get() == case
    lifecycle.move_case(case, the_move(case, "review"), by=owner, at=MONDAY + 6 * DAY)
    assert not Case.objects.visible_to(deputy).exists()


def test_one_bad_row_is_set_aside_with_its_error_and_the_others_are_raised(case, caplog):
    good = a_case(case.version.pathway)
    bad = a_case(a_pathway("never", limit="1 working day"))
    never_open(bad)

    run = sweep.run(DUE + SECOND)

    assert run.set_aside == 1
    timer = Timer.objects.get(case=bad)
    assert "ValueError" in timer.error
    assert timer.retry_at == DUE + SECOND + sweep.SET_ASIDE_FOR
    (line,) = [line for line in caplog.records if line.levelname == "ERROR"]
    assert line.getMessage() == f"Timer {timer.pk} is set aside."
    assert line.exc_info[0] is ValueError
    assert raised(good)[-1][0] == raised(case)[-1][0] == "breach"
    assert sweep.run(DUE + 2 * SECOND).set_aside == 0, "it is not tried again at once"


def test_bad_rows_among_many_are_found_by_halving_and_all_others_are_raised(case, django_assert_max_num_queries):
    never = a_pathway("never", limit="1 working day")
    bad = []
    for number in range(40):
        if number in (20, 21):
            bad.append(a_case(never))
        else:
            a_case(case.version.pathway)
    never_open(bad[0])

    with django_assert_max_num_queries(400):  # row by row it would be more than 800
        run = sweep.run(DUE + SECOND)

    assert (run.escalations, run.set_aside) == (2 * 39, 2)
    assert set(Timer.objects.exclude(error="").values_list("case", flat=True)) == {one.pk for one in bad}


def test_owner_team_and_managers_are_told_as_the_rung_says(manager):
    owner, other = a_member("booking"), a_member("booking")
    a_member("booking", is_active=False)
    a_member("booking", email="")
    team = owner.memberships.get().team

    def told(*tells, owner=owner):
        return set(Recipients([team.pk]).of(EscalationStep(tells=tells), team_id=team.pk, owner=owner))

    assert told("owner") == {owner}
    assert told("owner", owner=None) == {manager}, "nobody has the case: the managers are told"
    assert told("team") == {manager, owner, other}
    assert told("owner", "managers") == {owner, manager}


def test_an_escalation_that_nobody_could_be_told_of_says_so():
    case = a_case(a_pathway(team="lonely"))
    sweep.run(DUE + SECOND)
    assert {e.is_told for e in case.escalations.all()} == {False}
    assert not Notice.objects.exists()


def test_the_run_is_recorded():
    run = sweep.run(DUE)
    assert SweepRun.objects.get() == run
    assert run.finished_at is not None
    assert sweep.last_as_of() == DUE


def test_the_records_of_old_sweeps_are_forgotten_in_the_night():
    now = timezone.now()
    kept, forgotten = sweep.run(now - sweep.RUNS_KEPT_FOR + HOUR), sweep.run(now - sweep.RUNS_KEPT_FOR - SECOND)
    tasks.forget_old_sweeps()
    assert SweepRun.objects.get() == kept
    assert settings.CELERY_BEAT_SCHEDULE["old sweeps"]["task"] == tasks.forget_old_sweeps.name
    assert sweep.forget_old(forgotten.as_of) == 0


def test_timers_are_computed_again_and_what_differs_is_mended(case):
    Timer.objects.filter(case=case).update(fires_at=MONDAY, rung="")
    lost = a_case(case.version.pathway)
    Timer.objects.filter(case=lost).delete()
    type(case).objects.filter(pk=lost.pk).update(due_at=None)

    found = timers.rebuild(check=True)
    assert len(found) == 3
    assert f"{lost}: nothing is watched" in found[1]
    assert timers.rebuild(check=True) == found, "looking changes nothing"
    assert timers.rebuild() == found
    assert timers.rebuild(check=True) == []


def test_the_timer_of_a_closed_case_is_found(case):
    lifecycle.close_case(case, by=a_member("booking"), reason="Opened twice")
    entry = case.entries.get()
    Timer.objects.create(case=case, kind="stage", thing_id=entry.pk)
    assert timers.rebuild() == [f"{case}: stay in a stage {entry.pk} is over, but it is still watched."]
    assert timers.rebuild(check=True) == []


def test_a_sweep_costs_a_fixed_number_of_statements(django_assert_max_num_queries):
    pathway = a_pathway()
    for _ in range(30):
        a_case(pathway)
    with django_assert_max_num_queries(35):
        assert sweep.run(DUE + 20 * DAY).escalations == 90
    assert Escalation.objects.count() == 90
