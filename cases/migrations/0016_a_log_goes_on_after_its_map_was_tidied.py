"""A stay to which a new version mapped a case is no act of anybody's: a longer log may make the journey anew from its
events, as it may the stays that it made itself."""

from importlib import import_module

from django.db import migrations

counted = import_module("cases.migrations.0013_spells_are_counted")

MAPPED_IS_REMADE = counted.ENTRY_HAS_DUE_TIME.replace("OLD.how = 'imported'", "OLD.how IN ('imported', 'mapped')", 1)


class Migration(migrations.Migration):
    dependencies = [("cases", "0015_escalations_are_written_fast"), ("pathways", "0007_merged_stages")]

    operations = [migrations.RunSQL(MAPPED_IS_REMADE, counted.ENTRY_HAS_DUE_TIME)]
