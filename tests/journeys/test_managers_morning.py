"""A manager's morning: from the link in the digest to a promise; and a promise that is not kept climbs."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cases import lifecycle
from cases.models import Escalation, Notice, Task
from cases.watch import notices, sweep, timers
from pathways.models import Membership, Pathway, Role
from tests.browser import DESK, begin, then_the_page_fits_a_phone, then_the_page_is_accessible
from tests.factories import PatientFactory, UserFactory, a_case, a_manager, a_member, a_pathway
from tests.mail_server import MailServer

DAY = timedelta(days=1)
LINK = re.compile(r"https?://\S+/cases/\S+/escalations/\d+/|https?://\S+/cases/[\w-]+/")


@pytest.fixture
def server(settings):
    """The mail server of the ward, as the portal is set to use it."""
    server = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = server.host, server.port
    return server


class Office:
    """A booking office with two late cases, of which its manager has been told."""

    def __init__(self):
        self.now = timezone.now()
        self.manager = a_manager("booking", first_name="Grace", last_name="Okafor")
        self.nurse = a_member("booking", first_name="Priya", last_name="Shah")
        self.pathway = a_pathway(
            "heart", ladder=[("breach", "after", "0 days", {"answer_amount": 1, "answer_unit": "days"})]
        )
        Pathway.objects.update(lead=UserFactory(first_name="Ama", last_name="Boateng"))
        self.cases = [
            a_case(self.pathway, at=self.now - days * DAY, patient=PatientFactory(family_name=name))
            for days, name in ((13, "Late"), (12, "Later"))
        ]
        for team in ("imaging-and-diagnostics", "discharge-coordination"):  # tables wider than a phone
            case = a_case(a_pathway(team, team=team), at=self.now)
            Membership.objects.create(team=case.team, user=self.manager, role=Role.MANAGER)
            lifecycle.assign_case(case, self.manager, by=self.manager)
        sweep.run(self.now)

    @property
    def lead(self):
        return Pathway.objects.get(pk=self.pathway.pk).lead

    def mails(self, server):
        """Send all that is owed, also what waits for its hour, and return what the mail server took."""
        Notice.objects.update(send_at=None)
        with server.running():
            notices.send_due(at=timezone.now() + timedelta(seconds=5))
        return server.mails


@pytest.fixture
def office(transactional_db):
    return Office()


def then_all_is_well(page):
    expect(page.locator("h1")).to_have_count(1)
    then_the_page_is_accessible(page)
    then_the_page_fits_a_phone(page)


def text_of(mail):
    return mail.get_body(("plain",)).get_content()


def the_link(mail) -> str:
    """The first link of a mail to a case, without the host."""
    return urlsplit(LINK.search(text_of(mail))[0]).path


def when_i_promise(page, what, day):
    page.get_by_label("What will be done?").fill(what)
    for part, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        page.get_by_label(part, exact=True).fill(str(value))


def test_from_the_digests_link_to_the_promise_and_a_broken_promise_climbs(page, office, server):
    first, second = office.cases
    (digest,) = [mail for mail in office.mails(server) if mail["To"] == office.manager.email]
    assert "2 cases are late" in digest["Subject"]
    assert str(first.patient) not in text_of(digest)

    begin(page, office.manager)
    expect(page.get_by_role("heading", level=1, name="My teams")).to_be_visible()
    expect(page.get_by_role("link", name="2 not answered")).to_be_visible()
    then_all_is_well(page)

    page.goto(the_link(digest))
    if "/escalations/" not in page.url:
        page.get_by_role("link", name=re.compile("^Answer ")).first.click()
    day = timezone.localdate() + 2 * DAY
    when_i_promise(page, "I ring Imaging", day)
    then_all_is_well(page)
    page.get_by_role("button", name="Save the answer").click()
    expect(page.get_by_role("alert")).to_contain_text("Your answer is saved, and you have a task for it")

    page.get_by_role("navigation", name="Menu").get_by_role("link", name="Escalations").click()
    expect(page.get_by_role("link", name="1 not answered")).to_be_visible()
    then_all_is_well(page)
    page.get_by_label(re.compile(f"^Choose {second}")).check()
    page.get_by_role("button", name="Answer those you ticked").click()
    when_i_promise(page, "An extra clinic on Saturday", day)
    then_all_is_well(page)
    page.get_by_role("button", name="Answer 1 escalation").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("1 escalation answered")
    then_all_is_well(page)
    page.get_by_role("link", name="Go back to the list").click()
    page.get_by_role("link", name="2 promised").click()
    expect(page.get_by_text("“I ring Imaging”")).to_be_visible()
    then_all_is_well(page)

    # The day goes by
    past = timezone.now() - timedelta(minutes=10)
    Task.objects.filter(title="I ring Imaging").update(due_at=past, made_at=past - DAY)
    timers.rebuild()
    sweep.run(timezone.now())
    server.mails.clear()
    told = {mail["To"]: mail["Subject"] for mail in office.mails(server)}
    assert set(told) == {office.manager.email, office.lead.email}
    assert all("1 promise not kept" in subject for subject in told.values())

    page.goto("/")
    page.get_by_role("link", name="1 promise not kept").click()
    expect(page.get_by_role("heading", level=2, name="Promise not kept")).to_be_visible()
    expect(page.get_by_text("“I ring Imaging”")).to_be_visible()
    then_all_is_well(page)
    page.get_by_role("link", name=re.compile(f"^Answer {first}|^Answer {second}")).click()
    when_i_promise(page, "I go there myself", day)
    page.get_by_role("button", name="Save the answer").click()
    page.goto("/escalations/?state=broken")
    expect(page.get_by_text("Every promise was kept so far.")).to_be_visible()


def test_a_managers_morning_without_a_script(chromium, live_server, office):
    context = chromium.new_context(base_url=live_server.url, viewport=DESK, java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(15_000)
    begin(page, office.manager)
    page.get_by_role("link", name="2 not answered").click()
    page.get_by_label("How late").select_option("1")
    page.get_by_role("button", name="Show", exact=True).click()
    page.get_by_role("button", name="Answer all 2").click()
    when_i_promise(page, "An extra clinic", timezone.localdate() + 2 * DAY)
    page.get_by_role("button", name="Answer 2 escalations").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 escalations answered")
    assert Escalation.objects.filter(acknowledged_by=office.manager).count() == 2
    context.close()


def test_the_number_of_the_radar_leads_to_what_mends_it(page, office):
    begin(page, office.manager)
    radar = page.get_by_role("table", name="What the radar finds, by team")
    radar.get_by_role("row", name=re.compile("^Nobody has it")).get_by_role("link").click()
    expect(page.get_by_role("row")).to_have_count(3)
    page.get_by_role("link", name=re.compile("^Take it")).first.click()
    expect(page.get_by_role("button", name="Take the case")).to_be_visible()
