"""Each check that a pathway may demand: the sentence when it is not met, and silence when it is."""

from datetime import timedelta

import pytest

from cases import handoffs, lifecycle, recording, results
from cases.refusals import Refused, TransitionRefused
from tests.factories import MONDAY, a_case, a_detour_pathway, a_member, a_move, a_pathway, fresh, the_move

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
PDF = b"%PDF-1.7 ..."


@pytest.fixture
def caseworker():
    return a_member("booking")


def a_guarded_case(check, options=None, **values):
    return a_case(a_pathway(requires=[(check, options or {})], **values))


def refusals(case, at=MONDAY + DAY):
    return fresh(case).refusals(the_move(case, "review"), at)


def test_form_completed_and_not_too_old(caseworker):
    case = a_guarded_case("form completed", {"form": "risk-assessment", "max_age_days": 30})
    form = case.version_map.forms["risk-assessment"]
    assert refusals(case) == ["Complete the Risk assessment first."]
    recording.complete_form(case, form, {"falls": "no"}, by=caseworker, at=MONDAY)
    assert refusals(case, MONDAY + 30 * DAY) == []
    assert refusals(case, MONDAY + 31 * DAY) == [
        "The Risk assessment is 31 days old. Complete a new one (at most 30 days)."
    ]


def test_answer_is_hides_the_way_that_was_not_chosen(caseworker):
    case = a_guarded_case("answer is", {"form": "risk-assessment", "question": "falls", "answer": "yes"})
    form = case.version_map.forms["risk-assessment"]

    def offered():
        return [move.target.code for move in fresh(case).moves_offered(MONDAY + DAY)]

    assert offered() == ["done"]
    recording.complete_form(case, form, {"falls": "yes"}, by=caseworker, at=MONDAY)
    assert offered() == ["review", "done"]
    recording.complete_form(case, form, {"falls": "no"}, by=caseworker, at=MONDAY)
    assert offered() == ["done"], "the latest answer counts"
    with pytest.raises(TransitionRefused, match="“Is there a risk of falls\\?” \\(Risk assessment\\) is “yes”"):
        lifecycle.move_case(case, the_move(case, "review"), by=caseworker)


def test_note_written_in_this_stay(caseworker):
    case = a_guarded_case("note written")
    assert refusals(case) == ["Write a note about Triage first."]
    recording.write_note(case, "Spoke to the daughter", by=caseworker, at=MONDAY)
    assert refusals(case) == []
    lifecycle.move_case(case, the_move(case, "review"), by=caseworker, at=MONDAY + DAY)
    lifecycle.move_case(case, the_move(case, "triage"), by=a_member("clinic"), at=MONDAY + 2 * DAY)
    assert refusals(case, MONDAY + 3 * DAY) == ["Write a note about Triage first."]


def test_document_attached(caseworker):
    case = a_guarded_case("document attached", {"name": "referral letter"})
    recording.attach_document(case, "Photo.pdf", PDF, by=caseworker, at=MONDAY)
    assert refusals(case) == ["Attach a document named “referral letter” first."]
    recording.attach_document(case, "Referral letter of 2 March.pdf", PDF, by=caseworker, at=MONDAY)
    assert refusals(case) == []


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("letter.html", b"<script>", "Choose a PDF"),
        ("letter.pdf", b"<script>", "Choose a PDF"),
        ("letter.pdf", b"", "Choose a PDF"),
        ("letter", PDF, "Choose a PDF"),
        ("letter.pdf", PDF + b"x" * recording.MOST_BYTES, "This file is too large"),
    ],
)
def test_a_document_of_another_kind_or_too_large_is_refused(caseworker, name, content, sentence):
    with pytest.raises(Refused, match=sentence):
        recording.attach_document(a_case(), name, content, by=caseworker)


