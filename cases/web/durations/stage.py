"""The page of one stage: how long it takes, who waits there, what changed when, and what the long waits share."""

from django.urls import reverse
from django.views.generic.base import TemplateView

from cases import limits_decisions
from cases.charts.strip import FEWEST
from cases.durations import reading, stage_figures
from cases.showing import DAY
from cases.web.durations import drawn
from cases.web.durations.board import level
from cases.web.durations.lines import lines
from cases.web.durations.pages import PathwayFigures
from cases.web.numbers import Number


class StagePage(PathwayFigures, TemplateView):
    template_name = "durations/stage.html"

    def get_context_data(self, **_):
        chosen, stage = self.choice.chosen, self.stage
        found = stage_figures.of_stage(chosen, stage)
        names = [self.pathway.code, stage.code]
        return super().get_context_data(
            stage=stage,
            found=found,
            query=self.choice.query(),
            action=reverse("durations_stage", args=names),
            few=found.spells.n < FEWEST,
            level=level(found.spells.cv),
            excess_days=found.excess / DAY,
            ended=self._number(found.spells.n, "ended"),
            ended_late=self._number(found.spells.beyond, "ended-late"),
            waiting=self._number(found.waits.count, "waiting"),
            waiting_late=self._number(found.waits.beyond, "waiting-late"),
            explain_url=f"{reverse('durations_explained', args=names)}?{self.choice.query()}",
            outliers=lines(found.longest, chosen.as_of, self.request.user, length=reading.length_of(chosen, stage)),
            behind_all=self.behind(stage.code, "all"),
            charts=drawn.charts(self, found),
            may_decide=limits_decisions.may_decide(self.request.user),
        )

    def _number(self, value, which):
        return Number(value or 0, self.behind(self.stage.code, which))
