"""What the night found to be watched wrongly: kept, and taken off case by case as it is mended."""

import threading

import pytest
from django.core.cache import cache
from django.db import connection

from cases.models import Timer
from cases.watch import differing, timers
from tests.factories import MONDAY, a_case, a_member, a_pathway

DOWN = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def _nothing_is_kept():
    yield
    differing.forget()


def wrong_cases(number):
    pathway = a_pathway()
    cases = [a_case(pathway) for _ in range(number)]
    Timer.objects.update(fires_at=MONDAY)
    differing.keep(timers.rebuild(check=True))
    assert differing.references() == [case.reference for case in cases]
    return cases


@pytest.mark.django_db(transaction=True)
def test_two_who_mend_at_the_same_time_bring_nothing_back(monkeypatch):
    (first, second), nurse = wrong_cases(2), a_member("booking")
    write, others = cache.set, []

    def mend_the_second():
        differing.set_right(second, by=nurse)
        connection.close()

    def write_slowly(*what):
        if not others:  # the first has read the list and is about to write it
            others.append(threading.Thread(target=mend_the_second))
            others[0].start()
            others[0].join(1)
        write(*what)

    monkeypatch.setattr(cache, "set", write_slowly)

    differing.set_right(first, by=nurse)

    others[0].join()
    assert differing.references() == []


@pytest.mark.django_db
def test_a_case_is_mended_although_the_cache_does_not_answer(settings):
    (case,), nurse = wrong_cases(1), a_member("booking")
    kept_in = settings.CACHES
    settings.CACHES = {"default": kept_in["default"] | {"LOCATION": DOWN}}

    assert len(differing.set_right(case, by=nurse)) == 1

    settings.CACHES = kept_in
    assert timers.rebuild(check=True) == []
    assert differing.set_right(case, by=nurse) == [], "and the next time it is off the list"
    assert differing.references() == []
