"""The demo's mail: taken by SMTP, kept as it came, and shown."""

import uuid

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from django.urls import reverse

from portal.embedded import postbox
from portal.models import User


@pytest.fixture
def reader(client, db):
    """Sign in somebody who may do nothing in particular."""
    client.force_login(User.objects.create_user("reader"))
    return client


def send(**parts) -> tuple[EmailMultiAlternatives, str]:
    """Send an e-mail by SMTP to the demo's mail server, and return it with the name it was kept under."""
    subject = parts.pop("subject", "A case is late") + f" {uuid.uuid4().hex}"
    html = parts.pop("html", None)
    mail = EmailMultiAlternatives(
        subject,
        **{
            "body": "Ring the ward.\n",
            "from_email": "midwatch@example.nhs.uk",
            "to": ["manager@example.nhs.uk"],
            **parts,
        },
        connection=get_connection("portal.embedded.mail_backend.Backend"),
    )
    if html:
        mail.attach_alternative(html, "text/html")
    assert mail.send() == 1
    (path,) = [path for path in postbox.kept() if subject.encode() in path.read_bytes()]
    return mail, path.stem


def test_an_email_is_kept_as_it_was_received_with_its_envelope_above_it():
    mail, name = send(bcc=["hidden@example.nhs.uk"], html="<p>Ring the <b>ward</b>.</p>")

    sender, recipients, *received = postbox.find(name).read_bytes().split(b"\r\n")
    received = b"\r\n".join(received)

    assert sender == b"Return-Path: <midwatch@example.nhs.uk>"
    assert recipients == b"Delivered-To: manager@example.nhs.uk, hidden@example.nhs.uk"
    assert b"hidden" not in received
    assert mail.subject.encode() in received
    assert b"<p>Ring the <b>ward</b>.</p>" in received


def test_an_email_is_no_one_elses_to_read():
    _, name = send()

    assert postbox.find(name).stat().st_mode & 0o077 == 0
    assert postbox.directory().stat().st_mode & 0o077 == 0


def test_a_dot_alone_on_a_line_does_not_end_an_email():
    _, name = send(body="before\n.\nafter\n")

    assert b"before\r\n.\r\nafter" in postbox.find(name).read_bytes()


def test_without_its_mail_server_the_demo_sends_nowhere_else(monkeypatch, tmp_path):
    monkeypatch.setenv("MIDWATCH_STATE", str(tmp_path))

    with pytest.raises(ConnectionRefusedError):
        get_connection("portal.embedded.mail_backend.Backend").open()


def test_mail_sent_lists_the_newest_first(reader):
    older, newer = send()[0].subject, send()[0].subject

    page = reader.get(reverse("mail-sent")).content.decode()

    assert -1 < page.find(newer) < page.find(older)
    assert "manager@example.nhs.uk" in page


def test_it_is_said_when_an_email_was_sent_as_on_every_other_page(reader):
    _, name = send(headers={"Date": "Mon, 02 Mar 2026 14:08:00 +0000"})
    for address in (reverse("mail-sent"), reverse("mail", args=[name])):
        assert "2 March 2026, 2:08pm" in reader.get(address).content.decode()


def test_an_email_shows_its_text_and_headers_and_keeps_its_html_apart(reader):
    _, name = send(body="Ring the ward.", html="<p>Ring the <b>ward</b>.</p>")

    page = reader.get(reverse("mail", args=[name]))
    html = reader.get(reverse("mail-html", args=[name]))

    assert "Ring the ward." in page.content.decode()
    assert "Message-ID" in page.content.decode()
    assert "<b>ward</b>" not in page.content.decode()
    assert "<p>Ring the <b>ward</b>.</p>" in html.content.decode()


def test_the_html_of_an_email_can_run_send_and_fetch_nothing(reader):
    _, name = send(html="<script>alert(1)</script>")

    answer = reader.get(reverse("mail-html", args=[name]))
    directives = dict(part.strip().partition(" ")[::2] for part in answer["Content-Security-Policy"].split(";"))

    assert directives["default-src"] == "'none'"
    assert directives["form-action"] == "'self'"
    assert directives["sandbox"] == "allow-top-navigation-by-user-activation"
    assert directives["frame-ancestors"] == "'self'"
    assert "script-src" not in directives
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


def test_an_email_in_an_unknown_character_set_is_shown_as_well_as_it_can_be(reader):
    name = "00000000000000000001-0123abcd"
    (postbox.directory() / f"{name}.eml").write_bytes(
        b'Subject: odd\r\nContent-Type: text/plain; charset="x-odd"\r\n\r\nRing\xff'
    )

    page = reader.get(reverse("mail", args=[name]))

    assert "Ring\ufffd" in page.content.decode()


@pytest.mark.parametrize("name", ["00000000000000000000-00000000", "..%2F..%2Fsecret-key", "secret-key"])
def test_there_is_no_email_of_another_name(reader, name):
    assert reader.get(f"/mail-sent/{name}/").status_code == 404


@pytest.mark.parametrize("address", ["/mail-sent/", "/mail-sent/00000000000000000000-00000000/"])
def test_mail_is_shown_to_nobody_who_is_not_signed_in(client, address):
    assert client.get(address).headers["Location"] == f"/sign-in/?next={address}"


def test_an_installation_shows_no_mail(reader, settings):
    _, name = send(html="<p>late</p>")
    settings.EMBEDDED = False

    addresses = [reverse("mail-sent"), reverse("mail", args=[name]), reverse("mail-html", args=[name])]
    assert {reader.get(address).status_code for address in addresses} == {404}
