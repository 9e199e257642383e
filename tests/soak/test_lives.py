"""Lives of cases, lived at random, for as long as the soak lasts."""

import time

import pytest

from tests.cases.test_life_of_a_case import live

pytestmark = [pytest.mark.soak, pytest.mark.django_db]


def test_whatever_is_done_in_whatever_order_the_record_stays_whole(soak_seconds):
    end = time.monotonic() + soak_seconds
    while True:
        live(examples=5, steps=40)
        if time.monotonic() >= end:
            return
