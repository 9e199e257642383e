"""Instead of cases, for who sees none: how many are in each stage."""

from django.db.models import Count, Q
from django.views.generic.base import TemplateView

from cases.models import Case
from cases.web.pages import SignedInView
from pathways.maps import version_map


class Counts(SignedInView, TemplateView):
    """How many cases are in each stage of each pathway, and how many of them are late."""

    template_name = "cases/counts.html"

    def get_context_data(self, **context):
        late = Count("pk", filter=Q(due_at__lt=self.now))
        counted = Case.objects.open().values("version", "stage").annotate(waiting=Count("pk"), late=late).order_by()
        return super().get_context_data(pathways=by_pathway(counted), **context)


def by_pathway(counted) -> list[dict]:
    """Put counts by version and stage together by pathway, stages in their order."""
    found = {}
    for row in counted:
        version = version_map(row["version"])
        stage = version.by_code[row["stage"]]
        place = found.setdefault(version.pathway, {}).setdefault(
            stage.code, {"name": stage.name, "position": stage.position, "waiting": 0, "late": 0}
        )
        place["waiting"] += row["waiting"]
        place["late"] += row["late"]
    return [
        {"pathway": pathway, "stages": sorted(stages.values(), key=lambda stage: (stage["position"], stage["name"]))}
        for pathway, stages in sorted(found.items(), key=lambda item: item[0].name)
    ]
