"""What goes wrong, what is owed, and what is handed over: the days on which a case does not simply go on."""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from pathways.models import Pathway, TaskTemplate
from portal.models import User
from tests import browser
from tests.factories import (
    PatientFactory,
    a_case,
    a_draft,
    a_form,
    a_manager,
    a_member,
    a_move,
    a_rule,
    a_stage,
    fresh,
    publish,
)


@dataclass
class Clinic:
    """A small clinic: referral, appointment, then care at home by an agency; and what goes wrong on the way."""

    pathway: Pathway
    caseworker: User
    manager: User
    lead: User

    def case(self, family_name):
        patient = PatientFactory(given_name="Test", family_name=family_name)
        return a_case(self.pathway, at=timezone.now() - timedelta(days=2), patient=patient)


@pytest.fixture
def clinic(transactional_db):
    people = {
        "caseworker": a_member("booking", first_name="Priya", last_name="Shah"),
        "manager": a_manager("booking", first_name="Grace", last_name="Okafor"),
        "lead": a_manager("safeguarding", first_name="Ama", last_name="Boateng"),
    }
    version = a_draft("clinic", "Falls clinic")
    a_form(version)
    referral = a_stage(version, "referral", is_first=True, name="Referral")
    appointment = a_stage(version, "appointment", name="Appointment", kind="waiting", limit="20 days")
    home = a_stage(
        version,
        "home",
        name="Care at home",
        team="home-care",
        limit="5 working days",
        by_handoff=True,
        accept_amount=2,
        accept_unit="days",
    )
    done = a_stage(version, "done", name="Done", limit=None, kind="final")
    TaskTemplate.objects.create(
        stage=referral, code="check", title="Check the referral letter", limit_amount=1, limit_unit="days"
    )
    a_move(referral, appointment, requires=[("task done", {"task": "check", "by_role": "manager"})])
    a_move(appointment, home)
    a_move(appointment, done)
    a_move(home, done)
    a_rule(
        version,
        a_short_pathway("dna", "Did not attend", "Ring the patient"),
        name="Did not attend",
        clock="held",
        hold_amount=10,
        hold_unit="days",
    )
    a_rule(
        version,
        a_short_pathway("safeguarding", "Safeguarding concern", "Look into it", team="safeguarding"),
        name="Safeguarding concern",
        restricted=True,
        tell_at_once=True,
    )
    return Clinic(publish(version), **people)


def a_short_pathway(code, name, first, **values):
    version = a_draft(code, name)
    begun = a_stage(version, "begun", is_first=True, name=first, limit="2 days", **values)
    a_move(begun, a_stage(version, "over", name="Over", limit=None, kind="final", **values))
    return publish(version)


# A patient does not come ---------------------------------------------------------------------------------------------


def test_a_patient_who_did_not_attend_holds_the_clock_until_they_are_found(page, clinic):
    case = clinic.case("Absent")
    given_i_am_on_the_page_of(page, case, clinic.caseworker)

    when_something_goes_wrong(page, "Did not attend")
    then_i_read_what_it_does(page, "The clock of Referral is held until that case ends, at most until")
    when_i_forget_to_say_what_happened(page, "Did not attend")
    when_i_say_what_happened(page, "Did not attend", "Did not come to the clinic at 10am.")
    then_the_clock_is_held_and_the_detour_is_listed(page, "Did not attend")

    when_i_open_the_detour(page, case)
    then_it_leads_back_to(page, case)
    when_i_move_it(page, "Move to Over")
    when_i_go_back_to(page, case)
    then_the_clock_runs_again(page)
    assert [hold.detour for hold in case.holds.all()] == [case.children.get()]


def given_i_am_on_the_page_of(page, case, user):
    browser.begin(page, user, case.get_absolute_url())
    then_all_is_well(page)


def when_something_goes_wrong(page, what):
    page.get_by_role("link", name=f"{what}…").click()


def then_i_read_what_it_does(page, sentence):
    expect(page.get_by_text(sentence)).to_be_visible()
    then_all_is_well(page)


def when_i_forget_to_say_what_happened(page, what):
    page.get_by_role("button", name=f"Record “{what}”").click()
    expect(page.get_by_role("alert")).to_contain_text("Fill in “What has happened?”.")
    then_all_is_well(page)


def when_i_say_what_happened(page, what, words):
    page.get_by_label("What has happened?").fill(words)
    page.get_by_role("button", name=f"Record “{what}”").click()


