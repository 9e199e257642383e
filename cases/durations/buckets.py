"""Durations in logarithmic buckets: what a rollup keeps of many stays so that percentiles come out within 2%.

Bucket 0 holds what took less than a minute. The edges are numbers, written out for the database too, rather than a
logarithm: two machines' logarithms may differ in the last digit, and then a duration at an edge would be in one bucket
here and in another there.
"""

import math

import numpy as np

WITHIN = 0.02
GAMMA = (1 + WITHIN) / (1 - WITHIN)  # each bucket's end is this many times its beginning
SMALLEST = 60.0  # seconds
LONGEST = 150 * 366 * 86_400  # seconds: what lies between the first and the last year that a time may have


def _edges():
    edge = SMALLEST
    while edge < LONGEST:
        yield edge
        edge = math.floor(edge * GAMMA * 1e6) / 1e6  # whole microseconds, never more than 2% apart


EDGES = np.array(list(_edges()))  # EDGES[k] seconds is where bucket k + 1 begins; the last has no end
# The harmonic mean of both ends, as far from one as from the other in per cent; of the first, half a minute.
MIDDLES = np.array([SMALLEST / 2, *(2 / (1 / EDGES[:-1] + 1 / EDGES[1:])), EDGES[-1] * 2 / (1 + 1 / GAMMA)])

# The bucket of a column or expression called ``seconds``, in SQL.
BUCKET_SQL = f"width_bucket(seconds::float8, '{{{','.join(map(repr, EDGES.tolist()))}}}'::float8[])"


def bucket(seconds):
    """Return the bucket of each duration in seconds: an int for a number, an array for an array."""
    found = np.searchsorted(EDGES, seconds, side="right")
    return int(found) if np.ndim(found) == 0 else found


def middle(index):
    """Return the seconds from which no duration in bucket ``index`` is more than 2% away; for an array an array.

    In bucket 0 that cannot be: half a minute.
    """
    found = MIDDLES[index]
    return float(found) if np.ndim(found) == 0 else found
