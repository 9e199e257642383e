"""What the interface says about a case: what the case page says, for who may see that page."""

from cases import access
from cases.watch import watched


def case_as_seen_by(user, case, now) -> dict:
    """Return ``case`` at ``now`` as JSON can hold it, with the moves that lead on and what ``user`` lacks for each.

    ``entry`` is the open stay: sent back as ``seen_entry``, it makes a move fail if somebody was quicker.
    """
    entry, hold = case.open_entry, case.holds.filter(ended_at=None).first()
    version = case.version_map.version
    return {
        "reference": case.reference,
        "patient": patient(case.patient) if case.patient else None,
        "pathway": named(version.pathway),
        "version": version.number,
        "status": case.status,
        "stage": named(case.stage_now),
        "team": named(case.team),
        "owner": {"username": case.owner.username, "name": str(case.owner)} if case.owner else None,
        "since": entry.entered_at if entry else None,
        "limit": watched.limit_in_words(case.stage_now) or None,
        "due_at": case.due_at,
        "late": case.due_at is not None and case.due_at < now,
        "hold": {"reason": hold.reason, "since": hold.started_at, "until": hold.until} if hold else None,
        "entry": entry.pk if entry else None,
        "moves": [move(user, case, transition, now) for transition in case.moves_offered(now)],
    }


def patient(patient) -> dict:
    return {
        "nhs_number": patient.nhs_number,
        "name": str(patient),
        "born_on": patient.born_on,
        "needs": patient.needs,
    }


def named(row) -> dict:
    return {"code": row.code, "name": row.name}


def move(user, case, transition, now) -> dict:
    """A possible move, and a sentence for each thing that stands in its way."""
    not_theirs = access.refusal(user, "move", case.team, transition=transition)
    missing = [*filter(None, [not_theirs]), *case.refusals(transition, now)]
    return {
        "id": transition.pk,
        "name": transition.name,
        "target": named(transition.target),
        "allowed": not missing,
        "missing": missing,
    }
