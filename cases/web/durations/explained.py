"""What the long stays of a stage have in common: sentences, with how much of the variation each explains.

Asked for apart from the page: 9,999 permutations take longer than a reader waits for the rest.
"""

from django.core.cache import cache
from django.views.generic.base import TemplateView

from cases.durations import reading
from cases.durations.explain import PERMUTATIONS, explanations
from cases.web.durations.choice import FACT
from cases.web.durations.compared import PHRASES, compared, fact_codes
from cases.web.durations.pages import PathwayFigures

KEPT_FOR = 15 * 60  # seconds: as long as somebody looks from page to page
METHOD = (
    f"Measured: η² of ranks (Kruskal-Wallis), p from {PERMUTATIONS:,} permutations with a fixed seed, corrected for "
    "the number of things tried (Holm). Cases that wait still count with the time that they have waited."
)
MOST_LIKELY = 0.05


class Explained(PathwayFigures, TemplateView):
    @property
    def template_name(self):
        return f"durations/{'explained' if self.request.htmx else 'explained_page'}.html"

    def get_context_data(self, **_):
        explained = self._explained()
        named = [one for one in explained if not one.left_out]
        found = [one for one in named if one.p is not None and one.p <= MOST_LIKELY]
        return super().get_context_data(
            stage=self.stage,
            stage_url=self.page_of(self.stage.code),
            explained=explained,
            found=[self._shown(one) for one in found],
            not_found=[one.name for one in named if one not in found],
            left_out=[f"{one.name} ({one.left_out})" for one in explained if one.left_out],
            method=METHOD,
        )

    def _stays(self):
        return reading.stays_in(self.choice.chosen, self.stage.code)

    def _explained(self):
        chosen = self.choice.chosen
        key = f"explained:{self.pathway.pk}:{self.stage.code}:{self.choice.query()}:{chosen.last}"
        if (kept := cache.get(key)) is None:
            length, stays = reading.length_of(chosen, self.stage), self._stays()
            values = [length(stay, chosen.as_of) for stay in stays]
            kept = explanations(values, compared(stays, self.stage), phrases=PHRASES)
            cache.set(key, kept, KEPT_FOR)
        return kept

    def _shown(self, one):
        """An explanation with its measure in words, and a link that narrows the page to what it names."""
        code, links = fact_codes(self.stage).get(one.name), []
        if code and one.group:
            query = self.choice.query(**{FACT + code: one.group})
            links.append((f"{self.page_of(self.stage.code).partition('?')[0]}?{query}", f"Show only {one.group}"))
        sampled = f", reckoned from {one.sampled:,} of them" if one.sampled else ""
        return {
            "name": one.name,
            "sentence": one.sentence or "some differ from the others, but not by having more of the longest waits.",
            "measure": f"It goes with {one.share:.0%} of the variation of {one.n:,} stays (p = {one.p:.2g}{sampled}).",
            "links": links,
        }