def test_result_read_by_its_reader(caseworker):
    case = a_guarded_case("result read")
    assert refusals(case) == ["Record the result that is awaited, and who reads it."]
    result = results.request_result(case, "Echo", caseworker, by=caseworker, at=MONDAY)
    assert refusals(case) == ["“Echo” has not arrived yet."]
    results.record_arrival(result, "Normal", by=a_member("booking"), at=MONDAY)
    assert refusals(case) == [f"“Echo” has not been read yet. {caseworker} reads it."]
    results.read_result(result, by=caseworker, at=MONDAY)
    assert refusals(case) == []


def test_handoff_accepted(caseworker):
    pathway = a_pathway(handoff="2 days")
    case = a_case(pathway)
    assert refusals(case) == ["This move is made by a handoff: offer the case, and it moves when they accept it."]
    handoff = handoffs.offer(case, the_move(case, "review"), by=caseworker, note="Needs a lift", at=MONDAY)
    handoffs.accept(handoff, by=a_member("clinic"), at=MONDAY)
    assert fresh(case).stage == "review"


def test_waited_at_least():
    case = a_guarded_case("waited at least", {"amount": 2, "unit": "days"})
    assert refusals(case) == ["This case must stay in Triage for at least 2 days: until 4 March 2026, 9am."]
    assert refusals(case, MONDAY + 2 * DAY) == []


def test_no_open_child_case(caseworker):
    from cases import detours

    detour = a_detour_pathway()
    case = a_guarded_case("no open child case", detours=[(detour, {})])
    rule = case.version_map.detour_rules["dna"]
    child = detours.take(case, rule, by=caseworker, note="Was not there", at=MONDAY)
    assert refusals(case) == [f"Close {child} first: it belongs to this case."]
    lifecycle.close_case(child, by=caseworker, reason="Rang", at=MONDAY)
    assert refusals(case) == []


def test_a_requirement_that_is_not_set_up_rightly_refuses_and_never_lets_a_case_slip_by():
    for check, options in [
        ("no such check", {}),
        ("form completed", {"form": "gone"}),
        ("waited at least", {"amount": "x"}),
    ]:
        case = (
            a_guarded_case(check, options)
            if check == "no such check"
            else a_case(a_pathway(check.replace(" ", "-"), requires=[(check, options)]))
        )
        assert refusals(case) == [f"The requirement “{check}” is not set up rightly. Tell your pathway administrator."]


def test_an_answer_that_is_a_fact_is_kept_on_the_stay_in_which_it_was_given(caseworker):
    from tests.factories import a_draft, a_form, a_stage, publish

    version = a_draft("lab")
    form = a_form(version)
    form.questions.create(code="lab", text="Which laboratory?", kind="text", fact="lab", position=3)
    first = a_stage(version, "triage", is_first=True)
    a_move(first, a_stage(version, "done", kind="final", limit=None))
    case = a_case(publish(version))
    recording.complete_form(
        case, case.version_map.forms["risk-assessment"], {"falls": "no", "lab": "B"}, by=caseworker
    )
    assert case.open_entry.facts == {"lab": "B"}


def test_a_question_that_depends_on_another_answer_is_asked_only_then(caseworker):
    from tests.factories import a_draft, a_form, a_stage, publish

    version = a_draft("falls")
    form = a_form(version)
    form.questions.create(
        code="how-many",
        text="How many falls?",
        kind="number",
        shown_if_code="falls",
        shown_if_answer="yes",
        position=3,
    )
    a_stage(version, "triage", is_first=True)
    case = a_case(publish(version))
    form = case.version_map.forms["risk-assessment"]

    def answers(**given):
        record = recording.complete_form(case, form, given, by=caseworker)
        return {row["code"]: row["answer"] for row in record.answers}

    assert answers(falls="no", **{"how-many": "7"}) == {"falls": "no", "notes": ""}
    assert answers(falls="yes", **{"how-many": "7"})["how-many"] == "7"
    with pytest.raises(Refused, match="Answer “How many falls\\?”"):
        answers(falls="yes")
