"""The words of every page: tables of what is shown for what."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.template import Context, Template

from cases import showing
from cases.templatetags import midwatch

NOW = datetime(2026, 3, 11, 14, 45, tzinfo=UTC)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        ("2026-03-03T17:00", "5pm"),
        ("2026-03-03T14:30", "2:30pm"),
        ("2026-03-03T08:05", "8:05am"),
        ("2026-03-03T12:00", "midday"),
        ("2026-03-03T00:00", "midnight"),
        ("2026-03-03T00:10", "12:10am"),
        ("2026-03-03T12:10", "12:10pm"),
        ("2026-07-01T16:00", "5pm"),  # British Summer Time: the database keeps UTC
    ],
)
def test_a_time_of_day_reads_in_nhs_style(instant, words):
    assert showing.clock(at(instant)) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (at("2026-03-03T14:30"), "3 March 2026, 2:30pm (8 days ago)"),
        (at("2026-03-11T14:44:30"), "11 March 2026, 2:44pm (just now)"),
        (at("2026-03-11T14:44"), "11 March 2026, 2:44pm (1 minute ago)"),
        (at("2026-03-11T14:25"), "11 March 2026, 2:25pm (20 minutes ago)"),
        (at("2026-03-11T00:00"), "11 March 2026, midnight (14 hours ago)"),
        (at("2026-03-10T17:00"), "10 March 2026, 5pm (yesterday)"),
        (at("2026-01-11T17:00"), "11 January 2026, 5pm (59 days ago)"),
        (at("2025-12-01T17:00"), "1 December 2025, 5pm (3 months ago)"),
        (at("2023-01-01T17:00"), "1 January 2023, 5pm (3 years ago)"),
        (at("2026-03-11T14:45:30"), "11 March 2026, 2:45pm (in less than a minute)"),
        (at("2026-03-11T17:45"), "11 March 2026, 5:45pm (in 3 hours)"),
        (at("2026-03-12T17:00"), "12 March 2026, 5pm (tomorrow)"),
        (at("2026-03-20T17:00"), "20 March 2026, 5pm (in 9 days)"),
        (date(2026, 3, 11), "11 March 2026 (today)"),
        (date(2026, 3, 3), "3 March 2026 (8 days ago)"),
    ],
)
def test_a_moment_is_said_with_how_long_ago_it_was(value, words):
    assert showing.when(value, NOW) == words


def test_two_hours_before_one_in_the_morning_is_not_called_yesterday():
    assert showing.ago(at("2026-03-10T23:00"), at("2026-03-11T01:00")) == "2 hours ago"


def test_the_day_is_the_london_day_and_not_the_database_day():
    just_after_midnight_in_london = at("2026-06-30T23:30")

    assert showing.moment(just_after_midnight_in_london) == "1 July 2026, 12:30am"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (at("2026-03-11T14:30"), "today 2:30pm"),
        (at("2026-03-10T17:00"), "yesterday 5pm"),
        (at("2026-03-12T17:00"), "tomorrow 5pm"),
        (at("2026-03-02T17:00"), "2 March 5pm"),
        (at("2025-03-02T17:00"), "2 March 2025"),
        (date(2026, 3, 2), "2 March"),
    ],
)
def test_a_short_moment_leaves_out_what_is_clear(value, words):
    assert showing.short_when(value, NOW) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (timedelta(days=12, hours=5), "12 days"),
        (timedelta(days=2, hours=5, minutes=59), "2 days 5 hours"),
        (timedelta(days=9, hours=23, minutes=59), "9 days 23 hours"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=1, hours=1), "1 day 1 hour"),
        (timedelta(hours=3, minutes=20), "3 hours 20 minutes"),
        (timedelta(hours=1, seconds=59), "1 hour"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(0), "0 minutes"),
        (12000, "3 hours 20 minutes"),
        (12000.9, "3 hours 20 minutes"),
        (None, "\N{EN DASH}"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(value, words):
    assert showing.duration(value) == words


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("9991234560", "999\N{NO-BREAK SPACE}123\N{NO-BREAK SPACE}4560"),
        ("99912345", "99912345"),
        ("", ""),
        ("99912A4560", "99912A4560"),
    ],
)
def test_an_nhs_number_is_shown_three_three_four_on_one_line(number, shown):
    assert showing.nhs_number(number) == shown


@pytest.mark.parametrize(
    ("due_at", "kind", "words"),
    [
        ("2026-03-09T14:00", "late", "2 days over its limit of 10 working days"),
        ("2026-03-11T11:45", "late", "3 hours over its limit of 10 working days"),
        ("2026-03-11T14:44:59", "late", "less than a minute over its limit of 10 working days"),
        ("2026-03-11T14:45", "close", "due today 2:45pm"),
        ("2026-03-12T14:00", "close", "due tomorrow 2pm"),
        ("2026-03-13T17:00", "fine", "due Friday 5pm"),
        ("2026-03-18T17:00", "fine", "due 18 March 5pm"),
        ("2027-03-18T17:00", "fine", "due 18 March 2027"),
    ],
)
def test_a_due_time_says_what_it_means(due_at, kind, words):
    assert showing.due(at(due_at), NOW, limit="10 working days") == (kind, words)


@pytest.mark.parametrize(("hours_used", "kind"), [(79, "fine"), (80, "close"), (100, "close"), (101, "late")])
def test_a_case_is_close_when_four_fifths_of_its_time_have_passed(hours_used, kind):
    entered_at = NOW - timedelta(hours=hours_used)

    assert showing.due(entered_at + timedelta(hours=100), NOW, entered_at=entered_at).kind == kind


def test_a_case_without_a_limit_and_one_on_hold_are_never_late():
    assert showing.due(None, NOW) == ("none", "no limit")
    assert showing.due(at("2026-01-01T00:00"), NOW, held=True) == ("held", "on hold, the clock is stopped")


@pytest.mark.parametrize(
    ("due", "html"),
    [
        (
            showing.Due("late", "2 days late"),
            '<strong class="nhsuk-tag nhsuk-tag--red">Late</strong> '
            '<span class="mw-due mw-due--late">2 days late</span>',
        ),
        (
            showing.Due("close", "due today 5pm"),
            '<strong class="nhsuk-tag nhsuk-tag--orange">Close</strong> '
            '<span class="mw-due mw-due--close">due today 5pm</span>',
        ),
        (showing.Due("fine", "due 3 May 5pm"), '<span class="mw-due mw-due--fine">due 3 May 5pm</span>'),
        (showing.Due("held", "on hold"), '<strong class="nhsuk-tag nhsuk-tag--grey">On hold</strong> '),
        (showing.Due("none", "<no limit>"), '<span class="mw-due mw-due--none">&lt;no limit&gt;</span>'),
    ],
)
def test_a_due_time_has_a_colour_only_where_it_means_something_and_a_word_that_says_the_same(due, html):
    assert midwatch.due_tag(due) == html


@pytest.mark.parametrize(("share", "width"), [(0, 0), (0.5, 50), (1, 100), (1.27, 127), (9, 150), (-0.1, 0)])
def test_the_bar_shows_the_share_of_the_limit_that_is_used_up_to_one_and_a_half(share, width):
    bar = midwatch.age_bar(share, "late")

    assert f'class="mw-bar__used" width="{width}"' in bar
    assert "style=" not in bar


def test_a_case_without_a_share_has_no_bar():
    assert midwatch.age_bar(None) == ""


def test_a_tag_shows_an_instant_as_a_time_that_machines_read_too():
    page = Template(
        "{% load midwatch %}{% when at now %}|{% when_short at now %}|{% moment nothing %}|{{ took|duration }}"
    )

    shown = page.render(Context({"at": at("2026-03-03T14:30"), "now": NOW, "took": 12000}))

    assert shown == (
        '<time datetime="2026-03-03T14:30:00+00:00">3 March 2026, 2:30pm (8 days ago)</time>|'
        '<time datetime="2026-03-03T14:30:00+00:00">3 March 2:30pm</time>|'
        "\N{EN DASH}|3\N{NO-BREAK SPACE}hours 20\N{NO-BREAK SPACE}minutes"
    )
