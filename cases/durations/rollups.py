"""The rollups: what the figures over many stays are made of, kept in step with the stays.

A trigger queues each finished stay that comes or goes (``SpellChange``); ``drain`` takes them into the cells
(``DurationCell``). Cells and queue together always say what the stays say, so that whoever reads both in one statement
is right at every moment, however late the drain is. Both are an index and not the truth: ``check`` compares them with
the stays, ``rebuild`` makes them anew.
"""

from datetime import date

from django.db import connection, transaction

from cases.durations.buckets import BUCKET_SQL
from cases.showing import day as in_words
from pathways.models import Stage

BATCH_SIZE = 50_000
COLUMNS = 'stage_id, grain, "on", n, seconds, squares, late, excess, buckets, counts'

# One at a time: whoever drains or rebuilds changes the same cells. Nobody else waits for it.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('midwatch'), hashtext('rollups'))"

# By stage, day and bucket what the rows of ``source`` bring, which have the columns of a stay and a sign.
BY_DAY = """
    length AS (
        SELECT stage_id, (left_at AT TIME ZONE 'Europe/London')::date AS day, sign,
            extract(epoch FROM left_at - entered_at) AS seconds,
            greatest(extract(epoch FROM left_at - due_at), 0) AS late
        FROM ({source}) AS source
    ), by_day AS (
        SELECT stage_id, day, {bucket} AS bucket, sum(sign) AS n, sum(sign * seconds) AS seconds,
            sum(sign * seconds * seconds) AS squares, sum(CASE WHEN late > 0 THEN sign ELSE 0 END) AS late,
            sum(sign * late) AS excess
        FROM length GROUP BY stage_id, day, bucket
    )
"""
# The same by week and by month too.
BY_BUCKET = """
    {by_day}, by_bucket AS (
        SELECT stage_id, 0::smallint AS grain, day AS "on", bucket, n, seconds, squares, late, excess FROM by_day
        UNION ALL
        SELECT stage_id, grain, "on", bucket, sum(n), sum(seconds), sum(squares), sum(late), sum(excess)
        FROM by_day, LATERAL (VALUES
            (1::smallint, date_trunc('week', day::timestamp)::date),
            (2::smallint, date_trunc('month', day::timestamp)::date)
        ) AS grained (grain, "on")
        GROUP BY stage_id, grain, "on", bucket
    ), sums AS (
        SELECT stage_id, grain, "on", sum(n) AS n, sum(seconds) AS seconds, sum(squares) AS squares,
            sum(late) AS late, sum(excess) AS excess
        FROM by_bucket GROUP BY stage_id, grain, "on"
    )
"""
COUNTS = """
    SELECT stage_id, grain, "on", array_agg(bucket::smallint ORDER BY bucket) AS buckets,
        array_agg(n::int ORDER BY bucket) AS counts
    FROM {by_bucket} WHERE n <> 0 GROUP BY stage_id, grain, "on"
"""


def by_day(source: str) -> str:
    """The common table expressions that end in ``by_day``: what the rows of ``source`` bring."""
    return BY_DAY.format(source=source, bucket=BUCKET_SQL)


def _by_bucket(source):
    return BY_BUCKET.format(by_day=by_day(source))


# The counts of a cell are made anew out of those it had and those that came.
DRAIN = f"""
WITH gone AS (
    DELETE FROM cases_spellchange WHERE id IN (SELECT id FROM cases_spellchange ORDER BY id LIMIT %(size)s)
    RETURNING stage_id, entered_at, left_at, due_at, sign
), {_by_bucket("SELECT * FROM gone")}, merged AS (
    SELECT stage_id, grain, "on", bucket, sum(n) AS n
    FROM (
        SELECT stage_id, grain, "on", bucket, n FROM by_bucket
        UNION ALL
        SELECT stage_id, grain, "on", had.bucket, had.n
        FROM sums JOIN cases_durationcell AS cell USING (stage_id, grain, "on"),
            unnest(cell.buckets, cell.counts) AS had (bucket, n)
    ) AS each
    GROUP BY stage_id, grain, "on", bucket
), counted AS ({COUNTS.format(by_bucket="merged")}), drained AS (
    INSERT INTO cases_durationcell AS cell ({COLUMNS})
    SELECT stage_id, grain, "on", n, seconds, squares, late, excess,
        coalesce(buckets, '{{}}'), coalesce(counts, '{{}}')
    FROM sums LEFT JOIN counted USING (stage_id, grain, "on")
    ON CONFLICT (stage_id, grain, "on") DO UPDATE
    SET n = cell.n + excluded.n, seconds = cell.seconds + excluded.seconds, squares = cell.squares + excluded.squares,
        late = cell.late + excluded.late, excess = cell.excess + excluded.excess,
        buckets = excluded.buckets, counts = excluded.counts
    RETURNING cell.n
)
SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM drained WHERE n = 0)
"""  # noqa: S608  put together from constants alone
DROP_EMPTY = "DELETE FROM cases_durationcell WHERE n = 0"

