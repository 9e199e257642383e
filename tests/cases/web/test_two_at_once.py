"""Two people on one case: a page that is out of date is refused with what changed and by whom, and nothing is lost."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cases import detours, handoffs, lifecycle, recording
from tests.cases.web.reading import reasons, words
from tests.factories import a_case, a_detour_pathway, a_pathway, fresh, the_move

ADVICE = "Look at the case again before you go on."
FAR = timezone.now() + timedelta(days=90)


@pytest.fixture
def pathway(db):
    return a_pathway(detours=[(a_detour_pathway(), {})])


class Page:
    """A page that the caseworker has open while others work on the case."""

    def __init__(self, client, address):
        self.client, self.address = client, address
        shown = client.get(address).content.decode()
        self.hidden = {
            name: shown.split(f'name="{name}" value="')[1].split('"')[0] for name in ("seen_entry", "seen_until")
        }

    def send(self, **typed):
        return self.client.post(self.address, self.hidden | typed)


@pytest.fixture
def opened(signed_in, case):
    def open_page(name, *more):
        return Page(signed_in, reverse(name, args=[case.reference, *more]))

    return open_page


def hold(case, by):
    return lifecycle.hold_case(case, reason="On holiday", until=FAR, by=by)


def offer(case, by):
    return handoffs.offer(case, the_move(case, "review"), by=by, note="Needs a lift")


MEANWHILE = {
    "put this case on hold": lambda case, by: hold(case, by),
    "took this case": lambda case, by: lifecycle.assign_case(case, by, by=by),
    "wrote a note": lambda case, by: recording.write_note(case, "Rang.", by=by),
    "completed the Risk assessment": lambda case, by: recording.complete_form(
        case, case.version_map.forms["risk-assessment"], {"falls": "no"}, by=by
    ),
    "attached “letter.pdf”": lambda case, by: recording.attach_document(case, "letter.pdf", b"%PDF-", by=by),
    "offered this case to Clinic team": lambda case, by: offer(case, by),
    "closed this case": lambda case, by: lifecycle.close_case(case, by=by, reason="Moved away"),
    "moved this case to Done": lambda case, by: lifecycle.move_case(case, the_move(case, "done"), by=by),
}


@pytest.mark.parametrize("said", MEANWHILE)
def test_a_move_is_refused_with_what_somebody_did_meanwhile(opened, case, manager, said):
    page = opened("move", the_move(case, "review").pk)
    MEANWHILE[said](case, manager)
    stage = fresh(case).stage

    answer = page.send(note="Please go on")

    assert reasons(answer)[0].startswith(f"Grace Okafor {said} at ")
    assert reasons(answer)[-1] == ADVICE
    assert "Please go on" in answer.content.decode()
    assert fresh(case).stage == stage


def test_it_can_be_sent_again_after_reading(opened, case, manager):
    page = opened("move", the_move(case, "review").pk)
    hold(case, manager)
    refused = page.send(note="Please go on")
    assert "Grace Okafor put this case on hold at" in reasons(refused)[0]
    assert reasons(refused)[0].endswith(": On holiday.")
    assert "What you typed is kept. Send it again if it still holds." in words(refused)
    assert "It ends the hold." in words(refused), "what the move does is said as it is now"

    again = Page(page.client, page.address)
    assert again.send(note="Please go on").status_code == 302
    assert fresh(case).stage == "review"


def test_what_happened_is_told_in_its_order_and_once_for_each_act(opened, case, manager):
    page = opened("close")
    hold(case, manager)
    lifecycle.resume_case(case, by=manager)
    offer(case, manager)
    lifecycle.move_case(case, the_move(case, "done"), by=manager)

    answer = page.send(reason="Moved away")

    assert [sentence.split(" at ")[0] for sentence in reasons(answer)] == [
        "Grace Okafor put this case on hold",
        "Grace Okafor ended the hold",
        "Grace Okafor offered this case to Clinic team",
        "Grace Okafor moved this case to Done",
        "You can read this case but not change it. It is with Clinic team now.",
    ]


def test_what_was_typed_is_not_lost_when_the_case_has_gone_to_another_team(opened, case, manager):
    pages = {"close": {"reason": "She moved away"}, "note": {"text": "She moved away"}}
    pages = {opened(name): typed for name, typed in pages.items()}
    lifecycle.move_case(case, the_move(case, "review"), by=manager)

    for page, typed in pages.items():
        answer = page.send(**typed)
        assert answer.status_code == 403
        assert reasons(answer)[-1] == "You can read this case but not change it. It is with Clinic team now."
        assert "She moved away" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("hold", {"reason": "Abroad", "until_day": "1", "until_month": "1", "until_year": "2099"}),
        ("close", {"reason": "Abroad"}),
        ("assign", {"owner": "nobody", "note": "Abroad"}),
    ],
)
def test_acts_that_change_where_the_case_is_or_whose_are_refused(opened, case, manager, name, typed):
    page = opened(name)
    recording.write_note(case, "Rang.", by=manager)

    answer = page.send(**typed)

    assert reasons(answer)[0].startswith("Grace Okafor wrote a note at ")
    assert "Abroad" in answer.content.decode()
    assert fresh(case).status == "open"


def test_so_are_resuming_an_offer_and_a_detour(opened, signed_in, case, caseworker, manager):
    pages = {
        opened("detour", "dna"): {"note": "Did not come"},
        opened("offer", the_move(case, "review").pk): {"note": "Needs a lift"},
    }
    hold(case, caseworker)
    pages[opened("resume")] = {}
    recording.write_note(case, "Rang.", by=manager)

    for page, typed in pages.items():
        assert reasons(page.send(**typed))[0].startswith("Grace Okafor wrote a note at ")
    assert fresh(case).status == "on_hold"


@pytest.mark.parametrize(("name", "typed"), [("note", {"text": "Rang too."})])
def test_what_only_adds_to_the_record_is_not_refused(opened, case, manager, name, typed):
    page = opened(name)
    hold(case, manager)
    assert page.send(**typed).status_code == 302
    assert case.notes.get().text == "Rang too."


def test_what_i_did_in_another_window_is_no_surprise_to_me(opened, case, caseworker):
    page = opened("move", the_move(case, "review").pk)
    recording.write_note(case, "Rang.", by=caseworker)
    lifecycle.assign_case(case, caseworker, by=caseworker)
    assert page.send().status_code == 302


def test_but_that_i_moved_it_myself_is_told(opened, case, caseworker):
    page = opened("close")
    lifecycle.move_case(case, the_move(case, "done"), by=caseworker)
    assert reasons(page.send(reason="Gone"))[0].startswith("Priya Shah moved this case to Done at ")


def test_taking_a_case_that_somebody_took_meanwhile_says_so_by_name(signed_in, case, caseworker, manager):
    page = Page(signed_in, case.get_absolute_url())
    lifecycle.assign_case(case, manager, by=manager)
    page.address = reverse("assign", args=[case.reference])

    answer = page.send(owner=caseworker.pk)

    assert reasons(answer)[0].startswith("Grace Okafor took this case at ")
    assert fresh(case).owner == manager


def test_giving_is_told_with_whom_to(opened, case, caseworker, manager):
    page = opened("close")
    lifecycle.assign_case(case, caseworker, by=manager)
    assert reasons(page.send(reason="Gone"))[0].startswith("Grace Okafor gave this case to Priya Shah at ")


def test_what_happened_on_another_day_is_told_with_the_day(opened, case, manager):
    page = opened("close")
    page.hidden["seen_until"] = "2026-01-01T00:00:00+00:00"
    assert "Midwatch moved this case to Triage on 2 March at 9am." in reasons(page.send(reason="Gone"))


@pytest.mark.parametrize("nonsense", ["", "x", "2026-13-45T99:99", "2026-01-01T00:00:00", "\0"])
def test_a_time_that_cannot_be_read_leaves_the_stay_to_be_looked_at(opened, case, manager, nonsense):
    page = opened("close")
    page.hidden["seen_until"] = nonsense
    lifecycle.move_case(case, the_move(case, "done"), by=manager)
    assert reasons(page.send(reason="Gone"))[0].startswith("Grace Okafor moved this case to Done at ")


def test_a_restricted_detour_is_not_told(signed_in, caseworker, manager):
    guarded = a_detour_pathway("safeguarding", team="guards")
    case = a_case(a_pathway("other", detours=[(guarded, {"restricted": True})]))
    page = Page(signed_in, reverse("close", args=[case.reference]))
    detours.take(case, case.version_map.detour_rules["safeguarding"], by=manager, note="Bruises")

    answer = page.send(reason="Gone")
    assert "safeguarding" not in words(answer).lower()
