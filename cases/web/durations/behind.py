"""The cases behind a number or a dot: the stays that it counts, the longest first."""

from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic.base import TemplateView

from cases.durations import reading
from cases.durations.stays import excess, is_wait
from cases.showing import duration
from cases.web.durations.lines import lines
from cases.web.durations.pages import PathwayFigures

PAGE = 50
HEADINGS = {
    "waiting": "Waiting",
    "waiting-late": "Waiting past their limit",
    "ended": "Left in this period",
    "ended-late": "Left late in this period",
    "all": "The longest stays",
}


class Behind(PathwayFigures, TemplateView):
    """Which stays of a stage: ``which`` of HEADINGS, of ``least`` to ``most`` seconds."""

    template_name = "durations/behind.html"

    @cached_property
    def asked(self):
        which = self.request.GET.get("which", "all")
        if which not in HEADINGS:
            raise Http404
        return which, _number(self.request.GET.get("least")), _number(self.request.GET.get("most"))

    @property
    def page(self):
        return _number(self.request.GET.get("page")) or 1

    def setup(self, request, *args, **kwargs):
        super().setup(request, *args, **kwargs)
        self.kwargs["stage"] = request.GET.get("stage", "")

    def get_context_data(self, **_):
        which, least, most = self.asked
        chosen = self.choice.chosen
        length = reading.length_of(chosen, self.stage)
        measured = ((length(stay, chosen.as_of), stay) for stay in reading.stays_in(chosen, self.stage.code))
        found = [
            (seconds, stay)
            for seconds, stay in measured
            if _is_asked_for(stay, seconds, chosen.as_of, which, least, most)
        ]
        found.sort(key=lambda pair: -pair[0])
        begin = (self.page - 1) * PAGE
        page = [stay for _, stay in found[begin : begin + PAGE]]
        shown = lines(page, chosen.as_of, self.request.user, length=length)
        return super().get_context_data(
            stage=self.stage,
            stage_url=self.page_of(self.stage.code),
            heading=_heading(which, least, most),
            total=len(found),
            hidden=sum(line.case is None for line in shown),
            lines=shown,
            newer_url=self._url(self.page - 1) if self.page > 1 else "",
            older_url=self._url(self.page + 1) if len(found) > begin + PAGE else "",
        )

    def _url(self, page):
        query = self.request.GET.copy()
        query["page"] = page
        return f"{reverse('durations_behind', args=[self.pathway.code])}?{query.urlencode()}"


def _is_asked_for(stay, seconds, as_of, which, least, most):
    is_waiting = is_wait(stay, as_of)
    if (which.startswith("waiting") and not is_waiting) or (which.startswith("ended") and is_waiting):
        return False
    if which.endswith("late") and not excess(stay, as_of):
        return False
    return (least is None or seconds >= least) and (most is None or seconds < most)


def _heading(which, least, most):
    words = HEADINGS[which]
    if least is not None and most is not None:
        return f"{words}: {duration(least)} to {duration(most)}"
    return f"{words}: {duration(least)} or more" if least else words


def _number(text):
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None
