"""Handing a case over through the pages: offered, accepted, declined, withdrawn, and answered for an agency."""

import pytest
from django.urls import reverse

from cases import handoffs, lifecycle
from tests.cases.web.reading import reasons, words
from tests.factories import a_case, a_pathway, fresh, the_move

RISK_ASSESSMENT = ("form completed", {"form": "risk-assessment"})


@pytest.fixture
def case(db):
    """A case whose move to review is made by a handoff, to be answered within 2 days."""
    return a_case(a_pathway(handoff="2 days"))


@pytest.fixture
def offer(case, caseworker, clinician):
    return handoffs.offer(case, the_move(case, "review"), by=caseworker, note="Needs a lift.")


def offer_page(case):
    return reverse("offer", args=[case.reference, the_move(case, "review").pk])


def answer_page(handoff, how):
    return reverse(how, args=[handoff.case.reference, handoff.pk])


def button(address):
    return f'href="{address}"'


def test_a_move_into_a_stage_that_is_entered_by_handoff_is_an_offer_to_its_team(signed_in, case, clinician):
    page = signed_in.get(case.get_absolute_url())

    assert "Hand over to Clinic team : Move to Review Move to Review. The case moves when they accept." in words(page)
    assert button(offer_page(case)) in page.content.decode()
    assert reverse("move", args=[case.reference, the_move(case, "review").pk]) not in page.content.decode()


def test_a_form_that_is_missing_is_filled_in_with_the_offer_and_kept_only_if_that_is_made(signed_in, clinician):
    case = a_case(a_pathway(handoff="2 days", requires=[RISK_ASSESSMENT]))
    assert "Complete the Risk assessment first." in words(signed_in.get(offer_page(case)))
    typed = {"note": "Needs a lift.", "seen_entry": case.open_entry.pk}

    answer = signed_in.post(offer_page(case), typed)
    assert reasons(answer) == ["Answer “Is there a risk of falls?”."]
    assert "Needs a lift." in answer.content.decode()

    overtaken = signed_in.post(offer_page(case), typed | {"form.risk-assessment.falls": "yes", "seen_entry": 0})
    assert reasons(overtaken)[0] == "This case has changed since you opened this page."
    assert not case.form_records.exists()
    signed_in.post(offer_page(case), typed | {"form.risk-assessment.falls": "yes"})
    assert case.form_records.get().answers[0]["answer"] == "yes"
    assert case.handoffs.get().status == "offered"


def test_what_must_be_seen_to_elsewhere_keeps_a_case_from_being_offered(signed_in, clinician):
    case = a_case(a_pathway(handoff="2 days", requires=[("document attached", {})]))

    page = signed_in.get(offer_page(case))

    assert "This case cannot be offered yet. Attach a document first. Attach a document" in words(page)
    assert "<button" not in page.content.decode().split("<main")[1]


def test_a_manager_offers_a_case_although_something_is_missing_and_the_receiver_reads_what(
    client, manager, clinician, caseworker
):
    missing = ("document attached", {}, "manager")
    case = a_case(a_pathway(handoff="2 days", requires=[missing]))
    client.force_login(caseworker)
    assert "This case cannot be offered yet. Attach a document first." in words(client.get(offer_page(case)))
    client.force_login(manager)
    page = words(client.get(offer_page(case)))
    assert "Attach a document first." in page
    (requirement,) = the_move(case, "review").requirements.all()
    typed = {"note": "Needs a lift.", "seen_entry": case.open_entry.pk, f"override.{requirement.pk}": "yes"}
    assert reasons(client.post(offer_page(case), typed)), "it needs a reason"
    assert not case.handoffs.exists()

    client.post(offer_page(case), typed | {f"reason.{requirement.pk}": "The letter comes by post."})

    (offer,) = case.handoffs.all()
    client.force_login(clinician)
    for address in (case.get_absolute_url(), answer_page(offer, "accept")):
        said = words(client.get(address))
        assert "Not met Attach a document first. Grace Okafor offers the case all the same: “The letter" in said
    client.post(answer_page(offer, "accept"), {"answer": ""})
    assert "Moved although this was not met: Attach a document first." in words(client.get(case.get_absolute_url()))
    assert fresh(case).stage == "review"


