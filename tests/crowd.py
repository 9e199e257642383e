"""A big hospital in one line: many open cases with patients, owners, tasks, results and offers, made in SQL.

For figures (``make bench``) and for looking at query plans. The rows are right one by one, but were not made by
operations: no test of a rule may use them.
"""

from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from pathways.models import Pathway, Role
from tests.factories import TeamFactory, a_case, a_member, a_pathway

TEAMS, PEOPLE = 20, 10  # of them in each team

# When the case of patient p is due, in SQL: of ten cases one is late, the others within the next nine days.
ONE_IN_TEN_LATE = "now() + (p.id * 7919 %% 864000 - 86400) * interval '1 second'"
# Half of them have just passed the rung two days before, and nothing else; the others have passed none.
HALF_SOON_LATE = (
    "now() + (CASE WHEN (p.id / 20) %% 2 = 0 THEN 36 ELSE 120 END) * interval '1 hour' - p.id * interval '1 ms'"
)
NONE_LATE = "now() + interval '5 days' - p.id * interval '1 ms'"
AT_DUE, BEFORE = "c.due_at, 'breach', ''", "c.due_at - interval '2 days', 'warn', ''"  # when timers fire

NAMES = "ARRAY['Ahmed','Baker','Clark','Davies','Evans','Foster','Green','Hughes','Iqbal','Jones','Khan','Lewis']"

FILL = [
    f"""
    INSERT INTO cases_patient (given_name, family_name, born_on, needs, at_risk, nhs_number)
    SELECT 'Test' || n, ({NAMES})[1 + n %% 12] || chr(97 + (n / 12) %% 26) || 'son',
           date '1930-01-01' + n %% 30000, '', '', (8000000000 + n)::text
    FROM generate_series(1, %(cases)s) n
    """,
    """
    INSERT INTO cases_case (version_id, stage, status, patient_id, team_id, owner_id, due_at, opened_at, restricted,
                            log_id, priority)
    SELECT %(version)s, 'triage', 'open', p.id, t.team,
           CASE WHEN (p.id / 7) %% 5 > 0 THEN t.people[1 + (p.id / 20) %% array_length(t.people, 1)] END,
           {due}, now() - interval '9 days', false, '', 0
    FROM cases_patient p
    JOIN unnest(%(teams)s::bigint[]) WITH ORDINALITY AS n(team, position) ON n.position = 1 + p.id %% %(of)s
    JOIN (SELECT team_id AS team, array_agg(user_id ORDER BY user_id) AS people
          FROM pathways_membership GROUP BY team_id) t USING (team)
    WHERE p.nhs_number LIKE '8%%'
    """,
    """
    INSERT INTO cases_stageentry (case_id, stage_id, team_id, how, entered_at, entered_by_id, watched_since,
                                  ends_journey, facts)
    SELECT c.id, %(stage)s, c.team_id, 'opened', c.due_at - interval '10 days', %(by)s, now(), false, '{}'
    FROM cases_case c WHERE NOT EXISTS (SELECT FROM cases_stageentry e WHERE e.case_id = c.id)
    """,
    """
    INSERT INTO cases_timer (case_id, kind, thing_id, fires_at, rung, error)
    SELECT e.case_id, 'stage', e.id, {fires}
    FROM cases_stageentry e JOIN cases_case c ON c.id = e.case_id
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO cases_task (case_id, entry_id, code, title, text, team_id, owner_id, follows_owner, due_at, made_at,
                            made_by_id, done_as, outcome)
    SELECT e.case_id, e.id, '', 'Ring the patient', '', c.team_id, c.owner_id, false, c.due_at, now(), %(by)s, '', ''
    FROM cases_stageentry e JOIN cases_case c ON c.id = e.case_id WHERE c.id %% 5 = 0
    """,
    """
    INSERT INTO cases_result (case_id, what, reader_id, requested_at, requested_by_id, arrived_at, arrived_by_id,
                              finding, read_within_days, due_at)
    SELECT c.id, 'Echocardiogram', c.owner_id, now() - interval '5 days', %(by)s, now() - interval '3 days', %(by)s,
           'Normal', 2, now() - interval '1 day'
    FROM cases_case c WHERE c.id %% 50 = 1 AND c.owner_id IS NOT NULL
    """,
    """
    INSERT INTO cases_handoff (case_id, entry_id, transition_id, from_team_id, to_team_id, status, note, offered_at,
                               offered_by_id, answer, return_reason)
    SELECT c.id, e.id, %(move)s, c.team_id, (%(teams)s::bigint[])[1 + (c.id + 7) %% %(of)s], 'offered', 'Please take',
           now() - interval '1 day', %(by)s, '', ''
    FROM cases_case c JOIN cases_stageentry e ON e.case_id = c.id AND e.left_at IS NULL WHERE c.id %% 100 = 2
    """,
    "ANALYZE",
]


@dataclass(frozen=True)
class Crowd:
    """Where one finds oneself in it: a caseworker and a manager of the first team, and its pathway."""

    pathway: Pathway
    caseworker: object
    manager: object


def a_crowd(cases: int, *, due=ONE_IN_TEN_LATE, fires=AT_DUE) -> Crowd:
    """Make ``cases`` open cases, spread over 20 teams of 10 people: a tenth is late, a fifth is nobody's.

    ``due`` and ``fires`` say otherwise, in SQL of this module's own.
    """
    pathway = a_pathway()
    one = a_case(pathway, at=timezone.now())
    teams = [TeamFactory(code=f"team-{n}") for n in range(TEAMS)]
    people = [[a_member(team, password=None) for _ in range(PEOPLE)] for team in teams]
    manager = a_member(teams[0], Role.MANAGER, password=None)
    entry = one.open_entry
    values = {
        "cases": cases,
        "version": one.version_id,
        "teams": [team.pk for team in teams],
        "of": TEAMS,
        "stage": entry.stage_id,
        "by": entry.entered_by_id,
        "move": one.possible_moves[0].pk,
    }
    with connection.cursor() as cursor:
        for statement in FILL:
            statement = statement.replace("{due}", due).replace("{fires}", fires)
            cursor.execute(statement, values if "%(" in statement else None)
    return Crowd(pathway, people[0][0], manager)
