"""Tasks, detours and facts of a published version are frozen like the rest of it."""

from importlib import import_module

from django.db import migrations

frozen = import_module("pathways.migrations.0002_published_versions_are_frozen")

OWNERS = {
    "pathways_detourrule": "SELECT $1.version_id",
    "pathways_factdefinition": "SELECT $1.version_id",
    "pathways_tasktemplate": "SELECT version_id FROM pathways_stage WHERE id = $1.stage_id",
}


class Migration(migrations.Migration):
    dependencies = [("pathways", "0003_follow_ups")]

    operations = [
        migrations.RunSQL(
            frozen.GUARD.format(table=table, owner=owner), frozen.UNDO_GUARD.format(table=table)
        )
        for table, owner in OWNERS.items()
    ]
