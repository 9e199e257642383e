"""The table of stage durations, against plain reckonings of the same stays."""

import tempfile
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from statistics import mean, median, stdev, variance

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from cases import durations, lifecycle
from cases.durations.stage_table import SPELLS, WAITS
from pathways import publishing
from pathways.models import Pathway, system_user
from tests.cases.history_import.logs import a_log, bring, reckoned
from tests.factories import MONDAY, a_case, a_member, a_pathway, fresh, the_move

pytestmark = pytest.mark.django_db

NOON = datetime(2025, 5, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NO_SPELLS = {"n": 0} | dict.fromkeys(SPELLS[1:])
NO_WAITS = {"count": 0} | dict.fromkeys(WAITS[1:])


def linear(values, share):
    """The quantile that numpy gives by default: linear between the two nearest."""
    values, place = sorted(values), Fraction(share) * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def reckon(stays, as_of) -> dict:
    """Name → figures, exactly, of the stays of a log; all in seconds."""
    table = {}
    for stay in stays:
        table.setdefault(stay.stage, ([], []))
        if stay.ends_journey or stay.entered_at > as_of:
            continue
        ended = stay.left_at is not None and stay.left_at <= as_of
        length = (stay.left_at if ended else as_of) - stay.entered_at
        table[stay.stage][not ended].append(Fraction(length // timedelta(microseconds=1), 10**6))
    return {
        name: {"n": len(spells), "waiting": {"count": len(waits)} | (quantiles(waits, "oldest") if waits else {})}
        | (spread(spells) | quantiles(spells, "max") if spells else {})
        for name, (spells, waits) in table.items()
    }


def quantiles(values, longest):
    return {"median": linear(values, "0.5"), "p90": linear(values, "0.9"), longest: max(values)}


def spread(values):
    sd = stdev(values) if len(values) > 1 else None
    middle = mean(values)
    shares = {"q1": "0.25", "q3": "0.75", "p85": "0.85", "p95": "0.95"}
    return {
        "mean": middle,
        "sd": sd,
        "variance": None if sd is None else variance(values),
        "cv": sd / float(middle) if sd is not None and middle else None,
        **{name: linear(values, share) for name, share in shares.items()},
    }


def assert_figures(found, expected, nothing):
    for name, value in (nothing | expected).items():
        if value is None or isinstance(value, int):
            assert found[name] == value, name
        else:
            assert found[name] == pytest.approx(float(value), rel=1e-9, abs=1e-9), name


instants = st.integers(0, 40_000).map(lambda n: NOON + n * timedelta(seconds=61.000003)) | st.just(NOON)
events = st.tuples(st.sampled_from("ABCDE"), st.sampled_from(["Triage", "Bed", "Done"]), instants)


@given(st.lists(events, min_size=1, max_size=30).filter(lambda log: {e[1] for e in log} != {"Done"}), instants)
@settings(max_examples=25)
def test_any_stays_are_summed_up_as_a_plain_reckoning_does(log, as_of):
    finals = ["Done"] if any(name == "Done" for _, name, _ in log) else []
    with transaction.atomic(), tempfile.TemporaryDirectory() as place:
        bring(a_log(Path(place), [(case, name, at.isoformat()) for case, name, at in log]), final=finals)
        table = durations.table(Pathway.objects.get(), as_of)
        transaction.set_rollback(True)
    expected = reckon([stay for journey in reckoned(log, finals).values() for stay in journey], as_of)
    assert {stage["name"] for stage in table["stages"]} == set(expected)
    for stage in table["stages"]:
        figures = expected[stage["name"]]
        assert_figures(stage["waiting"], figures.pop("waiting"), NO_WAITS)
        assert_figures(stage, figures, NO_SPELLS)


def test_p90_is_interpolated_between_the_two_nearest_as_numpy_does(tmp_path):
    lengths = [15, 20, 35, 40, 50, 1000]  # numpy.percentile(lengths, 90) == 525.0
    rows = [
        row
        for case, hours in enumerate(lengths)
        for row in ((case, "Wait", NOON.isoformat()), (case, "End", (NOON + hours * HOUR).isoformat()))
    ]
    bring(a_log(tmp_path, rows), final=["End"])
    wait = durations.table(Pathway.objects.get(), NOON + 9999 * HOUR)["stages"][0]
    assert (wait["median"], wait["p90"], wait["max"]) == (37.5 * 3600, 525 * 3600, 1000 * 3600)
    assert median(lengths) == 37.5


def test_what_is_undefined_is_null(tmp_path):
    rows = [
        ("A", "Once", "2025-05-01"),
        ("A", "None", "2025-05-02"),
        ("B", "None", "2025-05-02"),
        ("A", "None", "2025-05-02"),
    ]
    bring(a_log(tmp_path, rows))
    as_of = datetime(2025, 5, 3, tzinfo=UTC)
    once, none = durations.table(Pathway.objects.get(), as_of)["stages"]
    day = dict.fromkeys(("mean", "q1", "median", "q3", "p85", "p90", "p95", "max"), 86400.0)
    assert once == NO_SPELLS | {"code": "once", "name": "Once", "n": 1, "waiting": NO_WAITS} | day
    assert (none["n"], none["mean"], none["sd"], none["cv"]) == (1, 0.0, None, None)
    assert (none["waiting"]["count"], none["waiting"]["oldest"]) == (2, 25 * 3600.0)  # local midnight is 23:00 UTC


def test_stays_of_no_length_have_a_spread_of_0_and_no_coefficient_of_variation(tmp_path):
    bring(a_log(tmp_path, [("A", "Triage", "2025-05-01")] * 4))
    (triage,) = durations.table(Pathway.objects.get(), NOON)["stages"]
    assert (triage["n"], triage["mean"], triage["sd"], triage["cv"]) == (3, 0.0, 0.0, None)


def test_a_stay_that_ended_just_then_is_a_spell_and_one_that_began_just_then_a_wait():
    by = a_member("booking")
    case = a_case(a_pathway(), at=MONDAY)
    lifecycle.move_case(case, the_move(case, "review"), by=by, at=MONDAY + DAY)
    pathway = Pathway.objects.get()

    triage, review, done = durations.table(pathway, MONDAY + DAY)["stages"]
    assert (triage["n"], triage["max"], triage["waiting"]) == (1, 86400.0, NO_WAITS)
    in_time = {"beyond": 0, "excess": 0.0}
    assert review["waiting"] == {"count": 1, "median": 0.0, "p90": 0.0, "oldest": 0.0, **in_time}
    assert done == {"code": "done", "name": "Done", "waiting": NO_WAITS, **NO_SPELLS}

    triage, review, _ = durations.table(pathway, MONDAY + DAY - timedelta(microseconds=1))["stages"]
    assert (triage["n"], triage["waiting"]["oldest"]) == (0, 86399.999999)
    assert (review["n"], review["waiting"]) == (0, NO_WAITS)


def test_what_is_beyond_its_limit_is_counted_with_its_excess_while_it_waits_and_when_it_has_ended():
    case, other = (a_case(a_pathway() if first else Pathway.objects.get(), at=MONDAY) for first in (True, False))
    lifecycle.move_case(case, the_move(case, "done"), by=a_member("booking"), at=MONDAY + 12 * DAY)  # of 10 days
    lifecycle.move_case(other, the_move(other, "done"), by=a_member("booking"), at=MONDAY + 10 * DAY)  # used up
    a_case(Pathway.objects.get(), at=MONDAY)

    triage, *_ = durations.table(Pathway.objects.get(), MONDAY + 13 * DAY)["stages"]
    assert (triage["n"], triage["beyond"], triage["share_beyond"], triage["excess"]) == (2, 1, 0.5, 2 * 86400.0)
    assert (triage["waiting"]["beyond"], triage["waiting"]["excess"]) == (1, 3 * 86400.0)
    triage, *_ = durations.table(Pathway.objects.get(), MONDAY + 11 * DAY)["stages"]
    assert (triage["beyond"], triage["waiting"]["beyond"], triage["waiting"]["excess"]) == (0, 2, 2 * 86400.0)


def test_the_stay_that_closes_a_case_is_neither_spell_nor_wait():
    case = a_case(a_pathway(), at=MONDAY)
    lifecycle.move_case(case, the_move(case, "done"), by=a_member("booking"), at=MONDAY + DAY)
    done = durations.table(Pathway.objects.get(), MONDAY + 2 * DAY)["stages"][2]
    assert done == {"code": "done", "name": "Done", "waiting": NO_WAITS, **NO_SPELLS}


def test_versions_are_taken_together_by_code_under_the_names_and_in_the_order_of_the_active_one():
    pathway = a_pathway()
    a_case(pathway, at=MONDAY)
    draft = publishing.revise(pathway, by=system_user())
    draft.stages.filter(code="triage").update(name="Sorting", position=9)
    draft.stages.filter(code="review").delete()
    publishing.publish(draft, by=system_user())
    a_case(fresh(pathway), at=MONDAY)
    another = a_pathway("another")
    a_case(another, at=MONDAY)

    stages = durations.table(pathway, MONDAY + DAY)["stages"]
    assert [(stage["code"], stage["name"], stage["waiting"]["count"]) for stage in stages] == [
        ("done", "Done", 0),
        ("triage", "Sorting", 2),
        ("review", "Review", 0),
    ]


def test_a_pathway_that_was_never_published_has_no_stages_to_show():
    pathway = Pathway.objects.create(code="new", name="New")
    assert durations.table(pathway, NOON) == {"pathway": "new", "as_of": "2025-05-01T12:00:00Z", "stages": []}


def test_the_instant_is_given_in_utc(tmp_path):
    pathway = a_pathway()
    assert (
        durations.table(pathway, datetime.fromisoformat("2025-05-01T13:00:00+01:00"))["as_of"]
        == "2025-05-01T12:00:00Z"
    )
