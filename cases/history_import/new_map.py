"""A pathway out of a staged log: its stages, and the moves between them that were observed. Limits are for people."""

from collections.abc import Iterable

from django.db import connection
from django.utils.text import slugify
from simple_history.utils import bulk_create_with_history

from cases.refusals import Refused
from pathways import publishing
from pathways.history import save_with_history
from pathways.models import Organisation, Pathway, PathwayVersion, Role, Stage, Team, Transition

MOST_STAGES = 1000

ACTIVITIES = """
SELECT activity, count(*) FILTER (WHERE place = 1) AS times_first
FROM (
    SELECT activity, number, row_number() OVER (PARTITION BY log_id ORDER BY happened_at, number) AS place
    FROM log_row WHERE reason IS NULL
) AS placed
GROUP BY activity ORDER BY avg(place), min(number) LIMIT %s
"""

MOVES = """
SELECT DISTINCT activity, next
FROM (
    SELECT activity, lead(activity) OVER (PARTITION BY log_id ORDER BY happened_at, number) AS next
    FROM log_row WHERE reason IS NULL
) AS followed
WHERE activity <> next
"""


def pathway_from_log(code: str, name: str, finals: Iterable[str], *, by, reason: str) -> PathwayVersion:
    """Make the pathway ``code`` out of the staged rows, publish it and return its version.

    Its stages are in the order of their mean position within cases. Cases start in the stage in which most did; the
    stages named in ``finals`` are final, and have no moves out of them. Raises Refused if that gives no pathway.
    """
    with connection.cursor() as cursor:
        cursor.execute(ACTIVITIES, [MOST_STAGES + 1])
        activities = dict(cursor.fetchall())
        _check(activities, set(finals))
        cursor.execute(MOVES)
        observed = {pair for pair in cursor if pair[0] not in finals}
    pathway = save_with_history(Pathway(code=code, name=name), by=by, reason=reason)
    version = save_with_history(PathwayVersion(pathway=pathway, number=1), by=by, reason=reason)
    stages = _stages(version, activities, finals, _team(by=by, reason=reason))
    _record(stages, by=by, reason=reason)
    _record(_moves(stages, observed), by=by, reason=reason)
    return publishing.publish(version, by=by, reason=reason)


def unique(text: str, taken: set[str], longest: int) -> str:
    """Return ``text``, cut to ``longest`` characters and numbered if it is among ``taken``, and take it."""
    found, number = text[:longest], 1
    while found in taken:
        number += 1
        found = f"{text[: longest - len(str(number)) - 1]}-{number}"
    taken.add(found)
    return found


def _check(activities, finals):
    if len(activities) > MOST_STAGES:
        raise Refused(f"The log names more than {MOST_STAGES} stages. Choose another column with --stage.")
    if unknown := sorted(finals - activities.keys()):
        raise Refused(f"No row of the log is in the final stage “{unknown[0]}”. Write it as the log does.")
    if finals == activities.keys():
        raise Refused("All stages of the log are named as final. Cases must start in one that is not.")


def _team(*, by, reason):
    """The team that owns the stages of imported logs, made in this trust, which is made too if there is none."""
    if team := Team.objects.filter(code="imported-logs").first():
        return team
    own = Organisation.objects.filter(is_own=True).first()
    if own is None:
        code = unique("this-trust", set(Organisation.objects.values_list("code", flat=True)), 50)
        own = save_with_history(Organisation(code=code, name="This trust", is_own=True), by=by, reason=reason)
    return save_with_history(Team(organisation=own, code="imported-logs", name="Imported logs"), by=by, reason=reason)


def _stages(version, activities, finals, team):
    codes, longest = set(), Stage._meta.get_field("code").max_length
    working = [name for name in activities if name not in finals]
    first = max(working, key=activities.get)  # of equals the earlier one
    return [
        Stage(
            version=version,
            position=position,
            code=unique(slugify(name) or "stage", codes, longest),
            name=name,
            kind=Stage.Kind.FINAL if name in finals else Stage.Kind.WORKING,
            is_first=name == first,
            team=team,
        )
        for position, name in enumerate(activities, start=1)
    ]


def _moves(stages, observed):
    longest = Transition._meta.get_field("name").max_length
    for source in stages:
        names = set()
        targets = [stage for stage in stages if (source.name, stage.name) in observed]
        for position, target in enumerate(targets, start=1):
            name = unique(f"Move to {target.name}", names, longest)
            yield Transition(source=source, target=target, position=position, name=name, roles=list(Role.values))


def _record(rows, *, by, reason):
    rows = list(rows)
    if rows:
        bulk_create_with_history(rows, type(rows[0]), default_user=by, default_change_reason=reason, batch_size=1000)
