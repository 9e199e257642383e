"""Results that are awaited: asked for, arrived, read by their reader."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse

from cases import lifecycle, results
from cases.models import NoticeLine
from cases.showing import moment
from cases.watch import sweep
from cases.watch.lines import Line
from pathways.models import Absence
from tests.cases.web.reading import reasons, words
from tests.factories import MONDAY, a_case, a_member, a_pathway, fresh, the_move


@pytest.fixture
def case(db):
    """A case whose move to review waits until its results are read."""
    return a_case(a_pathway(requires=[("result read", {})]))


@pytest.fixture
def result(case, manager, caseworker):
    return results.request_result(case, "Echo", manager, by=caseworker)


def address(result, name):
    return reverse(name, args=[result.case.reference, result.pk])


def test_a_result_is_recorded_with_its_reader(signed_in, case, manager):
    page = reverse("request_result", args=[case.reference])
    assert "Record what is awaited" in words(signed_in.get(case.get_absolute_url()))
    assert reasons(signed_in.post(page, {})) == [
        "Fill in “Which result is awaited?”.",
        "Choose an answer for “Who reads it?”.",
    ]

    answer = signed_in.post(page, {"what": "Echo", "reader": manager.pk}, follow=True)

    assert "“Echo” is awaited. Grace Okafor reads it." in words(answer)
    assert "Echo Awaited asked for" in words(answer)
    assert case.results.get().reader == manager


def test_a_reader_of_another_team_is_no_choice(signed_in, case, clinician):
    answer = signed_in.post(reverse("request_result", args=[case.reference]), {"what": "Echo", "reader": clinician.pk})

    assert reasons(answer) == ["Choose a person who is in the team."]
    assert 'value="Echo"' in answer.content.decode()


def test_its_arrival_is_recorded_with_what_it_says(signed_in, case, result):
    page = address(result, "result_arrived")
    assert reasons(signed_in.post(page, {})) == ["Fill in “What does the result say?”."]

    answer = signed_in.post(page, {"finding": "Normal."}, follow=True)

    assert f"“Echo” has arrived. Grace Okafor reads it by {moment(fresh(result).due_at)}." in words(answer)
    assert "Echo Not read yet" in words(answer)
    assert "Normal." in words(answer)
    answer = signed_in.post(page, {"finding": "Normal, again."})
    assert reasons(answer) == ["This result has arrived already."]
    assert "Normal, again." in answer.content.decode()


def test_only_its_reader_records_that_it_was_read(client, case, result, caseworker, manager):
    page = address(result, "read_result")
    client.force_login(caseworker)
    assert "This result is still awaited." in words(client.get(page))
    results.record_arrival(result, "Normal.", by=caseworker)
    assert "Only Grace Okafor can record that it was read." in words(client.get(page))
    assert client.post(page).status_code == 403

    client.force_login(manager)
    assert f'href="{page}"' in client.get(case.get_absolute_url()).content.decode()
    assert "What it says Normal." in words(client.get(page))
    assert "You have read “Echo”." in words(client.post(page, follow=True))
    assert fresh(result).read_by == manager
    assert reasons(client.post(page)) == ["This result has been read already."]


def test_a_move_that_waits_for_results_leads_to_them(signed_in, case, caseworker, manager):
    page = signed_in.get(case.get_absolute_url())
    assert "Record the result that is awaited, and who reads it. Record what is awaited" in words(page)
    assert f'href="{reverse("request_result", args=[case.reference])}"' in page.content.decode()

    results.request_result(case, "Echo", manager, by=caseworker)
    page = signed_in.get(case.get_absolute_url())
    assert f'<a href="{case.get_absolute_url()}#results">Go to the results</a>' in page.content.decode()


def test_who_reads_only_records_nothing(client, case, result, inspector):
    client.force_login(inspector)

    said = words(client.get(case.get_absolute_url()))
    assert "Echo Awaited" in said
    assert "It has arrived…" not in said
    for page in (
        reverse("request_result", args=[case.reference]),
        address(result, "result_arrived"),
        address(result, "read_result"),
    ):
        assert client.post(page, {"finding": "x", "what": "x"}).status_code == 403


def test_the_result_of_another_case_is_not_found(signed_in, case, result):
    other = a_case(case.version_map.pathway)

    assert signed_in.get(reverse("result_arrived", args=[other.reference, result.pk])).status_code == 404


def test_by_when_it_is_to_be_read_is_chosen_when_it_is_asked_for(signed_in, case, manager):
    page = reverse("request_result", args=[case.reference])
    typed = {"what": "CT", "reader": manager.pk}
    for wrong, sentence in [
        ("soon", "Write the number of days in digits, for example 2."),
        ("31", "Choose 1 to 30 days within which the result is to be read."),
        ("0", "Choose 1 to 30 days within which the result is to be read."),
    ]:
        assert reasons(signed_in.post(page, typed | {"read_within_days": wrong})) == [sentence]

    signed_in.post(page, typed | {"read_within_days": "5"})

    result = case.results.get()
    assert result.read_within_days == 5
    assert "within 5 days of its arrival" in words(signed_in.get(address(result, "result_arrived")))


def test_a_result_is_given_to_another_reader_with_a_reason(signed_in, case, result, caseworker):
    page = address(result, "change_reader")
    assert f'href="{page}"' in signed_in.get(case.get_absolute_url()).content.decode()
    assert reasons(signed_in.post(page, {"reader": caseworker.pk})) == ["Fill in “Why?”."]

    answer = signed_in.post(page, {"reader": caseworker.pk, "why": "Grace is away"}, follow=True)

    assert "Priya Shah reads “Echo”." in words(answer)
    assert fresh(result).reader == caseworker


def test_those_who_asked_for_a_result_give_it_on_after_the_case_has_gone_to_another_team(client, caseworker):
    case, colleague = a_case(a_pathway("plain")), a_member("booking")
    result = results.request_result(case, "Echo", caseworker, by=caseworker)
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker)
    page, stranger = address(result, "change_reader"), a_member("elsewhere")
    client.force_login(colleague)
    assert f'href="{page}"' in client.get(case.get_absolute_url()).content.decode()
    choices = client.get(page).context["form"].fields["reader"].choices
    assert [name for name, _ in choices] == ["", "Booking team"]
    wrong = client.post(page, {"reader": stranger.pk, "why": "Away"})
    assert reasons(wrong) == ["Choose a person of a team that has or has had this case."]

    answer = client.post(page, {"reader": colleague.pk, "why": "Priya is away"}, follow=True)

    assert f"{colleague} reads “Echo”." in words(answer)
    results.record_arrival(result, "Normal.", by=colleague)
    results.read_result(result, by=colleague)
    assert f'href="{page}"' not in client.get(case.get_absolute_url()).content.decode()


def test_of_a_result_that_another_team_reads_who_reads_only_is_offered_nothing(client, case, clinician, caseworker):
    case = a_case(a_pathway("plain"))
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker)
    result = results.request_result(case, "Echo", clinician, by=clinician)
    client.force_login(caseworker)

    page = address(result, "change_reader")
    assert f'href="{page}"' not in client.get(case.get_absolute_url()).content.decode()
    assert client.get(page).status_code == 403
    assert client.post(page, {"reader": caseworker.pk, "why": "Mine"}).status_code == 403


def test_its_reader_reads_it_after_the_case_has_gone_to_another_team(client, case, caseworker):
    reader = a_member("booking")
    case = a_case(a_pathway("plain"))
    result = results.request_result(case, "Echo", reader, by=caseworker)
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker)
    client.force_login(reader)

    assert "It has arrived…" in words(client.get(case.get_absolute_url()))
    client.post(address(result, "result_arrived"), {"finding": "Normal."})
    assert "Read it…" in words(client.get(case.get_absolute_url()))
    assert "You have read “Echo”." in words(client.post(address(result, "read_result"), follow=True))
    client.force_login(caseworker)
    assert "This result was read." in words(client.get(address(result, "read_result")))
    assert client.post(address(result, "read_result")).status_code == 403


def test_who_was_told_in_the_readers_place_opens_the_result_and_gives_it_on(client, caseworker):
    reader, deputy, stranger = a_member("booking"), a_member("booking"), a_member("elsewhere")
    Absence.objects.create(user=reader, deputy=deputy, starts_at=MONDAY, ends_at=MONDAY + timedelta(days=9))
    case = a_case(a_pathway("plain"))
    result = results.request_result(case, "Echo", reader, by=caseworker, at=MONDAY)
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker, at=MONDAY)
    results.record_arrival(result, "Normal.", by=reader, at=MONDAY)
    sweep.run(MONDAY + timedelta(days=2, minutes=1))
    (line,) = NoticeLine.objects.filter(escalation__kind="result")
    assert line.recipient == deputy
    client.force_login(deputy)

    page = client.get(Line.of([line.escalation], MONDAY)[0].link.removeprefix(settings.MIDWATCH_BASE_URL))

    assert f"Only {reader} can record that it was read." in words(page)
    assert "I have read it" not in words(page)
    assert f'href="{address(result, "change_reader")}"' in page.content.decode()
    assert client.post(address(result, "read_result")).status_code == 403
    client.force_login(stranger)
    assert client.get(address(result, "read_result")).status_code == 404


def test_closing_over_an_unread_result_is_refused_with_who_reads_it(signed_in, case, result, caseworker):
    results.record_arrival(result, "Normal.", by=caseworker)

    sent = {"reason": "Moved away", "seen_entry": case.open_entry.pk}
    answer = signed_in.post(reverse("close", args=[case.reference]), sent)

    assert reasons(answer) == [
        "“Echo” has arrived and was not read. Grace Okafor reads it, or another whom you choose."
    ]
    assert fresh(case).is_open


def test_a_result_is_cancelled_with_a_reason_and_stays_to_be_read(signed_in, case, result, caseworker):
    results.record_arrival(result, "A shadow.", by=caseworker)
    page = address(result, "cancel_result")
    assert f'href="{page}"' in signed_in.get(case.get_absolute_url()).content.decode()
    assert reasons(signed_in.post(page, {})) == ["Fill in “Why is it cancelled?”."]

    answer = signed_in.post(page, {"why": "It is of another patient"}, follow=True)

    said = words(answer)
    assert "“Echo” is cancelled. It stays to be read, and counts no more." in said
    assert "Echo Cancelled" in said
    assert "by Priya Shah: “It is of another patient”" in said
    assert "<del><p>A shadow.</p></del>" in answer.content.decode(), "what happened shows it struck out"
    assert f'href="{page}"' not in answer.content.decode()
    for name in ("cancel_result", "result_arrived", "change_reader"):
        assert "Priya Shah cancelled this result: It is of another patient" in words(
            signed_in.get(address(result, name))
        )


def test_who_may_not_cancel_what_has_arrived_reads_who_may(client, case, result, manager):
    results.record_arrival(result, "A shadow.", by=manager)
    client.force_login(a_member("booking"))
    page = address(result, "cancel_result")

    assert f'href="{page}"' not in client.get(case.get_absolute_url()).content.decode()
    assert "by its reader, or by a manager of Booking team." in words(client.get(page))
    assert client.post(page, {"why": "Wrong"}).status_code == 403
    assert fresh(result).cancelled_at is None
