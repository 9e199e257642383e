"""Many cases given to one person at once: each an operation of its own, and for each an answer.

What cannot be given is skipped and said; nothing of it keeps the others back. Done twice, it is done once.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction

from cases import access, lifecycle, results, to_do
from cases.models import Case, Result, Task
from cases.refusals import Refused

MOST = 500  # cases at once: more would keep the browser waiting

NOT_THERE = "There is no such case among those you may see."


@dataclass(frozen=True)
class Chosen:
    """A case as it was chosen: its reference, and who had it on the page (the user's key; None: nobody)."""

    reference: str
    owner: int | None


@dataclass(frozen=True)
class Outcome:
    """What became of one case: ``done`` or skipped, with the sentence that says so; ``left``: what was not given."""

    reference: str
    done: bool
    sentence: str
    left: tuple[str, ...] = ()


def hand_over(chosen: Iterable[Chosen], person, *, by, note="", with_tasks=False) -> list[Outcome]:
    """Give each of the ``chosen`` cases to ``person`` (None: back to its team), and return what became of each.

    ``with_tasks``: also what those who had the cases owe about them: open tasks, and results to read.
    """
    chosen = list(chosen)
    seen = Case.objects.visible_to(by).filter(reference__in=[one.reference for one in chosen])
    keys = dict(seen.values_list("reference", "pk"))
    return [
        _hand_over(one, keys.get(one.reference), person, by=by, note=note, with_tasks=with_tasks) for one in chosen
    ]


def foreseen(chosen: Iterable[Chosen], cases: dict[str, Case], person, *, by) -> list[Outcome]:
    """Say what ``hand_over`` would do to each, as far as it can be seen now; ``cases`` by reference, with team and
    owner.
    """
    teams = set(person.memberships.values_list("team", flat=True)) if person and person.is_active else set()
    return [_foreseen(one, cases.get(one.reference), person, teams, by) for one in chosen]


def _foreseen(one, case, person, teams, by):
    """Ask in the order in which the operation does, so that both give the same sentence."""
    if case is None:
        return Outcome(one.reference, False, NOT_THERE)
    if case.is_open and case.owner_id == (person and person.pk):
        return Outcome(one.reference, True, _has_it(case))
    if case.is_open and case.owner_id != one.owner:
        return Outcome(one.reference, False, _was_quicker(case))
    if case.team_id not in access.teams_of(by):
        return Outcome(one.reference, False, access.REFUSAL.format(team=case.team))
    if not case.is_open:
        return Outcome(one.reference, False, "This case is closed. Reopen it first.")
    if person is not None and case.team_id not in teams:
        return Outcome(one.reference, False, f"{person} is not in {case.team}. Choose a person of that team.")
    return Outcome(one.reference, True, f"{case.owner or 'Nobody'} has it now.")


def _hand_over(one, key, person, *, by, note, with_tasks):
    if key is None:
        return Outcome(one.reference, False, NOT_THERE)
    try:
        case, given = _give(key, one, person, by=by, note=note)
        left = _give_what_is_owed(case, one, person, by=by, note=note) if with_tasks else ()
    except (Refused, PermissionDenied) as refused:
        return Outcome(one.reference, False, str(refused))
    words = f"{person} has it now." if person else f"{case.team} has it, nobody in particular."
    return Outcome(one.reference, True, words if given else _has_it(case), left)


@transaction.atomic
def _give(key, one, person, *, by, note):
    """Return the case, and whether it was given: it may be theirs already."""
    case = Case.objects.lock(key)
    if case.is_open and case.owner_id == (person and person.pk):
        return case, False
    if case.is_open and case.owner_id != one.owner:
        raise Refused(_was_quicker(case))
    return lifecycle.assign_case(case, person, by=by, note=note), True


def _give_what_is_owed(case, one, person, *, by, note):
    """Give the tasks and the results of who had the case to ``person``; return a sentence for each that stays."""
    if one.owner is None or person is None or one.owner == person.pk:
        return ()
    left = []
    tasks = Task.objects.filter(case=case, owner=one.owner, done_at=None, cancelled_at=None)
    for task in tasks:
        left += _tried(f"Task “{task}”", to_do.give_task, task, person, by=by)
    for result in Result.objects.standing().filter(case=case, reader=one.owner, read_at=None):
        why = note or f"The case was given to {person}."
        left += _tried(f"Result “{result}”", results.change_reader, result, person, by=by, why=why)
    return tuple(left)


def _tried(what, operation, *args, **options):
    try:
        operation(*args, **options)
    except (Refused, PermissionDenied) as refused:
        return [f"{what}: {refused}"]
    return []


def _has_it(case):
    return f"{case.owner or 'Nobody'} has it already."


def _was_quicker(case):
    return f"Somebody was quicker: {case.owner or 'nobody'} has it now. Look at it again."
