"""What the interface says about a case: what the case page says, for who may see that page."""

from cases import access, asked, overrides
from cases.watch import time_rules


def case_as_seen_by(user, case, now) -> dict:
    """Return ``case`` at ``now`` as JSON can hold it, with the moves that lead on and what ``user`` lacks for each.

    ``entry`` is the open stay: sent back as ``seen_entry``, it makes a move fail if somebody was quicker.
    """
    entry, hold = case.open_entry, case.holds.filter(ended_at=None).first()
    version = case.version_map.version
    children = case.children.visible_to(user).open().exclude(detour=None).select_related("detour").order_by("pk")
    owed = case.tasks.filter(done_at=None, cancelled_at=None).select_related("team", "owner")
    return {
        "reference": case.reference,
        "patient": patient(case.patient) if case.patient else None,
        "pathway": named(version.pathway),
        "version": version.number,
        "status": case.status,
        "stage": named(case.stage_now),
        "team": named(case.team),
        "owner": person(case.owner) if case.owner else None,
        "since": entry.entered_at if entry else None,
        "limit": time_rules.limit_in_words(case.stage_now) or None,
        "due_at": case.due_at,
        "late": case.due_at is not None and case.due_at < now,
        "hold": {"reason": hold.reason, "since": hold.started_at, "until": hold.until} if hold else None,
        "entry": entry.pk if entry else None,
        "handoff": open_handoff(case),
        "detours": [detour(child) for child in children],
        "tasks": [task(row, now) for row in owed],
        "moves": [move(user, case, transition, now) for transition in case.moves_offered(now)],
    }


def patient(patient) -> dict:
    return {
        "nhs_number": patient.nhs_number,
        "name": str(patient),
        "born_on": patient.born_on,
        "needs": patient.needs,
    }


def open_handoff(case) -> dict | None:
    """The offer of ``case`` that is not answered yet: to whom, by which move, what they need to know, until when."""
    handoff = case.handoffs.filter(status="offered").select_related("to_team").first()
    if handoff is None:
        return None
    return {
        "id": handoff.pk,
        "to": named(handoff.to_team),
        "move": handoff.transition_id,
        "note": handoff.note,
        "since": handoff.offered_at,
        "due_at": handoff.due_at,
    }


def detour(child) -> dict:
    """A detour that is under way, for who may see it."""
    return {
        "reference": child.reference,
        "name": str(child.detour),
        "stage": named(child.stage_now),
        "status": child.status,
    }


def task(owed, now) -> dict:
    """A task that is owed: what, whose, until when."""
    return {
        "id": owed.pk,
        "title": owed.title,
        "team": named(owed.team),
        "owner": person(owed.owner) if owed.owner else None,
        "due_at": owed.due_at,
        "late": owed.due_at is not None and owed.due_at < now,
    }


def person(user) -> dict:
    return {"username": user.username, "name": str(user)}


def named(row) -> dict:
    return {"code": row.code, "name": row.name}


def move(user, case, transition, now) -> dict:
    """A possible move, and a sentence for each thing that stands in its way."""
    not_theirs = access.refusal(user, "move", case.team, transition=transition)
    missing = [*filter(None, [not_theirs]), *case.refusals(transition, now)]
    facts = asked.facts_on_the_way(transition.target)
    passable = [] if transition.target.by_handoff else overrides.passable(user, case, transition, now)
    asks = [{"code": fact.code, "question": fact.question or fact.name, "choices": fact.choices} for fact in facts]
    return {
        "id": transition.pk,
        "name": transition.name,
        "target": named(transition.target),
        "allowed": not missing,
        "missing": missing,
        "facts": asks,
        "may_override": [{"requirement": row.pk, "sentence": sentence} for row, sentence in passable],
    }
