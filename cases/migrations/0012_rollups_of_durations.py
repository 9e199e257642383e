import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0011_references_past_a_million"),
        ("pathways", "0006_supervision"),
    ]

    operations = [
        migrations.CreateModel(
            name="DurationCell",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "stage", "grain", "on", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "stage",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="pathways.stage",
                    ),
                ),
                ("grain", models.SmallIntegerField(choices=[(0, "Day"), (1, "Week"), (2, "Month")])),
                ("on", models.DateField()),
                ("n", models.IntegerField()),
                ("seconds", models.DecimalField(decimal_places=6, max_digits=24)),
                ("squares", models.DecimalField(decimal_places=12, max_digits=40)),
                ("late", models.IntegerField()),
                ("excess", models.DecimalField(decimal_places=6, max_digits=24)),
                (
                    "buckets",
                    django.contrib.postgres.fields.ArrayField(base_field=models.SmallIntegerField(), size=None),
                ),
                ("counts", django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
            ],
        ),
        migrations.CreateModel(
            name="SpellChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "stage",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pathways.stage",
                    ),
                ),
                ("entered_at", models.DateTimeField()),
                ("left_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(null=True)),
                ("sign", models.SmallIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name="stageentry",
            name="due_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RemoveIndex(
            model_name="case",
            name="case_by_stage",
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["version", "stage", "due_at"], name="case_by_stage"),
        ),
        migrations.AddIndex(
            model_name="stageentry",
            index=models.Index(
                condition=models.Q(("left_at", None)), fields=["stage", "entered_at"], name="entry_waits_of_stage"
            ),
        ),
        migrations.AddConstraint(
            model_name="stageentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("due_at", None), ("left_at__isnull", False), _connector="OR"),
                name="entry_due_at_once_it_has_ended",
            ),
        ),
    ]
