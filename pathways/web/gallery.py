"""The pathways that come with Midwatch, for everybody to read, and for pathway administrators to begin with."""

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.generic.base import TemplateView

from pathways import gallery
from pathways.publishing import Refused

NOT_YOURS = "Drafts are made by pathway administrators. Ask yours to use this pathway."


def may_use(user) -> bool:
    return user.is_staff and user.has_perm("pathways.add_pathwayversion")


class Gallery(LoginRequiredMixin, TemplateView):
    template_name = "pathways/gallery.html"

    def get_context_data(self, **context):
        pathways, detours = gallery.pathways_and_detours()
        today = timezone.localdate()
        stale = [one for one in [*pathways, *detours] if one.is_stale(today)]
        return super().get_context_data(
            groups=[("Pathways", pathways), ("Short pathways that detours follow", detours)],
            stale=stale,
            may_use=may_use(self.request.user),
            **context,
        )


class UseShipped(Gallery):
    """Make a draft of a shipped pathway, and lead to it."""

    http_method_names = ["post"]

    def post(self, request, code):
        if not may_use(request.user):
            raise PermissionDenied(NOT_YOURS)
        try:
            *others, draft = gallery.use(code, by=request.user)
        except KeyError:
            raise Http404 from None
        except Refused as refused:
            return self.render_to_response(self.get_context_data(refusals=refused.reasons), status=409)
        messages.success(request, _said(draft, others))
        return redirect(reverse("admin:pathways_pathwayversion_change", args=[draft.pk]))


def _said(draft, others):
    said = f"Version {draft.number} of {draft.pathway} is a draft now."
    if others:
        names = " and ".join(str(other.pathway) for other in others)
        said += f" Its detours need {names}: there are drafts of them too. Publish those first."
    return said
