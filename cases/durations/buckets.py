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

# EDGES[k] seconds is where bucket k + 1 begins. The last one has no end.
EDGES = np.array(
    [round(SMALLEST * GAMMA**k, 6) for k in range(math.ceil(math.log(LONGEST / SMALLEST) / math.log(GAMMA)))]
)

# The bucket of a column or expression called ``seconds``, in SQL.
BUCKET_SQL = f"width_bucket(seconds::float8, '{{{','.join(map(repr, EDGES.tolist()))}}}'::float8[])"


def bucket(seconds):
    """Return the bucket of each duration in seconds: an int for a number, an array for an array."""
    found = np.searchsorted(EDGES, seconds, side="right")
    return int(found) if np.ndim(found) == 0 else found


def middle(index):
    """Return the duration, in seconds, from which none in bucket ``index`` is more than 2% away.

    For an array an array. Of bucket 0, where that cannot be, it is half a minute.
    """
    index = np.asarray(index)
    begins = EDGES[np.maximum(index, 1) - 1]
    found = np.where(index == 0, SMALLEST / 2, begins * 2 * GAMMA / (1 + GAMMA))
    return float(found) if found.ndim == 0 else found