def test_the_page_of_the_bare_move_leads_to_the_offer(signed_in, case):
    move = reverse("move", args=[case.reference, the_move(case, "review").pk])

    assert signed_in.get(move).url == offer_page(case)
    answer = signed_in.post(move, {"seen_entry": case.open_entry.pk})
    assert reasons(answer) == ["This move is made by a handoff: offer the case, and it moves when they accept it."]


def test_offering_says_what_it_means_asks_what_they_need_to_know_and_says_until_when(signed_in, case, clinician):
    said = words(signed_in.get(offer_page(case)))
    assert "Until they accept, nothing changes: the case stays in Triage, with Booking team" in said
    assert "Their answer is wanted by" in said
    assert "When they accept, the case moves to Review, with a limit of 5 working days from then on." in said
    assert "signs in to Midwatch" not in said

    assert reasons(signed_in.post(offer_page(case), {"note": " "})) == ["Fill in “What do they need to know?”."]
    answer = signed_in.post(offer_page(case), {"note": "Needs a lift.", "seen_entry": case.open_entry.pk}, follow=True)

    assert "Offered to Clinic team. Their answer is wanted by" in words(answer)
    assert "Until they accept, the case stays with Booking team." in words(answer)
    assert case.handoffs.get().note == "Needs a lift."


def test_an_open_offer_stands_above_the_moves_and_the_sender_may_withdraw_it(signed_in, case, offer):
    page = signed_in.get(case.get_absolute_url())

    said = words(page)
    assert "Offered to Clinic team Move to Review by Priya Shah, Booking team," in said
    assert "Answer: due" in said
    assert "Needs a lift." in said
    assert 'id="offer"' in page.content.decode(), "the lists lead there"
    assert button(answer_page(offer, "withdraw")) in page.content.decode()
    assert button(answer_page(offer, "accept")) not in page.content.decode()
    assert "Hand over to" not in said, "it stands above, and not a second time among the moves"


def test_the_receiving_team_reads_the_case_and_has_the_two_answers(client, case, offer, clinician):
    client.force_login(clinician)

    page = client.get(case.get_absolute_url())

    assert "You can read this case. It stays with Booking team until you accept it." in words(page)
    assert button(answer_page(offer, "accept")) in page.content.decode()
    assert button(answer_page(offer, "decline")) in page.content.decode()
    assert button(answer_page(offer, "withdraw")) not in page.content.decode()
    assert "<button" not in page.content.decode().split("<main")[1]
    assert client.get(reverse("note", args=[case.reference])).status_code == 403


def test_accepting_says_what_it_does_and_makes_the_move(client, case, offer, clinician):
    client.force_login(clinician)
    said = words(client.get(answer_page(offer, "accept")))
    assert "It makes Clinic team responsible, after Booking team." in said
    assert "It starts a limit of 5 working days: due on" in said

    answer = client.post(answer_page(offer, "accept"), {"answer": ""}, follow=True)

    assert "Accepted. The case is in Review, which is with Clinic team. It is due on" in words(answer)
    assert (fresh(case).stage, fresh(offer).answered_by) == ("review", clinician)


def test_each_answer_leads_to_the_other_one_until_it_is_given(client, case, offer, clinician):
    client.force_login(clinician)
    pages = {name: answer_page(offer, name) for name in ("accept", "decline")}
    assert f'href="{pages["decline"]}">Decline it instead…' in client.get(pages["accept"]).content.decode()
    assert f'href="{pages["accept"]}">Accept it instead…' in client.get(pages["decline"]).content.decode()

    client.post(pages["decline"], {"why": "No bed before Monday."})

    for address in pages.values():
        assert "instead…" not in words(client.get(address))


