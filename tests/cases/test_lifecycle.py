"""The life of a case: each act done, refused, and by the wrong person."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from cases import lifecycle, recording
from cases.models import Case, StageEntry, Timer
from cases.refusals import Refused, StaleView, TransitionRefused
from pathways.models import Pathway
from tests.factories import MONDAY, PatientFactory, a_case, a_manager, a_member, a_pathway, fresh, the_move

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
RISK_ASSESSMENT = [("form completed", {"form": "risk-assessment", "max_age_days": 30})]


@pytest.fixture
def caseworker():
    return a_member("booking")


@pytest.fixture
def clinician():
    return a_member("clinic")


@pytest.fixture
def case(caseworker):
    return a_case()


def journey(case):
    return [(entry.stage.code, entry.how) for entry in case.entries.all()]


def test_a_case_opens_in_the_first_stage_with_its_team_its_due_time_and_its_timer(caseworker):
    case = fresh(lifecycle.open_case(a_pathway(), PatientFactory(), by=caseworker, at=MONDAY))

    assert (case.stage, case.status, case.team.code) == ("triage", "open", "booking")
    assert case.due_at == MONDAY + 10 * DAY
    assert case.reference.startswith("MW-20")
    timer = Timer.objects.get(case=case)
    assert (timer.kind, timer.thing_id, timer.fires_at) == ("stage", case.open_entry.pk, MONDAY + 8 * DAY)


def test_references_count_up(caseworker):
    pathway = a_pathway()
    first, second = (a_case(pathway).reference for _ in range(2))
    assert int(second[-6:]) == int(first[-6:]) + 1


def test_nobody_outside_the_first_team_opens_a_case(clinician):
    pathway = a_pathway()
    with pytest.raises(
        PermissionDenied, match=r"You cannot open cases on this pathway\. They are opened by Booking team\."
    ):
        lifecycle.open_case(pathway, PatientFactory(), by=clinician)


def test_a_pathway_without_an_active_version_opens_no_case(caseworker):
    pathway = Pathway.objects.create(code="new", name="New pathway")
    with pytest.raises(Refused, match="New pathway has no active version"):
        lifecycle.open_case(pathway, PatientFactory(), by=caseworker)


def test_a_move_ends_one_stay_and_begins_the_next(case, caseworker):
    lifecycle.assign_case(case, caseworker, by=caseworker)

    moved = lifecycle.move_case(case, the_move(case, "review"), by=caseworker, at=MONDAY + DAY)

    assert fresh(moved).stage == "review"
    triage, review = case.entries.all()
    assert (triage.left_at, triage.left_by) == (MONDAY + DAY, caseworker)
    assert (review.entered_at, review.team.code, review.via.name) == (MONDAY + DAY, "clinic", "Move to Review")
    assert fresh(case).team.code == "clinic"
    assert fresh(case).owner is None, "the owner belongs to the team that was left"


def test_a_move_is_refused_until_the_form_is_completed(caseworker):
    case = a_case(a_pathway(requires=RISK_ASSESSMENT))
    move = the_move(case, "review")

    with pytest.raises(TransitionRefused) as refused:
        lifecycle.move_case(case, move, by=caseworker, at=MONDAY + DAY)
    assert refused.value.reasons == ["Complete the Risk assessment first."]
    assert fresh(case).stage == "triage"

    recording.complete_form(
        case, case.version_map.forms["risk-assessment"], {"falls": "yes"}, by=caseworker, at=MONDAY
    )
    assert lifecycle.move_case(case, move, by=caseworker, at=MONDAY + DAY).stage == "review"


def test_a_move_by_somebody_of_another_team_is_refused(case, clinician):
    with pytest.raises(PermissionDenied, match=r"It is made by a caseworker or manager of Booking team\."):
        lifecycle.move_case(case, the_move(case, "review"), by=clinician)


def test_a_move_out_of_another_stage_is_refused(case, caseworker):
    to_review = the_move(case, "review")
    lifecycle.move_case(case, to_review, by=caseworker)
    with pytest.raises(TransitionRefused, match="“Move to Review” is not possible from Review"):
        lifecycle.move_case(case, to_review, by=a_member("clinic"))


def test_a_page_that_is_out_of_date_is_refused(case, caseworker):
    seen = case.open_entry.pk
    to_done = the_move(case, "done")
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker, seen_entry=seen)
    with pytest.raises(StaleView, match=rf"{caseworker} moved this case to Review at [^ ]+\. Look at the case again"):
        lifecycle.move_case(case, to_done, by=caseworker, seen_entry=seen)


def test_entering_a_final_stage_closes_the_case_with_an_entry_of_no_length(case, caseworker):
    case = fresh(lifecycle.move_case(case, the_move(case, "done"), by=caseworker, at=MONDAY + DAY))

    assert (case.status, case.stage, case.closed_at, case.due_at) == ("closed", "done", MONDAY + DAY, None)
    last = case.entries.last()
    assert (last.entered_at, last.left_at, last.ends_journey) == (MONDAY + DAY, MONDAY + DAY, True)
    assert not Timer.objects.filter(case=case).exists()


def test_a_closed_case_moves_no_more(case, caseworker):
    move = the_move(case, "review")
    lifecycle.close_case(case, by=caseworker, reason="Opened twice")
    with pytest.raises(TransitionRefused, match=r"This case is closed\. Reopen it first\."):
        lifecycle.move_case(case, move, by=caseworker)


def test_a_hold_stops_the_clock_and_moves_the_due_time(case, caseworker):
    lifecycle.hold_case(case, reason="On holiday", until=MONDAY + 9 * DAY, by=caseworker, at=MONDAY + DAY)
    held = fresh(case)
    assert (held.status, held.due_at) == ("on_hold", None)
    timer = Timer.objects.get(case=case)
    assert (timer.kind, timer.fires_at) == ("hold", MONDAY + 9 * DAY)

    resumed = fresh(lifecycle.resume_case(case, by=caseworker, at=MONDAY + 4 * DAY))
    assert (resumed.status, resumed.due_at) == ("open", MONDAY + 13 * DAY)
    assert Timer.objects.get(case=case).kind == "stage"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"reason": " "}, "Say why the case is put on hold."),
        ({"until": MONDAY}, "Choose a date in the future until which the case is on hold at most."),
        (
            {"until": MONDAY + 368 * DAY},
            "This date is a year or more away. Check the year. A case is on hold for less than a year at a time.",
        ),
    ],
)
def test_a_hold_needs_a_reason_and_a_ceiling(case, caseworker, values, sentence):
    with pytest.raises(Refused) as refused:
        lifecycle.hold_case(
            case, **{"reason": "Holiday", "until": MONDAY + 9 * DAY, **values}, by=caseworker, at=MONDAY + DAY
        )
    assert refused.value.reasons == [sentence]
    assert fresh(case).status == "open"


def test_a_case_is_not_held_twice_and_not_resumed_twice(case, caseworker):
    hold = {"reason": "Holiday", "until": MONDAY + 9 * DAY, "by": caseworker}
    with pytest.raises(Refused, match="This case is not on hold"):
        lifecycle.resume_case(case, by=caseworker)
    lifecycle.hold_case(case, **hold, at=MONDAY)
    with pytest.raises(Refused, match="on hold already"):
        lifecycle.hold_case(case, **hold, at=MONDAY)


def test_a_move_ends_the_hold(case, caseworker):
    hold = lifecycle.hold_case(case, reason="Holiday", until=MONDAY + 9 * DAY, by=caseworker, at=MONDAY)
    moved = lifecycle.move_case(case, the_move(case, "review"), by=caseworker, at=MONDAY + DAY)
    assert fresh(moved).status == "open"
    assert fresh(hold).ended_at == MONDAY + DAY


def test_closing_needs_a_reason_and_reopening_a_manager(case, caseworker):
    with pytest.raises(Refused, match="Say why the case is closed"):
        lifecycle.close_case(case, by=caseworker, reason="")
    lifecycle.close_case(case, by=caseworker, reason="Opened twice", at=MONDAY + DAY)
    with pytest.raises(PermissionDenied, match="That is done by a manager of Booking team"):
        lifecycle.reopen_case(case, by=caseworker, reason="Mistake")


def test_a_reopened_case_begins_anew_in_the_last_stage_that_was_not_final(case, caseworker):
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker, at=MONDAY + DAY)
    lifecycle.move_case(case, the_move(case, "done"), by=a_member("clinic"), at=MONDAY + 2 * DAY)

    case = fresh(lifecycle.reopen_case(case, by=a_manager("clinic"), reason="Symptoms are back", at=MONDAY + 7 * DAY))

    assert (case.status, case.stage, case.closed_at) == ("open", "review", None)
    assert journey(case) == [("triage", "opened"), ("review", "moved"), ("done", "moved"), ("review", "reopened")]
    assert case.due_at == MONDAY + 14 * DAY, "5 working days after the reopening"
    assert Timer.objects.filter(case=case).count() == 1


def test_a_case_is_given_only_to_people_of_its_team(case, caseworker, clinician):
    assert lifecycle.assign_case(case, caseworker, by=caseworker).owner == caseworker
    with pytest.raises(Refused, match="is not in Booking team"):
        lifecycle.assign_case(case, clinician, by=caseworker)
    assert lifecycle.assign_case(case, None, by=caseworker).owner is None


def test_every_change_of_a_case_leaves_one_history_row_with_user_and_reason(case, caseworker):
    lifecycle.assign_case(case, caseworker, by=caseworker)
    lifecycle.hold_case(case, reason="Holiday", until=MONDAY + 9 * DAY, by=caseworker, at=MONDAY)
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker, note="Back early", at=MONDAY + DAY)

    rows = [(row.history_user.username, row.history_change_reason) for row in case.history.order_by("history_id")]
    name = caseworker.username
    assert rows == [
        ("midwatch", "Case opened"),
        (name, f"Given to {caseworker}"),
        (name, "On hold: Holiday"),
        (name, "Back early"),
    ]
    entry = case.entries.first()
    assert [(row.history_user, row.left_at) for row in entry.history.all()] == [(caseworker, MONDAY + DAY)]


def test_the_record_cannot_be_rewritten(case, caseworker):
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker, at=MONDAY + DAY)
    ended, going = case.entries.all()
    for forbidden in (
        lambda: StageEntry.objects.filter(pk=ended.pk).update(left_at=MONDAY + 3 * DAY),
        lambda: StageEntry.objects.filter(pk=going.pk).update(entered_at=MONDAY),
        lambda: StageEntry.objects.filter(pk=going.pk).delete(),
    ):
        with pytest.raises(IntegrityError, match="part of the record"), transaction.atomic():
            forbidden()


def test_the_database_knows_no_stage_that_is_not_on_the_map(case):
    Case.objects.filter(pk=case.pk).update(stage="nowhere")
    with pytest.raises(IntegrityError, match="case_stage_is_on_its_map"), transaction.atomic():
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    Case.objects.filter(pk=case.pk).update(stage="triage")  # or the end of the test would fail on it, too


def test_the_stage_cannot_be_written_past_the_map(case):
    with pytest.raises(AttributeError):
        case.stage = "review"


def test_an_act_after_the_clock_was_set_back_is_not_before_the_stay(case, caseworker):
    moved = lifecycle.move_case(case, the_move(case, "review"), by=caseworker, at=MONDAY - timedelta(hours=1))
    assert moved.open_entry.entered_at == MONDAY


def test_the_millionth_case_has_a_reference_of_its_own():
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('cases_reference', 999998)")
    pathway = a_pathway()
    numbers = [a_case(pathway).reference.split("-")[-1] for _ in range(3)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('cases_reference', 1)")  # a sequence is not rolled back
    assert numbers == ["999999", "1000000", "1000001"]
