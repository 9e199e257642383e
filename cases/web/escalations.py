"""Escalations: those that nobody has answered, what was promised, and promises that were not kept; and answering
several at once.
"""

from dataclasses import dataclass

from django import forms
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, Subquery, Value
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.views.decorators.cache import never_cache
from django.views.generic.base import TemplateView, View

from cases import access, showing
from cases.due_in_words import Schedules
from cases.keyset import Order, Place
from cases.models import Case, Escalation, Timer
from cases.overdue import count
from cases.watch import answers, lines
from cases.watch import escalations as operations
from cases.watch.answers import State
from cases.web.form_look import PageForm
from cases.web.forms import AnswerForm
from cases.web.list_filter import MANAGED
from cases.web.pages import SignedInView, led_to_cases
from pathways.maps import version_map

SHOWN, AT_ONCE = 25, 200
ORDER = Order("due_now", may_be_null=True)  # what is on hold comes last
AGES = [("", "Any"), *((str(days), f"Due more than {count(days, 'day')} ago") for days in answers.AGES)]
PAGES = {Timer.Kind.TASK: "task", Timer.Kind.RESULT: "read_result"}  # of the thing itself


class EscalationFilter(PageForm):
    """Which escalations to list: choices are those of which there are any, and what was chosen."""

    pathway = forms.ChoiceField(label="Pathway", required=False)
    stage = forms.ChoiceField(label="Stage", required=False)
    team = forms.ChoiceField(label="Team", required=False)
    age = forms.ChoiceField(label="How late", required=False, choices=AGES)

    marks_optional = False

    def __init__(self, data, counts, managed):
        super().__init__(data)
        self.managed = managed
        there = {name: {} for name in ("pathway", "stage", "team")}
        for row in counts:
            found = version_map(row["version"])
            there["pathway"][found.pathway.code] = found.pathway.name
            there["stage"][_stage(row)] = f"{found.by_code[row['stage']].name}, {found.pathway.name}"
            there["team"][row["team"]] = row["team_name"]
        for name, every in (("pathway", "All pathways"), ("stage", "All stages"), ("team", "All teams")):
            chosen = data.get(name, "")
            if chosen and chosen != MANAGED and chosen not in there[name]:  # there were some, and are none any more
                there[name][chosen] = chosen
            choices = sorted(there[name].items(), key=lambda pair: pair[1].lower())
            self.fields[name].choices = [("", every), *choices]
        if managed:
            self.fields["team"].choices.insert(1, (MANAGED, "Teams I manage"))

    @cached_property
    def chosen(self) -> dict[str, str]:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value and "\0" not in value}

    def matches(self, row) -> bool:
        """Tell whether a row of counts is among what was chosen."""
        pathway = version_map(row["version"]).pathway.code
        are = {"pathway": {pathway}, "stage": {_stage(row)}, "team": {row["team"]}}
        if row["team_id"] in self.managed:
            are["team"].add(MANAGED)
        chosen = dict(self.chosen)
        days = int(chosen.pop("age", 0))
        return row["age"] >= days and all(value in are[name] for name, value in chosen.items())

    def apply(self, rows, now):
        chosen = self.chosen
        if "pathway" in chosen:
            rows = rows.filter(case__version__pathway__code=chosen["pathway"])
        if "stage" in chosen:
            pathway, _, code = chosen["stage"].partition("/")
            rows = rows.filter(case__version__pathway__code=pathway, case__stage=code)
        if chosen.get("team") == MANAGED:
            rows = rows.filter(case__team__in=self.managed)
        elif "team" in chosen:
            rows = rows.filter(case__team__code=chosen["team"])
        if "age" in chosen:
            rows = rows.filter(answers.late_by(int(chosen["age"]), now))
        return rows


def _stage(row) -> str:
    return f"{version_map(row['version']).pathway.code}/{row['stage']}"


@dataclass(frozen=True)
class Row:
    """One thing that is late, or will be: ``answer_pk`` is the escalation that an answer answers, if one is wanted."""

    escalation: Escalation
    due: showing.Due
    told: answers.ToldOf
    answer_pk: int | None
    url: str

    @property
    def case(self):
        return self.escalation.case

    @property
    def promise(self):
        return self.escalation.promise


class EscalationsView(SignedInView):
    """What has to do with the list: its choices stand in ``given``, as in an address."""

    @property
    def given(self) -> QueryDict:
        return self.request.GET

    @property
    def state(self) -> State:
        asked = self.given.get("state")
        return State(asked) if asked in State else State.OPEN

    @cached_property
    def mine(self):
        return answers.for_user(self.request.user)

    @cached_property
    def counts(self) -> list[dict]:
        return list(answers.counted(self.mine, self.now))

    @cached_property
    def choice(self) -> EscalationFilter:
        return EscalationFilter(self.given, self.counts, access.managed_by(self.request.user))

    @property
    def listed(self):
        chosen = self.choice.apply(answers.in_state(self.mine, self.state, self.now), self.now)
        return chosen.annotate(due_now=answers.DUE_NOW)

    @property
    def query(self) -> str:
        """The choices as an address holds them."""
        kept = QueryDict(mutable=True)
        kept.update({"state": self.state.value, **self.choice.chosen})
        return kept.urlencode()

    def read(self, keys):
        """Read these escalations with all that a row shows; ``broken``: that its promise was not kept, unanswered;
        ``is_theirs``: it is the reader's to answer, who as an inspector reads those of others too.
        """
        broken = answers.told_broken().filter(acknowledged_at=None, resolved_at=None)
        is_theirs = Value(True)
        if access.is_inspector(self.request.user):
            concerns = Exists(answers.concerning(self.request.user).filter(pk=OuterRef("pk")))
            is_theirs = ExpressionWrapper(
                Q(case__team__in=list(access.teams_of(self.request.user))) | concerns, BooleanField()
            )
        found = Escalation.objects.filter(pk__in=keys).annotate(
            broken=Subquery(broken.values("pk")[:1]), due_now=answers.DUE_NOW, is_theirs=is_theirs
        )
        return found.select_related("case__team", "case__owner", "case__patient", "promise__owner")

    def answer_pk(self, one) -> int | None:
        """The key of what an answer answers: where a promise was not kept, that."""
        if not one.is_theirs:
            return None
        return {State.OPEN: one.pk, State.BROKEN: one.broken, State.PROMISED: None}[self.state]