def test_declining_needs_a_reason_which_the_sender_reads(client, case, offer, clinician, caseworker):
    client.force_login(clinician)
    assert reasons(client.post(answer_page(offer, "decline"), {})) == ["Fill in “Why is it declined?”."]

    answer = client.post(answer_page(offer, "decline"), {"why": "No bed before Monday."}, follow=True)
    assert "Declined. The case stays with Booking team." in words(answer)

    client.force_login(caseworker)
    said = words(client.get(case.get_absolute_url()))
    assert "Clinic team declined this case" in said
    assert "“No bed before Monday.”" in said
    assert "Hand over to Clinic team" in said, "it may be offered again"


def test_an_offer_is_withdrawn_with_a_reason(signed_in, case, offer, clinician):
    assert reasons(signed_in.post(answer_page(offer, "withdraw"), {})) == ["Fill in “Why is the offer withdrawn?”."]
    answer = signed_in.post(answer_page(offer, "withdraw"), {"why": "The family takes her."}, follow=True)
    assert "Withdrawn. The case stays with Booking team." in words(answer)
    assert fresh(offer).status == "withdrawn"


def test_only_the_receiver_answers_and_only_the_sender_withdraws(client, offer, caseworker, clinician):
    for user, pages in ((caseworker, ["accept", "decline"]), (clinician, ["withdraw"])):
        client.force_login(user)
        for page in pages:
            assert client.get(answer_page(offer, page)).status_code == 403
            assert client.post(answer_page(offer, page), {"why": "x", "answer": "x"}).status_code == 403
    client.force_login(caseworker)
    refused = words(client.get(answer_page(offer, "accept")))
    assert "You cannot answer this handoff. It is answered by Clinic team." in refused
    assert fresh(offer).status == "offered"


def test_who_comes_second_is_told_and_loses_nothing(client, case, offer, clinician, caseworker):
    handoffs.withdraw(offer, by=caseworker, why="The family takes her.")
    client.force_login(clinician)

    answer = client.post(answer_page(offer, "accept"), {"answer": "She comes on Monday."})

    assert reasons(answer) == ["This handoff has been answered already: it was withdrawn by Priya Shah."]
    assert "She comes on Monday." in answer.content.decode()
    assert "“The family takes her.”" in words(answer)
    assert "This offer is over: it was withdrawn." in words(client.get(answer_page(offer, "decline")))


def test_a_page_that_the_case_has_left_behind_cannot_offer_it(signed_in, case, manager, clinician):
    seen = case.open_entry.pk
    lifecycle.close_case(case, reason="By mistake", by=manager)
    lifecycle.reopen_case(case, reason="Again", by=manager)

    answer = signed_in.post(offer_page(case), {"note": "Needs a lift.", "seen_entry": seen})

    assert "Grace Okafor reopened this case in Triage at" in reasons(answer)[1]
    assert "Needs a lift." in answer.content.decode()
    assert not case.handoffs.exists()


def test_a_case_that_is_offered_is_not_offered_a_second_time(signed_in, case, offer):
    answer = signed_in.post(offer_page(case), {"note": "Once more.", "seen_entry": case.open_entry.pk})

    assert reasons(answer) == ["This case is offered already. Withdraw that offer first."]


def test_another_move_says_that_it_withdraws_the_offer(signed_in, case, offer):
    page = signed_in.get(reverse("move", args=[case.reference, the_move(case, "done").pk]))

    assert "It withdraws the offer to Clinic team." in words(page)


def test_for_an_agency_without_accounts_the_sender_records_who_answered_and_how(signed_in, case, caseworker):
    assert "Nobody in Clinic team signs in to Midwatch." in words(signed_in.get(offer_page(case)))
    offer = handoffs.offer(case, the_move(case, "review"), by=caseworker, note="Needs a lift.")
    said = words(signed_in.get(case.get_absolute_url()))
    assert "Record here what they answer." in said
    assert "They accept…" in said

    assert reasons(signed_in.post(answer_page(offer, "accept"), {})) == ["Fill in “Who accepted, and how?”."]
    declined = signed_in.post(answer_page(offer, "decline"), {"why": "No bed."})
    assert reasons(declined) == ["Fill in “Who said so, and how?”."]
    assert "No bed." in declined.content.decode()
    signed_in.post(answer_page(offer, "decline"), {"why": "No bed.", "who": "Mrs Jones, by phone"})
    assert fresh(offer).answer == "No bed.\nMrs Jones, by phone"

    offer = handoffs.offer(case, the_move(case, "review"), by=caseworker, note="Again.")
    signed_in.post(answer_page(offer, "accept"), {"answer": "Mrs Jones, by phone"})
    assert (fresh(case).stage, fresh(offer).answer) == ("review", "Mrs Jones, by phone")


