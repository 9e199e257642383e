"""Mail servers that refuse, clocks that jump, sweeps that were missed: the record is as if nothing had happened."""

from datetime import UTC, datetime, timedelta

import pytest

from cases.models import Escalation, Notice, SweepRun
from cases.watch import sweep
from tests.factories import MONDAY
from tests.soak.world import HOUR, a_world, finish, live, look, rounds

pytestmark = [pytest.mark.soak, pytest.mark.django_db(transaction=True)]

TEN_MINUTES = timedelta(minutes=10)


def test_a_mail_server_that_refuses_for_an_hour_and_is_down_for_another_loses_nothing(server, soak_seconds):
    refused = 0
    for chance in rounds(soak_seconds, server):
        world = a_world()
        refusing = MONDAY + 50 * HOUR  # when the first ones have just become late
        if chance.random() < 0.5:
            refusing += chance.randrange(48) * HOUR

        def often(as_of, begin=refusing, world=world):
            nonlocal refused
            if as_of < begin or as_of >= begin + 2 * HOUR:
                with server.running():
                    return look(as_of)
            if as_of >= begin + HOUR:
                return look(as_of)  # down
            server.refuses = {person.email for person in world.people}
            with server.running():
                look(as_of)
            server.refuses = set()
            refused = max(refused, Notice.objects.exclude(error="").count())
            return None

        live(world, sorted({*world.sweeps(), *(refusing + n * TEN_MINUTES for n in range(14))}), often)
        assert refused, "in the first round, which is always the same, it has refused something"
        with server.running():
            finish(world, server)


def test_a_clock_set_back_an_hour_loses_and_repeats_nothing(server, soak_seconds):
    for chance in rounds(soak_seconds, server):
        world = a_world()
        back = MONDAY + timedelta(hours=chance.randrange(49, 100), minutes=chance.randrange(60))
        before, after = [
            [at for at in world.sweeps(TEN_MINUTES) if at <= back and at > back - 3 * HOUR],
            [at for at in world.sweeps(TEN_MINUTES) if at > back - HOUR and at <= back + HOUR],
        ]
        others = [at for at in world.sweeps() if at <= back - 3 * HOUR]
        later = [at for at in world.sweeps() if at > back + HOUR]
        with server.running():
            live(world, [*others, *before, *after, *later], look)
            assert before[-1] > after[0], "the clock was set back"
            finish(world, server)
        times = SweepRun.objects.order_by("pk").values_list("as_of", flat=True)
        assert list(times) != sorted(times)


@pytest.mark.parametrize(
    ("begin", "night"),
    [
        (datetime(2026, 3, 26, 17, tzinfo=UTC), datetime(2026, 3, 29, 0, tzinfo=UTC)),
        (datetime(2026, 10, 22, 17, tzinfo=UTC), datetime(2026, 10, 25, 0, tzinfo=UTC)),
    ],
    ids=["spring", "autumn"],
)
def test_on_the_night_the_clocks_change_sweeps_that_come_late_or_twice_record_the_same(
    server, soak_seconds, begin, night
):
    for _ in rounds(soak_seconds, server):
        world = a_world(begin)
        # Beat counts by the wall: an hour of wake-ups is missed in spring, and comes twice in autumn.
        minutes = [night + n * TEN_MINUTES for n in range(18)]
        hour = [at for at in minutes if night + HOUR <= at < night + 2 * HOUR]
        around = [at for at in minutes if at not in hour] if night.month == 3 else sorted(minutes + hour)
        with server.running():
            live(world, sorted([*world.sweeps(), *around]), look)
            passed = Escalation.objects.filter(reached_at__gte=night, reached_at__lt=night + 3 * HOUR)
            assert passed.exists(), "something fell due in that night"
            finish(world, server)


def test_sweeps_missed_for_three_days_while_cases_move_are_made_good(server, soak_seconds):
    for chance in rounds(soak_seconds, server):
        world = a_world()
        begin = MONDAY + chance.randrange(24, 72) * HOUR
        missed = [at for at in world.sweeps() if begin <= at < begin + timedelta(days=3)]
        with server.running():
            live(world, [at for at in world.sweeps() if at not in missed])
            in_time = Escalation.objects.filter(reached_at__range=(missed[0], missed[-1]), raised_at__lte=missed[-1])
            settled = in_time.filter(is_told=False, resolved_at__isnull=False)
            assert settled.exists(), "cases moved meanwhile, and what they had passed was recorded"
            finish(world, server)
        assert sweep.last_as_of() == world.end
