"""Who leads, who is away and who is on duty in the demo, as planned on the pages: from this week on."""

from datetime import datetime, time, timedelta

from cases.demo.people import ACUTE, CLINIC, REASON, SAFEGUARDING, WARD
from cases.demo.stories import WORKING_WEEK
from pathways import absences, duties
from pathways.history import save_with_history
from pathways.limits import LONDON
from pathways.models import Pathway, Role, Team, system_user

LEADS = {"elective-18-weeks": CLINIC, "discharge-to-assess": WARD}  # a manager of which team
WITH_DUTIES, AHEAD = (ACUTE, SAFEGUARDING), 14  # days, the last two of which nobody has planned yet
AWAY_FOR = timedelta(days=9)
AWAY = {CLINIC: (0, 1), WARD: (1, 0)}  # of a team's caseworkers: who is away, and who stands in


def plan(staff, now) -> None:
    """Name the leads, send some people on leave with a deputy, and plan the duties of the next two weeks."""
    for code, team in LEADS.items():
        pathway = Pathway.objects.get(code=code)
        pathway.lead = staff[team, Role.MANAGER][0]
        save_with_history(pathway, by=system_user(), reason=REASON)
    begins = datetime.combine(now.astimezone(LONDON).date() - timedelta(days=2), time(), LONDON)
    for team, (away, deputy) in AWAY.items():
        people, manager = staff[team, Role.CASEWORKER], staff[team, Role.MANAGER][0]
        absences.add_absence(people[away], begins, begins + AWAY_FOR, by=manager, deputy=people[deputy])
    for code in WITH_DUTIES:
        _plan_duties(Team.objects.get(code=code), staff, now)


def _plan_duties(team, staff, now):
    manager = staff[team.code, Role.MANAGER][0]
    people = [*staff[team.code, Role.CASEWORKER], manager]
    for number in range(AHEAD - 2):
        begins = datetime.combine(now.astimezone(LONDON).date() + timedelta(days=number), time(8), LONDON)
        if begins + timedelta(days=1) > now and (WORKING_WEEK.is_working_day(begins.date()) or team.code == ACUTE):
            person = people[number % len(people)]
            duties.add_duty(team, person, begins, begins + timedelta(days=1), by=manager)
