"""The map of a pathway, to look at and to print: for everybody who is signed in. It shows no patient."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.views.generic.base import TemplateView

from cases.web.pages import SignedInView
from pathways import diagram
from pathways.drawn import Drawn
from pathways.models import Pathway


class PathwayMap(SignedInView, TemplateView):
    """The active version, or the one that ``?version=`` names by its number."""

    template_name = "cases/pathway_map.html"

    def get_context_data(self, **context):
        pathway = get_object_or_404(Pathway, code=self.kwargs["code"])
        versions = list(pathway.versions.order_by("-number"))
        version = self.chosen(versions)
        return super().get_context_data(
            pathway=pathway,
            version=version,
            versions=versions,
            map=diagram.draw(Drawn(version), in_full=True) if version else "",
            **context,
        )

    def chosen(self, versions):
        wanted = self.request.GET.get("version")
        if wanted is None:
            return next((version for version in versions if version.status == "active"), None)
        found = next((version for version in versions if str(version.number) == wanted), None)
        if found is None:
            raise Http404
        return found
