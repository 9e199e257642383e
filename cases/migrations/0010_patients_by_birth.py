"""Before a new patient is entered, those of a like name who were born on the same day are looked for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0009_merges_carry_particulars")]

    operations = [
        migrations.AddIndex("patient", models.Index(fields=["born_on"], name="patient_by_birth")),
    ]
