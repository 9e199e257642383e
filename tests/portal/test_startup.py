"""What is refused before anything starts, and how: real processes, each told in a sentence."""

import pytest

from portal.embedded import places
from tests.portal.running import free_port, is_a_sentence, manage, run

SECRET = "a long secret that is made up for these tests and for nothing else"


@pytest.fixture(scope="module")
def named():
    """Name the servers of this test run as if they were real ones."""
    return {
        "DATABASE_URL": places.database_url(),
        "REDIS_URL": places.redis_url(),
        "EMAIL_URL": f"smtp://127.0.0.1:{places.addresses()['mail_port']}",
        "SECRET_KEY": SECRET,
        "ALLOWED_HOSTS": "midwatch.example.nhs.uk",
    }


def nobody_there() -> int:
    """Return a port on which nobody answers."""
    return free_port()


def test_an_installation_that_is_set_up_right_has_nothing_to_warn_of(named):
    checked = manage("check", "--deploy", "--fail-level", "WARNING", **named)

    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["DATABASE_URL"], "DATABASE_URL is set but REDIS_URL and EMAIL_URL are not."),
        (["EMAIL_URL", "REDIS_URL"], "REDIS_URL and EMAIL_URL are set but DATABASE_URL is not."),
    ],
)
def test_real_servers_are_named_all_three_or_none(named, given, sentence):
    refused = manage("migrate", "--check", **{name: named[name] for name in given})

    assert refused.returncode == 1
    assert refused.stderr.startswith(sentence)
    assert is_a_sentence(refused.stderr)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", "mysql://midwatch:hush@db.example/midwatch"),
        ("DATABASE_URL", "postgresql://midwatch:hush@db.example:port/midwatch"),
        ("DATABASE_URL", "postgresql://midwatch:hush@db.example"),
        ("DATABASE_URL", "postgresql://midwatch:hush@[db.example/midwatch"),
        ("REDIS_URL", "http://:hush@redis.example"),
        ("REDIS_URL", "redis.example:6379"),
        ("EMAIL_URL", "mail.example"),
        ("EMAIL_URL", "smtp://"),
    ],
)
def test_a_bad_url_is_refused_with_an_example_and_without_its_password(named, name, url):
    refused = manage("migrate", "--check", **named | {name: url})

    assert refused.returncode == 1
    assert refused.stderr.startswith(name)
    assert "Write it like " in refused.stderr
    assert "hush" not in refused.stderr + refused.stdout
    assert is_a_sentence(refused.stderr)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SECRET_KEY", "", "SECRET_KEY is not set, or is shorter than 50 characters."),
        ("SECRET_KEY", "too short", "SECRET_KEY is not set, or is shorter than 50 characters."),
        ("ALLOWED_HOSTS", " , ", "ALLOWED_HOSTS is not set."),
    ],
)
def test_an_installation_says_what_else_it_needs(named, name, value, sentence):
    refused = manage("migrate", "--check", **named | {name: value})

    assert refused.returncode == 1
    assert refused.stderr.startswith(sentence)
    assert is_a_sentence(refused.stderr)


@pytest.mark.parametrize(
    ("name", "url", "words"),
    [
        ("DATABASE_URL", "postgresql://midwatch:hush@127.0.0.1:{}/midwatch", "The database that DATABASE_URL names"),
        ("REDIS_URL", "redis://:hush@127.0.0.1:{}/0", "The broker that REDIS_URL names"),
    ],
)
def test_a_server_that_does_not_answer_is_refused(named, name, url, words):
    refused = manage("migrate", "--check", **named | {name: url.format(nobody_there())})

    assert refused.returncode == 1
    assert refused.stderr.startswith(words)
    assert "hush" not in refused.stderr + refused.stdout
    assert is_a_sentence(refused.stderr)


PROGRAMS = {
    "web": ["-m", "gunicorn", "-c", "python:portal.web_server", "portal.wsgi"],
    "web without our settings": ["-m", "gunicorn", "portal.wsgi"],
    "worker": ["-m", "celery", "-A", "portal", "worker", "-c", "1"],
    "beat": ["-m", "celery", "-A", "portal", "beat", "--pidfile="],
}


@pytest.mark.parametrize("program", ["web", "worker", "beat"])
def test_a_program_that_serves_is_refused_without_its_mail_server(named, program, state):
    mail = f"smtp://:hush@127.0.0.1:{nobody_there()}"
    refused = run(*PROGRAMS[program], **named | {"EMAIL_URL": mail, "MIDWATCH_STATE": state, "BIND": "127.0.0.1:0"})

    assert refused.returncode != 0
    assert "The mail server that EMAIL_URL names cannot be used: " in refused.stderr
    assert "hush" not in refused.stderr + refused.stdout
    assert "Traceback" not in refused.stderr + refused.stdout


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_that_serves_is_refused_without_a_secret(named, program, state):
    refused = run(*PROGRAMS[program], **named | {"SECRET_KEY": "", "MIDWATCH_STATE": state, "BIND": "127.0.0.1:0"})

    assert refused.returncode != 0
    assert "SECRET_KEY is not set" in refused.stderr
    assert "Traceback" not in refused.stderr + refused.stdout


@pytest.mark.parametrize("program", ["web", "worker", "beat"])
def test_a_program_that_serves_does_not_wait_for_embedded_servers_that_nobody_runs(program, state):
    refused = run(*PROGRAMS[program], MIDWATCH_STATE=state)

    assert refused.returncode != 0
    assert "the embedded servers do not run. Set all three, or start everything with make run." in refused.stderr
    assert "Traceback" not in refused.stderr + refused.stdout


def test_a_command_that_only_reads_the_code_starts_no_servers(state):
    helped = manage("help", MIDWATCH_STATE=state)

    assert "load_pathway" in helped.stdout or "migrate" in helped.stdout
    assert not (state / "postgres").exists()


def test_any_other_command_works_alone(state):
    listed = manage("showmigrations", "portal", MIDWATCH_STATE=state)

    assert "[ ] 0001_create_user" in listed.stdout
    assert (state / "postgres").is_dir()


def test_links_in_emails_lead_to_the_installation(named):
    settings = manage("diffsettings", **named).stdout

    assert "MIDWATCH_BASE_URL = 'https://midwatch.example.nhs.uk'" in settings
    assert "DEFAULT_FROM_EMAIL = 'Midwatch <midwatch@midwatch.example.nhs.uk>'" in settings
