"""An escalation is acknowledged with a promise, which is a task: the database lets that be named with the answer."""

from importlib import import_module

from django.db import migrations

append_only = import_module("cases.migrations.0002_the_record_is_append_only")

_FROM = append_only.APPEND_ONLY.index("CREATE FUNCTION cases_escalation_only_closes")
ONLY_CLOSES = append_only.APPEND_ONLY[_FROM : append_only.APPEND_ONLY.index("CREATE TRIGGER escalation_only_closes")].replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
WITH_A_PROMISE = (
    ONLY_CLOSES.replace("acknowledgement,resolved_at", "acknowledgement,promise_id,resolved_at")
    .replace("OLD.acknowledged_by_id, OLD.acknowledgement)", "OLD.acknowledged_by_id, OLD.acknowledgement, OLD.promise_id)")
    .replace("NEW.acknowledged_by_id, NEW.acknowledgement)", "NEW.acknowledged_by_id, NEW.acknowledgement, NEW.promise_id)")
)


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_supervision")]

    operations = [migrations.RunSQL(WITH_A_PROMISE, ONLY_CLOSES)]
