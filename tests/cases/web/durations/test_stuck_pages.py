"""Where patients are stuck: the board, a stage, the cases behind their numbers, and what can be taken out."""

import csv
from datetime import timedelta
from io import StringIO
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine

from cases import lifecycle
from cases.durations import rollups
from cases.models import LimitsDecision
from tests.cases.web.reading import reasons, words
from tests.factories import MONDAY, a_case, fresh, the_move

DAY = timedelta(days=1)
NOW = MONDAY + 60 * DAY
STAGE = "/durations/review/stages/triage/"


@pytest.fixture
def stays(pathway, caseworker):
    """In Triage (10 days) seven took 1 to 7 days, one took 20, and two wait: for 30 days and for 5."""
    for number, days in enumerate((1, 2, 3, 4, 5, 6, 7, 20)):
        begun = MONDAY + (10 + number) * DAY
        case = a_case(pathway, at=begun)
        lifecycle.move_case(case, the_move(case, "done"), by=caseworker, at=begun + days * DAY)
    return [a_case(pathway, at=NOW - 30 * DAY), a_case(pathway, at=NOW - 5 * DAY)]


@pytest.fixture
def page(client, manager, stays):
    client.force_login(manager)

    def get(address="/durations/review/", **more):
        with time_machine.travel(NOW, tick=False):
            return client.get(address, **more)

    return get


def test_the_stage_in_which_most_time_is_lost_comes_first(page):
    said = words(page())

    assert "Review Where patients are stuck" in said
    assert "3 March 2026" not in said
    assert said.index("Triage limit 10 days") < said.index("Review limit")
    assert "Triage limit 10 days Days beyond the limit 30 Median 4 days 12 hours of 8" in said
    # 10 days of one that left, 20 of one that waits
    assert "2 Triage oldest 30 days 1 Triage late" in said


def test_the_numbers_are_the_same_before_and_after_the_rollups_were_made(page):
    before = words(page())
    rollups.drain()

    assert words(page()) == before


def test_a_past_day_is_shown_as_it_was(page):
    said = words(page("/durations/review/?as_of_day=2&as_of_month=4&as_of_year=2026&period=90"))

    assert "as of 2 April 2026, 11:59pm" in said
    assert "2 Triage oldest 14 days" in said, "one has left since, and one had only just begun"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("period=nonsense", "Not applied, because this pathway does not know it: Period."),
        ("team=nonsense&version=77", "Not applied, because this pathway does not know it: Team, Version."),
    ],
)
def test_a_choice_that_means_nothing_is_named_and_not_applied(page, query, said):
    answer = page(f"/durations/review/?{query}")

    assert answer.status_code == 200
    assert said in words(answer)


def test_a_date_that_does_not_exist_is_said(page):
    answer = page("/durations/review/?as_of_day=31&as_of_month=2&as_of_year=2026")

    assert "This date does not exist. Check the day and the month." in reasons(answer)


def test_a_pathway_or_stage_that_is_none_is_not_found(page):
    for address in ("/durations/nonsense/", "/durations/review/stages/nonsense/", "/durations/review/cases/?stage=no"):
        assert page(address).status_code == 404, address


def test_another_page_can_show_the_first_stages_alone(page):
    part = page(headers={"hx-request": "true"})

    assert "<html" not in part.content.decode()
    assert "All stages, who is stuck there and what the long waits have in common" in part.content.decode()


def test_a_stage_says_how_long_who_waits_and_how_long_clearing_takes(page):
    said = words(page(STAGE))

    assert "Waiting now 2 waiting oldest 30 days, 1 waiting late late" in said
    assert "Left in the period 8 left 1 left late of them late" in said
    assert "Days beyond the limit 30" in said
    assert "To clear what waits 3.2 weeks" in said  # 8 left in 90 days
    assert "Too few points for limits" in said
    assert "Who comes, who leaves, who waits" in said


def test_the_longest_stays_say_whose_they_are_and_what_was_done(page, stays, caseworker):
    lifecycle.assign_case(fresh(stays[0]), caseworker, by=caseworker)

    said = words(page(STAGE))

    assert f"{stays[0]} 30 days still waiting, 20 days over Priya Shah Booking team" in said
    assert "nothing is recorded" in said


def test_who_may_not_see_a_case_reads_how_long_it_took_and_not_whose_it_is(page, client, stays, pathway_administrator):
    client.force_login(pathway_administrator)

    said = words(page(STAGE))

    assert "a case of another team 30 days still waiting" in said
    assert str(stays[0]) not in said


