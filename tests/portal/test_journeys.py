"""Journeys through the portal's own pages."""

import re
import uuid

from django.core.mail import EmailMultiAlternatives, get_connection
from playwright.sync_api import expect

from portal.models import User
from tests.browser import broken_rules, sign_in, then_the_page_fits_a_phone, then_the_page_is_accessible

PASSWORD = "a long pass phrase"


def test_a_wrong_password_is_told_and_the_right_one_signs_in(page):
    user = User.objects.create_user("asha", password=PASSWORD)

    sign_in(page, user, "wrong")
    expect(page.get_by_text("The user name or the password is wrong. Check both and try again.").first).to_be_visible()
    then_the_page_is_accessible(page)
    then_the_page_fits_a_phone(page)

    sign_in(page, user, PASSWORD)
    expect(page).not_to_have_url(re.compile("sign-in"))


def test_words_that_turned_pale_are_found_on_a_page_that_was_good(page):
    page.goto("/sign-in/")
    then_the_page_is_accessible(page)

    page.evaluate("document.querySelector('h1').style.color = '#c0c0c0'")
    assert [rule["id"] for rule in broken_rules(page)] == ["color-contrast"]

    page.evaluate("document.querySelector('h1').style.color = ''")
    page.evaluate("document.querySelector('main').style.background = '#505050'")
    assert [rule["id"] for rule in broken_rules(page)] == ["color-contrast"]


def test_a_name_is_locked_out_after_five_wrong_passwords(page):
    user = User.objects.create_user("asha", password=PASSWORD)

    for _ in range(5):
        sign_in(page, user, "wrong")
    expect(page.get_by_role("heading", name="Sign-in is locked")).to_be_visible()
    then_the_page_is_accessible(page)

    sign_in(page, user, PASSWORD)
    expect(page.get_by_role("heading", name="Sign-in is locked")).to_be_visible()


def test_an_email_that_was_sent_is_read_and_its_link_followed(page, live_server):
    subject = f"A case is late {uuid.uuid4().hex}"  # a word too long for a phone
    mail = EmailMultiAlternatives(
        subject,
        "Ring the ward.",
        to=["manager@example.nhs.uk"],
        connection=get_connection("portal.embedded.mail_backend.Backend"),
    )
    mail.attach_alternative(
        f'<p style="color: #212b32">Ring the ward. <a href="{live_server.url}/mail-sent/">Open the case</a></p>',
        "text/html",
    )
    mail.send()
    sign_in(page, User.objects.create_user("asha", password=PASSWORD), PASSWORD)

    page.get_by_role("link", name="Mail sent").click()
    then_the_page_is_accessible(page)
    then_the_page_fits_a_phone(page)

    page.get_by_role("link", name=subject).click()
    expect(page.get_by_role("heading", name=subject)).to_be_visible()
    page.get_by_text("Show all headers").click()
    expect(page.get_by_text("Message-ID")).to_be_visible()
    then_the_page_is_accessible(page)
    then_the_page_fits_a_phone(page)

    page.frame_locator("iframe").get_by_role("link", name="Open the case").click()
    expect(page).to_have_url(f"{live_server.url}/mail-sent/")
    expect(page.get_by_role("heading", name="Mail sent")).to_be_visible()  # still signed in