def then_the_clock_is_held_and_the_detour_is_listed(page, what):
    expect(page.get_by_role("alert")).to_contain_text("This case is on hold until")
    expect(page.get_by_role("region", name="Where this case is")).to_contain_text("On hold since")
    belonging = page.get_by_role("region", name="Cases that belong to this one")
    expect(belonging).to_contain_text(f"Detour {what}: Ring the patient, open")
    then_all_is_well(page)


def when_i_open_the_detour(page, case):
    page.get_by_role("region", name="Cases that belong to this one").get_by_role("link").click()


def then_it_leads_back_to(page, case):
    expect(page.get_by_role("link", name=case.reference)).to_be_visible()
    then_all_is_well(page)


def when_i_move_it(page, move):
    page.get_by_role("link", name=move).click()
    then_all_is_well(page)
    page.get_by_role("button", name=move).click()


def when_i_go_back_to(page, case):
    page.get_by_role("link", name=case.reference).click()


def then_the_clock_runs_again(page):
    where = page.get_by_role("region", name="Where this case is")
    expect(where).not_to_contain_text("On hold since")
    expect(where).to_contain_text("due")
    expect(page.get_by_role("region", name="What happened")).to_contain_text("Did not attend")
    expect(page.get_by_role("region", name="Cases that belong to this one")).to_contain_text("closed")
    then_all_is_well(page)


# A concern that is not everybody's -----------------------------------------------------------------------------------


def test_a_safeguarding_concern_is_seen_by_the_right_people_only(page, clinic):
    case = clinic.case("Quiet")
    given_i_am_on_the_page_of(page, case, clinic.caseworker)

    when_something_goes_wrong(page, "Safeguarding concern")
    then_i_read_what_it_does(page, "Only Safeguarding team, and the teams to which they pass it on, can see it.")
    expect(page.get_by_text("Told at once by e-mail: Ama Boateng.")).to_be_visible()
    when_i_say_what_happened(page, "Safeguarding concern", "A bruise on the left arm.")
    then_i_am_told_no_more_than_that_it_has_begun(page, case)

    when_somebody_else_signs_in(page, clinic.lead)
    then_the_safeguarding_team_has_it(page, case)


def then_i_am_told_no_more_than_that_it_has_begun(page, case):
    expect(page.get_by_role("alert")).to_contain_text("“Safeguarding concern” has begun, with Safeguarding team.")
    child = case.children.get()
    assert child.reference not in page.content()
    expect(page.get_by_role("region", name="Cases that belong to this one")).to_have_count(0)
    then_all_is_well(page)
    assert page.goto(child.get_absolute_url()).status == 404
    page.goto("/cases/")
    expect(page.locator("tbody tr")).to_have_count(1)


def when_somebody_else_signs_in(page, user):
    page.get_by_role("button", name="Sign out").click()
    browser.begin(page, user)


def then_the_safeguarding_team_has_it(page, case):
    page.get_by_role("link", name=case.children.get().reference).click()
    expect(page.get_by_text("Only the teams that have it can see this case.")).to_be_visible()
    expect(page.get_by_text("Safeguarding concern, of")).to_contain_text(f"{case}, with a team you are not in")
    then_all_is_well(page)


# Four eyes -----------------------------------------------------------------------------------------------------------


def test_a_task_done_by_a_second_pair_of_eyes_lets_a_move_through(page, clinic):
    case = clinic.case("Checked")
    given_i_am_on_the_page_of(page, case, clinic.caseworker)
    then_the_move_waits(page, because="Do the task “Check the referral letter” first.")

    when_i_do_the_task(page, "Go to the task", "It is complete.")
    then_the_move_waits(page, because="must be done by a manager too: the second pair of eyes.")
    when_i_ask_for_it_again(page)

    when_somebody_else_signs_in(page, clinic.manager)
    page.goto(case.get_absolute_url())
    when_i_do_the_task(page, "Check the referral letter", "I agree.")
    when_i_move_it(page, "Move to Appointment")
    expect(page.get_by_role("alert")).to_contain_text("Moved to Appointment")
    assert fresh(case).stage == "appointment"


def then_the_move_waits(page, because):
    move = page.get_by_role("listitem").filter(has_text="Move to Appointment").first
    expect(move).to_contain_text("Not yet")
    expect(move).to_contain_text(because)
    then_all_is_well(page)


