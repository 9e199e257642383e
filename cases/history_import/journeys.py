"""From events to journeys: the stays that they tell of, and the rows that must be made, ended or remade for them.

All in SQL, in sets. A row that an earlier import made is kept where it is the same stay: escalations point at it.
"""

from django.db import connection
from django.db.models.expressions import RawSQL

from cases.durations import due_times
from cases.history_import.progress import Step, Tell, in_silence
from cases.history_import.trail import CHANGED, CREATED, DELETED, with_history
from cases.models import Case, Escalation, StageEntry
from cases.watch import timers

BATCH_SIZE = 1000

BASE = """
SELECT coalesce(max(position), 0) FROM cases_logevent WHERE case_id IN (SELECT case_id FROM log_growing)
"""

# Every stay of the cases that get new events. Within one instant the newest file's order holds; events that it does
# not have were there before, and come first.
STAYS = """
CREATE TEMPORARY TABLE log_stay AS
WITH event AS (
    SELECT log_id, e.happened_at, e.activity, coalesce(known.facts, e.facts) AS facts, %(base)s + number AS position
    FROM log_event AS e JOIN log_growing USING (log_id) LEFT JOIN cases_logevent AS known ON known.id = known_id
    UNION ALL
    SELECT log_id, happened_at, activity, facts, position
    FROM cases_logevent AS known JOIN log_growing USING (case_id)
    WHERE NOT EXISTS (SELECT FROM log_event WHERE known_id = known.id)
), stay AS (
    SELECT log_id, happened_at AS entered_at, event.position, facts, stage_id, code, team_id,
        kind = 'final' AS is_final,
        row_number() OVER journey AS place,
        lag(stage_id) OVER journey AS source_id,
        lead(happened_at) OVER journey AS next_at
    FROM event JOIN log_case USING (log_id)
    JOIN log_stage USING (version_id, activity) JOIN pathways_stage AS stage ON stage.id = stage_id
    WINDOW journey AS (PARTITION BY log_id ORDER BY happened_at, event.position)
), move AS (
    SELECT DISTINCT ON (source_id, target_id) id, source_id, target_id FROM pathways_transition
    ORDER BY source_id, target_id, position, id
)
SELECT log_id, place, entered_at, position, facts, stage_id, code, team_id, move.id AS via_id,
    next_at IS NULL AS is_last,
    next_at IS NULL AND is_final AS ends_journey,
    coalesce(next_at, CASE WHEN is_final THEN entered_at END) AS left_at,
    NULL::bigint AS entry_id
FROM stay LEFT JOIN move ON move.source_id = stay.source_id AND move.target_id = stay.stage_id
"""

# What each of these cases must be like now, out of its first stay and its last.
CASES_NOW = """
CREATE TEMPORARY TABLE log_now AS
SELECT log_id, case_id, is_known, version_id, last.code AS stage, last.team_id, last.left_at IS NULL AS is_open,
    first.entered_at AS opened_at, first.position, last.left_at AS closed_at
FROM log_case JOIN log_stay AS first USING (log_id) JOIN log_stay AS last USING (log_id)
WHERE first.place = 1 AND last.is_last
"""

NEW_CASES = """
INSERT INTO cases_case (version_id, status, stage, log_id, team_id, opened_at, closed_at)
SELECT version_id, CASE WHEN is_open THEN 'open' ELSE 'closed' END, stage, log_id, team_id, opened_at, closed_at
FROM log_now WHERE NOT is_known ORDER BY opened_at, position
RETURNING *
"""

NAME_NEW_CASES = """
UPDATE log_case SET case_id = made.id FROM cases_case AS made
WHERE NOT is_known AND made.log_id = log_case.log_id AND made.version_id = log_case.version_id
"""

KNOWN_CASES = """
UPDATE cases_case AS c
SET status = CASE WHEN is_open THEN 'open' ELSE 'closed' END, stage = new.stage, team_id = new.team_id,
    owner_id = CASE WHEN c.team_id = new.team_id THEN owner_id END,
    due_at = CASE WHEN is_open THEN due_at END,
    opened_at = new.opened_at, closed_at = new.closed_at
FROM log_now AS new
WHERE is_known AND c.id = new.case_id
    AND (c.stage, c.opened_at, c.closed_at) IS DISTINCT FROM (new.stage, new.opened_at, new.closed_at)
RETURNING c.*
"""

