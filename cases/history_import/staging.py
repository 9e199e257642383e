"""The rows of a log in tables of their own, where the database sorts and matches them and no memory of ours grows.

``log_row``      each row of the file; a ``reason`` marks a rejected one
``log_case``     each case of a good row, with its Case if there is one and the version whose stages its events go to
``log_event``    each good row as an event: known by case, time, activity and how many-th of its like it is
``log_growing``  the cases that get new events
``log_same_stage``  each stage of these versions, and the stages of all versions that it is, or that went into it
``log_stage``    what logs call the stages: by the name that they have, or had, or that one had that went into them

The tables are temporary, this connection's own, and are made anew by each import.
"""

import json
from collections.abc import Iterable, Iterator

from django.db import connection

from cases.history_import.reading import Row

DROP = "DROP TABLE IF EXISTS log_row, log_case, log_event, log_growing, log_same_stage, log_stage, log_stay, log_now"

ROWS = """
CREATE TEMPORARY TABLE log_row (
    number bigint NOT NULL, log_id text, activity text, happened_at timestamptz, facts jsonb, reason text
)
"""

COPY = "COPY log_row (number, log_id, activity, happened_at, facts, reason) FROM STDIN"

CASES = """
CREATE TEMPORARY TABLE log_case AS
SELECT log_id, found.id AS case_id, found.id IS NOT NULL AS is_known,
    coalesce(found.version_id, %(version)s) AS version_id
FROM (SELECT DISTINCT log_id FROM log_row WHERE reason IS NULL) AS named
LEFT JOIN (
    SELECT DISTINCT ON (log_id) log_id, cases_case.id, version_id
    FROM cases_case JOIN pathways_pathwayversion ON pathways_pathwayversion.id = version_id
    WHERE pathway_id = %(pathway)s AND log_id <> ''
    ORDER BY log_id, cases_case.id
) AS found USING (log_id)
"""

SAME_STAGES = """
CREATE TEMPORARY TABLE log_same_stage AS
SELECT stage.version_id, stage.id AS stage_id, stage.position, was.id AS was_id, was.name AS activity, other.number
FROM pathways_stage AS stage
JOIN pathways_pathwayversion AS version ON version.id = stage.version_id
JOIN pathways_pathwayversion AS other ON other.pathway_id = version.pathway_id AND other.status <> 'draft'
JOIN pathways_stage AS was ON was.version_id = other.id
    AND (was.code = stage.code OR was.code = ANY (stage.merged_from))
WHERE stage.version_id = %(version)s OR stage.version_id IN (SELECT version_id FROM log_case)
"""

# A log goes on calling a stage as it did when the pathway was made from it. What it is called now comes first.
NAMED_STAGES = """
CREATE TEMPORARY TABLE log_stage AS
SELECT DISTINCT ON (version_id, activity) version_id, activity, stage_id FROM log_same_stage
ORDER BY version_id, activity, was_id = stage_id DESC, number DESC, position, stage_id
"""

UNKNOWN_STAGES = """
UPDATE log_row SET reason = 'This pathway has no stage “' || activity || '”.'
FROM log_case
WHERE reason IS NULL AND log_case.log_id = log_row.log_id AND NOT EXISTS (
    SELECT FROM log_stage WHERE log_stage.version_id = log_case.version_id AND log_stage.activity = log_row.activity
)
"""

EVENTS = """
CREATE TEMPORARY TABLE log_event AS
SELECT number, log_id, log_case.case_id, happened_at, activity, occurrence, liked.facts, known.id AS known_id
FROM (
    SELECT *, row_number() OVER (PARTITION BY log_id, happened_at, activity ORDER BY number) AS occurrence
    FROM log_row WHERE reason IS NULL
) AS liked
JOIN log_case USING (log_id)
LEFT JOIN cases_logevent AS known USING (case_id, happened_at, activity, occurrence)
"""

GROWING = """
CREATE TEMPORARY TABLE log_growing AS SELECT DISTINCT log_id, case_id FROM log_event WHERE known_id IS NULL
"""