@pytest.mark.parametrize(
    ("which", "number", "heading"),
    [
        ("waiting", 2, "Waiting"),
        ("waiting-late", 1, "Waiting past their limit"),
        ("ended", 8, "Left in this period"),
        ("ended-late", 1, "Left late in this period"),
        ("all", 10, "The longest stays"),
    ],
)
def test_behind_a_number_are_as_many_cases(page, which, number, heading):
    said = words(page(f"/durations/review/cases/?stage=triage&which={which}"))

    assert f"Review, Triage {heading}" in said
    assert f"{number} case{'' if number == 1 else 's'}, the longest first." in said


def test_every_number_and_dot_of_the_board_opens_cases(page):
    links = {part.split('"')[0].replace("&amp;", "&") for part in page().content.decode().split('href="')[1:]}
    behind = [link for link in links if link.startswith("/durations/review/cases/?")]

    assert behind
    for link in behind:
        assert page(link).status_code == 200, link
        assert "0 cases, the longest first" not in words(page(link)), link


def test_a_list_of_many_comes_in_pages(page, pathway):
    for _ in range(55):
        a_case(pathway, at=NOW - 3 * DAY)

    first = page("/durations/review/cases/?stage=triage&which=waiting")
    second = page("/durations/review/cases/?stage=triage&which=waiting&page=2")

    assert first.content.decode().count("<tr") == 51
    assert "57 cases" in words(second)
    assert second.content.decode().count("<tr") == 8
    assert "Longer stays" in words(second)


def test_what_the_long_waits_share_is_asked_for_apart(page):
    said = words(page(f"{STAGE}explained/"))

    assert "What the long waits have in common" in said
    assert "What goes together need not be the cause." in said
    part = page(f"{STAGE}explained/", headers={"hx-request": "true"}).content.decode()
    assert "<html" not in part


def test_one_finished_and_forty_waiting_reads_as_filling_up(page, pathway):
    for number in range(40):
        a_case(pathway, at=NOW - (15 + number) * DAY)

    assert "Filling up" in words(page())
    assert "Filling up" in words(page(STAGE))


# Out


def rows_of(answer):
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer["Content-Disposition"]
    return list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))


def test_the_board_is_taken_out_as_a_table(page):
    heads, first, *_ = rows_of(page("/durations/review/board.csv"))
    triage = dict(zip(heads, first, strict=True))

    assert triage["Stage"] == "Triage"
    assert triage["Days beyond the limit"] == "30.0417"  # an hour was skipped when the clocks went forward
    assert (triage["Left"], triage["Waiting"], triage["Waiting late"]) == ("8", "2", "1")
    assert triage["Percentiles"] == "exact"


@pytest.mark.parametrize("chart", ["lengths", "waiting", "weekly", "flow"])
def test_each_chart_is_taken_out_as_picture_and_as_table(page, chart):
    svg = page(f"{STAGE}{chart}.svg")

    assert svg["Content-Type"] == "image/svg+xml"
    assert svg.content.decode().startswith("<svg")
    assert len(rows_of(page(f"{STAGE}{chart}.csv"))) > 1


def test_a_chart_that_is_none_is_not_found(page):
    assert page(f"{STAGE}nonsense.svg").status_code == 404


# New limits


def decide(client, **answers):
    asked = {"after_day": "2", "after_month": "3", "after_year": "2026", "reason": "A second session"}
    with time_machine.travel(NOW, tick=False):
        return client.post(f"{STAGE}limits/", asked | answers, follow=True)


def test_new_limits_are_decided_on_a_page_and_withdrawn_again(page, client):
    answer = decide(client)

    assert "The chart begins anew with the week of 2 March 2026." in words(answer)
    assert "From the week of 2 March 2026 , by Grace Okafor on 1 May 2026, 10am : “A second session”" in words(answer)
    decision = LimitsDecision.objects.get()
    with time_machine.travel(NOW, tick=False):
        answer = client.post(f"{STAGE}limits/{decision.pk}/withdraw/", follow=True)
        assert "The decision is withdrawn" in words(answer)
        again = client.post(f"{STAGE}limits/{decision.pk}/withdraw/", follow=True)
    assert "There is a problem This decision has been withdrawn already." in words(again)


def test_what_cannot_be_decided_is_said_and_nothing_typed_is_lost(page, client):
    answer = decide(client, after_year="2027")

    assert "This week has not begun yet" in words(answer)
    assert "A second session" in answer.content.decode()


def test_an_inspector_reads_the_chart_and_decides_nothing(page, client, inspector):
    client.force_login(inspector)

    assert "begin anew with the limits" not in words(page(STAGE))
    assert page(f"{STAGE}limits/").status_code == 403


def test_a_managers_first_page_asks_for_the_board_of_the_pathway_with_most_late_cases(page, stays):
    html = page("/supervision/").content.decode()

    assert 'hx-get="/durations/review/"' in html


def test_the_only_pathway_is_opened_at_once(page):
    assert urlsplit(page("/durations/").url).path == "/durations/review/"
    assert parse_qs(urlsplit(page("/durations/").url).query) == {}
