"""A published version cannot be changed: not by the ORM, not by a file, not in the admin."""

import re
import threading

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.urls import reverse
from django.utils import timezone

from pathways import exchange, publishing
from pathways.groups import PATHWAY_ADMINISTRATOR
from pathways.models import (
    EscalationStep,
    FormDefinition,
    Pathway,
    PathwayVersion,
    Question,
    Requirement,
    Stage,
    Transition,
    system_user,
)
from tests.factories import a_draft, a_pathway, in_group
from tests.pathways.pages import inputs

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


PAGES = (PathwayVersion, Stage, Transition, FormDefinition)


@pytest.fixture
def administrator(client):
    user = in_group(PATHWAY_ADMINISTRATOR, is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture(params=["active", "retired"])
def published(request, administrator):
    version = a_pathway(requires=GUARDED).active_version
    if request.param == "retired":
        publishing.retire(version, by=administrator)
    return version


def address(row, act="change"):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{act}", args=[row.pk])


@pytest.mark.parametrize("model", PAGES)
def test_a_published_row_is_only_shown_in_the_admin(client, published, model):
    row = model.objects.first()

    page = client.get(address(row))

    assert page.status_code == 200
    html = page.content.decode()
    assert not re.findall(r'<(?:select|textarea)\b|<input type="(?:text|number|checkbox|submit)"', html)
    assert "has been published and cannot be changed" in html


@pytest.mark.parametrize("model", PAGES)
@pytest.mark.parametrize("act", ["change", "delete"])
def test_a_published_row_is_not_changed_by_insisting(client, published, model, act):
    before = exchange.dump(published)

    answer = client.post(address(model.objects.first(), act), {"post": "yes", "name": "Changed", "code": "changed"})

    assert answer.status_code == 403
    assert exchange.dump(published) == before


def test_what_hangs_on_a_published_row_is_not_changed_by_insisting(client, published):
    before, stage = exchange.dump(published), published.stages.first()
    move = stage.transitions.first()

    for sent in (
        {"transitions-0-id": move.pk, "transitions-0-source": stage.pk, "transitions-0-DELETE": "on"},
        {"transitions-0-id": "", "transitions-0-source": stage.pk, "transitions-0-name": "Another"},
    ):
        forms = {"transitions-TOTAL_FORMS": 1, "transitions-INITIAL_FORMS": 1 if sent["transitions-0-id"] else 0}
        assert client.post(address(stage), forms | sent).status_code == 403

    assert exchange.dump(published) == before


@pytest.mark.parametrize("model", [*PAGES, Pathway])
def test_published_rows_are_not_deleted_in_bulk(client, published, model):
    before = exchange.dump(published)
    keys = [row.pk for row in model.objects.all()]

    client.post(
        reverse(f"admin:pathways_{model._meta.model_name}_changelist"),
        {"action": "delete_selected", "_selected_action": keys, "post": "yes"},
    )

    assert exchange.dump(published) == before


def test_a_pathway_with_a_published_version_is_not_deleted(client, published):
    assert client.post(address(published.pathway, "delete"), {"post": "yes"}).status_code == 403
    assert Pathway.objects.exists()


def test_an_earlier_state_of_a_published_row_is_not_brought_back(client, administrator):
    stage = a_draft().stages.create(code="first", name="Frist")
    stage.name = "First"
    stage.save()
    PathwayVersion.objects.update(status="active", published_at=timezone.now(), published_by=administrator)

    page = reverse("admin:pathways_stage_simple_history", args=[stage.pk, stage.history.last().pk])

    assert client.get(page).status_code == 200
    assert client.post(page, {"code": "first", "name": "Frist", "kind": "working"}).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_a_change_that_comes_just_after_the_publication_is_refused(client):
    """The page was opened on a draft; while it is saved, somebody publishes."""
    pathway = a_pathway(requires=GUARDED)
    draft = publishing.revise(pathway, by=system_user())
    client.force_login(in_group(PATHWAY_ADMINISTRATOR, is_staff=True))
    stage = draft.stages.get(code="triage")
    sent = inputs(client.get(address(stage)), "stage_form") | {"name": "Sorting"}
    answers = []

    def save():
        answers.append(client.post(address(stage), sent).status_code)
        connection.close()

    saving = threading.Thread(target=save)
    with transaction.atomic():
        publishing.publish(draft, by=system_user())
        saving.start()
        saving.join(0.5)
    saving.join(10)

    assert answers == [403]
    assert draft.stages.get(pk=stage.pk).name == "Triage"