PLACE_KNOWN_EVENTS = """
UPDATE cases_logevent AS known SET position = %(base)s + number
FROM log_event JOIN log_growing USING (log_id) WHERE known.id = known_id
"""

NEW_EVENTS = """
INSERT INTO cases_logevent (case_id, happened_at, activity, occurrence, position, facts)
SELECT log_case.case_id, happened_at, activity, occurrence, %(base)s + number, facts
FROM log_event JOIN log_case USING (log_id) WHERE known_id IS NULL ORDER BY number
"""

# The same stay: of one case, in one stage, begun at one instant; of several, counted from the end, so that the one in
# which the case waited stays the one in which it waited. One that has ended keeps the stage of the version it was in;
# where the case is now must be a stage of its version.
SAME_STAYS = """
UPDATE log_stay SET entry_id = entry.id
FROM (
    SELECT log_id, place, is_last, case_id, stage_id, entered_at,
        row_number() OVER (PARTITION BY log_id, stage_id, entered_at ORDER BY place DESC) AS nth_last
    FROM log_stay JOIN log_case USING (log_id) WHERE is_known
) AS stay JOIN (
    SELECT id, case_id, same.stage_id, was_id, entered_at, row_number() OVER (
        PARTITION BY case_id, same.stage_id, entered_at ORDER BY left_at DESC, id DESC
    ) AS nth_last
    FROM cases_stageentry AS made JOIN log_case USING (case_id)
    JOIN log_same_stage AS same ON was_id = made.stage_id AND same.version_id = log_case.version_id
    WHERE how = 'imported' AND case_id IN (SELECT case_id FROM log_growing)
) AS entry USING (case_id, stage_id, entered_at, nth_last)
WHERE log_stay.log_id = stay.log_id AND log_stay.place = stay.place
    AND (was_id = stay.stage_id OR NOT stay.is_last)
"""

# Stays of one instant that took no time are in the order of their keys: remade when a new one comes between. Where
# an escalation points at one, its row is worth more than its place among stays of no length.
OUT_OF_ORDER = """
WITH brief AS (
    SELECT log_id, place, entered_at, entry_id,
        max(coalesce(entry_id, 9223372036854775807)) OVER (
            PARTITION BY log_id, entered_at ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS before
    FROM log_stay JOIN log_case USING (log_id) WHERE is_known AND left_at = entered_at
)
UPDATE log_stay SET entry_id = NULL
WHERE left_at = entered_at AND (log_id, entered_at) IN (SELECT log_id, entered_at FROM brief WHERE entry_id < before)
    AND NOT EXISTS (SELECT FROM cases_escalation WHERE kind = 'stage' AND thing_id = entry_id)
"""

DROP_STAYS = """
DELETE FROM cases_stageentry AS entry
WHERE case_id IN (SELECT case_id FROM log_growing)
    AND NOT EXISTS (SELECT FROM log_stay WHERE entry_id = entry.id)
RETURNING entry.*
"""

CHANGE_STAYS = """
UPDATE cases_stageentry AS entry
SET left_at = stay.left_at, left_by_id = CASE WHEN stay.left_at IS NOT NULL THEN coalesce(left_by_id, %(by)s) END,
    due_at = CASE WHEN stay.left_at IS NOT NULL THEN due_at END, ends_journey = stay.ends_journey,
    via_id = stay.via_id, facts = stay.facts
FROM log_stay AS stay
WHERE entry.id = entry_id AND (stay.left_at IS NULL) = %(is_open)s
    AND (entry.left_at, entry.ends_journey, entry.via_id, entry.facts)
    IS DISTINCT FROM (stay.left_at, stay.ends_journey, stay.via_id, stay.facts)
RETURNING entry.*
"""