# What the cells of some stages must be: what the stays say, without what is still in the queue.
EXPECTED = f"""
WITH {
    _by_bucket('''
        SELECT stage_id, entered_at, left_at, due_at, 1 AS sign FROM cases_stageentry
        WHERE left_at IS NOT NULL AND NOT ends_journey AND stage_id = ANY (%(stages)s)
        UNION ALL
        SELECT stage_id, entered_at, left_at, due_at, -sign FROM cases_spellchange WHERE stage_id = ANY (%(stages)s)
    ''')
}, counted AS ({COUNTS.format(by_bucket="by_bucket")}), expected AS (
    SELECT stage_id, grain, "on", n::int, seconds, squares, late::int, excess, buckets, counts
    FROM sums JOIN counted USING (stage_id, grain, "on") WHERE n <> 0
)
"""  # noqa: S608
DELETE = "DELETE FROM cases_durationcell WHERE stage_id = ANY (%(stages)s)"
INSERT = f"""
{EXPECTED} INSERT INTO cases_durationcell ({COLUMNS}) SELECT * FROM expected ORDER BY stage_id, grain, "on"
"""  # noqa: S608
DIFFERING = f"""
{EXPECTED}, cell AS (SELECT {COLUMNS} FROM cases_durationcell WHERE stage_id = ANY (%(stages)s))
SELECT stage_id, count(*), (array_agg("on" ORDER BY place))[1],
    (array_agg(coalesce(cell.n, 0) ORDER BY place))[1], (array_agg(coalesce(expected.n, 0) ORDER BY place))[1]
FROM expected FULL JOIN cell USING (stage_id, grain, "on"), LATERAL (VALUES ((grain, "on"))) AS of (place)
WHERE expected IS DISTINCT FROM cell
GROUP BY stage_id ORDER BY stage_id
"""  # noqa: S608


def drain() -> int:
    """Take what is queued into the cells; return how many changes that were. Safe to be killed, doubled or late."""
    drained = 0
    while batch := _drain():
        drained += batch
    return drained


@transaction.atomic
def _drain():
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        cursor.execute(DRAIN, {"size": BATCH_SIZE})
        drained, emptied = cursor.fetchone()
        if emptied:
            cursor.execute(DROP_EMPTY)
    return drained


@transaction.atomic
def rebuild(stages) -> None:
    """Make the cells of ``stages`` (their keys) anew out of the stays; what is queued stays queued."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK)
        cursor.execute(DELETE, {"stages": list(stages)})
        cursor.execute(INSERT, {"stages": list(stages)})


def check(stages, *, repair=True) -> list[str]:
    """Compare the cells of ``stages`` (their keys) with the stays; return a sentence for each stage in which they
    differ, and make its cells anew if ``repair``.
    """
    with connection.cursor() as cursor:
        cursor.execute(DIFFERING, {"stages": list(stages)})
        found = {stage: differing for stage, *differing in cursor}
    if repair and found:
        rebuild(found)
    named = Stage.objects.select_related("version__pathway").in_bulk(found)
    return [_sentence(named[stage], *differing) for stage, differing in found.items()]


def _sentence(stage: Stage, number: int, first: date, have: int, must: int) -> str:
    where = f"{stage.version.pathway.name}, version {stage.version.number}, {stage.name}"
    cells = f"{number} cells differ" if number > 1 else "one cell differs"
    return (
        f"{where}: {cells} from the stays, first that of {in_words(first)}, which counts {have} and must count {must}."
    )


def stages_of(pathway=None) -> list[int]:
    """The keys of the stages that may have cells: of all versions of ``pathway``, or of every pathway."""
    stages = Stage.objects.all() if pathway is None else Stage.objects.filter(version__pathway=pathway)
    return list(stages.order_by("pk").values_list("pk", flat=True))
