"""An escalation and its line are written with no index that nobody searches, and with one key where two say the same:
a storm writes thousands in a second.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TOGETHER = """
ALTER TABLE cases_noticeline ADD CONSTRAINT line_goes_to_the_recipient_of_its_notice
FOREIGN KEY (notice_id, recipient_id) REFERENCES cases_notice (id, recipient_id) DEFERRABLE INITIALLY DEFERRED
"""
APART = "ALTER TABLE cases_noticeline DROP CONSTRAINT line_goes_to_the_recipient_of_its_notice"


class Migration(migrations.Migration):
    dependencies = [("cases", "0014_imports_in_the_portal")]

    operations = [
        migrations.AlterField("escalation", "rung_code", models.SlugField(db_index=False)),
        migrations.AlterField(
            "escalation",
            "promise",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="promise_of",
                to="cases.task",
            ),
        ),
        migrations.AddIndex(
            "escalation",
            models.Index(
                condition=models.Q(("promise__isnull", False)), fields=["promise"], name="escalations_promised"
            ),
        ),
        migrations.AlterField(
            "noticeline",
            "escalation",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="cases.escalation",
            ),
        ),
        migrations.AlterField(
            "noticeline",
            "notice",
            models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="lines",
                to="cases.notice",
            ),
        ),
        migrations.AlterField(
            "noticeline",
            "recipient",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            "notice", models.UniqueConstraint(fields=("id", "recipient"), name="notice_with_its_recipient")
        ),
        migrations.RunSQL(TOGETHER, APART),
    ]