NEW_STAYS = """
INSERT INTO cases_stageentry
    (case_id, stage_id, team_id, how, via_id, entered_at, entered_by_id, watched_since, left_at, left_by_id,
    ends_journey, facts)
SELECT case_id, stage_id, team_id, 'imported', via_id, entered_at, %(by)s, %(now)s, left_at,
    CASE WHEN left_at IS NOT NULL THEN %(by)s END, ends_journey, facts
FROM log_stay JOIN log_case USING (log_id) WHERE entry_id IS NULL ORDER BY entered_at, log_stay.position
"""

# The case has moved on from these, as it turns out.
RESOLVE = """
UPDATE cases_escalation AS raised SET resolved_at = %(now)s, resolved_by_id = %(by)s
WHERE resolved_at IS NULL AND case_id IN (SELECT case_id FROM log_growing)
    AND NOT EXISTS (SELECT FROM cases_stageentry WHERE id = thing_id AND left_at IS NULL)
RETURNING raised.*
"""

CLEAR_TIMERS = """
DELETE FROM cases_timer WHERE case_id IN (SELECT case_id FROM log_now WHERE is_known AND NOT is_open)
"""

GROWN = RawSQL("SELECT log_case.case_id FROM log_case JOIN log_growing USING (log_id)", [])

OPEN = """
SELECT log_case.case_id FROM log_case JOIN log_now USING (log_id)
WHERE is_open AND log_case.case_id > %(last)s ORDER BY case_id LIMIT %(size)s
"""


def build(*, by, now, reason, tell: Tell = in_silence) -> None:
    """Make the journeys of the staged events (see ``staging``) and watch those that are open."""
    values = {"by": by.pk, "now": now, "reason": reason}
    tell(Step.CASES)
    with connection.cursor() as cursor:
        cursor.execute(BASE)
        values["base"] = cursor.fetchone()[0]
        cursor.execute(STAYS, values)
        cursor.execute("ANALYZE log_stay")
        _take_up_cases(cursor, values)
        tell(Step.STAYS)
        _remake_stays(cursor, values)
        cursor.execute(with_history(Escalation, RESOLVE, CHANGED), values)
        cursor.execute(CLEAR_TIMERS)
    tell(Step.DUE_TIMES)
    due_times.fill(StageEntry.objects.filter(case__in=GROWN))
    watched = 0
    tell(Step.TIMERS)
    for cases in _open_cases():
        watched += len(cases)
        tell(Step.TIMERS, watched)
        timers.watch_many(StageEntry.objects.filter(case__in=cases, left_at=None).select_related("case"))


def _take_up_cases(cursor, values):
    cursor.execute(CASES_NOW)
    cursor.execute("ANALYZE log_now")
    cursor.execute(with_history(Case, NEW_CASES, CREATED), values)
    cursor.execute(NAME_NEW_CASES)
    cursor.execute("ANALYZE log_case")  # its keys were unknown before, and joins on them were planned for none
    cursor.execute(with_history(Case, KNOWN_CASES, CHANGED), values)
    cursor.execute(PLACE_KNOWN_EVENTS, values)
    cursor.execute(NEW_EVENTS, values)


def _remake_stays(cursor, values):
    cursor.execute(SAME_STAYS)
    cursor.execute(OUT_OF_ORDER)
    # What the database otherwise forbids to all: an imported stay may be made anew from its log.
    cursor.execute("SET LOCAL midwatch.remake_from_log = 'on'")
    cursor.execute(with_history(StageEntry, DROP_STAYS, DELETED), values)
    for is_open in (False, True):  # first all that end: a case has one open stay at most, at every moment
        cursor.execute(with_history(StageEntry, CHANGE_STAYS, CHANGED), values | {"is_open": is_open})
    cursor.execute("SET LOCAL midwatch.remake_from_log = 'off'")
    cursor.execute(NEW_STAYS, values)


def _open_cases():
    """Yield the keys of the open cases that got new events, a batch at a time."""
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(OPEN, {"last": last, "size": BATCH_SIZE})
            cases = [case for (case,) in cursor]
        if not cases:
            return
        yield cases
        last = cases[-1]