@method_decorator(never_cache, name="dispatch")
class Escalations(EscalationsView, TemplateView):
    template_name = "cases/escalation_list.html"

    def get(self, request, **kwargs):
        if not answers.has_any(request.user):
            return led_to_cases(request, "Escalations")
        return super().get(request, **kwargs)

    def get_context_data(self, **context):
        after = Place.read(self.given.get("after"))
        keys = ORDER.after(self.listed, after, SHOWN + 1) if after else ORDER.first(self.listed, SHOWN + 1)
        found = ORDER.sorted(self.read(keys))
        told = answers.told(found[:SHOWN]) if found else {}
        rows = [self._row(one, told[one.pk]) for one in found[:SHOWN]]
        states = self._states()
        return super().get_context_data(
            states=states,
            state=self.state,
            count=next(number for state, number, _ in states if state == self.state),
            choice=self.choice,
            rows=rows,
            next=ORDER.place_of(found[SHOWN - 1]) if len(found) > SHOWN else None,
            is_later=bool(after),
            query=self.query,
            may_answer=any(row.answer_pk for row in rows),
            leads_on=any(row.answer_pk or row.promise for row in rows),
            at_once=0 if access.is_inspector(self.request.user) else AT_ONCE,
            now=self.now,
            **context,
        )

    @cached_property
    def schedules(self):
        return Schedules()

    def _states(self):
        """Each list with how many are in it by the same choices, and its address."""
        for_each = dict.fromkeys(State, 0)
        for row in filter(self.choice.matches, self.counts):
            for_each[State(row["state"])] += row["count"]
        query = QueryDict(self.query, mutable=True)
        found = []
        for state, number in for_each.items():
            query["state"] = state.value
            found.append((state, number, f"{self.request.path}?{query.urlencode()}"))
        return found

    def _row(self, one, told):
        page = PAGES.get(one.kind)
        url = reverse(page, args=[one.case.reference, one.thing_id]) if page else one.case.get_absolute_url()
        due = lines.due(one, self.now, self.schedules)
        return Row(one, due, told, self.answer_pk(one), url)


@dataclass(frozen=True)
class Outcome:
    """What became of one of several, as cases/bulk_outcomes.html shows it."""

    case: Case
    done: bool
    sentence: str

    @property
    def reference(self) -> str:
        return self.case.reference


class AnswerMany(EscalationsView, View):
    """Two pages, each sent by POST: what is promised for all of them, and what became of each."""

    def get(self, request):
        return redirect("escalations")

    @cached_property
    def given(self):
        return QueryDict(self.request.POST.get("list", "")[:2000])

    def post(self, request):
        chosen = self._chosen()
        if not chosen:
            return self._page([], refusals=["Tick the escalations that you want to answer, on the list."])
        if len(chosen) > AT_ONCE:
            return self._page([], refusals=[f"Answer at most {AT_ONCE} escalations at once. Narrow the list first."])
        form = AnswerForm(request.POST if request.POST.get("step") == "do" else None)
        if not form.is_valid():
            return self._page(chosen, form=form)
        answered = operations.acknowledge_many(chosen, by=request.user, at=self.now, **form.cleaned_data)
        said = f"Answered: to be done by {showing.moment(form.cleaned_data['by_when'])}."
        cases = {one.case_id: one.case for one in chosen}
        outcomes = [
            Outcome(
                case=cases[one.escalation.case_id],
                done=not one.refusal,
                sentence=f"{one.escalation.stage_name}: {one.refusal or said}",
            )
            for one in answered
        ]
        return self._page([], outcomes=outcomes)

    def _chosen(self) -> list[Escalation]:
        """Those which were ticked, of cases that one may see, also if they are over meanwhile; or the whole list."""
        if self.request.POST.get("all"):
            keys = [self.answer_pk(one) for one in self.read(ORDER.first(self.listed, AT_ONCE + 1))]
        else:
            sent = self.request.POST.getlist("escalation")[: AT_ONCE + 1]
            keys = [int(key) for key in sent if key.isascii() and key.isdigit() and len(key) < 19]
        seen = Case.objects.visible_to(self.request.user)
        found = Escalation.objects.filter(pk__in=filter(None, keys), case__in=seen)
        return list(found.select_related("case__team", "case__patient").order_by("due_at", "pk"))

    def _page(self, chosen, **context):
        outcomes = context.get("outcomes", [])
        context |= {
            "chosen": chosen,
            "back": f"{reverse('escalations')}?{self.query}",
            "done": [one for one in outcomes if one.done],
            "skipped": [one for one in outcomes if not one.done],
            "list": self.query,
        }
        return render(self.request, "cases/answer_many.html", context)
