"""Read the rollups: what the stays that left a stage in some days come to, without reading the stays."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from django.db import connection

from cases.durations import rollups
from cases.durations.buckets import MIDDLES
from cases.durations.days import DAY, MONTH, ONE_DAY, WEEK, Tile, begin_of, monday_of
from cases.durations.summary import Sums, quantiles_of
from cases.durations.survival import Watched

# What is queued counts too, in the same statement: between two the drain may take it from here to there.
READ = f"""
WITH {rollups.by_day("SELECT * FROM cases_spellchange WHERE stage_id = ANY (%(stages)s) AND left_at >= %(since)s")}
SELECT stage_id, grain, "on", n, seconds, squares, late, excess,
    array_to_string(buckets, ','), array_to_string(counts, ',')
FROM cases_durationcell
WHERE stage_id = ANY (%(stages)s)
    AND (grain, "on") IN (SELECT * FROM unnest(%(grains)s::smallint[], %(days)s::date[]))
UNION ALL
SELECT stage_id, NULL, day, n, seconds, squares, late, excess, bucket::text, n::text FROM by_day
"""  # noqa: S608
BUCKETS = MIDDLES.size


class Cells:
    """The cells of one stage: what the stays of each tile come to, and how many of them are in each bucket."""

    def __init__(self):
        self._sums: dict[Tile, list[tuple]] = defaultdict(list)
        self._texts: list[tuple[Tile, str, str]] = []  # the tile, its buckets such as 3,4,7, how many are in each

    def add(self, tile: Tile, sums, indices: str, counts: str) -> None:
        self._sums[tile].append(sums)
        self._texts.append((tile, indices, counts))

    def sums(self, tiles: Iterable[Tile]) -> Sums:
        """What those that left in ``tiles`` come to together."""
        found = [sums for tile in tiles for sums in self._sums.get(tile, ())]
        return Sums(*map(sum, zip(*found, strict=True))) if found else Sums()

    def each(self, tiles: list[Tile]) -> np.ndarray:
        """How many of those that left in each of ``tiles`` are in each bucket: a row for each tile."""
        rows = {tile: row for row, tile in enumerate(tiles)}
        asked = [(rows[tile], indices, counts) for tile, indices, counts in self._texts if tile in rows]
        if not asked:
            return np.zeros((len(tiles), BUCKETS))
        of, indices, counts = zip(*asked, strict=True)
        of = np.repeat(of, [text.count(",") + 1 for text in indices])
        indices, counts = (np.fromstring(",".join(texts), dtype=int, sep=",") for texts in (indices, counts))
        return np.bincount(of * BUCKETS + indices, counts, len(tiles) * BUCKETS).reshape(-1, BUCKETS)

    def counts(self, tiles: list[Tile]) -> np.ndarray:
        """How many of those that left in ``tiles`` are in each bucket."""
        return self.each(tiles).sum(axis=0)

    def medians(self, tiles: list[Tile]) -> list[float | None]:
        """The median of those that left in each of ``tiles``, within 2%; None where nobody left."""
        counts = self.each(tiles)
        pairs = zip(quantiles_of(counts, [0.5])[:, 0], counts.any(axis=1), strict=True)
        return [float(median) if anybody else None for median, anybody in pairs]

    def watched(self, tiles: list[Tile]) -> Watched:
        """How those that left in ``tiles``, one after another, were watched from the beginning of the first on.

        Ages are within 2%, and those of a week are spread evenly over its days.
        """
        counts, days = self.each(tiles), np.array([tile.days for tile in tiles])
        tile, bucket = np.nonzero(counts)
        several = days[tile]  # one for each bucket of each day
        day = np.arange(several.sum()) - np.repeat(np.cumsum(several) - several, several)
        day += np.repeat((np.cumsum(days) - days)[tile], several)
        left, weights = MIDDLES[np.repeat(bucket, several)], np.repeat(counts[tile, bucket] / several, several)
        # How old they were when the first day began; who entered since is watched from the age of 0.
        return Watched.of(
            np.maximum(left - (day + 0.5) * ONE_DAY.total_seconds(), 0), left, np.ones(left.size), weights
        )


def read(stages: dict[str, list[int]], tiles: Iterable[Tile]) -> dict[str, Cells]:
    """Read the cells of ``tiles`` of the stages (by code, the keys of all that have it)."""
    codes = {key: code for code, keys in stages.items() for key in keys}
    wanted = set(tiles)
    values = {
        "stages": list(codes),
        "grains": [tile.grain for tile in wanted],
        "days": [tile.on for tile in wanted],
        "since": begin_of(min(tile.on for tile in wanted)),
    }
    with connection.cursor() as cursor:
        cursor.execute(READ, values)
        rows = cursor.fetchall()
    cells = {code: Cells() for code in stages}
    for stage, grain, on, *sums, indices, counts in rows:
        for tile in _queued(on) if grain is None else [Tile(grain, on)]:
            if tile in wanted:
                cells[codes[stage]].add(tile, sums, indices, counts)
    return cells


def _queued(day):
    """What is queued of a day belongs to its day, its week and its month."""
    return Tile(DAY, day), Tile(WEEK, monday_of(day)), Tile(MONTH, day.replace(day=1))
