"""What the database sees to by itself: every finished stay that comes or goes is told to the rollups, and a stay keeps
when it was due."""

from importlib import import_module

from django.db import migrations

shortened = import_module("cases.migrations.0005_events_are_append_only")

# The due time comes with the end; or once afterwards, where an import or an older Midwatch did not know it.
ENTRY_HAS_DUE_TIME = shortened.MAY_BE_SHORTENED.replace("left_by_id,facts", "left_by_id,due_at,facts").replace(
    "    IF TG_OP = 'DELETE' THEN",
    """    IF current_setting('midwatch.fill_due_times', true) = 'on' AND TG_OP = 'UPDATE' AND OLD.due_at IS NULL
        AND (to_jsonb(OLD) - 'due_at') IS NOT DISTINCT FROM (to_jsonb(NEW) - 'due_at') THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN""",
    1,
)

COUNT_SPELLS = """
CREATE FUNCTION cases_entry_changes_spells() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.left_at IS NOT NULL AND NOT OLD.ends_journey THEN
        INSERT INTO cases_spellchange (stage_id, entered_at, left_at, due_at, sign)
        VALUES (OLD.stage_id, OLD.entered_at, OLD.left_at, OLD.due_at, -1);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.left_at IS NOT NULL AND NOT NEW.ends_journey THEN
        INSERT INTO cases_spellchange (stage_id, entered_at, left_at, due_at, sign)
        VALUES (NEW.stage_id, NEW.entered_at, NEW.left_at, NEW.due_at, 1);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER entry_brings_spell AFTER INSERT ON cases_stageentry
    FOR EACH ROW WHEN (NEW.left_at IS NOT NULL AND NOT NEW.ends_journey)
    EXECUTE FUNCTION cases_entry_changes_spells();
CREATE TRIGGER entry_changes_spell AFTER UPDATE ON cases_stageentry
    FOR EACH ROW WHEN (
        (OLD.stage_id, OLD.entered_at, OLD.left_at, OLD.due_at, OLD.ends_journey)
        IS DISTINCT FROM (NEW.stage_id, NEW.entered_at, NEW.left_at, NEW.due_at, NEW.ends_journey)
        AND (OLD.left_at IS NOT NULL OR NEW.left_at IS NOT NULL))
    EXECUTE FUNCTION cases_entry_changes_spells();
CREATE TRIGGER entry_takes_spell AFTER DELETE ON cases_stageentry
    FOR EACH ROW WHEN (OLD.left_at IS NOT NULL AND NOT OLD.ends_journey)
    EXECUTE FUNCTION cases_entry_changes_spells();
"""

UNDO_COUNT_SPELLS = """
DROP TRIGGER entry_takes_spell ON cases_stageentry;
DROP TRIGGER entry_changes_spell ON cases_stageentry;
DROP TRIGGER entry_brings_spell ON cases_stageentry;
DROP FUNCTION cases_entry_changes_spells();
"""

# The queue comes and goes every minute: it is vacuumed by how much that was, not by its size, which is nothing.
# The rows of cells are read whole: they stay where they are, and are not taken apart.
STORAGE = """
ALTER TABLE cases_spellchange SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
ALTER TABLE cases_durationcell SET (toast_tuple_target = 8160, fillfactor = 70);
"""

# What there was before is counted too: the next sweep takes it from the queue.
THE_SPELLS_THERE_ARE = """
INSERT INTO cases_spellchange (stage_id, entered_at, left_at, due_at, sign)
SELECT stage_id, entered_at, left_at, due_at, 1 FROM cases_stageentry WHERE left_at IS NOT NULL AND NOT ends_journey
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0012_rollups_of_durations")]

    operations = [
        migrations.RunSQL(ENTRY_HAS_DUE_TIME, shortened.MAY_BE_SHORTENED),
        migrations.RunSQL(COUNT_SPELLS, UNDO_COUNT_SPELLS),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
        migrations.RunSQL(THE_SPELLS_THERE_ARE, migrations.RunSQL.noop),
    ]
