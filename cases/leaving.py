"""Somebody leaves: what depends on them goes to who takes over, and only then is their account closed."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from cases import access, lifecycle, results, to_do
from cases.models import Case, Result, Task
from cases.refusals import Refused
from pathways import absences, duties, publishing
from pathways.history import save_with_history
from pathways.members import hold_colleague
from pathways.models import Absence, Membership, Pathway, Role, Team, system_user


@dataclass(frozen=True)
class Tie:
    """Something that nobody sees to when a person has left: its ``kind`` and itself, in words; ``give(successor, by,
    why)`` hands it over, and returns a sentence if it is not the successor who has it then.

    An administrator reads the words, who may know of no patient: nothing in them was typed.
    """

    kind: str
    what: str
    give: Callable


@dataclass(frozen=True)
class Outcome:
    """What became of one thing: handed over, or not, with the sentence that says why; ``theirs``: the successor has
    it.
    """

    what: str
    done: bool
    sentence: str
    theirs: bool = False


NOBODYS = (
    "Nobody in {team} has an account, so that nobody in particular owes it now. If it is not done in time, the lead "
    "of the pathway is told."
)


NOT_THERE = "Choose somebody who goes on working here."
CHANGED_MEANWHILE = "Somebody has changed the lead of {pathway} meanwhile."


def _teams(person) -> Iterator[Tie]:
    """First of all: who becomes a manager of a team can be given its cases."""
    managers = Membership.objects.filter(role=Role.MANAGER, user__is_active=True)
    others = managers.exclude(user=person).values("team")
    mine = Team.objects.filter(memberships__in=managers.filter(user=person)).exclude(pk__in=others)
    for team in mine:
        yield Tie("team without another manager", f"{team}, as its manager", _to_manage(team))


def _to_manage(team):
    def give(successor, by, why):
        with transaction.atomic():
            found = Membership.objects.select_for_update().filter(team=team, user=successor).first()
            _require_there(successor)
            membership = found or Membership(team=team, user=successor)
            membership.role = Role.MANAGER
            save_with_history(membership, by=by, reason=why)

    return give


def _cases(person) -> Iterator[Tie]:
    for case in Case.objects.exclude(status=Case.Status.CLOSED).filter(owner=person).select_related("team"):

        def give(successor, by, why, case=case):
            lifecycle.assign_case(case, successor, by=_acting(by, case.team_id), note=why)

        yield Tie("open case", str(case) if case.restricted else f"{case}, {case.stage_name}", give)


def _tasks(person) -> Iterator[Tie]:
    for task in Task.objects.filter(owner=person, done_at=None, cancelled_at=None).select_related("case", "team"):

        def give(successor, by, why, task=task):
            if task.team.memberships.filter(user__is_active=True).exists():
                to_do.give_task(task, successor, by=_acting(by, task.team_id))
                return None
            # Promised by who was told in the place of an agency without accounts: there is nobody to give it to.
            to_do.give_task(task, None, by=system_user())
            return NOBODYS.format(team=task.team)

        yield Tie("open task", f"{f'Task “{task}”' if task.code else 'A task'} of {task.case}", give)


def _results(person) -> Iterator[Tie]:
    for result in Result.objects.standing().filter(reader=person, read_at=None).select_related("case__team"):

        def give(successor, by, why, result=result):
            may = results.give_refusal(by, result.case, result) is None
            results.change_reader(result, successor, by=by if may else system_user(), why=why)

        yield Tie("result to read", f"A result of {result.case}", give)


def _duties(person) -> Iterator[Tie]:
    for duty in duties.ahead_of(person):

        def give(successor, by, why, duty=duty):
            may = duties.may_plan(duty.team, by=by)
            duties.hand_over(duty, successor, by=by if may else system_user(), reason=why)

        yield Tie("duty ahead", f"A duty for {duty.team}, {absences.said(duty)}", give)


def _pathways(person) -> Iterator[Tie]:
    for pathway in person.pathways_led.all():

        def give(successor, by, why, pathway=pathway):
            with transaction.atomic():
                locked = Pathway.objects.select_for_update(no_key=True).get(pk=pathway.pk)
                if locked.lead != person:
                    return CHANGED_MEANWHILE.format(pathway=pathway)
                _require_there(successor)
                locked.lead = successor
                save_with_history(locked, by=by, reason=why, update_fields=["lead"])
                return None

        yield Tie("pathway to lead", f"{pathway}, as its lead", give)


def _deputy(person) -> Iterator[Tie]:
    ahead = Absence.objects.filter(deputy=person, ends_at__gt=timezone.now(), user__is_active=True)
    for absence in ahead.select_related("user"):

        def give(successor, by, why, absence=absence):
            may = absences.may_set(absence.user, by=by)
            absences.change_deputy(absence, successor, by=by if may else system_user(), reason=why)

        yield Tie("absence to stand in for", f"{absence.user}, away {absences.said(absence)}, as the deputy", give)


# A case takes along the tasks that follow its owner.
KINDS = (_teams, _cases, _tasks, _results, _duties, _pathways, _deputy)


def ties(person) -> list[Tie]:
    """Return everything that depends on ``person``, team by team, case by case."""
    return [tie for kind in KINDS for tie in kind(person)]


PLURAL = {
    "team without another manager": "teams without another manager",
    "open case": "open cases",
    "open task": "open tasks",
    "result to read": "results to read",
    "duty ahead": "duties ahead",
    "pathway to lead": "pathways to lead",
    "absence to stand in for": "absences to stand in for",
}


def summary(found: list[Tie]) -> str:
    """Say ``found`` in numbers: “1 team without another manager, 2 open cases, 1 open task”."""
    numbers = Counter(tie.kind for tie in found).items()
    return ", ".join(f"{number} {kind if number == 1 else PLURAL[kind]}" for kind, number in numbers)


def refusal(person) -> str | None:
    """Return the sentence why the account of ``person`` cannot be closed yet; None if nothing depends on them."""
    found = ties(person)
    return f"{person} still has: {summary(found)}. Name who takes over first." if found else None


def closing_refusal(person) -> str | None:
    """As ``refusal``, asked when nobody can give ``person`` anything more before this transaction ends."""
    return refusal(_lock(person))


def _lock(person):
    """Lock the teams that ``person`` manages, as ``answerable`` does, and then them: of two managers who are all that
    a team has only one can go, in whatever way. The teams first, as where duties are planned.
    """
    managed = Membership.objects.filter(user=person, role=Role.MANAGER).values("team")
    list(Team.objects.select_for_update(no_key=True).filter(pk__in=managed).order_by("pk"))
    return get_user_model().objects.select_for_update(no_key=True).get(pk=person.pk)


def leave(person, successor=None, *, by) -> list[Outcome]:
    """Hand everything that depends on ``person`` to ``successor``, then close their account; return what became of
    each thing.

    What is refused stays, and so does the account, until somebody else takes that over. In a team in which ``by`` has
    no part it is handed over in the name of Midwatch; the reason says who asked for it.

    Raises Refused if something depends on them and nobody is named, or who is named will not do.
    """
    if person == by:
        raise Refused("You cannot close your own account. Ask another administrator.")
    if successor is not None and (successor == person or not successor.is_active):
        raise Refused(NOT_THERE)
    outcomes = []
    for kind in KINDS if successor else ():
        outcomes += [_handed_over(tie, person, successor, by) for tie in kind(person)]
    if all(outcome.done for outcome in outcomes):
        close_account(person, by=by)
    return outcomes


@transaction.atomic
def close_account(person, *, by):
    """Let ``person`` sign in no more, and return them. Raises Refused while something depends on them."""
    person = _lock(person)  # see members.hold_member: from here on nobody can give them anything
    if person == by:
        raise Refused("You cannot close your own account. Ask another administrator.")
    if sentence := refusal(person):
        raise Refused(sentence)
    person.is_active = False
    person.save(update_fields=["is_active"])
    return person


def _handed_over(tie, person, successor, by):
    try:
        sentence = tie.give(successor, by, f"{person} leaves; handed over by {by}")
    except (Refused, publishing.Refused, PermissionDenied) as refused:
        return Outcome(tie.what, False, str(refused))
    return Outcome(tie.what, True, sentence or f"{successor} has it now.", theirs=sentence is None)


def _require_there(successor):
    if not hold_colleague(successor):
        raise Refused(NOT_THERE)


def _acting(by, team_id):
    """``by``, if they have a part in the team; otherwise Midwatch itself, for an administrator is of no team."""
    return by if access.role_in(by, team_id) else system_user()
