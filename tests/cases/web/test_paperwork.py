"""Filling in a form of the pathway, and reading it as it was answered."""

import pytest
from django.urls import reverse

from cases import recording
from cases.models import FormRecord
from cases.web.paperwork import answer_in_words
from pathways.models import Question
from tests.cases.web.reading import reasons, words
from tests.factories import a_case, a_draft, a_form, a_member, a_pathway, a_stage, publish

ALL_KINDS = [
    ("mobility", "text", []),
    ("story", "long_text", []),
    ("score", "number", []),
    ("seen-on", "date", []),
    ("falls", "yes_no", []),
    ("place", "one_of", ["Home", "A community bed"]),
    ("needs", "several_of", ["A frame", "A rail"]),
]
ANSWERED = {
    "mobility": "Walks with a frame",
    "story": "Fell twice.\nLives alone.",
    "score": "2.5",
    "seen-on_day": "27",
    "seen-on_month": "2",
    "seen-on_year": "2026",
    "falls": "yes",
    "place": "A community bed",
    "needs": ["A frame", "A rail"],
}


@pytest.fixture
def asked(caseworker):
    """A case whose pathway has a form with a question of every kind."""
    version = a_draft("discharge")
    form = a_form(version)
    form.questions.all().delete()
    for position, (code, kind, choices) in enumerate(ALL_KINDS):
        Question.objects.create(
            form=form,
            code=code,
            text=f"{code.capitalize()}?",
            kind=kind,
            choices=choices,
            position=position,
            hint="Ask the patient." if code == "falls" else "",
            minimum=0 if kind == "number" else None,
            maximum=10 if kind == "number" else None,
        )
    a_stage(version, "ward", is_first=True)
    return a_case(publish(version))


@pytest.fixture
def page(asked):
    return reverse("form", args=[asked.reference, "risk-assessment"])


def test_a_question_of_every_kind_is_asked_and_recorded(signed_in, asked, page, caseworker):
    assert "Falls? Ask the patient. Yes No" in words(signed_in.get(page))

    answer = signed_in.post(page, ANSWERED, follow=True)

    assert "The Risk assessment is saved." in words(answer)
    record = FormRecord.objects.get()
    assert (record.case, record.completed_by) == (asked, caseworker)
    assert {item["code"]: item["answer"] for item in record.answers} == {
        "mobility": "Walks with a frame",
        "story": "Fell twice.\nLives alone.",
        "score": "2.5",
        "seen-on": "2026-02-27",
        "falls": "yes",
        "place": "A community bed",
        "needs": ["A frame", "A rail"],
    }


def test_a_record_is_read_in_words(signed_in, asked, page):
    signed_in.post(page, ANSWERED)

    said = words(signed_in.get(reverse("form_record", args=[asked.reference, FormRecord.objects.get().pk])))

    assert "Filled in by Priya Shah" in said
    for pair in (
        "Score? 2.5",
        "Seen-on? 27 February 2026",
        "Falls? Yes",
        "Needs? A frame, A rail",
        "Story? Fell twice.",
    ):
        assert pair in said


def test_what_is_missing_or_wrong_is_said_and_nothing_typed_is_lost(signed_in, page):
    wrong = ANSWERED | {"score": "11", "seen-on_month": "13", "falls": ""}

    answer = signed_in.post(page, wrong)

    assert len(reasons(answer)) == 3
    assert "This date does not exist. Check the day and the month." in reasons(answer)
    assert "Walks with a frame" in answer.content.decode()
    assert 'value="13"' in answer.content.decode()
    assert not FormRecord.objects.exists()


@pytest.fixture
def falls(db):
    """A case whose form asks how many falls, and of what, only after "yes"."""
    version = a_draft("falls")
    form = a_form(version)
    for position, (code, text, other, answer) in enumerate(FALLS, start=3):
        form.questions.create(
            code=code, text=text, kind="text", position=position, shown_if_code=other, shown_if_answer=answer
        )
    a_stage(version, "ward", is_first=True)
    return a_case(publish(version))


FALLS = [("how-many", "How many falls?", "falls", "yes"), ("since", "Since which?", "how-many", "many")]


