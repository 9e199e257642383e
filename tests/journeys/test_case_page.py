"""The page of a case as somebody reads it who has never seen the patient: where, since when, whose turn, why then."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cases import detours, events, lifecycle, recording, to_do
from cases.watch import escalations, sweep
from pathways.models import Pathway
from portal.models import User
from tests import browser
from tests.factories import (
    PatientFactory,
    TeamFactory,
    a_case,
    a_detour_pathway,
    a_draft,
    a_manager,
    a_member,
    a_move,
    a_rule,
    a_stage,
    fresh,
    publish,
    the_move,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LONDON = ZoneInfo("Europe/London")


class Clinic:
    """A clinic with a case that much has happened to: moved, held, escalated, a restricted matter beside it."""

    pathway: Pathway
    caseworker: User
    manager: User
    lead: User

    def __init__(self):
        self.caseworker = a_member("booking", first_name="Priya", last_name="Shah")
        self.manager = a_manager("booking", first_name="Grace", last_name="Okafor")
        self.lead = a_manager("safeguarding", first_name="Ama", last_name="Boateng")
        team = TeamFactory(code="booking")
        team.phone, team.email = "0300 123 4567, Monday to Friday 8am to 6pm", "booking@trust.example"
        team.save()
        version = a_draft("clinic", "Falls clinic")
        first = {"is_first": True, "patient_wording": "We have your referral."}
        waiting = {"kind": "waiting", "patient_wording": "You are waiting for the specialist to look at your notes."}
        referral = a_stage(version, "referral", limit="4 days", **first)
        review = a_stage(version, "awaiting-specialist-review", limit="10 working days", **waiting)
        tests = a_stage(version, "diagnostics", patient_wording="You need a test.", team="imaging")
        done = a_stage(version, "treated", limit=None, kind="final")
        for source, target in ((referral, review), (review, tests), (review, done), (tests, done)):
            a_move(source, target)
        a_rule(version, a_detour_pathway("dna"), name="Did not attend")
        a_rule(version, a_detour_pathway("safeguarding", team="safeguarding"), name="Concern", restricted=True)
        self.pathway = publish(version)

    def a_long_story(self):
        """A case of five weeks, late now."""
        by, monday = self.caseworker, _monday_at_ten() - 35 * DAY
        patient = PatientFactory(given_name="Test", family_name="Long", needs="Needs an interpreter (Polish)")
        case = a_case(self.pathway, at=monday, patient=patient)
        lifecycle.move_case(
            case, the_move(case, "awaiting-specialist-review"), by=by, note="Notes sent.", at=monday + DAY
        )
        recording.write_note(case, "Rang the patient: prefers mornings.", by=by, at=monday + 2 * DAY)
        lifecycle.hold_case(case, reason="On holiday.", until=monday + 20 * DAY, by=by, at=monday + 3 * DAY)
        lifecycle.resume_case(case, by=by, at=monday + 8 * DAY)
        event = events.record_contact(
            case, events.Contact.PHONE, (monday + 9 * DAY).date(), by=by, text="Wrong number.", at=monday + 9 * DAY
        )
        events.strike(event, by=by, why="That was another patient.", at=monday + 9 * DAY + HOUR)
        to_do.add_task(case, "Chase Cardiology", by=by, owner=by, due_at=timezone.now() + 2 * DAY)
        events.book_appointment(case, events.Appointment.FIRST, timezone.now() + 5 * DAY, by=by, where="Clinic 3")
        sweep.run(monday + 24 * DAY)
        sweep.run(timezone.now())
        first = case.escalations.order_by("pk").first()
        escalations.acknowledge(first, by=by, answer="I ring Cardiology today.")
        rules = case.version_map.detour_rules
        detours.take(case, rules["dna"], by=by, note="Was not there.")
        detours.take(case, rules["safeguarding"], by=by, note="A bruise on the arm.")
        return fresh(case)


def _monday_at_ten():
    now = timezone.now().astimezone(LONDON)
    monday = now.date() - timedelta(days=now.weekday())
    return datetime(monday.year, monday.month, monday.day, 10, tzinfo=LONDON)


@pytest.fixture
def clinic(transactional_db):
    return Clinic()


def test_the_page_answers_why_it_is_due_then_what_happened_and_whom_to_ask(page, clinic):
    case = clinic.a_long_story()
    given_i_am_on_the_page_of(page, case, clinic.caseworker)

    then_the_strip_says_where_it_is(page)
    when_i_ask_why_this_date(page)
    then_the_sum_is_told(page)
    when_i_narrow_what_happened_to(page, "Holds")
    then_i_read_only(page, "Put on hold", but_not="Chase Cardiology")
    when_i_narrow_what_happened_to(page, "Contacts")
    then_what_was_struck_out_is_there_to_read(page)
    then_i_know_whom_to_ask(page)
    then_nothing_tells_of_the_restricted_matter(page, case)


def given_i_am_on_the_page_of(page, case, user):
    browser.begin(page, user, case.get_absolute_url())
    then_all_is_well(page)


def then_the_strip_says_where_it_is(page):
    strip = page.get_by_role("region", name="Where this case is")
    for words in (
        "Awaiting Specialist Review",
        "limit 10 working days",
        "Booking team",
        "Next appointment:",
        "Detour",
    ):
        expect(strip).to_contain_text(words)


def when_i_ask_why_this_date(page):
    page.get_by_text("Why this date?").click()


def then_the_sum_is_told(page):
    strip = page.get_by_role("region", name="Where this case is")
    expect(
        strip.get_by_role("heading", name="The limit of Awaiting Specialist Review: 10 working days")
    ).to_be_visible()
    expect(strip.get_by_text("Weekend").first).to_be_visible()
    expect(strip.get_by_text("by Priya Shah: On holiday.").first).to_be_visible()
    expect(strip.get_by_role("heading", name="Who is told when")).to_be_visible()
    then_all_is_well(page)


def when_i_narrow_what_happened_to(page, kind):
    page.get_by_role("navigation", name="What to list").get_by_role("link", name=kind).click()


def then_i_read_only(page, words, *, but_not):
    told = page.get_by_role("region", name="What happened")
    expect(told).to_contain_text(words)
    expect(told).not_to_contain_text(but_not)
    then_all_is_well(page)


def then_what_was_struck_out_is_there_to_read(page):
    told = page.get_by_role("region", name="What happened")
    expect(told.locator("del").first).to_be_visible()
    expect(told).to_contain_text("Struck out by Priya Shah")
    expect(told).to_contain_text("“That was another patient.”")
    then_all_is_well(page)


def then_i_know_whom_to_ask(page):
    people = page.get_by_role("region", name="People to ask")
    for words in ("0300 123 4567", "Grace Okafor, manager", "Imaging team"):
        expect(people).to_contain_text(words)


def then_nothing_tells_of_the_restricted_matter(page, case):
    page.goto(f"{case.get_absolute_url()}?all=1")
    child = case.children.get(restricted=True)
    main = page.locator("main").inner_text()
    assert child.reference not in main
    assert "bruise" not in main
    assert "Concern" not in main.split("What happened")[1]


def test_the_page_for_the_patient_is_plain_and_prints_as_it_is(page, clinic):
    case = clinic.a_long_story()
    given_i_am_on_the_page_of(page, case, clinic.caseworker)

    page.get_by_role("link", name="What the patient sees").click()
    then_all_is_well(page)
    article = page.get_by_role("article")
    expect(article).to_contain_text("You are waiting for the specialist to look at your notes.")
    expect(article).to_contain_text("Clinic 3")
    expect(article).to_contain_text("0300 123 4567")
    for word in ("late", "escalat", "bruise", "Concern", "Shah"):
        assert word not in article.inner_text()

    when_it_is_printed(page)
    expect(page.get_by_text("This page is for the patient")).to_be_hidden()
    expect(article.get_by_role("heading", name="Where you are in your care")).to_be_visible()


def test_a_case_is_printed_without_what_can_only_be_pressed(page, clinic):
    case = clinic.a_long_story()
    given_i_am_on_the_page_of(page, case, clinic.caseworker)

    when_it_is_printed(page)

    expect(page.get_by_role("region", name="Where this case is")).to_be_visible()
    expect(page.get_by_role("region", name="What happened")).to_be_visible()
    for gone in ("Menu", "What to list", "Back"):
        expect(page.get_by_role("navigation", name=gone)).to_have_count(0)
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.get_by_role("textbox")).to_have_count(0)
    expect(page.get_by_role("heading", name="Who is told when")).to_be_visible()  # unfolded on paper
    page.emulate_media(media="screen")
    expect(page.get_by_role("heading", name="Who is told when")).to_be_hidden()


def when_it_is_printed(page):
    page.emulate_media(media="print")


def test_the_page_is_read_at_200_per_cent_and_without_javascript(chromium, live_server, clinic):
    case = clinic.a_long_story()
    half = {"width": 640, "height": 450}  # what 1280 pixels are at 200 per cent
    context = chromium.new_context(
        base_url=live_server.url, viewport=half, java_script_enabled=False, locale="en-GB", timezone_id="Europe/London"
    )
    page = context.new_page()
    browser.begin(page, clinic.caseworker, case.get_absolute_url())

    page.get_by_text("Why this date?").click()
    expect(page.get_by_role("heading", name="Who is told when")).to_be_visible()
    when_i_narrow_what_happened_to(page, "Notes")
    expect(page.get_by_role("region", name="What happened")).to_contain_text("prefers mornings")
    page.get_by_role("link", name="Show the map of this pathway").click()
    expect(page.get_by_role("heading", name="Where this case is on the map")).to_be_visible()
    context.close()


def then_all_is_well(page):
    browser.then_the_page_is_accessible(page)
    browser.then_the_page_fits_a_phone(page)
