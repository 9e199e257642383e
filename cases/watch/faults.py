"""What is wrong with the set-up: teams, rungs and pathways of which nobody can be told. Shown on the pages of the
supervision, so that it is never found out by a silence.
"""

from collections import Counter
from collections.abc import Iterator

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q

from cases.models import Case
from cases.overdue import count
from cases.watch.recipients import Recipients, To
from cases.watch.watchman import untold
from pathways.maps import version_map
from pathways.models import MailPreference, Membership, PathwayVersion, Stage, Team


def faults_of_setup(at=None) -> list[str]:
    """Return a sentence for each reason why somebody who is to be told at ``at`` (now, if None) cannot be."""
    maps = [version_map(pk) for pk in _versions_in_use()]
    # In a final stage nothing is late, whatever ladder or limit it has kept from when it was another kind.
    stages = [(found, stage) for found in maps for stage in found.stages if not stage.is_final]
    rungs = [(found, stage, step) for found, stage in stages for step in stage.ladder.all()]
    limited = {stage.team_id for _, stage in stages if stage.limit and stage.team_id}
    others = {pk for found in maps for stage in found.stages for pk in _who_may_owe(stage)} - limited
    named = {step.named_team_id for _, _, step in rungs if step.named_team_id}
    names = _teams(limited | others | named)
    teams = limited | {pk for pk in others if names[pk].works_here}
    recipients = Recipients(teams | named, pathway_ids={found.pathway.pk for found in maps}, at=at)
    restricted = {stage.team_id for stage in _begin_restricted(maps)}
    off = set(MailPreference.objects.filter(digest=False).values_list("user", flat=True))
    by_name = sorted(teams, key=lambda pk: names[pk].name)
    said = [
        *(sentence for pk in by_name for sentence in _without_manager(names[pk], recipients, off)),
        *(sentence for pk in by_name if pk in restricted for sentence in _told_outside(names[pk], recipients)),
        *(sentence for rung in rungs for sentence in _of_rung(*rung, names, recipients)),
        *_told_to_nobody(),
    ]
    return list(dict.fromkeys(said))


def _versions_in_use():
    used = Q(status=PathwayVersion.Status.ACTIVE) | Q(pk__in=Case.objects.open().values("version"))
    return PathwayVersion.objects.filter(used).values_list("pk", flat=True).order_by("pathway__name", "number")


def _who_may_owe(stage) -> Iterator[int]:
    """The teams that the map gives a case or a task: a task, an offer or a result may become late without a limit."""
    if stage.team_id and not stage.is_final:
        yield stage.team_id
    yield from (template.team_id for template in stage.task_templates.all() if template.team_id)


def _begin_restricted(maps) -> Iterator[Stage]:
    """The stages in which the restricted detours of these maps begin."""
    active = {found.pathway.pk: found for found in maps if found.version.status == PathwayVersion.Status.ACTIVE}
    for found in maps:
        for rule in found.detour_rules.values():
            if rule.restricted and rule.pathway_id in active and (first := active[rule.pathway_id].first_stage):
                yield first


def _teams(keys) -> dict[int, Team]:
    """The teams by their keys. ``works_here``: our own, or with accounts; the sender keeps in touch with others."""
    has_accounts = Exists(Membership.objects.filter(team=OuterRef("pk"), user__is_active=True))
    works_here = ExpressionWrapper(Q(organisation__is_own=True) | has_accounts, BooleanField())
    return Team.objects.annotate(works_here=works_here).in_bulk(keys)


def _without_manager(team, recipients, off) -> Iterator[str]:
    managers = [member.user for member in recipients.managers(team.pk)]
    told = {there for person in managers if (there := recipients.stand_in(person))}
    if not managers:
        yield f"{team} has no manager. Make somebody the manager of it."
    elif told and all(person.pk in off for person in told):
        who = " and ".join(sorted(map(str, told)))
        yield (
            f"{team}: whoever can be told of its managers has the digest switched off ({who}), so that what is not "
            "urgent reaches none of them. One of them must switch it on, or somebody else be made a manager."
        )
    elif not told:
        why = "; ".join(_why(person, recipients) for person in managers)
        yield (
            f"{team}: {why}. No manager can be told. Name a deputy, add an address, or make somebody else a manager."
        )


def _told_outside(team, recipients) -> Iterator[str]:
    """Of what is restricted nobody is told who is not of the team, whomever they stand in for."""
    members = {member.user_id for member in recipients.members(team.pk)}
    managers = {member.user: recipients.stand_in(member.user) for member in recipients.managers(team.pk)}
    told = [there for there in managers.values() if there]
    if told and not any(there.pk in members for there in told):
        why = "; ".join(
            f"{person} is away, and {there} in their place is not of the team" if there else _why(person, recipients)
            for person, there in managers.items()
        )
        yield (
            f"{team}: {why}. No manager can be told of a restricted detour that begins there. Name a deputy from the "
            "team, or make somebody else in it a manager."
        )


def _why(person, recipients) -> str:
    absence = recipients.absence(person.pk)
    if absence is None:
        return f"{person} has no e-mail address"
    if absence.deputy is None:
        return f"{person} is away without a deputy"
    return f"{person} is away, and {absence.deputy} in their place cannot be told either"


def _of_rung(found, stage, step, names, recipients) -> Iterator[str]:
    pathway = found.pathway
    rung = f"“{step}” of “{stage}”"
    if To.LEAD in step.tells and not recipients.stand_in(lead := recipients.leads.get(pathway.pk)):
        why = f"the lead of {pathway} cannot be told: {_why(lead, recipients)}" if lead else ""
        yield (
            f"{why[0].upper()}{why[1:]}, but {rung} tells the lead. Name a deputy or another lead."
            if lead
            else f"{pathway} has no lead, but {rung} tells the lead. Name one."
        )
    if To.ON_DUTY in step.tells and not any(map(recipients.stand_in, recipients.on_duty(stage.team_id))):
        team = names[stage.team_id]
        yield f"Nobody of {team} is on duty now, but {rung} ({pathway}) tells whoever is. Plan its duties."
    if To.NAMED_TEAM in step.tells:
        members = recipients.members(step.named_team_id) if step.named_team_id else []
        if not any(recipients.stand_in(member.user) for member in members):
            team = names.get(step.named_team_id, "The named team")
            yield f"Nobody of {team} can be told, but {rung} ({pathway}) tells everybody in it. Add its members."


def _told_to_nobody() -> Iterator[str]:
    found = Counter(untold().values_list("case__team__name", "stage_name"))
    for (team, stage), number in sorted(found.items()):
        yield (
            f"{count(number, 'escalation')} of {team} in {stage} could be told to nobody. "
            "Give the team a manager who can be reached."
        )
