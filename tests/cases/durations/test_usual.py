"""How a usual wait is said: in words that a patient reads once, and never shorter than it was."""

from datetime import timedelta

import pytest

from cases.durations.usual import Usual


@pytest.mark.parametrize(
    ("shortest", "longest", "said"),
    [
        (timedelta(days=14), timedelta(days=21), "between 2 and 3 weeks"),
        (timedelta(days=8), timedelta(days=20), "between 1 and 3 weeks"),
        (timedelta(days=5), timedelta(days=9, hours=2), "between 5 and 10 days"),
        (timedelta(hours=4), timedelta(days=3), "up to 3 days"),
        (timedelta(hours=2), timedelta(hours=5), "between 2 and 5 hours"),
        (timedelta(days=3), timedelta(days=3), "about 3 days"),
        (timedelta(minutes=10), timedelta(minutes=40), "between 10 and 40 minutes"),
        (timedelta(minutes=20), timedelta(hours=1, minutes=1), "up to 2 hours"),
        (timedelta(hours=24), timedelta(hours=24), "about 1 day"),
    ],
)
def test_a_usual_wait_in_words(shortest, longest, said):
    assert str(Usual(shortest, longest)) == said


def test_one_is_not_made_plural():
    assert str(Usual(timedelta(minutes=30), timedelta(hours=1))) == "between 30 and 60 minutes"
    assert str(Usual(timedelta(hours=1), timedelta(seconds=3601))) == "between 1 and 2 hours"
