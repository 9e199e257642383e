"""Give many cases to one person: choose them on a list, choose the person, look at what it would do, do it."""

import re
from dataclasses import dataclass

from django import forms
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.views.decorators.cache import never_cache
from django.views.generic.base import View

from cases import access, bulk
from cases.models import Case
from cases.web.form_look import PageForm
from cases.web.forms import long_text
from cases.web.worklist import ListView
from pathways.models import Membership

CHOSEN = re.compile(r"([\w-]{1,20})~(\d{1,18}|nobody)", re.ASCII)
NOBODY = "@nobody"


class BulkForm(PageForm):
    """To whom the cases are given, and what goes with them."""

    person = forms.ChoiceField(
        label="Who gets them?", error_messages={"required": "Choose a person.", "invalid_choice": "Choose a person."}
    )
    note = long_text("Note", required=False, help_text="For example: Sam has left. It is kept with each case.")
    with_tasks = forms.BooleanField(
        label="Also what those who have them now owe about these cases",
        required=False,
        help_text="Their open tasks, and the results they are to read.",
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        here = Membership.objects.filter(team__in=list(access.teams_of(user)), user__is_active=True)
        members = here.select_related("user").order_by("user__last_name", "user__first_name", "user_id")
        self.people = {str(member.user_id): member.user for member in members}
        people = [(key, str(person)) for key, person in self.people.items()]
        self.fields["person"].choices = [("", "Choose a person"), *people, (NOBODY, "Nobody: back to their team")]

    def clean_person(self):
        return self.people.get(self.cleaned_data["person"])


@dataclass(frozen=True)
class Shown:
    """What became of a case, and the case if its reader may see it: by a reference alone one is taken for another."""

    reference: str
    sentence: str
    left: tuple[str, ...]
    case: Case | None


@method_decorator(never_cache, name="dispatch")
class GiveCases(ListView, View):
    """Three pages, each sent by POST: to whom, what it would do, what became of each case."""

    def get(self, request):
        return redirect("cases")

    @cached_property
    def given(self):
        return QueryDict(self.request.POST.get("list", "")[:2000])

    def post(self, request):
        chosen = self._chosen()
        if not chosen:
            return self._page([], refusals=["Tick the cases that you want to give to somebody, on the list."])
        if len(chosen) > bulk.MOST:
            return self._page([], refusals=[f"Choose at most {bulk.MOST} cases at once."])
        step = request.POST.get("step", "")
        form = BulkForm(request.POST if step else None, user=request.user)
        if not step or not form.is_valid():
            return self._page(chosen, form=form)
        asked = form.cleaned_data
        person = asked.pop("person")
        if step != "do":
            cases = self._cases(chosen)
            foreseen = bulk.foreseen(chosen, cases, person, by=request.user)
            return self._page(chosen, form=form, person=person, foreseen=foreseen, cases=cases)
        outcomes = bulk.hand_over(chosen, person, by=request.user, **asked)
        return self._page([], person=person, outcomes=outcomes, cases=self._cases(chosen))

    def _chosen(self) -> list[bulk.Chosen]:
        """The cases with who had each when it was chosen: as the page before sent it, or as the list shows now."""
        sent = [found for text in self.request.POST.getlist("chosen") if (found := CHOSEN.fullmatch(text))]
        if sent:
            rows = ((found[1], None if found[2] == "nobody" else int(found[2])) for found in sent)
        elif self.request.POST.get("all"):
            keys = self.listing.keys(bulk.MOST)
            found = {pk: row for pk, *row in Case.objects.filter(pk__in=keys).values_list("pk", "reference", "owner")}
            rows = (found[key] for key in keys)
        else:
            ticked = self.request.POST.getlist("case")[: bulk.MOST + 1]
            seen = Case.objects.visible_to(self.request.user).filter(
                reference__in=[r for r in ticked if "\0" not in r]
            )
            rows = seen.order_by("reference").values_list("reference", "owner")
        return list(dict.fromkeys(bulk.Chosen(reference, owner) for reference, owner in rows))

    def _cases(self, chosen) -> dict[str, Case]:
        seen = Case.objects.visible_to(self.request.user).select_related("team", "owner", "patient")
        return {case.reference: case for case in seen.filter(reference__in=[one.reference for one in chosen])}

    def _page(self, chosen, cases=None, **context):
        back = f"{reverse('cases')}?{self.query}"
        step = "do" if "foreseen" in context else "person"
        outcomes = context.get("outcomes") or context.get("foreseen") or []

        def shown(one):
            return Shown(one.reference, one.sentence, one.left, cases.get(one.reference))

        context |= {
            "chosen": [f"{one.reference}~{one.owner or 'nobody'}" for one in chosen],
            "skipped": [shown(one) for one in outcomes if not one.done],
            "done": [shown(one) for one in outcomes if one.done],
            "list": self.query,
        }
        return render(self.request, "cases/bulk.html", {"back": back, "step": step} | context)
