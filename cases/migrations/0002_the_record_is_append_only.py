"""What the database guards by itself: no stage that is not on the map, and a record of stays and escalations that only grows."""

from django.db import migrations

STAGE_IS_ON_THE_MAP = """
ALTER TABLE cases_case ADD CONSTRAINT case_stage_is_on_its_map
    FOREIGN KEY (version_id, stage) REFERENCES pathways_stage (version_id, code) DEFERRABLE INITIALLY DEFERRED;
"""

# Two exceptions, each only by the operation that says so for its transaction: entries made from a log may be made again when a
# longer log comes; and an open entry may be led to the same stage of a new version, or be watched by a calendar that changed.
APPEND_ONLY = """
CREATE FUNCTION cases_entry_only_ends() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    may_change text[] := '{left_at,left_by_id,facts}';
BEGIN
    IF OLD.how = 'imported' AND current_setting('midwatch.remake_from_log', true) = 'on' THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'A stay in a stage is part of the record and cannot be deleted.' USING ERRCODE = 'check_violation';
    END IF;
    IF current_setting('midwatch.change_the_rules', true) = 'on' THEN
        may_change := may_change || '{stage_id,team_id,watched_since}'::text[];
    END IF;
    IF OLD.left_at IS NOT NULL OR (to_jsonb(OLD) - may_change) IS DISTINCT FROM (to_jsonb(NEW) - may_change) THEN
        RAISE EXCEPTION 'A stay in a stage is part of the record: it can only be ended, once.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER entry_only_ends BEFORE UPDATE OR DELETE ON cases_stageentry
    FOR EACH ROW EXECUTE FUNCTION cases_entry_only_ends();

CREATE FUNCTION cases_escalation_only_closes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    closing text[] := '{acknowledged_at,acknowledged_by_id,acknowledgement,resolved_at,resolved_by_id}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'An escalation is part of the record and cannot be deleted.' USING ERRCODE = 'check_violation';
    END IF;
    IF (to_jsonb(OLD) - closing) IS DISTINCT FROM (to_jsonb(NEW) - closing)
        OR (OLD.acknowledged_at IS NOT NULL AND (OLD.acknowledged_at, OLD.acknowledged_by_id, OLD.acknowledgement)
            IS DISTINCT FROM (NEW.acknowledged_at, NEW.acknowledged_by_id, NEW.acknowledgement))
        OR (OLD.resolved_at IS NOT NULL AND (OLD.resolved_at, OLD.resolved_by_id)
            IS DISTINCT FROM (NEW.resolved_at, NEW.resolved_by_id)) THEN
        RAISE EXCEPTION 'An escalation is part of the record: it can only be acknowledged and resolved, once each.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER escalation_only_closes BEFORE UPDATE OR DELETE ON cases_escalation
    FOR EACH ROW EXECUTE FUNCTION cases_escalation_only_closes();
"""

UNDO_APPEND_ONLY = """
DROP TRIGGER escalation_only_closes ON cases_escalation;
DROP FUNCTION cases_escalation_only_closes();
DROP TRIGGER entry_only_ends ON cases_stageentry;
DROP FUNCTION cases_entry_only_ends();
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_journeys"), ("pathways", "0002_published_versions_are_frozen")]

    operations = [
        migrations.RunSQL(STAGE_IS_ON_THE_MAP, "ALTER TABLE cases_case DROP CONSTRAINT case_stage_is_on_its_map"),
        migrations.RunSQL(APPEND_ONLY, UNDO_APPEND_ONLY),
    ]