# A case before its timer, as every operation does (see cases.watch.timers.lock).
LOCK_CASES = """
SELECT count(*) FROM (
    SELECT FROM cases_case WHERE id IN (SELECT case_id FROM log_growing) ORDER BY id FOR NO KEY UPDATE
) AS locked
"""
LOCK_TIMERS = """
SELECT count(*) FROM (
    SELECT FROM cases_timer WHERE case_id IN (SELECT case_id FROM log_growing) ORDER BY id FOR NO KEY UPDATE
) AS locked
"""

# A journey that somebody went on with is theirs: making it anew from the log would take back what they did. That the
# case was mapped to a new version is nothing that anybody did with it.
REFUSE_WORKED_ON = """
WITH worked_on AS (
    DELETE FROM log_growing USING cases_case AS c
    WHERE c.id = log_growing.case_id AND (
        status = 'on_hold'
        OR EXISTS (SELECT FROM cases_hold WHERE case_id = c.id)
        OR EXISTS (SELECT FROM cases_stageentry WHERE case_id = c.id AND how NOT IN ('imported', 'mapped'))
        OR status = 'closed' AND NOT EXISTS (SELECT FROM cases_stageentry WHERE case_id = c.id AND ends_journey)
    )
    RETURNING c.id, reference
), refused AS (
    DELETE FROM log_event USING worked_on WHERE case_id = worked_on.id AND known_id IS NULL RETURNING number, reference
)
UPDATE log_row
SET reason = 'The case was worked on in Midwatch since its log was imported. Record there what happened: '
    || reference || '.'
FROM refused WHERE log_row.number = refused.number
"""

COUNTS = """
SELECT count(DISTINCT log_id), count(*), count(*) FILTER (WHERE known_id IS NULL),
    (SELECT count(*) FROM log_row WHERE reason IS NOT NULL)
FROM log_event
"""


def fill(rows: Iterable[Row]) -> None:
    """Copy ``rows`` into the staging table, made empty first. What ``rows`` raises leaves it so."""
    with connection.cursor() as cursor:
        cursor.execute(DROP)
        cursor.execute(ROWS)
        with cursor.copy(COPY) as copy:
            for row in rows:
                facts = json.dumps(row.facts) if row.facts else "{}"
                copy.write_row((row.number, row.case, row.activity, row.at, facts, row.reason))
        cursor.execute("ANALYZE log_row")


def holds_events() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM log_row WHERE reason IS NULL)")
        return cursor.fetchone()[0]


def match(pathway, version) -> None:
    """Find the cases and events that are known already; reject the rows whose stage is unknown.

    ``version`` is the one that new cases begin on. Both may be None: then all is new.
    """
    with connection.cursor() as cursor:
        values = {"pathway": pathway and pathway.pk, "version": version and version.pk}
        cursor.execute(CASES, values)
        cursor.execute("ANALYZE log_case")  # nobody else does that for a temporary table
        cursor.execute(SAME_STAGES, values)
        cursor.execute(NAMED_STAGES)
        if version:
            cursor.execute(UNKNOWN_STAGES)
        cursor.execute(EVENTS)
        cursor.execute("ANALYZE log_event")


def lock_growing() -> None:
    """Lock the cases that get new events; reject those of cases that somebody has worked on since their import."""
    with connection.cursor() as cursor:
        for statement in (GROWING, LOCK_CASES, LOCK_TIMERS, REFUSE_WORKED_ON):
            cursor.execute(statement)


def counts() -> tuple[int, int, int, int]:
    """Return how many cases and good events the file has, how many events are new, and how many rows are bad."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTS)
        return cursor.fetchone()


def rejected() -> Iterator[tuple[int, str]]:
    """Yield number and reason of each rejected row, in the file's order, without holding them all."""
    with connection.chunked_cursor() as cursor:
        cursor.execute("SELECT number, reason FROM log_row WHERE reason IS NOT NULL ORDER BY number")
        yield from cursor


def drop() -> None:
    with connection.cursor() as cursor:
        cursor.execute(DROP)
