"""Signing in, being locked out, and the pages that say what went wrong."""

import pytest
from django.test import Client, override_settings
from django.urls import path

from tests.factories import UserFactory

PASSWORD = "correct horse battery"


@pytest.fixture
def user(db):
    return UserFactory()


def send(client, user, password):
    return client.post("/sign-in/", {"username": user.username, "password": password, "next": "/durations/"})


def test_who_signs_in_goes_on_to_where_they_wanted(client, user):
    assert send(client, user, PASSWORD).url == "/durations/"


def test_a_wrong_password_is_told_without_saying_which_of_the_two_is_wrong(client, user):
    wrong_password = send(client, user, "wrong").content.decode()
    unknown_name = send(client, UserFactory.build(), "wrong").content.decode()

    for page in (wrong_password, unknown_name):
        assert "The user name or the password is wrong. Check both and try again." in page
        assert "<title>Error: Sign in" in page


def test_too_many_wrong_passwords_lock_the_sign_in_with_a_page_that_says_so(client, user):
    for _ in range(5):
        answer = send(client, user, "wrong")

    assert answer.status_code == 429
    assert "Sign-in is locked" in answer.content.decode()
    assert "Sign-in is locked" in send(client, user, PASSWORD).content.decode()


def test_signing_out_is_a_post_and_leads_back_to_signing_in(client, user):
    client.force_login(user)

    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").url == "/sign-in/"


def test_the_people_of_the_demo_are_named_only_where_the_demo_is_loaded(client, user, settings):
    assert "Try the demonstration" not in client.get("/sign-in/").content.decode()

    UserFactory(username="caseworker")
    assert "moves cases on Ward 7" in client.get("/sign-in/").content.decode()

    settings.EMBEDDED = False
    assert "Try the demonstration" not in client.get("/sign-in/").content.decode()


def test_the_footer_says_that_this_is_not_for_real_patients(client, db, settings):
    assert "every patient in it is invented" in client.get("/sign-in/").content.decode()

    settings.EMBEDDED = False
    page = client.get("/sign-in/").content.decode()
    assert "not yet for real patients" in page
    assert "Do not enter the data of real people." in page


def test_a_page_that_was_open_for_too_long_says_that_nothing_was_saved(user):
    client = Client(enforce_csrf_checks=True)

    answer = send(client, user, PASSWORD)

    assert answer.status_code == 403
    assert "This page was open for too long" in answer.content.decode()


def breaks(request):
    raise RuntimeError("a secret")


urlpatterns = [path("breaks/", breaks)]


@override_settings(ROOT_URLCONF=__name__)
def test_an_error_of_ours_is_told_without_what_it_was():
    answer = Client(raise_request_exception=False).get("/breaks/")

    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.content.decode()
    assert "a secret" not in answer.content.decode()


def test_a_request_that_cannot_be_understood_gets_a_page(client):
    answer = client.get("/sign-in/", HTTP_HOST="somebody.else")

    assert answer.status_code == 400
    assert "Midwatch did not understand this request" in answer.content.decode()


def test_an_address_without_a_page_says_so(client, db):
    answer = client.get("/nothing/")

    assert answer.status_code == 404
    assert "Page not found" in answer.content.decode()
