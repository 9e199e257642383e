"""The migrations are what the models say."""

from django.core.management import call_command


def test_no_migration_is_missing(db, capsys):
    try:
        call_command("makemigrations", "--check", "--dry-run")
    except SystemExit:
        raise AssertionError(capsys.readouterr().out) from None
