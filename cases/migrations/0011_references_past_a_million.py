"""References keep all their digits past the millionth case: padded to six by cutting, two cases would get the same."""

from django.db import migrations

from cases.models.case import NextReference

CUT = NextReference.template.replace(
    "to_char(nextval('cases_reference'), 'FM999999000000')", "lpad(nextval('cases_reference')::text, 6, '0')"
)
DEFAULT = "ALTER TABLE cases_case ALTER COLUMN reference SET DEFAULT {}"


class Migration(migrations.Migration):
    dependencies = [("cases", "0010_patients_by_birth")]

    operations = [migrations.RunSQL(DEFAULT.format(NextReference.template), DEFAULT.format(CUT))]
