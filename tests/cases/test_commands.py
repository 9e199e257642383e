"""The commands of the watch: what they print, and what they refuse."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from cases.models import Timer
from cases.watch import differing
from tests.factories import MONDAY, a_case, a_manager, a_pathway, never_open

pytestmark = pytest.mark.django_db

LATE = "2026-03-12T09:00:01Z"


def run(*words, **options):
    out = StringIO()
    call_command(*words, stdout=out, **options)
    return out.getvalue()


def test_a_sweep_says_what_it_raised_and_sent(mailoutbox):
    a_manager("booking")
    a_case()
    assert json.loads(run("sweep", at=LATE, json=True)) == {
        "as_of": "2026-03-12T09:00:01+00:00",
        "escalations": 2,
        "set_aside": 0,
        "sent": 0,
    }
    assert run("sweep", at=LATE) == "Escalations raised: 0. E-mails sent: 0. Set aside: 0.\n"
    next_morning = "2026-03-13T08:00:01+00:00"
    assert run("sweep", at=next_morning) == "Escalations raised: 0. E-mails sent: 1. Set aside: 0.\n"
    assert len(mailoutbox) == 1


@pytest.mark.parametrize("words", ["yesterday", "2026-13-01", "2026-02-30T10:00Z", ""])
def test_a_time_that_is_none_is_refused(words):
    with pytest.raises(CommandError, match=r"time.*\."):
        run("sweep", at=words or " ")


def test_a_time_without_an_offset_is_that_of_london():
    assert json.loads(run("sweep", at="2026-07-01T12:00", json=True))["as_of"] == "2026-07-01T11:00:00+00:00"


def test_on_real_cases_nobody_pretends_that_it_is_another_time(settings):
    settings.EMBEDDED = False
    run("sweep", at=LATE)
    with pytest.raises(CommandError, match="Give a later time, or leave --at out"):
        run("sweep", at="2026-03-11T09:00:00Z")
    with pytest.raises(CommandError, match="This time is in the future"):
        run("sweep", at=(timezone.now() + timedelta(days=1)).isoformat())
    run("sweep")


def test_rebuild_timers_finds_and_mends_what_is_wrong():
    case = a_case()
    assert run("rebuild_timers", check=True) == "All timers are right.\n"
    assert differing.references() == []
    Timer.objects.filter(case=case).update(fires_at=MONDAY)
    with pytest.raises(CommandError, match=r"1 differ\. Run rebuild_timers to mend them\."):
        run("rebuild_timers", check=True)
    assert differing.references() == [case.reference], "the radar shows what was found"
    assert "1 mended." in run("rebuild_timers")
    assert differing.references() == []
    assert run("rebuild_timers") == "All timers are right.\n"


def test_rebuild_timers_mends_the_others_and_says_which_case_cannot_be_computed():
    stuck, case = a_case(a_pathway("plan", limit="5 working days")), a_case()
    Timer.objects.filter(case=case).update(fires_at=MONDAY)
    never_open(stuck)
    with pytest.raises(CommandError, match=r"1 mended\. 1 cannot be computed: the log says more\."):
        run("rebuild_timers")
    assert differing.references() == [stuck.reference]
    assert Timer.objects.get(case=case).fires_at > MONDAY
