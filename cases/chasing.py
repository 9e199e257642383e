"""Chasers: asking another team what holds a case up, with the words prepared.

To a team that works with Midwatch it is a task of theirs. An agency without accounts cannot be given one: then it is
the sender's own task to ring or write, with the words to copy and the agency's phone and e-mail.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction

from cases import access, due_in_words, showing, to_do
from cases.due_in_words import Schedules
from cases.models import Case, Task
from cases.refusals import Refused
from pathways.models import Team
from pathways.models.calendars import ClosedDays, Nation

OFFICES_CLOSE_AT = time(17)


@dataclass(frozen=True)
class Addressees:
    """The teams that may be asked about a case: those it waits for, the others of its pathway, all others."""

    waited_for: list[Team]
    on_pathway: list[Team]
    others: list[Team]

    def __iter__(self):
        return iter([*self.waited_for, *self.on_pathway, *self.others])


def addressees(case) -> Addressees:
    """Return the teams that may be asked about ``case``. It waits for the one that it is offered to, and for those
    that owe a task about it. Of a restricted case only those may know that have had it.
    """
    teams = list(Team.objects.exclude(pk=case.team_id).order_by("name", "pk"))
    if case.restricted:
        had = set(case.entries.values_list("team", flat=True))
        return Addressees([], [team for team in teams if team.pk in had], [])
    waited = list(case.handoffs.filter(status="offered").values_list("to_team", flat=True))
    waited += case.tasks.filter(done_at=None, cancelled_at=None).values_list("team", flat=True)
    on_pathway = {stage.team_id for stage in case.version_map.stages} - set(waited)
    return Addressees(
        waited_for=sorted((team for team in teams if team.pk in waited), key=lambda team: waited.index(team.pk)),
        on_pathway=[team for team in teams if team.pk in on_pathway],
        others=[team for team in teams if team.pk not in on_pathway.union(waited)],
    )


def prepared(case, entry, now) -> str:
    """Return what is asked about ``case``, in ``entry``: where it is, since when, how late, what is wanted of them.

    Nothing that anybody typed goes into it, and of the patient nothing but the case's reference: it may be copied
    into an e-mail.
    """
    said = [f"{case} has been in {case.stage_name} since {showing.moment(entry.entered_at)}."]
    limit = str(case.stage_now.limit or "")
    due = due_in_words.due(case.stage_now, case.due_at, now, limit=limit, held=case.is_held)
    if due.kind == "late":
        said.append(f"It is {due.words}.")
    elif case.is_held:
        said.append("It is on hold.")
    elif case.due_at:
        said.append(f"It is to leave this stage by {showing.moment(case.due_at)}.")
    asked = [*_offered(case), *_awaited(case)]
    answer_to = ", ".join(filter(None, [str(case.team), case.team.phone, case.team.email]))
    wanted = "Please tell us what holds it up, what will be done, and by when."
    return "\n\n".join([" ".join(said), *asked, wanted, answer_to])


def _offered(case):
    for handoff in case.handoffs.filter(status="offered").select_related("to_team"):
        wanted = f", which was wanted by {showing.moment(handoff.due_at)}" if handoff.due_at else ""
        yield f"It was offered to {handoff.to_team} on {showing.moment(handoff.offered_at)}. No answer came{wanted}."


def _awaited(case):
    asked_for = list(case.results.standing().filter(arrived_at=None).values_list("requested_at", flat=True))
    if len(asked_for) == 1:
        yield f"A result that was asked for on {showing.day(asked_for[0])} has not arrived."
    elif asked_for:
        yield f"{len(asked_for)} results have not arrived, the first of them asked for on {showing.day(asked_for[0])}."


def proposed_due(case, now) -> date:
    """Return the next working day, by the calendar of the case's stage or else England's: the answer is wanted by 5pm
    on it.
    """
    schedule, holidays = Schedules().of(case.stage_now), ClosedDays(Nation.ENGLAND, frozenset())
    day = now.astimezone(showing.LONDON).date() + timedelta(days=1)
    while not (schedule.is_working_day(day) if schedule else day.weekday() < 5 and day not in holidays):
        day += timedelta(days=1)
    return day


def five_on(day: date) -> datetime:
    return datetime.combine(day, OFFICES_CLOSE_AT, tzinfo=showing.LONDON)


def has_accounts(team) -> bool:
    """Is there anybody in ``team`` who could see a task?"""
    return team.memberships.filter(user__is_active=True).exists()


@transaction.atomic
def chase(case, team, text, *, by, due_at, at=None) -> Task:
    """Ask ``team`` about ``case``, with the words ``text``, by ``due_at``; return the task: theirs, or the sender's
    own to ring or write where they have no accounts.

    Raises PermissionDenied if ``by`` is not of the case's team, Refused if the case is closed, the words are missing,
    the due time has passed, or the team is the case's own or may not know of the case.
    """
    case = Case.objects.lock(case.pk)
    access.require(by, "task", case.team)
    if not text.strip():
        raise Refused("Say what you ask of them.")
    if team.pk == case.team_id:
        raise Refused(f"This case is with {team} itself. Choose the team that it waits for.")
    if team not in list(addressees(case)):
        raise Refused(to_do.MAY_NOT_KNOW.format(team=team))
    stage = case.stage_name
    if has_accounts(team):
        title = f"Answer {case.team}: what holds up {stage}?"
        return to_do.add_task(case, title[:200], text=text, team=team, by=by, due_at=due_at, at=at)
    how = ", ".join(filter(None, [team.phone, team.email])) or "no phone or e-mail is known"
    return to_do.add_task(
        case,
        f"Ring or write to {team}: {stage}"[:200],
        text=f"{team}: {how}\n\n{text.strip()}",
        owner=by,
        by=by,
        due_at=due_at,
        at=at,
    )
