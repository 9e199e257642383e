"""draft → active → retired."""

import threading

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from cases import lifecycle
from pathways import publishing
from pathways.difference import difference
from pathways.exchange import dump
from pathways.models import (
    DetourRule,
    EscalationStep,
    FactDefinition,
    FormDefinition,
    Pathway,
    Question,
    Requirement,
    Stage,
    TaskTemplate,
    Transition,
    system_user,
)
from tests.factories import (
    PatientFactory,
    UserFactory,
    a_detour_pathway,
    a_draft,
    a_form,
    a_move,
    a_pathway,
    a_rule,
    a_stage,
    fresh,
)

pytestmark = pytest.mark.django_db

OF_A_VERSION = (
    Stage,
    Transition,
    Requirement,
    EscalationStep,
    TaskTemplate,
    FormDefinition,
    Question,
    FactDefinition,
    DetourRule,
)


@pytest.fixture
def administrator():
    return UserFactory(first_name="Pat", last_name="Map")


def a_whole_draft(code="review"):
    version = a_draft(code)
    form = a_form(version)
    FactDefinition.objects.create(version=version, code="site", name="Site")
    form.questions.filter(code="notes").update(kind="text", fact="site", shown_if_code="falls", shown_if_answer="yes")
    first = a_stage(version, "first", is_first=True, limit="5 working days")
    last = a_stage(version, "last", kind="final", limit=None, by_handoff=True, accept_amount=2, accept_unit="days")
    TaskTemplate.objects.create(stage=first, code="call", title="Ring them", limit_amount=2, limit_unit="days")
    detour, _ = Pathway.objects.get_or_create(code="dna", defaults={"name": "Did not attend"})
    if detour.active_version is None:
        a_detour_pathway()
    a_rule(version, detour, stages=["first"], clock="held", hold_amount=3, hold_unit="days", restricted=True)
    a_move(first, last, requires=[("form completed", {"form": form.code}), ("note written", {})])
    return version


def latest(row):
    return row.history.first()


def rows_of(version):
    return [row for model in OF_A_VERSION for row in model.objects.all() if version_of(row) == version.pk]


def version_of(row):
    for name in ("form", "stage", "source", "transition"):
        if hasattr(row, f"{name}_id"):
            return version_of(getattr(row, name))
    return row.version_id


def test_publishing_makes_the_draft_the_active_version(administrator):
    version = publishing.publish(a_whole_draft(), by=administrator)

    assert version.pathway.active_version == version
    assert version.published_by == administrator
    assert (latest(version).history_user, latest(version).history_change_reason) == (administrator, "Published")


def test_publishing_retires_the_version_before_it(administrator):
    pathway = a_pathway()
    former = pathway.active_version

    publishing.publish(publishing.revise(pathway, by=administrator), by=administrator)

    former = fresh(former)
    assert (former.status, former.retired_by) == ("retired", administrator)
    assert latest(former).history_change_reason == "Version 2 took its place"
    assert pathway.active_version.number == 2


def test_cases_keep_the_version_they_were_opened_under(administrator):
    pathway = a_pathway()
    case = lifecycle.open_case(pathway, PatientFactory(), by=system_user())

    publishing.publish(publishing.revise(pathway, by=administrator), by=administrator)

    assert fresh(case).version.number == 1
    moved = lifecycle.move_case(case, case.possible_moves[0], by=system_user())
    assert moved.version.number == 1
    assert lifecycle.open_case(pathway, PatientFactory(), by=system_user()).version.number == 2


def test_a_version_with_errors_is_not_published(administrator):
    version = a_whole_draft()
    Stage.objects.get(code="last").delete()
    stage = version.stages.get()
    stage.team = None
    stage.save()

    with pytest.raises(publishing.NotPublishable) as refused:
        publishing.publish(version, by=administrator)

    assert refused.value.reasons == ["“First” has no team. Choose the team that owns a case while it is there."]
    assert [problem.place for problem in refused.value.problems] == [stage]
    assert fresh(version).is_draft


def test_a_version_is_published_once(administrator):
    version = a_pathway().active_version

    with pytest.raises(publishing.Refused, match="has been published before"):
        publishing.publish(version, by=administrator)


def test_retiring_leaves_no_active_version(administrator):
    pathway = a_pathway()

    version = publishing.retire(pathway.active_version, by=administrator)

    assert pathway.active_version is None
    assert (version.retired_by, latest(version).history_change_reason) == (administrator, "Retired")


def test_a_draft_and_a_retired_version_cannot_be_retired(administrator):
    with pytest.raises(publishing.Refused, match="Delete it instead"):
        publishing.retire(a_whole_draft(), by=administrator)
    version = publishing.retire(a_pathway("other").active_version, by=administrator)
    with pytest.raises(publishing.Refused, match="is retired already"):
        publishing.retire(version, by=administrator)


def test_a_revision_copies_everything(administrator):
    pathway = publishing.publish(a_whole_draft(), by=administrator).pathway

    draft = publishing.revise(pathway, by=administrator)

    assert (draft.number, draft.status) == (2, "draft")
    assert dump(draft) == dump(pathway.active_version)
    assert difference(pathway.active_version, draft) == []
    assert {model: sum(type(row) is model for row in rows_of(draft)) for model in OF_A_VERSION} == {
        Stage: 2,
        Transition: 1,
        Requirement: 2,
        EscalationStep: 3,
        TaskTemplate: 1,
        FormDefinition: 1,
        Question: 2,
        FactDefinition: 1,
        DetourRule: 1,
    }


def test_every_row_of_a_revision_says_who_made_it_and_why(administrator):
    pathway = a_pathway()

    draft = publishing.revise(pathway, by=administrator)

    made = [row.history.get() for row in [draft, *rows_of(draft)]]
    assert {(line.history_user, line.history_change_reason) for line in made} == {
        (administrator, "Copied from version 1")
    }


def test_a_revision_is_refused_while_there_is_a_draft(administrator):
    pathway = a_pathway()
    publishing.revise(pathway, by=administrator)

    with pytest.raises(publishing.Refused, match="has a draft already, version 2"):
        publishing.revise(pathway, by=administrator)


def test_a_pathway_without_active_version_is_revised_from_its_newest(administrator):
    pathway = a_pathway()
    publishing.retire(pathway.active_version, by=administrator)

    assert publishing.revise(pathway, by=administrator).stages.count() == 3


def test_a_new_pathway_begins_with_an_empty_draft(administrator):
    pathway = Pathway.objects.create(code="new", name="New")

    draft = publishing.revise(pathway, by=administrator)

    assert (draft.number, draft.stages.count()) == (1, 0)
    assert latest(draft).history_change_reason == "First draft"


@pytest.mark.django_db(transaction=True)
def test_what_was_checked_is_what_is_published():
    """A stage that is taken away while the version is being checked waits, and is then refused."""
    version, by = a_whole_draft(), system_user()
    checked, answer = threading.Event(), []

    def take_the_team_away():
        checked.wait(10)
        try:
            Stage.objects.filter(version=version, code="first").update(team=None)
        except IntegrityError as refused:
            answer.append(str(refused))
        finally:
            connection.close()

    other = threading.Thread(target=take_the_team_away)
    other.start()
    with transaction.atomic():
        publishing.publish(version, by=by)
        checked.set()
        other.join(0.3)
        assert other.is_alive()  # it waits for the publication
    other.join(10)
    assert "This version is active and cannot be changed" in answer[0]
    assert version.stages.get(code="first").team is not None
