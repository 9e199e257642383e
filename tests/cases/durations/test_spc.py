"""XmR charts: the published series coloured as published, and each rule at its edge."""

import csv
from itertools import groupby
from pathlib import Path

import pytest

from cases.durations.spc import xmr

SERIES = Path(__file__).resolve().parents[4] / "shared" / "data" / "nhse_xmr_series.csv"
COLOURS = {"blue": "improvement", "orange": "concern", "purple": "neutral", "grey": "common"}


@pytest.mark.skipif(not SERIES.exists(), reason="shared/data is not beside the checkout")
def test_every_point_of_the_published_series_has_the_colour_that_was_published():
    with SERIES.open(encoding="utf-8") as file:
        series = {name: list(rows) for name, rows in groupby(csv.DictReader(file), lambda row: row["series"])}
    assert sum(map(len, series.values())) == 319
    for name, rows in series.items():
        improvement = {"neither": None}.get(rows[0]["improvement"], rows[0]["improvement"])
        chart = xmr([float(row["value"]) for row in rows], improvement=improvement)
        assert [point.colour for point in chart.points] == [COLOURS[row["expected_colour"]] for row in rows], name
