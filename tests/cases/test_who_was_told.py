"""Who was told of an escalation, and why nobody was, is said alike and truly wherever it is said."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail

from cases import case_record, lifecycle
from cases.explanation import explain
from cases.timeline import Kind, timeline
from cases.watch import escalations, later, notices, sweep
from tests.cases.web.reading import words
from tests.factories import MONDAY, a_case, a_manager, a_member, a_pathway, fresh, the_move

pytestmark = pytest.mark.django_db

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
DUE = MONDAY + 10 * DAY  # a Thursday, 9am
NEXT_8 = DUE + 23 * HOUR
LONG_AFTER = MONDAY + 100 * DAY
WITHIN = {"answer_amount": 2, "answer_unit": "hours"}


@pytest.fixture
def manager():
    return a_manager("booking", first_name="Grace", last_name="Okafor")


def at(when):
    return time_machine.travel(when, tick=False)


def swept(when):
    with at(when):
        return sweep.run(when)


def sent(when):
    with at(when):
        return notices.send_due(at=when)


def in_words(case):
    """{the rung's name: who was told}, as the case page says it."""
    record = case_record.read(fresh(case), a_manager("booking"))
    found = {one.rung_name: record.telling.in_words(one) for one in record.escalations}
    told = [item.about[1] for item in timeline(record, LONG_AFTER) if item.kind == Kind.ESCALATIONS and item.about]
    assert sorted(told) == sorted(found.values()), "what happened says the same"
    return found


def explained(case, when):
    """{the rung's name: (state, all sentences in one)} of the stay."""
    (stay, *_) = explain(case, when, now=LONG_AFTER).things
    return {rung.name: (rung.state, " ".join(rung.sentences)) for rung in stay.rungs}


# Nobody --------------------------------------------------------------------------------------------------------------


def test_where_nobody_could_be_told_the_case_page_says_so_and_blames_no_higher_level(client):
    reader, case = a_member("booking"), a_case()
    swept(DUE + MINUTE)  # which finds two rungs, and no manager for either

    client.force_login(reader)
    said = words(client.get(case.get_absolute_url()))

    assert "There was nobody to tell." in said
    assert in_words(case) == {
        "Breach": "there was nobody to tell",
        "Warn": "nobody was told of this one: a higher level was reached at the same time",
    }
    assert "There was nobody to tell" in explained(case, DUE + HOUR)["Breach"][1]


def test_what_a_move_settled_was_told_to_nobody_because_the_case_went_on(manager):
    case = a_case()
    with at(DUE + HOUR):
        lifecycle.move_case(case, the_move(case, "review"), by=manager)
    assert set(in_words(case).values()) == {"nobody was told: the case went on before the watch looked"}


# Digests -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def breached(manager):
    """A case whose limit was passed; its manager is to hear of it in the digest of the next morning."""
    case = a_case(a_pathway(ladder=[("breach", "after", "0 days"), ("again", "after", "12 hours")]))
    swept(DUE + MINUTE)
    return case


def test_a_digest_that_has_gone_told_of_it(breached):
    assert sent(NEXT_8) == 1
    assert in_words(breached) == {"Breach": "told Grace Okafor"}
    assert (
        "Told Grace Okafor in a digest, sent on 13 March 2026, 8am." in explained(breached, NEXT_8 + HOUR)["Breach"][1]
    )


def test_what_was_answered_before_the_digest_went_was_told_to_nobody(breached, manager):
    with at(DUE + HOUR):
        escalations.acknowledge(breached.escalations.get(), by=manager, answer="I ring them")
    sent(NEXT_8)

    assert breached.reference not in mail.outbox[0].body
    was_not = "Grace Okafor was to be told in a digest, but it was answered before that went"
    assert in_words(breached) == {"Breach": was_not}
    assert f"{was_not}." in explained(breached, NEXT_8 + HOUR)["Breach"][1]
    before = explained(breached, DUE + 30 * MINUTE)["Breach"][1]
    assert "Grace Okafor was to be told in a digest, which was to go on 13 March 2026, 8am." in before


def test_what_was_over_before_the_digest_went_was_told_to_nobody(breached, manager):
    with at(DUE + HOUR):
        lifecycle.move_case(breached, the_move(breached, "done"), by=manager)
    sent(NEXT_8)
    assert in_words(breached) == {
        "Breach": "Grace Okafor was to be told in a digest, but it was over before that went"
    }


def test_of_two_rungs_in_one_digest_the_higher_is_told(breached):
    swept(DUE + 12 * HOUR + MINUTE)
    sent(NEXT_8)

    assert mail.outbox[0].body.count(f"- {breached.reference}:") == 1
    instead = "Grace Okafor was to be told in a digest, but that tells of “Again” in its place"
    assert in_words(breached) == {"Again": "told Grace Okafor", "Breach": instead}
    then = explained(breached, NEXT_8 + HOUR)
    assert f"{instead}." in then["Breach"][1]
    assert "Told Grace Okafor in a digest" in then["Again"][1]


def test_that_nobody_has_answered_stands_in_a_digest_in_the_place_of_all_else(manager):
    case = a_case(a_pathway(ladder=[("breach", "after", "0 days", WITHIN)]))
    swept(DUE + MINUTE)
    breach = case.escalations.get()
    swept(breach.answer_by + MINUTE)  # on Friday, while no digest could go
    assert case.escalations.count() == 2
    sent(NEXT_8 + 3 * DAY)
    assert in_words(case)["Breach"].startswith("Grace Okafor was to be told in a digest, but that tells of “")


# Later ---------------------------------------------------------------------------------------------------------------


def test_before_somebody_was_told_later_nobody_had_been_though_their_digest_was_made_before():
    team = {"team": "lonely", "ladder": [("breach", "after", "0 days", WITHIN)]}
    case = a_case(a_pathway(**team))
    swept(DUE + MINUTE)
    ruth = a_manager("lonely", first_name="Ruth", last_name="Boateng")
    a_case(case.version.pathway, at=MONDAY + HOUR)
    swept(DUE + HOUR + MINUTE)  # of the other case: her digest is made now
    with at(DUE + 3 * HOUR):
        assert later.tell() == 1

    state, sentences = explained(case, DUE + 2 * HOUR)["Breach"]
    assert state == "untold"
    assert "There was nobody to tell" in sentences
    assert f"{ruth} is told later: since 12 March 2026, midday there is somebody to tell." in sentences
    assert "Not answered" not in sentences
    assert explained(case, DUE + 4 * HOUR)["Breach"][0] == "recorded"


def test_an_answer_is_not_waited_for_before_somebody_was_told():
    case = a_case(a_pathway(team="lonely", ladder=[("breach", "after", "0 days", WITHIN)]))
    swept(DUE + MINUTE)
    a_manager("lonely")
    with at(DUE + 2 * HOUR):
        later.tell()

    def titles(when):
        return [thing.title for thing in explain(case, when, now=LONG_AFTER).things]

    assert titles(DUE + HOUR) == ["The stay in Triage"]
    assert titles(DUE + 3 * HOUR) == ["The stay in Triage", "The answer to an escalation in Triage"]
