"""What goes wrong: a page that says what a detour will do, takes it, and shows it to those who may know."""

import pytest
from django.urls import reverse
from django.utils import timezone

from cases import detours, lifecycle
from tests.cases.web.reading import reasons, words
from tests.factories import (
    a_case,
    a_detour_pathway,
    a_draft,
    a_form,
    a_manager,
    a_member,
    a_move,
    a_pathway,
    a_stage,
    fresh,
    publish,
    the_move,
)

HELD = {"clock": "held", "hold_amount": 10, "hold_unit": "days", "name": "Did not attend"}
RESTRICTED = {"restricted": True, "tell_at_once": True, "name": "Safeguarding"}


@pytest.fixture
def case(db):
    """A case that can go wrong in two ways: a detour of its own team, and a restricted one of another."""
    dna, safeguarding = a_detour_pathway(), a_detour_pathway("safeguarding", team="safeguarding")
    return a_case(a_pathway(detours=[(dna, HELD), (safeguarding, RESTRICTED)]))


def address(case, code):
    return reverse("detour", args=[case.reference, code])


def take(case, code, by, **values):
    return detours.take(case, case.version_map.detour_rules[code], by=by, note="As it happens", **values)


def sent(case, note="Was not there."):
    return {"note": note, "seen_entry": case.open_entry.pk}


def test_what_can_go_wrong_here_is_offered_as_buttons(signed_in, case):
    page = signed_in.get(case.get_absolute_url())

    assert "If something goes wrong Did not attend… Safeguarding…" in words(page)
    assert f'href="{address(case, "dna")}"' in page.content.decode()


def test_the_page_says_what_it_will_do(signed_in, case, manager):
    said = words(signed_in.get(address(case, "dna")))

    assert "It opens a case of its own on the pathway Dna. It begins in Rang, with Booking team." in said
    assert "This case stays where it is: in Triage, with Booking team." in said
    assert "The clock of Triage is held until that case ends, at most until" in said
    assert "This case cannot be closed before that one has ended." in said
    assert "Told at once" not in said


def test_a_restricted_detour_says_who_will_see_it_and_who_is_told(signed_in, case):
    assert "has no manager who can be told by e-mail" in words(signed_in.get(address(case, "safeguarding")))
    lead = a_manager("safeguarding", first_name="Ama", last_name="Boateng")

    said = words(signed_in.get(address(case, "safeguarding")))

    assert "The clock of Triage runs on." in said
    assert "Only Safeguarding team, and the teams to which they pass it on, can see it." in said
    assert f"Told at once by e-mail: {lead}." in said


def test_it_asks_what_happened_and_begins_the_child_case(signed_in, case):
    assert reasons(signed_in.post(address(case, "dna"), {"note": " "})) == ["Fill in “What has happened?”."]

    answer = signed_in.post(address(case, "dna"), sent(case), follow=True)

    child = case.children.get()
    assert answer.redirect_chain == [(case.get_absolute_url(), 302)]
    assert f"{child} has begun: Did not attend. It is in Rang, with Booking team." in words(answer)
    assert "This case is on hold until" in words(answer)
    assert (fresh(case).status, child.notes.get().text) == ("on_hold", "Was not there.")


def test_parent_and_child_lead_to_each_other(signed_in, case, caseworker):
    child = take(case, "dna", caseworker)

    page = signed_in.get(case.get_absolute_url())
    assert f"Cases that belong to this one {child} Detour Did not attend: Rang, open" in words(page)
    assert f'href="{child.get_absolute_url()}"' in page.content.decode()

    page = signed_in.get(child.get_absolute_url())
    assert f"Detour Did not attend, of {case} , Triage" in words(page)
    assert f'href="{case.get_absolute_url()}"' in page.content.decode()


def test_a_restricted_child_is_no_word_on_the_parents_page_for_who_may_not_see_it(signed_in, case, caseworker):
    child = take(case, "safeguarding", caseworker)

    page = signed_in.get(case.get_absolute_url())

    assert child.reference not in page.content.decode()
    assert "Cases that belong to this one" not in words(page)
    assert signed_in.get(child.get_absolute_url()).status_code == 404


def test_who_may_see_a_restricted_child_sees_that_it_is(client, case, caseworker, inspector):
    child = take(case, "safeguarding", caseworker)
    client.force_login(inspector)
    assert f"{child} Detour Restricted Safeguarding: Rang, open" in words(client.get(case.get_absolute_url()))

    client.force_login(a_member("safeguarding"))
    page = client.get(child.get_absolute_url())
    assert f"Detour Safeguarding, of {case}, with a team you are not in" in words(page)
    assert "Restricted Only the teams that have it can see this case." in words(page)
    assert case.get_absolute_url() not in page.content.decode()


def test_taking_a_restricted_detour_tells_its_maker_no_more_than_that_it_has_begun(signed_in, case):
    answer = signed_in.post(address(case, "safeguarding"), sent(case, "A bruise."), follow=True)

    assert "“Safeguarding” has begun, with Safeguarding team. Only they see it." in words(answer)
    assert case.children.get().reference not in answer.content.decode()


def test_opening_a_case_does_not_count_restricted_ones(signed_in, case, caseworker):
    take(case, "safeguarding", caseworker)
    version = a_draft("safeguarding")
    a_stage(version, "rang", is_first=True, team="booking")
    publish(version)

    page = signed_in.post(reverse("open_case"), {"pathway": "safeguarding", "nhs_number": case.patient.nhs_number})

    found = page.context["open_already"]
    assert (found.seen, found.unseen) == ([], 0)


