"""Documents: attached if they are of a kind that is safe, and sent only as files, to those who see the case."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from cases import recording
from cases.models import DocumentContent
from cases.web.documents import file_name
from tests.cases.web.reading import reasons, words
from tests.factories import a_case, a_pathway

PDF = b"%PDF-1.7 a letter"


@pytest.fixture
def document(case, caseworker):
    return recording.attach_document(case, "Referral letter.pdf", PDF, by=caseworker)


def address(case):
    return reverse("document", args=[case.reference])


def download(document):
    return reverse("download", args=[document.case.reference, document.pk])


def a_file(name="scan0001.pdf", content=PDF, kind="application/pdf"):
    return SimpleUploadedFile(name, content, kind)


def test_a_document_is_attached_and_listed_with_its_size_and_by_whom(signed_in, case):
    assert 'enctype="multipart/form-data"' in signed_in.get(address(case)).content.decode()

    answer = signed_in.post(address(case), {"file": a_file("Echo.pdf", PDF * 100)}, follow=True)

    assert "“Echo.pdf” is attached." in words(answer)
    assert "Documents Echo.pdf 1.7\N{NO-BREAK SPACE}KB · Priya Shah," in words(answer).replace(" KB", "\xa0KB")
    assert bytes(DocumentContent.objects.get().content) == PDF * 100


def test_a_file_whose_name_says_nothing_is_called_what_it_is(signed_in, client, caseworker):
    case = a_case(a_pathway(requires=[("document attached", {"name": "referral letter"})]))
    page = signed_in.get(case.get_absolute_url())
    assert "Attach a document named “referral letter” first. Attach a document" in words(page)
    assert f'<a href="{address(case)}">Attach a document</a>' in page.content.decode()

    answer = signed_in.post(address(case), {"file": a_file(), "name": "Referral letter of 2 March"}, follow=True)

    assert "“Referral letter of 2 March.pdf” is attached." in words(answer)
    assert "Not yet" not in words(answer)


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({}, "Choose a file."),
        ({"file": a_file("letter.html", b"<script>")}, "Choose a PDF, a Word document (.docx), or a picture"),
        ({"file": a_file("letter.pdf", b"<script>")}, "Choose a PDF, a Word document (.docx), or a picture"),
        ({"file": a_file("letter.pdf", b"")}, "Choose a PDF, a Word document (.docx), or a picture"),
        ({"file": a_file("letter.pdf", PDF + b"x" * recording.MOST_BYTES)}, "This file is too large."),
    ],
)
def test_a_file_that_will_not_do_is_refused_with_a_sentence(signed_in, case, sent, sentence):
    answer = signed_in.post(address(case), sent | {"name": "Referral letter"})

    assert reasons(answer)[0].startswith(sentence)
    assert 'value="Referral letter"' in answer.content.decode()
    assert not case.documents.exists()


def test_a_document_is_sent_as_a_file_and_never_shown(signed_in, document):
    answer = signed_in.get(download(document))

    assert answer.content == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="Referral letter.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Brief für Jürgen.pdf", "Brief für Jürgen.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie x.pdf"),
        ('../../etc/"passwd".pdf', "etcpasswd.pdf"),
        ("\N{RIGHT-TO-LEFT OVERRIDE}fdp.pdf", "fdp.pdf"),
        ("...", "document"),
    ],
)
def test_the_name_of_a_file_is_safe_in_a_header_and_on_a_disk(signed_in, case, caseworker, name, safe):
    assert file_name(name) == safe
    document = recording.attach_document(case, "x.pdf", PDF, by=caseworker)
    type(document).objects.filter(pk=document.pk).update(name=name)
    assert signed_in.get(download(document)).status_code == 200


def test_only_who_sees_the_case_gets_its_documents(client, document, stranger, inspector, clinician):
    for user, status in ((stranger, 404), (clinician, 404), (inspector, 200)):
        client.force_login(user)
        assert client.get(download(document)).status_code == status
    client.logout()
    assert client.get(download(document)).url.startswith("/sign-in/")


def test_the_document_of_another_case_is_not_found(signed_in, document, pathway):
    other = a_case(pathway)

    assert signed_in.get(reverse("download", args=[other.reference, document.pk])).status_code == 404


def test_who_reads_only_attaches_nothing(client, case, document, inspector):
    client.force_login(inspector)

    said = words(client.get(case.get_absolute_url()))
    assert "Referral letter.pdf" in said
    assert "Attach a document…" not in said
    assert client.post(address(case), {"file": a_file()}).status_code == 403


def test_one_that_was_attached_in_error_is_struck_out_and_read_by_managers_and_inspectors_alone(
    client, signed_in, case, document, manager, inspector
):
    strike = reverse("strike_document", args=[case.reference, document.pk])
    assert f'href="{strike}">Attached in error' in signed_in.get(case.get_absolute_url()).content.decode()
    assert "Referral letter.pdf Priya Shah," in words(signed_in.get(strike))
    assert reasons(signed_in.post(strike, {})) == ["Fill in “Why is it struck out?”."]

    answer = signed_in.post(strike, {"why": "Of another patient"}, follow=True)

    assert "The document is struck out. It stays to be read, and counts no more." in words(answer)
    assert "Referral letter.pdf Struck out" in words(answer)
    assert "struck out by Priya Shah" in words(answer)
    assert download(document) not in answer.content.decode()
    refused = signed_in.get(download(document))
    assert refused.status_code == 403
    assert "Priya Shah has struck out this document: “Of another patient”." in words(refused)
    for user in (manager, inspector):
        client.force_login(user)
        assert f'href="{download(document)}"' in client.get(case.get_absolute_url()).content.decode()
        assert client.get(download(document)).status_code == 200
    assert "has struck this out: Of another patient" in words(client.get(strike))