def test_a_question_that_hangs_on_another_answer_says_so_and_marks_it_for_the_script(signed_in, falls):
    page = signed_in.get(reverse("form", args=[falls.reference, "risk-assessment"])).content.decode()

    assert "Answer this only if the answer to “Is there a risk of falls?” is “Yes”." in page
    assert "Answer this only if the answer to “How many falls?” is “many”." in page
    assert 'data-asked-if="falls" data-asked-if-answer="yes"' in page
    assert 'aria-describedby="id_how-many_asked_if"' in page
    assert page.count("data-asked-if-words") == 2
    assert "How many falls? (optional)" not in page
    assert "questions.js" in page


def test_what_was_not_asked_is_not_required_and_not_kept(signed_in, falls):
    page = reverse("form", args=[falls.reference, "risk-assessment"])

    answer = signed_in.post(page, {"falls": "yes", "how-many": ""})
    assert reasons(answer) == ["Answer “How many falls?”."]
    assert 'aria-describedby="id_how-many_asked_if id_how-many_error"' in answer.content.decode()

    signed_in.post(page, {"falls": "no", "how-many": "many", "since": "March"})
    kept = {item["code"]: item["answer"] for item in FormRecord.objects.get().answers}
    assert kept == {"falls": "no", "notes": ""}


@pytest.mark.parametrize(
    ("kind", "answer", "said"),
    [
        ("yes_no", "no", "No"),
        ("several_of", [], "\N{EN DASH}"),
        ("text", "", "\N{EN DASH}"),
        ("date", None, "\N{EN DASH}"),
        ("number", "0", "0"),
    ],
)
def test_an_answer_is_said_as_it_was_given(kind, answer, said):
    assert answer_in_words(kind, answer) == said


def test_a_form_that_is_not_of_this_pathway_is_not_found(signed_in, asked):
    assert signed_in.get(reverse("form", args=[asked.reference, "another"])).status_code == 404


def test_the_record_of_another_case_is_not_found(signed_in, asked, page, case):
    signed_in.post(page, ANSWERED)

    assert signed_in.get(reverse("form_record", args=[case.reference, FormRecord.objects.get().pk])).status_code == 404


def test_a_form_of_another_patient_is_struck_out_and_asked_for_again(signed_in, caseworker):
    case = a_case(a_pathway(requires=[("form completed", {"form": "risk-assessment"})]))
    record = recording.complete_form(case, case.version_map.forms["risk-assessment"], {"falls": "no"}, by=caseworker)
    page, strike = (reverse(name, args=[case.reference, record.pk]) for name in ("form_record", "strike_form"))
    assert "Risk assessment Done" in words(signed_in.get(case.get_absolute_url()))
    assert f'href="{strike}">Recorded in error' in signed_in.get(page).content.decode()

    answer = signed_in.post(strike, {"why": "Of another patient"}, follow=True)

    said = words(answer)
    assert "The form is struck out. It stays to be read, and counts no more." in said
    assert "Risk assessment Not filled in" in said
    assert "Risk assessment Struck out" in said
    assert "Complete the Risk assessment first." in said
    assert "Struck out by Priya Shah" in words(signed_in.get(page))
    assert strike not in signed_in.get(page).content.decode()


def test_a_note_of_another_patient_is_struck_out_from_what_happened(client, signed_in, case, caseworker, manager):
    note = recording.write_note(case, "Rang her daughter", by=caseworker)
    strike = reverse("strike_note", args=[case.reference, note.pk])
    client.force_login(a_member("booking"))
    assert strike not in client.get(case.get_absolute_url()).content.decode()
    assert "This can be struck out by who recorded it" in words(client.get(strike))
    client.force_login(caseworker)
    assert f'href="{strike}">Recorded in error' in client.get(case.get_absolute_url()).content.decode()
    assert "Rang her daughter" in words(client.get(strike))

    answer = client.post(strike, {"why": "Of another patient"}, follow=True)

    assert "The note is struck out." in words(answer)
    assert "<del><p>Rang her daughter</p></del>" in answer.content.decode()
    assert "Struck out by Priya Shah" in words(answer)
    assert strike not in answer.content.decode()
