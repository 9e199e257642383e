"""A published version cannot be changed: not by the ORM, not by a file, not in the admin."""

import pytest
from django.db import transaction
from django.db.utils import IntegrityError

from pathways import exchange, publishing
from pathways.models import (
    EscalationStep,
    FormDefinition,
    PathwayVersion,
    Question,
    Requirement,
    Stage,
    Transition,
    system_user,
)
from tests.factories import a_pathway

pytestmark = pytest.mark.django_db

OF_A_VERSION = (Stage, Transition, Requirement, EscalationStep, FormDefinition, Question)
GUARDED = [("note written", {})]


@pytest.mark.parametrize("status", ["active", "retired"])
@pytest.mark.parametrize("model", OF_A_VERSION)
@pytest.mark.parametrize("act", ["change", "delete", "add"])
def test_nothing_of_a_published_version_can_be_changed_through_the_orm(status, model, act):
    version = a_pathway(requires=GUARDED).active_version
    if status == "retired":
        publishing.retire(version, by=system_user())
    row = model.objects.first()

    if act == "add":
        row.pk = None
    change = row.delete if act == "delete" else row.save

    with pytest.raises(IntegrityError, match=f"This version is {status} and cannot be changed"), transaction.atomic():
        change()


def test_nothing_of_a_published_version_can_be_changed_in_bulk():
    version = a_pathway(requires=GUARDED).active_version

    with pytest.raises(IntegrityError), transaction.atomic():
        Stage.objects.filter(version=version).update(name="Another")
    with pytest.raises(IntegrityError), transaction.atomic():
        Stage.objects.filter(version=version).delete()


def test_a_published_version_cannot_become_a_draft_again_nor_be_deleted():
    version = a_pathway(requires=GUARDED).active_version

    with pytest.raises(IntegrityError), transaction.atomic():
        PathwayVersion.objects.filter(pk=version.pk).update(status="draft", published_at=None, published_by=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        version.delete()


def test_a_file_makes_a_draft_and_leaves_the_published_version_alone():
    version = a_pathway(requires=GUARDED).active_version
    before = exchange.dump(version)
    document = exchange.read(before.replace("name: Triage", "name: Sorting"))

    draft = exchange.draft_from(document, by=system_user(), reason="Loaded")

    assert draft.number == 2
    assert draft.stages.get(code="triage").name == "Sorting"
    assert exchange.dump(version) == before
