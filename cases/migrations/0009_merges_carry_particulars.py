"""What a merge of two records wrote into the one that was kept, so that undoing it restores exactly what was there."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0008_orders_of_the_worklist")]

    operations = [
        migrations.AddField("patientmerge", "carried", models.JSONField(default=dict)),
        migrations.AddField("historicalpatientmerge", "carried", models.JSONField(default=dict)),
    ]
