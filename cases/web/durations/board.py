"""The stage board: the stages of a pathway, the one in which most time is lost first."""

from dataclasses import dataclass

from django.shortcuts import redirect
from django.views.generic.base import TemplateView

from cases.charts.strip import FEWEST, Strip, strip
from cases.durations import trend
from cases.durations.board import StageFigures, board
from cases.showing import DAY
from cases.web.durations.choice import EXACT
from cases.web.durations.pages import FiguresView, PathwayFigures
from cases.web.numbers import Number
from pathways.models import Pathway

FIRST = 4  # stages where the board is but a part of a page
LEVELS = ((0.5, "low"), (1.0, "medium"))  # of the coefficient of variation, up to; 1 is that of pure chance


@dataclass(frozen=True)
class Row:
    """A line of the board: the figures of a stage with their words and addresses."""

    figures: StageFigures
    url: str
    strip: Strip
    level: str
    few: bool
    trend: trend.Trend
    waiting: Number
    waiting_late: Number
    ended: Number
    ended_late: Number
    excess_days: float
    explain_url: str


class Pathways(FiguresView, TemplateView):
    """The pathways that have figures; the only one is opened at once."""

    template_name = "durations/pathways.html"

    def get(self, request, *args, **kwargs):
        self.published = list(Pathway.objects.exclude(versions__published_at=None).distinct())
        if len(self.published) == 1:
            return redirect("durations_of", self.published[0].code)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **context):
        return super().get_context_data(pathways=self.published, **context)


class Board(PathwayFigures, TemplateView):
    """The whole board; the first stages of it alone where another page (a manager's first) asks for a part."""

    @property
    def template_name(self):
        return f"durations/board{'_part' if self.request.htmx else ''}.html"

    def get_context_data(self, **context):
        exact = self.request.GET.get("exact") == EXACT
        found = board(self.choice.chosen, exact=exact)
        shown = rows(self, found)
        return super().get_context_data(
            board=found,
            rows=shown[:FIRST] if self.request.htmx else shown,
            worst=shown[0] if shown and shown[0].excess_days else None,
            fewest=FEWEST,
            query=self.choice.query(),
            exact_query=self.choice.query(exact=EXACT),
            **context,
        )


def rows(page: PathwayFigures, found) -> list[Row]:
    """The lines of the board, each with where its numbers lead."""
    return [_row(page, figures) for figures in found.stages]


def _row(page, figures):
    spells, waits = figures.spells, figures.waits

    def link(seconds, is_waiting):
        return page.behind(figures.code, "waiting" if is_waiting else "ended", least=int(seconds * 0.98))

    return Row(
        figures=figures,
        url=page.page_of(figures.code),
        strip=strip(
            figures.name, spells, figures.longest_spells, figures.oldest_waits, limit=figures.limit_seconds, link=link
        ),
        level=level(spells.cv),
        few=spells.n < FEWEST,
        trend=trend.trend(figures.weeks),
        waiting=Number(waits.count, page.behind(figures.code, "waiting")),
        waiting_late=Number(waits.beyond, page.behind(figures.code, "waiting-late")),
        ended=Number(spells.n, page.behind(figures.code, "ended")),
        ended_late=Number(spells.beyond or 0, page.behind(figures.code, "ended-late")),
        excess_days=figures.excess_seconds / DAY,
        explain_url=page.address_of("durations_explained", figures.code),
    )


def level(cv: float | None) -> str:
    """Say how much the stays differ; nothing where that is undefined."""
    if cv is None:
        return ""
    return next((word for most, word in LEVELS if cv <= most), "high")
