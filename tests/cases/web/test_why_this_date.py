"""“Why this date?” as the case page says it: the sum, who was told, what will happen, the dates of what is owed."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from cases import detours, events, handoffs, lifecycle, to_do
from cases.watch import escalations, sweep
from cases.web.why import amount
from pathways.models import Absence, Closure, Pathway
from tests.cases.web.reading import words
from tests.factories import (
    MONDAY,
    a_case,
    a_detour_pathway,
    a_draft,
    a_manager,
    a_member,
    a_pathway,
    a_stage,
    office_hours,
    publish,
    the_move,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def why(client, case, at):
    """What stands under “Why this date?” when the page is read at an instant."""
    with time_machine.travel(at, tick=False):
        page = client.get(case.get_absolute_url())
    opened = re.search(
        r'<details class="nhsuk-details mw-why-this-date">.*?</details>', page.content.decode(), re.DOTALL
    )
    page.content = f"<main>{opened[0]}</main>".encode() if opened else b"<main></main>"
    return words(page)


@pytest.fixture
def reader(client, db):
    user = a_member("booking", first_name="Priya", last_name="Shah")

    def sign_in(at):
        with time_machine.travel(at, tick=False):
            client.force_login(user)
        return client

    sign_in.user = user
    return sign_in


def working(limit, **values):
    version = a_draft("working")
    a_stage(version, "triage", is_first=True, limit=limit, **values)
    return publish(version)


def test_working_days_are_told_with_the_days_that_do_not_count(reader):
    calendar = office_hours()
    Closure.objects.create(calendar=calendar, on=date(2026, 4, 8), name="Staff training day")
    case = a_case(working("5 working days", calendar=calendar), at=datetime(2026, 4, 1, 9, tzinfo=UTC))
    at = datetime(2026, 4, 2, 12, tzinfo=UTC)

    said = why(reader(at), case, at)

    assert "The limit of Triage: 5 working days It began on 1 April 2026, 10am." in said
    assert "Working time is that of the calendar “office”." in said
    assert "Wednesday 1 April Counted from here (day 0) 0" in said
    assert "Thursday 2 April 1 day 1 day" in said
    assert "Friday 3 April Good Friday 0" in said
    assert "Saturday 4 to Sunday 5 April Weekend 0" in said
    assert "Wednesday 8 April Staff training day 0" in said
    assert "Monday 13 April 1 day 5 days" in said
    assert "Due: 13 April 2026, 10am" in said


def test_a_hold_is_told_with_its_reason_by_whom_and_how_much_it_moved(reader):
    case = a_case(a_pathway())
    lifecycle.hold_case(case, reason="On holiday.", until=MONDAY + 9 * DAY, by=reader.user, at=MONDAY + DAY)
    lifecycle.resume_case(case, by=reader.user, at=MONDAY + 3 * DAY)

    said = why(reader(MONDAY + 4 * DAY), case, MONDAY + 4 * DAY)

    assert "Due so far: 12 March 2026, 9am" in said
    assert "On hold: the date moves by 48 hours From 3 March 2026, 9am, by Priya Shah: On holiday." in said
    assert "Due: 14 March 2026, 9am" in said


def test_while_the_clock_is_stopped_there_is_no_date(reader):
    case = a_case(a_pathway())
    lifecycle.hold_case(case, reason="On holiday.", until=MONDAY + 9 * DAY, by=reader.user, at=MONDAY + DAY)

    said = why(reader(MONDAY + 4 * DAY), case, MONDAY + 4 * DAY)

    assert "On hold now Since 3 March 2026, 9am, by Priya Shah: On holiday. At most until 11 March 2026, 9am." in said
    assert "Due: no date while the clock is stopped" in said


def test_who_was_told_and_who_will_be_told_when(reader):
    a_manager("booking", first_name="Grace", last_name="Okafor")
    ladder = [("warn", "before", "2 days"), ("breach", "after", "0 days"), ("again", "after", "1 day", "1 day", 3)]
    case = a_case(a_pathway(ladder=ladder))
    sweep.run(MONDAY + 8 * DAY + HOUR)
    escalations.acknowledge(case.escalations.get(), by=reader.user, answer="I ring.", at=MONDAY + 8 * DAY + 2 * HOUR)

    said = why(reader(MONDAY + 9 * DAY), case, MONDAY + 9 * DAY).split("Who is told when")[1]

    assert (
        "10 March 2026, 9am Warn: Grace Okafor was to be told in a digest, but it was answered before that went; "
        "answered by Priya Shah on 10 March 2026, 11am."
    ) in said
    assert "12 March 2026, 9am Breach: tells Grace Okafor." in said
    assert "13 March 2026, 9am Again: tells Grace Okafor, and again every 1 day, 3 times at most." in said


def test_it_promises_no_telling_of_which_the_watch_tells_nobody_while_a_promise_stands(reader):
    manager = a_manager("booking", first_name="Grace", last_name="Okafor")
    ladder = [("breach", "after", "0 days", "1 day", 5), ("higher", "after", "2 days")]
    case = a_case(a_pathway(ladder=ladder))
    due = MONDAY + 10 * DAY
    sweep.run(due + timedelta(seconds=1))
    until = due + 3 * DAY + HOUR
    escalations.acknowledge(case.escalations.get(), by=manager, answer="I ring.", by_when=until, at=due + HOUR)

    said = why(reader(due + 2 * HOUR), case, due + 2 * HOUR).split("Who is told when")[1]

    quiet = "nobody is told while what was promised stands, until 15 March 2026, 10am."
    assert f"13 March 2026, 9am Breach: {quiet}" in said
    assert "14 March 2026, 9am Higher: tells Grace Okafor." in said, "a higher level is told all the same"
    assert "16 March 2026, 9am Breach: tells Grace Okafor, and again every 1 day, 1 time at most." in said
    for days in (1, 3, 4):
        sweep.run(due + days * DAY + timedelta(seconds=1))
    repeats = case.escalations.filter(kind="stage", rung_code="breach", occurrence__gt=0).order_by("occurrence")
    assert [one.is_told for one in repeats] == [False, False, False, True], "the sweep did as the page had said"


def test_it_names_the_lead_and_who_stands_in_at_that_moment_as_the_watch_does(reader):
    manager = a_manager("booking", first_name="Grace", last_name="Okafor")
    deputy, lead = (a_member("booking", first_name=name, last_name="Doe") for name in ("Alex", "Ama"))
    ladder = [
        ("warn", "before", "2 days"),
        ("breach", "after", "0 days"),
        ("lead", "after", "1 day", {"tells": ["lead"]}),
    ]
    case = a_case(a_pathway(ladder=ladder))
    Pathway.objects.update(lead=lead)
    Absence.objects.create(user=manager, deputy=deputy, starts_at=MONDAY + 9 * DAY, ends_at=MONDAY + 20 * DAY)

    said = why(reader(MONDAY + DAY), case, MONDAY + DAY)

    assert "Warn: tells Grace Okafor." in said
    assert "Breach: tells Alex Doe." in said
    assert "Lead: tells Ama Doe." in said


def test_in_the_place_of_an_owner_who_has_left_the_team_it_names_the_managers(reader):
    manager = a_manager("booking", first_name="Grace", last_name="Okafor")
    owner = a_member("booking", first_name="Alex", last_name="Doe")
    case = a_case(a_pathway(ladder=[("breach", "after", "0 days", {"tells": ["owner"]})]))
    lifecycle.assign_case(case, owner, by=manager, at=MONDAY)
    assert "Breach: tells Alex Doe." in why(reader(MONDAY + DAY), case, MONDAY + DAY)
    owner.memberships.all().delete()
    assert "Breach: tells Grace Okafor." in why(reader(MONDAY + DAY), case, MONDAY + DAY)


def test_where_nobody_of_a_rung_can_be_told_it_names_those_of_the_next(reader):
    lead = a_member("booking", first_name="Ama", last_name="Doe")
    case = a_case(a_pathway(ladder=[("breach", "after", "0 days"), ("all", "after", "1 day", {"tells": ["team"]})]))
    assert "Breach: tells Priya Shah, Ama Doe." in why(reader(MONDAY + DAY), case, MONDAY + DAY)

    case = a_case(a_pathway("plain", ladder=[("breach", "after", "0 days")]))
    Pathway.objects.update(lead=lead)
    assert "Breach: tells Ama Doe." in why(reader(MONDAY + DAY), case, MONDAY + DAY)


def test_a_rung_that_tells_nobody_says_so(reader):
    case = a_case(a_pathway())

    assert "Breach: there is nobody to tell." in why(reader(MONDAY + DAY), case, MONDAY + DAY)


def test_a_stage_without_a_limit_says_that_there_is_no_date(reader):
    case = a_case(working(None))

    assert "Triage has no limit, so that the case is not due on any date here." in why(
        reader(MONDAY + DAY), case, MONDAY + DAY
    )


def test_a_closed_case_has_no_date_to_explain(reader):
    case = a_case(a_pathway())
    lifecycle.move_case(case, the_move(case, "done"), by=reader.user, at=MONDAY + DAY)

    assert why(reader(MONDAY + 2 * DAY), case, MONDAY + 2 * DAY) == ""


def test_an_urgent_detour_is_told_as_what_brought_the_date_forward(reader):
    urgent = {"name": "Urgent review", "shorten_amount": 4, "shorten_unit": "hours", "raises_priority": True}
    case = a_case(a_pathway(detours=[(a_detour_pathway("urgent"), urgent)]))
    detours.take(case, case.version_map.detour_rules["urgent"], by=reader.user, note="NEWS2 of 7.", at=MONDAY + DAY)

    said = why(reader(MONDAY + DAY), case, MONDAY + DAY)

    assert "Due so far: 12 March 2026, 9am It became urgent From 3 March 2026, 9am on it is due on" in said
    assert "3 March 2026, 1pm at the latest (recorded by Priya Shah). Due: 3 March 2026, 1pm" in said

    with time_machine.travel(MONDAY + DAY, tick=False):
        page = words(reader(MONDAY + DAY).get(case.get_absolute_url()))
    assert "Triage Urgent since 2 March 2026, 9am" in page
    assert "Less time in Triage by Priya Shah It is due on 3 March 2026, 1pm at the latest." in page


def test_the_dates_of_what_is_owed_say_who_chose_them_or_which_limit_made_them(reader):
    tasks = [{"code": "ring", "title": "Ring the patient", "limit_amount": 2, "limit_unit": "days"}]
    case = a_case(a_pathway(tasks=tasks, handoff="3 days"))
    to_do.add_task(case, "Find the notes", by=reader.user, due_at=MONDAY + 5 * DAY, at=MONDAY + DAY)
    handoffs.offer(case, the_move(case, "review"), by=reader.user, note="Needs a lift.", at=MONDAY + DAY)

    said = why(reader(MONDAY + DAY), case, MONDAY + DAY).split("Dates of their own")[1]

    assert "Ring the patient: 4 March 2026, 9am The pathway gives it 2 days from 2 March 2026, 9am." in said
    assert "Find the notes: 7 March 2026, 9am Priya Shah chose this date on 3 March 2026, 9am." in said
    assert "Task a day late: tell the managers, 8 March 2026, 9am." in said
    assert (
        "Answer of Clinic team: 6 March 2026, 9am The pathway gives 3 days from 3 March 2026, 9am to answer." in said
    )


def test_the_next_appointment_is_in_the_strip(reader):
    case = a_case(a_pathway())
    events.book_appointment(case, events.Appointment.FIRST, MONDAY + 5 * DAY, by=reader.user, at=MONDAY + DAY)

    with time_machine.travel(MONDAY + 2 * DAY, tick=False):
        said = words(reader(MONDAY + 2 * DAY).get(case.get_absolute_url()))

    assert "Next appointment: 7 March 2026, 9am (in 3 days)" in said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1, "1 day"),
        (12, "12 days"),
        (timedelta(hours=40), "40 hours"),
        (timedelta(hours=1, minutes=1), "1 hour 1 minute"),
        (timedelta(seconds=20), "less than a minute"),
    ],
)
def test_working_time_is_never_said_in_days_of_24_hours(value, said):
    assert amount(value) == said


def test_lines_in_minutes_add_up_to_what_stands_beside_them(reader):
    """The case begins 30 seconds past the minute: what each line shows is the difference of the sums shown."""
    case = a_case(working("12 working hours"), at=datetime(2026, 3, 6, 15, 0, 30, tzinfo=UTC))
    at = datetime(2026, 3, 6, 16, tzinfo=UTC)

    said = why(reader(at), case, at)

    assert "Friday 6 March 3pm to 5pm 1 hour 59 minutes 1 hour 59 minutes" in said
    assert "Monday 9 March 9am to 5pm 8 hours 9 hours 59 minutes" in said
    assert "Tuesday 10 March 9am to 11am 2 hours 1 minute 12 hours" in said
