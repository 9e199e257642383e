"""When a person gets their e-mails: their own choice, with its history."""

from datetime import time

import pytest

from pathways import mail_preferences
from pathways.models import MailPreference
from pathways.publishing import Refused
from tests.factories import a_member

pytestmark = pytest.mark.django_db

LATE = {"digest": True, "digest_at": time(17, 30), "working_days_only": False}


def test_who_has_chosen_nothing_gets_a_digest_at_eight_on_working_days():
    chosen = mail_preferences.of(a_member("booking"))
    assert (chosen.digest, chosen.digest_at, chosen.working_days_only, chosen.quiet_from) == (
        True,
        time(8),
        True,
        None,
    )


def test_a_choice_is_kept_with_who_made_it_and_the_same_choice_again_leaves_no_trace():
    nurse = a_member("booking")
    for _ in range(2):
        mail_preferences.choose(by=nurse, **LATE, quiet_from=time(20), quiet_until=time(7))
    kept = mail_preferences.of(nurse)
    assert (kept.digest_at, kept.working_days_only, kept.quiet_until) == (time(17, 30), False, time(7))
    assert kept.history.get().history_user == nurse


@pytest.mark.parametrize(
    ("quiet", "sentence"),
    [
        ({"quiet_from": time(20)}, "Quiet hours need a start and an end. Fill in both, or neither."),
        ({"quiet_until": time(7)}, "Quiet hours need a start and an end. Fill in both, or neither."),
        (
            {"quiet_from": time(7), "quiet_until": time(7)},
            "Quiet hours must end at another time than they start. Change one of them.",
        ),
    ],
)
def test_quiet_hours_that_cannot_be(quiet, sentence):
    with pytest.raises(Refused) as refused:
        mail_preferences.choose(by=a_member("booking"), **LATE, **quiet)
    assert refused.value.reasons == [sentence]
    assert not MailPreference.objects.exists()
