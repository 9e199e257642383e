"""A page that asks before something is done that cannot be undone, and says what stands against it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse

from pathways.admin.drafts import ancestors, page_of
from pathways.publishing import NotPublishable, Refused


@dataclass(frozen=True)
class Decision:
    """What is asked, what is said about it, and what is done on yes: ``act`` returns the row to show afterwards.

    ``form`` holds what else must be answered; ``about`` is for the ``template``, which may show more.
    """

    question: str
    says: str
    button: str
    act: Callable
    done: Callable[[object], str]
    is_possible: bool = True
    form: forms.Form | None = None
    about: dict = field(default_factory=dict)
    template: str = "admin/pathways/decide.html"


def decide(admin, request, row, decision: Callable[[], Decision]):
    """Show the ``decision`` about ``row``, or take it when its button was pressed."""
    if row is None:
        raise Http404
    # Not of the row: a published version cannot be changed, but it can be retired.
    if not request.user.has_perm(f"pathways.change_{row._meta.model_name}"):
        raise PermissionDenied
    asked = decision()
    is_taken = request.method == "POST" and "_look" not in request.POST
    if is_taken and (asked.form is None or asked.form.is_valid()):
        try:
            shown = asked.act()
        except NotPublishable:
            asked = decision()  # the page says what is wrong now
        except Refused as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(page_of(row))
        else:
            messages.success(request, asked.done(shown))
            admin.log_change(request, shown, asked.button)
            return HttpResponseRedirect(page_of(shown))
    context = {
        **admin.admin_site.each_context(request),
        "title": asked.question,
        "decision": asked,
        "opts": admin.opts,
        "ancestors": [(str(one), page_of(one)) for one in [*ancestors(row), row]],
        "back": page_of(row),
        **asked.about,
    }
    return TemplateResponse(request, asked.template, context)
