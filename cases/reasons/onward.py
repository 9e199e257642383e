"""What to do next with a case when none of its reasons says it: bring it one step on its way, or ask who has it."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.db.models.functions import JSONObject
from django.urls import reverse

from cases import showing
from cases.models import FormRecord, Handoff
from cases.reasons.because import Asked, Next
from cases.reasons.shown import first, instant
from pathways.models import Stage


def shows(asked: Asked) -> dict:
    """Return the annotations: what was offered by a team of mine and waits for an answer, and the forms there are."""
    ours = Handoff.objects.filter(case=OuterRef("pk"), status="offered", from_team__in=asked.teams)
    offer = JSONObject(pk="pk", receiver="to_team__name", offered_at="offered_at", due_at="due_at")
    records = FormRecord.objects.standing().filter(case=OuterRef("pk")).order_by().values("form_code").distinct()
    return {"offered": first(ours, offer), "forms_there": ArraySubquery(records)}


def words(case, asked: Asked) -> list[str]:
    """Say whose answer is waited for, if it is."""
    if case.offered is None:
        return []
    due_at = instant(case.offered["due_at"])
    said = f"Offered to {case.offered['receiver']} {showing.ago(instant(case.offered['offered_at']), asked.now)}"
    if due_at is None:
        return [f"{said}, not answered."]
    if due_at < asked.now:
        return [f"{said}: their answer was wanted by {showing.short_when(due_at, asked.now)}."]
    return [f"{said}, answer wanted by {showing.short_when(due_at, asked.now)}."]


def next_thing(case, asked: Asked) -> Next:
    """Return the next thing to do: chase whoever is waited for, fill in what the next move needs, or open it.

    Of a case on hold nothing is to be done.
    """
    if case.status == "open" and case.team_id in asked.teams:
        if case.offered:
            return next(iter(chasing(case)), the_offer(case))
        if form := missing_form(case):
            return Next(f"Fill in the {form.name}", reverse("form", args=[case.reference, form.code]))
        if case.due_at and case.due_at < asked.now and case.stage_now.kind == Stage.Kind.WAITING:
            return chase(case)
    return Next("Open the case", case.get_absolute_url())


def the_offer(case) -> Next:
    """Return the link to where an offer of ours is withdrawn, or answered for an agency without accounts."""
    return Next("Go to the offer", f"{case.get_absolute_url()}#offer")


def chasing(case) -> list[Next]:
    """Return the link to ask those whom ``case`` is offered to, if they may be asked: of a restricted case they must
    not know before they have it.
    """
    return [] if case.restricted else [chase(case)]


def chase(case) -> Next:
    """Return the link to ask those whom ``case`` waits for, with the words prepared."""
    text = f"Chase {case.offered['receiver']}" if case.offered else "Ask what holds it up"
    return Next(text, reverse("chase", args=[case.reference]))


def missing_form(case):
    """Return the form that the first move of the case's stage asks for and that nobody has filled in yet, or None."""
    for move in case.stage_now.transitions.all():
        asked = [wanted.options["form"] for wanted in move.requirements.all() if wanted.check_name == "form completed"]
        missing = [code for code in asked if code not in case.forms_there]
        if asked:
            return case.version_map.forms[missing[0]] if missing else None
    return None
