"""The list of cases: with the choices of the worklist in the address, page by page.

It is not searched by name or NHS number: what stands in an address is written into logs.
"""

from django.http import QueryDict
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from cases.api.answers import named, patient, person
from cases.keyset import Place
from cases.web.list_filter import FilterForm
from cases.web.listing import Listing

PAGE = ("after", "before")
PAGE_NOT_READ = "“{name}” is not a place in a list. Send what an answer gave as “next” or “previous”."
NOT_READ = "“{name}” means nothing here, or has no such value. Leave it out, or send one of the worklist's choices."


@method_decorator(never_cache, name="dispatch")  # a patient's data stay in no cache on the way
class CasesView(APIView):
    """The cases one may see that are like the choices in the address, in their order, 25 at once."""

    def get(self, request):
        given = QueryDict(request.META.get("QUERY_STRING", ""))
        choice, now = FilterForm(given, user=request.user), timezone.now()
        if wrong := self.not_read(choice, given):
            raise ValidationError(wrong)
        page = Listing(choice, request.user, now).page(given)
        return Response(
            {
                "cases": [row(case, now) for case in page.cases],
                "count": page.count,
                "more_than_counted": page.is_cut,
                "previous": page.previous and str(page.previous),
                "next": page.next and str(page.next),
            }
        )

    @staticmethod
    def not_read(choice, given) -> list[str]:
        """Return a sentence for each part of the address that means nothing: a program must not take another list."""
        choice.is_valid()
        unknown = [name for name in given if name in choice.errors or name not in {*choice.fields, *PAGE}]
        pages = [name for name in PAGE if given.get(name) and Place.read(given[name]) is None]
        return [
            *(NOT_READ.format(name=name) for name in unknown),
            *(PAGE_NOT_READ.format(name=name) for name in pages),
        ]


def row(case, now) -> dict:
    """A case as a list shows it; all of it stands at its own address."""
    return {
        "reference": case.reference,
        "patient": patient(case.patient) if case.patient else None,
        "pathway": named(case.version_map.pathway),
        "status": case.status,
        "stage": named(case.stage_now),
        "team": named(case.team),
        "owner": person(case.owner) if case.owner else None,
        "opened_at": case.opened_at,
        "since": case.entered_at,
        "due_at": case.due_at,
        "late": case.due_at is not None and case.due_at < now,
        "held_until": case.held_until,
        "reasons": case.reasons,
    }
