"""Only a draft can be edited: not in the admin, not by a file, not by the ORM, not by hand in SQL."""

from django.db import migrations

# Which version a row belongs to, asked of the row before and after the change.
OWNERS = {
    "pathways_stage": "SELECT $1.version_id",
    "pathways_formdefinition": "SELECT $1.version_id",
    "pathways_transition": "SELECT version_id FROM pathways_stage WHERE id = $1.source_id",
    "pathways_escalationstep": "SELECT version_id FROM pathways_stage WHERE id = $1.stage_id",
    "pathways_question": "SELECT version_id FROM pathways_formdefinition WHERE id = $1.form_id",
    "pathways_requirement": (
        "SELECT s.version_id FROM pathways_transition t JOIN pathways_stage s ON s.id = t.source_id WHERE t.id = $1.transition_id"
    ),
}

REFUSE = """
CREATE FUNCTION pathways_refuse_unless_draft(version bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    -- FOR SHARE: a publication that is under way at the same time must not be slipped something in.
    SELECT status INTO found FROM pathways_pathwayversion WHERE id = version FOR SHARE;
    IF found <> 'draft' THEN
        RAISE EXCEPTION 'This version is % and cannot be changed. Make a new draft of the pathway and change that.', found
            USING ERRCODE = 'check_violation';
    END IF;
END $$;

CREATE FUNCTION pathways_version_keeps_its_word() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status <> 'draft' THEN
            RAISE EXCEPTION 'This version is % and cannot be deleted. Retire it instead.', OLD.status USING ERRCODE = 'check_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.status <> 'draft' AND (
        (OLD.pathway_id, OLD.number, OLD.published_at, OLD.published_by_id)
            IS DISTINCT FROM (NEW.pathway_id, NEW.number, NEW.published_at, NEW.published_by_id)
        OR NOT (OLD.status = NEW.status OR (OLD.status = 'active' AND NEW.status = 'retired'))
    ) THEN
        RAISE EXCEPTION 'This version is % and cannot be changed. It can only be retired.', OLD.status USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER version_keeps_its_word BEFORE UPDATE OR DELETE ON pathways_pathwayversion
    FOR EACH ROW EXECUTE FUNCTION pathways_version_keeps_its_word();
"""

UNDO_REFUSE = """
DROP TRIGGER version_keeps_its_word ON pathways_pathwayversion;
DROP FUNCTION pathways_version_keeps_its_word();
DROP FUNCTION pathways_refuse_unless_draft(bigint);
"""

GUARD = """
CREATE FUNCTION {table}_version({table}) RETURNS bigint LANGUAGE sql STABLE AS $${owner}$$;

CREATE FUNCTION {table}_only_in_a_draft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM pathways_refuse_unless_draft({table}_version(OLD));
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM pathways_refuse_unless_draft({table}_version(NEW));
        RETURN NEW;
    END IF;
    RETURN OLD;
END $$;

CREATE TRIGGER only_in_a_draft BEFORE INSERT OR UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {table}_only_in_a_draft();
"""

UNDO_GUARD = """
DROP TRIGGER only_in_a_draft ON {table};
DROP FUNCTION {table}_only_in_a_draft();
DROP FUNCTION {table}_version({table});
"""


class Migration(migrations.Migration):
    dependencies = [("pathways", "0001_the_map")]

    operations = [
        migrations.RunSQL(REFUSE, UNDO_REFUSE),
        *(
            migrations.RunSQL(GUARD.format(table=table, owner=owner), UNDO_GUARD.format(table=table))
            for table, owner in OWNERS.items()
        ),
    ]
