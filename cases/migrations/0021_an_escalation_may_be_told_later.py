"""An escalation of which nobody could be told may be told later, once: the database lets that be written."""

from importlib import import_module

from django.db import migrations

WITH_A_PROMISE = import_module("cases.migrations.0007_an_answer_may_be_a_promise").WITH_A_PROMISE
TOLD_LATER = WITH_A_PROMISE.replace("'{acknowledged_at,", "'{is_told,answer_by,acknowledged_at,").replace(
    "        OR (OLD.acknowledged_at IS NOT NULL",
    "        OR (OLD.is_told AND (OLD.is_told, OLD.answer_by) IS DISTINCT FROM (NEW.is_told, NEW.answer_by))\n"
    "        OR (NOT NEW.is_told AND OLD.answer_by IS DISTINCT FROM NEW.answer_by)\n"
    "        OR (OLD.acknowledged_at IS NOT NULL",
)


class Migration(migrations.Migration):
    dependencies = [("cases", "0020_what_was_recorded_in_error")]

    operations = [migrations.RunSQL(TOLD_LATER, WITH_A_PROMISE)]
