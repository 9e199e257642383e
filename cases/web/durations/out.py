"""Take the figures out: every table as CSV, every chart as SVG. They hold no patient."""

import csv
from io import StringIO

from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.views.generic.base import View

from cases.durations import stage_figures
from cases.durations.board import board
from cases.list_export import BYTE_ORDER_MARK, harmless
from cases.showing import DAY
from cases.web.durations import drawn
from cases.web.durations.choice import EXACT
from cases.web.durations.pages import PathwayFigures

BOARD_HEADS = [
    "Stage",
    "Limit",
    "Days beyond the limit",
    "Left",
    "Left late",
    "Mean (days)",
    "Standard deviation (days)",
    "Variation",
    "Lower quartile (days)",
    "Median (days)",
    "Upper quartile (days)",
    "85th percentile (days)",
    "90th percentile (days)",
    "95th percentile (days)",
    "Longest (days)",
    "Waiting",
    "Waiting late",
    "Waiting: median (days)",
    "Waiting: 90th percentile (days)",
    "Waiting: oldest (days)",
    "For who enters now: median (days)",
    "Filling up",
    "Percentiles",
]


class BoardCsv(PathwayFigures, View):
    def get(self, request, **kwargs):
        found = board(self.choice.chosen, exact=request.GET.get("exact") == EXACT)
        said = "right to within 2 %" if found.approximate else "exact"
        return as_csv(f"{self.pathway.code}-stages", BOARD_HEADS, [board_row(one, said) for one in found.stages])


def board_row(figures, percentiles) -> list:
    spells, waits = figures.spells, figures.waits
    lengths = (spells.q1, spells.median, spells.q3, spells.p85, spells.p90, spells.p95, spells.max)
    return [
        figures.name,
        figures.limit,
        in_days(figures.excess_seconds),
        spells.n,
        spells.beyond,
        in_days(spells.mean),
        in_days(spells.sd),
        "" if spells.cv is None else f"{spells.cv:.3f}",
        *map(in_days, lengths),
        waits.count,
        waits.beyond,
        in_days(waits.median),
        in_days(waits.p90),
        in_days(waits.oldest),
        in_days(figures.entering_now.value),
        "yes" if figures.filling_up else "no",
        percentiles,
    ]


class ChartOut(PathwayFigures, View):
    """One chart of the page of a stage, as the choices say."""

    def chart(self):
        found = stage_figures.of_stage(self.choice.chosen, self.stage)
        for chart in drawn.charts(self, found):
            if chart.name == self.kwargs["chart"]:
                return chart
        raise Http404

    @property
    def file_name(self):
        return f"{self.pathway.code}-{self.stage.code}-{self.kwargs['chart']}"


class ChartSvg(ChartOut):
    def get(self, request, **kwargs):
        chart = self.chart()
        svg = render_to_string(chart.template, {"chart": chart.drawing})
        return _download(HttpResponse(svg, content_type="image/svg+xml"), f"{self.file_name}.svg")


class ChartCsv(ChartOut):
    def get(self, request, **kwargs):
        chart = self.chart()
        return as_csv(self.file_name, chart.heads, chart.rows)


def as_csv(name, heads, rows) -> HttpResponse:
    """Return a table as a file for a spreadsheet, in which no cell is a formula."""
    file = StringIO()
    writer = csv.writer(file)
    writer.writerow(heads)
    writer.writerows([harmless(str("" if cell is None else cell)) for cell in row] for row in rows)
    answer = HttpResponse(BYTE_ORDER_MARK + file.getvalue(), content_type="text/csv; charset=utf-8")
    return _download(answer, f"{name}.csv")


def in_days(value: float | None) -> str:
    """Seconds as days, as every spreadsheet reads them; empty for what is undefined."""
    return "" if value is None else f"{value / DAY:.4f}"


def _download(answer, name):
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer
