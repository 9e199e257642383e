import pytest

from portal.models import User


@pytest.mark.parametrize(
    ("first_name", "last_name", "shown"), [("Asha", "Patel", "Asha Patel"), ("", "Patel", "Patel"), ("", "", "apatel")]
)
def test_a_user_is_shown_by_name_and_without_one_by_username(first_name, last_name, shown):
    assert str(User(username="apatel", first_name=first_name, last_name=last_name)) == shown


def test_a_user_needs_no_email_address(db):
    user = User.objects.create_user("apatel")

    user.full_clean(exclude=["password"])

    assert User.objects.get(username="apatel").email == ""
