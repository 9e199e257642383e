"""The worklist: the cases one may see, the most late first."""

from dataclasses import dataclass

from django import forms
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import QueryDict
from django.utils.functional import cached_property
from django.views.generic.base import TemplateView

from cases import access
from cases.models import Case, Hold, StageEntry
from cases.web.ages import Age, age
from cases.web.form_look import PageForm
from cases.web.pages import SignedInView
from pathways.maps import version_map
from pathways.models import PathwayVersion, Team

PAGE_SIZE = 25
COUNTED = 1000  # nobody reads on to the thousandth case, and counting millions would cost seconds

MY_TEAMS, MINE = "@my-teams", "@me"  # no code of a team holds an @
WHOSE = [("", "All teams"), (MY_TEAMS, "My teams"), (MINE, "Only mine")]
STATUSES = [("", "Open and on hold"), ("open", "Open"), ("on_hold", "On hold"), ("closed", "Closed")]


class FilterForm(PageForm):
    """Which cases to list. Everything is optional, and what is not understood is not applied."""

    pathway = forms.ChoiceField(label="Pathway", required=False)
    stage = forms.ChoiceField(label="Stage", required=False)
    team = forms.ChoiceField(label="Team", required=False)
    status = forms.ChoiceField(label="Status", required=False, choices=STATUSES)
    late = forms.BooleanField(label="Late only", required=False)

    marks_optional = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["pathway"].choices = [("", "All pathways"), *((p.code, p.name) for p in self.maps)]
        self.fields["stage"].choices = [("", "All stages"), *((p.name, stages) for p, stages in self.maps.items())]
        self.fields["team"].choices = [*WHOSE, *Team.objects.values_list("code", "name")]

    @cached_property
    def maps(self) -> dict:
        """Each pathway with the stages of its newest published version: (value, name). The maps are cached."""
        versions = PathwayVersion.objects.exclude(status="draft").select_related("pathway")
        newest = versions.order_by("pathway__name", "pathway_id", "-number").distinct("pathway__name", "pathway_id")
        return {
            version.pathway: [(f"{version.pathway.code}/{s.code}", s.name) for s in version_map(version.pk).stages]
            for version in newest
        }

    def apply(self, cases, now, user):
        """Return ``cases`` narrowed to what ``user`` chose."""
        self.is_valid()
        chosen = self.cleaned_data
        if pathway := chosen.get("pathway"):
            cases = cases.filter(version__pathway__code=pathway)
        if stage := chosen.get("stage"):
            pathway, code = stage.split("/")
            cases = cases.filter(version__pathway__code=pathway).in_stage(code)
        team = chosen.get("team", "")
        whose = {"": Q(), MY_TEAMS: Q(team__in=user.memberships.values("team")), MINE: Q(owner=user)}
        cases = cases.filter(whose.get(team, Q(team__code=team)))
        if chosen.get("late"):
            cases = cases.late(now)
        if chosen.get("status") == "closed":
            return cases.filter(status="closed").order_by("-closed_at", "-pk")
        cases = cases.filter(status=chosen["status"]) if chosen.get("status") else cases.open()
        return cases.latest_first()

    @property
    def is_narrowed(self):
        return any(self.cleaned_data.values())


class Pages(Paginator):
    """The pages of a list of cases, which is counted up to a limit."""

    def __init__(self, cases):
        super().__init__(with_ages(cases), PAGE_SIZE)
        self.cases = cases

    @cached_property
    def counted(self) -> int:
        return self.cases.order_by()[: COUNTED + 1].count()

    @cached_property
    def count(self):
        return min(self.counted, COUNTED)

    @property
    def is_cut(self):
        return self.counted > COUNTED


@dataclass(frozen=True)
class Row:
    case: Case
    url: str
    pathway: str
    age: Age


class Worklist(SignedInView, TemplateView):
    template_name = "cases/worklist.html"

    def get_context_data(self, **context):
        narrow = FilterForm(self.request.GET)
        cases = narrow.apply(Case.objects.visible_to(self.request.user), self.now, self.request.user)
        pages = Pages(cases)
        page = pages.get_page(self.request.GET.get("page"))
        rows = [
            Row(case, case.get_absolute_url(), case.version_map.pathway.name, age(case, case.entered_at, self.now))
            for case in page.object_list
        ]
        return super().get_context_data(
            filter=narrow,
            pages=pages,
            rows=rows,
            page=page,
            query=without_page(self.request.GET),
            now=self.now,
            **context,
        )


def with_ages(cases):
    """Add ``entered_at`` of the open stay and ``held_until`` to each case, and read what a row shows, in one query."""
    here = OuterRef("pk")
    return cases.select_related("patient", "team", "owner").annotate(
        entered_at=Subquery(StageEntry.objects.filter(case=here, left_at=None).values("entered_at")[:1]),
        held_until=Subquery(Hold.objects.filter(case=here, ended_at=None).values("until")[:1]),
    )


def without_page(given: QueryDict) -> str:
    """The query string that keeps the filter and leaves the page out, ending in & when not empty."""
    kept = given.copy()
    kept.pop("page", None)
    return f"{kept.urlencode()}&" if kept else ""


class Counts(SignedInView, TemplateView):
    """Instead of cases, for who sees none: how many are in each stage."""

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


def cases(request):
    """The list of cases for who may see some, counts for who may see none."""
    user = request.user
    sees_none = user.is_authenticated and access.is_pathway_administrator(user) and not user.memberships.exists()
    return (Counts if sees_none else Worklist).as_view()(request)
