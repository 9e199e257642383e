"""Journeys through the portal's own pages."""

import re

from playwright.sync_api import expect

from portal.models import User
from tests.browser import sign_in, then_the_page_fits_a_phone, then_the_page_is_accessible


def test_a_wrong_password_is_told_and_the_right_one_signs_in(page, transactional_db):
    user = User.objects.create_user("asha", password="a long pass phrase")

    sign_in(page, user, "wrong")
    expect(page.get_by_text("The user name or the password is wrong. Check both and try again.").first).to_be_visible()
    then_the_page_is_accessible(page)
    then_the_page_fits_a_phone(page)

    sign_in(page, user, "a long pass phrase")
    expect(page).not_to_have_url(re.compile("sign-in"))
