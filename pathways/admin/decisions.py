"""A page that asks before something is done that cannot be undone, and says what stands against it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse

from pathways.admin.drafts import ancestors, page_of
from pathways.publishing import NotPublishable, Problem, Refused


@dataclass(frozen=True)
class Decision:
    """What is asked, what is said about it, and what is done on yes: ``act`` returns the row to show afterwards."""

    question: str
    says: str
    button: str
    act: Callable
    done: Callable[[object], str]
    problems: list[Problem] = field(default_factory=list)

    @property
    def errors(self):
        return [(problem.sentence, page_of(problem.place)) for problem in self.problems if problem.is_error]

    @property
    def warnings(self):
        return [(problem.sentence, page_of(problem.place)) for problem in self.problems if not problem.is_error]


def decide(admin, request, row, decision: Decision):
    """Show ``decision`` about ``row``, or take it when the button was pressed."""
    if row is None:
        raise Http404
    # Not of the row: a published version cannot be changed, but it can be retired.
    if not request.user.has_perm(f"pathways.change_{row._meta.model_name}"):
        raise PermissionDenied
    if request.method == "POST":
        try:
            shown = decision.act()
        except NotPublishable:
            pass  # the page says what is wrong now
        except Refused as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(page_of(row))
        else:
            messages.success(request, decision.done(shown))
            admin.log_change(request, shown, decision.button)
            return HttpResponseRedirect(page_of(shown))
    context = {
        **admin.admin_site.each_context(request),
        "title": decision.question,
        "decision": decision,
        "opts": admin.opts,
        "ancestors": [(str(one), page_of(one)) for one in [*ancestors(row), row]],
        "back": page_of(row),
    }
    return TemplateResponse(request, "admin/pathways/decide.html", context)