def test_who_reads_only_sees_the_offer_and_no_answers(client, case, offer, inspector):
    client.force_login(inspector)

    page = client.get(case.get_absolute_url())

    assert "Offered to Clinic team" in words(page)
    for name in ("accept", "decline", "withdraw"):
        assert button(answer_page(offer, name)) not in page.content.decode()
        assert client.post(answer_page(offer, name), {"why": "x"}).status_code == 403


def test_the_handoff_of_another_case_is_not_found(signed_in, offer, clinician, pathway):
    other = a_case(pathway)

    assert signed_in.get(reverse("withdraw", args=[other.reference, offer.pk])).status_code == 404


def test_handoffs_that_are_over_stay_readable(signed_in, case, offer, clinician):
    handoffs.accept(offer, by=clinician, answer="She comes on Monday.")

    said = words(signed_in.get(case.get_absolute_url()))

    assert "Clinic team accepted it" in said
    assert "She comes on Monday." in said


def test_the_team_that_accepted_a_case_may_return_it_with_a_reason(client, case, offer, clinician):
    handoffs.accept(offer, by=clinician)
    page = answer_page(offer, "give_back")
    client.force_login(clinician)
    assert button(page) in client.get(case.get_absolute_url()).content.decode()
    assert "It goes back to Booking team, to the stage it came from, with a new limit." in words(client.get(page))
    seen = {"seen_entry": fresh(case).open_entry.pk}

    assert reasons(client.post(page, seen)) == ["Fill in “Why is it returned?”."]
    answer = client.post(page, seen | {"why": "The stairs are not safe."}, follow=True)

    assert "Returned to Triage, with Booking team. Priya Shah has it again." in words(answer)
    assert fresh(offer).return_reason == "The stairs are not safe."


def test_the_sender_reads_who_returned_the_case_and_why(signed_in, case, offer, clinician):
    handoffs.accept(offer, by=clinician)
    assert button(answer_page(offer, "give_back")) not in signed_in.get(case.get_absolute_url()).content.decode()
    handoffs.give_back(offer, by=clinician, why="The stairs are not safe.")

    said = words(signed_in.get(case.get_absolute_url()))

    assert "Clinic team returned this case" in said
    assert "“The stairs are not safe.”" in said


def test_a_case_that_has_gone_on_says_so_on_the_page_that_returns_it(client, case, offer, clinician):
    handoffs.accept(offer, by=clinician)
    seen = {"seen_entry": fresh(case).open_entry.pk}
    lifecycle.move_case(case, the_move(case, "triage"), by=clinician)
    client.force_login(clinician)
    page = answer_page(offer, "give_back")

    assert "cannot be returned to Booking team any more: it has gone on, or its pathway changed." in words(
        client.get(page)
    )
    answer = client.post(page, seen | {"why": "The stairs are not safe."})
    assert "moved this case to Triage at" in reasons(answer)[0]
    assert "The stairs are not safe." in answer.content.decode()


def test_for_an_agency_the_sender_records_who_returned_the_case(signed_in, case, caseworker):
    offer = handoffs.offer(case, the_move(case, "review"), by=caseworker, note="Needs a lift.")
    handoffs.accept(offer, by=caseworker, answer="Mrs Jones, by phone")
    page = answer_page(offer, "give_back")
    assert "Clinic team returns this case" in words(signed_in.get(page))

    typed = {"seen_entry": fresh(case).open_entry.pk, "why": "No bed."}
    assert reasons(signed_in.post(page, typed)) == ["Fill in “Who said so, and how?”."]
    assert signed_in.post(page, typed | {"who": "Mrs Jones, by phone"}).status_code == 302
    assert fresh(offer).return_reason == "No bed.\nMrs Jones, by phone"