@pytest.mark.parametrize("who", ["caseworker", "clinician", "inspector"])
def test_who_may_not_take_it_is_told_who_does(client, db, who, request):
    detour = a_detour_pathway()
    case = a_case(a_pathway(detours=[(detour, {"roles": ["manager"], "name": "Did not attend"})]))
    if who == "clinician":
        lifecycle.move_case(case, the_move(case, "review"), by=a_member("booking"))
        lifecycle.move_case(case, the_move(case, "triage"), by=a_member("clinic"))
    client.force_login(request.getfixturevalue(who))

    page = client.get(address(case, "dna"))

    assert "You cannot do this. “Did not attend” is done by a manager of Booking team." in words(page)
    assert "<button" not in page.content.decode().split("<main")[1]
    answer = client.post(address(case, "dna"), sent(case))
    assert answer.status_code == 403
    assert not case.children.exists()


def test_a_page_that_the_case_has_left_behind_takes_nothing(signed_in, case, manager):
    seen = sent(case)
    lifecycle.close_case(case, reason="By mistake", by=manager)
    lifecycle.reopen_case(case, reason="Again", by=manager)

    answer = signed_in.post(address(case, "dna"), seen)

    assert reasons(answer)[0].startswith("Grace Okafor closed this case at ")
    assert "Was not there." in answer.content.decode()
    assert not case.children.exists()


def test_from_where_it_cannot_be_taken_the_page_says_so(signed_in, caseworker):
    case = a_case(a_pathway(detours=[(a_detour_pathway(), {"stages": ["review"], "name": "Did not attend"})]))

    assert "If something goes wrong" not in words(signed_in.get(case.get_absolute_url()))
    assert "“Did not attend” is not possible from Triage." in words(signed_in.get(address(case, "dna")))
    answer = signed_in.post(address(case, "dna"), sent(case))
    assert reasons(answer) == ["“Did not attend” is not possible from Triage. Look at the case again."]
    assert signed_in.get(address(case, "nothing")).status_code == 404


def test_a_detour_whose_pathway_is_not_in_use_says_so(signed_in, case):
    version = case.version_map.detour_rules["dna"].pathway.active_version
    type(version).objects.filter(pk=version.pk).update(
        status="retired", retired_at=timezone.now(), retired_by=version.published_by
    )

    page = signed_in.get(address(case, "dna"))

    assert "Dna has no active version, so that this cannot begin." in words(page)
    assert "<button" not in page.content.decode().split("<main")[1]
    assert reasons(signed_in.post(address(case, "dna"), sent(case))) == [
        "Dna has no active version. Ask your pathway administrator to publish one."
    ]


def test_a_case_that_is_held_already_says_that_its_hold_does_not_change(signed_in, case, caseworker):
    until = timezone.now() + timezone.timedelta(days=3)
    lifecycle.hold_case(case, reason="On holiday", until=until, by=caseworker)

    assert "The clock of Triage is on hold already. That does not change." in words(
        signed_in.get(address(case, "dna"))
    )


def test_a_move_that_waits_for_a_child_leads_to_it(signed_in, case, caseworker):
    child = take(case, "dna", caseworker)

    page = signed_in.get(case.get_absolute_url())

    assert f"Close {child} first: this case cannot be closed before. Open {child}" in words(page)


def test_a_move_that_waits_for_a_restricted_child_leads_nowhere(signed_in, case, caseworker):
    child = take(case, "safeguarding", caseworker)

    page = signed_in.get(case.get_absolute_url())

    assert "Something that belongs to this case is not finished yet. Ask your manager before you close it." in words(
        page
    )
    assert child.reference not in page.content.decode()


# An urgent one, which asks a form at once


@pytest.fixture
def urgent(db):
    """A case with an urgent detour, whose pathway's form is asked at once."""
    version = a_draft("urgent")
    a_form(version, "score", "NEWS2 score")
    rang = a_stage(version, "rang", is_first=True, team="acute", limit="15 minutes")
    a_move(rang, a_stage(version, "over", team="acute", limit=None, kind="final"))
    rule = {
        "form": "score",
        "raises_priority": True,
        "shorten_amount": 4,
        "shorten_unit": "hours",
        "tell_at_once": True,
        "name": "Urgent",
    }
    return a_case(a_pathway(detours=[(publish(version), rule)]), at=timezone.now())


def test_an_urgent_detour_asks_its_form_and_says_what_it_presses(signed_in, urgent, manager):
    page = signed_in.get(address(urgent, "urgent"))
    said = words(page)

    assert "This case is due by" in said
    assert "This case is urgent, and comes first on every list, until that one has ended." in said
    assert f"Told at once by e-mail: {manager}." in said
    assert "NEWS2 score Is there a risk of falls?" in said
    assert "What has happened?" not in said


def test_the_answers_are_sent_and_saved_with_the_detour(signed_in, urgent):
    page = address(urgent, "urgent")
    sent = {"seen_entry": urgent.open_entry.pk}
    assert reasons(signed_in.post(page, sent)) == ["Answer “Is there a risk of falls?”."]
    assert not urgent.children.exists()

    answer = signed_in.post(
        page, sent | {"answer.falls": "yes", "answer.notes": "Score 7", "note": "Pale"}, follow=True
    )

    child = urgent.children.get()
    assert "This case is urgent now, and due on" in words(answer)
    assert [row["answer"] for row in child.form_records.get().answers] == ["yes", "Score 7"]
    assert child.notes.get().text == "Pale"
    assert fresh(urgent).priority == 1
