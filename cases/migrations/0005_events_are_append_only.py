"""What the database guards by itself: events are struck out once and never rewritten, an override stays for ever; and an open stay
may be given less time than its stage has."""

from importlib import import_module

from django.db import migrations

append_only = import_module("cases.migrations.0002_the_record_is_append_only")

ENTRY_ONLY_ENDS = append_only.APPEND_ONLY[: append_only.APPEND_ONLY.index("CREATE TRIGGER entry_only_ends")].replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
MAY_BE_SHORTENED = ENTRY_ONLY_ENDS.replace(
    "{left_at,left_by_id,facts}", "{left_at,left_by_id,facts,shortened_at,shortened_by_id,due_by}"
)

EVENTS = """
CREATE FUNCTION cases_event_is_only_struck() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    striking text[] := '{struck_at,struck_by_id,struck_why}';
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'What happened is part of the record and cannot be deleted.' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.struck_at IS NOT NULL OR (to_jsonb(OLD) - striking) IS DISTINCT FROM (to_jsonb(NEW) - striking) THEN
        RAISE EXCEPTION 'What happened is part of the record: it can only be struck out, once.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER event_is_only_struck BEFORE UPDATE OR DELETE ON cases_caseevent
    FOR EACH ROW EXECUTE FUNCTION cases_event_is_only_struck();

CREATE FUNCTION cases_override_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'An override is part of the record and cannot be changed.' USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER override_stays BEFORE UPDATE OR DELETE ON cases_override
    FOR EACH ROW EXECUTE FUNCTION cases_override_stays();
"""

UNDO_EVENTS = """
DROP TRIGGER override_stays ON cases_override;
DROP FUNCTION cases_override_stays();
DROP TRIGGER event_is_only_struck ON cases_caseevent;
DROP FUNCTION cases_event_is_only_struck();
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_the_caseworkers_day")]

    operations = [
        migrations.RunSQL(MAY_BE_SHORTENED, ENTRY_ONLY_ENDS),
        migrations.RunSQL(EVENTS, UNDO_EVENTS),
    ]
