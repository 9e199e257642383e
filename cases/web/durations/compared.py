"""What is known of stays and may go together with how long they took: facts, the weekday they began, team, agency."""

from cases.durations.stays import Stay
from cases.showing import LONDON
from pathways.maps import version_map
from pathways.models import Team

WEEKDAY, TEAM, AGENCY = "The weekday on which they began", "Team", "Agency"
PHRASES = {
    WEEKDAY: ("began on a {group}", "{share} of all did"),
    TEAM: ("were with {group}", "{share} of all were"),
    AGENCY: ("were with {group}", "{share} of all were"),
}


def compared(stays: list[Stay], stage) -> dict[str, list[str | None]]:
    """Return by name what is compared, with the answer for each of ``stays`` (None: not known)."""
    teams = {team.pk: team for team in Team.objects.select_related("organisation")}
    names = {code: name for name, code in fact_codes(stage).items()}
    known = list(dict.fromkeys(code for stay in stays for code in stay.facts))
    found = {names.get(code, code): [_said(stay.facts.get(code)) for stay in stays] for code in known}
    found[WEEKDAY] = [f"{stay.entered_at.astimezone(LONDON):%A}" for stay in stays]
    found[TEAM] = [teams[stay.team_id].name for stay in stays]
    if not all(teams[stay.team_id].organisation.is_own for stay in stays):
        found[AGENCY] = [teams[stay.team_id].organisation.name for stay in stays]
    return found


def fact_codes(stage) -> dict[str, str]:
    """The facts of the stage's version: code by name."""
    return {str(fact): code for code, fact in version_map(stage.version_id).facts.items()}


def _said(answer) -> str | None:
    return None if answer in (None, "", []) else ", ".join(answer) if isinstance(answer, list) else str(answer)
