"""Lives of cases, lived at random, for as long as the soak lasts."""

import os
import time

import pytest

from tests.cases.test_life_of_a_case import live

pytestmark = [pytest.mark.soak, pytest.mark.django_db]

SECONDS = float(os.environ.get("MIDWATCH_SOAK_SECONDS", "60"))


def test_whatever_is_done_in_whatever_order_the_record_stays_whole():
    end = time.monotonic() + SECONDS / 2
    while time.monotonic() < end:
        live(examples=5, steps=40)
