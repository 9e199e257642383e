"""Buckets of durations: near enough to what is in them, and the same here and in the database."""

import numpy as np
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from cases.durations.buckets import BUCKET_SQL, EDGES, LONGEST, bucket, middle


def test_what_takes_less_than_a_minute_is_in_bucket_0_and_each_edge_begins_the_next():
    assert [bucket(seconds) for seconds in (0, 59.999999, 60, 62.448978, 62.448979)] == [0, 0, 1, 1, 2]
    assert bucket(EDGES).tolist() == list(range(1, EDGES.size + 1))
    assert bucket(np.nextafter(EDGES, 0)).tolist() == list(range(EDGES.size))


@given(st.floats(60, LONGEST))
def test_the_middle_of_a_bucket_is_within_2_percent_of_all_that_is_in_it(seconds):
    assert abs(middle(bucket(seconds)) - seconds) <= 0.02 * seconds * (1 + 1e-12)


def test_the_middle_is_within_2_percent_also_at_both_ends_of_each_bucket():
    within = 0.02 * (1 + 1e-12)
    middles = middle(np.arange(1, EDGES.size))
    assert (np.abs(middles / EDGES[:-1] - 1) <= within).all()
    assert (np.abs(middles / np.nextafter(EDGES[1:], 0) - 1) <= within).all()


def test_there_are_buckets_for_all_the_time_that_a_log_may_span():
    assert middle(bucket(LONGEST)) == pytest.approx(LONGEST, rel=0.02)
    assert bucket(1e30) == EDGES.size


@pytest.mark.django_db
def test_the_database_finds_the_same_bucket_for_every_duration():
    random = np.random.default_rng(1)
    durations = np.exp(random.uniform(0, np.log(LONGEST), 20_000))
    durations = np.concatenate(
        [durations, durations.round(6), durations.round(), EDGES, np.nextafter(EDGES, 0), [0, 1e-6, 1e30]]
    )
    with connection.cursor() as cursor:
        # As it is written in a statement with parameters, and in one without.
        for statement, values in (
            (f"SELECT {BUCKET_SQL} FROM unnest(%s::float8[]) WITH ORDINALITY AS d (seconds, n) ORDER BY n", durations),
            (f"SELECT {BUCKET_SQL} FROM (VALUES (61.5)) AS d (seconds)", None),
        ):
            cursor.execute(statement, None if values is None else [values.tolist()])
            found = [index for (index,) in cursor]
            assert found == (bucket(durations).tolist() if values is not None else [1])