def when_i_do_the_task(page, link, outcome):
    page.get_by_role("link", name=link).first.click()
    expect(page.get_by_text("Move to Appointment: it must be done by a manager")).to_be_visible()
    then_all_is_well(page)
    page.get_by_label("What came of it?").fill(outcome)
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("alert")).to_contain_text("“Check the referral letter” is done.")
    then_all_is_well(page)


def when_i_ask_for_it_again(page):
    page.get_by_role("link", name="Ask for the task again").click()
    then_all_is_well(page)
    page.get_by_role("button", name="Make the task again").click()
    expect(page.get_by_role("region", name="What is owed")).to_contain_text("anybody in Booking team · due tomorrow")
    then_all_is_well(page)


# From hand to hand ---------------------------------------------------------------------------------------------------


def test_a_case_is_offered_declined_offered_again_and_accepted(page, clinic):
    nurse = a_member("home-care", first_name="Tom", last_name="Reid")
    case = given_a_case_that_waits_for_its_appointment(clinic)
    given_i_am_on_the_page_of(page, case, clinic.caseworker)

    when_i_hand_it_over(page, "Lives on the third floor.")
    then_it_is_offered_and_still_ours(page, case)

    when_somebody_else_signs_in(page, nurse)
    when_i_read_the_case_and_decline(page, case, "Nobody is free before Monday.")

    when_somebody_else_signs_in(page, clinic.caseworker)
    page.goto(case.get_absolute_url())
    then_i_read_why(page, "Nobody is free before Monday.")
    when_i_hand_it_over(page, "Monday will do.")

    when_somebody_else_signs_in(page, nurse)
    when_i_accept(page, case)
    then_it_is_theirs(page, case)


def given_a_case_that_waits_for_its_appointment(clinic):
    from cases import lifecycle, to_do

    case = clinic.case("Handed")
    to_do.complete_task(case.tasks.get(), by=clinic.manager)
    return lifecycle.move_case(case, case.possible_moves[0], by=clinic.caseworker)


def when_i_hand_it_over(page, note):
    page.get_by_role("link", name="Hand over to Home care team").click()
    expect(page.get_by_text("Until they accept, nothing changes")).to_be_visible()
    expect(page.get_by_text("Their answer is wanted by")).to_be_visible()
    then_all_is_well(page)
    page.get_by_label("What do they need to know?").fill(note)
    page.get_by_role("button", name="Offer to Home care team").click()
    expect(page.get_by_role("alert")).to_contain_text("Offered to Home care team.")


def then_it_is_offered_and_still_ours(page, case):
    now = page.get_by_role("region", name="What can happen now")
    expect(now).to_contain_text("Offered to Home care team")
    expect(now).to_contain_text("Lives on the third floor.")
    expect(now.get_by_role("link", name="Withdraw the offer…")).to_be_visible()
    expect(now.get_by_role("link", name=re.compile("Accept"))).to_have_count(0)
    then_all_is_well(page)
    assert fresh(case).team.code == "booking"


def when_i_read_the_case_and_decline(page, case, why):
    page.get_by_role("link", name=case.reference).click()
    expect(page.get_by_text("You can read this case. It stays with Booking team until you accept it.")).to_be_visible()
    expect(page.get_by_role("link", name="Move to Done")).to_have_count(0)
    then_all_is_well(page)
    page.get_by_role("link", name="Decline…").click()
    then_all_is_well(page)
    page.get_by_label("Why is it declined?").fill(why)
    page.get_by_role("button", name="Decline the case").click()
    expect(page.get_by_role("alert")).to_contain_text("Declined. The case stays with Booking team.")
    then_all_is_well(page)


def then_i_read_why(page, why):
    expect(page.get_by_text("Home care team declined this case")).to_contain_text(why)
    then_all_is_well(page)


def when_i_accept(page, case):
    page.goto(case.get_absolute_url())
    page.get_by_role("link", name="Accept…").click()
    expect(page.get_by_text("It makes Home care team responsible, after Booking team.")).to_be_visible()
    then_all_is_well(page)
    page.get_by_role("button", name="Accept the case").click()


def then_it_is_theirs(page, case):
    expect(page.get_by_role("alert")).to_contain_text("Accepted. The case is in Care at home")
    expect(page.get_by_role("region", name="What happened")).to_contain_text("Nobody is free before Monday.")
    then_all_is_well(page)
    assert fresh(case).team.code == "home-care"


def then_all_is_well(page):
    browser.then_the_page_is_accessible(page)
    browser.then_the_page_fits_a_phone(page)
