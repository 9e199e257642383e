"""The admin in a real browser, where the content security policy is the browser's own."""

import pytest
from django.urls import reverse

from pathways.groups import PATHWAY_ADMINISTRATOR
from pathways.models import Pathway
from pathways.publishing import revise
from tests import browser
from tests.browser import begin
from tests.factories import TeamFactory, a_pathway, in_group, office_hours

pytestmark = pytest.mark.django_db(transaction=True)

# Django's own tables of rows have a column without a heading.
DJANGOS_OWN = ["empty-table-header"]


@pytest.fixture
def administrator(page):
    user = in_group(PATHWAY_ADMINISTRATOR, is_staff=True)
    begin(page, user)
    page.get_by_role("button", name="Sign out").wait_for()
    return user


def then_the_page_is_accessible(page, *, once):
    once.wait_for()
    browser.then_the_page_is_accessible(page, but=DJANGOS_OWN)


def test_stages_are_added_row_by_row_and_published(page, administrator):
    TeamFactory(code="cardiology", name="Cardiology booking office")

    page.goto("/admin/pathways/pathway/add/")
    page.get_by_label("Code").fill("echo")
    page.get_by_label("Name").fill("Echo")
    page.get_by_role("button", name="Save", exact=True).first.click()
    another = page.get_by_role("button", name="Add another Stage")
    then_the_page_is_accessible(page, once=another)
    another.click()
    for number, (code, name, kind) in enumerate([("wait", "Waiting", "waiting"), ("done", "Done", "final")]):
        page.locator(f"#id_stages-{number}-code").fill(code)
        page.locator(f"#id_stages-{number}-name").fill(name)
        page.locator(f"#id_stages-{number}-kind").select_option(kind)
        page.locator(f"#id_stages-{number}-team").select_option(label="Cardiology booking office")
    page.get_by_role("button", name="Save and continue editing").first.click()
    page.get_by_text("was changed successfully").wait_for()
    page.get_by_label("Cases start in").select_option(label="Waiting")
    page.get_by_role("button", name="Save and continue editing").first.click()

    page.get_by_text("was changed successfully").wait_for()
    page.get_by_role("link", name="Publish", exact=True).click()
    publish = page.get_by_role("button", name="Publish")
    then_the_page_is_accessible(page, once=publish)
    publish.click()

    then_the_page_is_accessible(page, once=page.get_by_text("Version 1 is active now."))
    assert [stage.name for stage in Pathway.objects.get().active_version.stages.all()] == ["Waiting", "Done"]


def rows_of(version):
    """A row for each page of a version."""
    stage = version.stages.first()
    return [version, version.forms.get(), stage, stage.transitions.first()]


def test_the_pages_of_the_map_are_accessible_and_keep_the_content_security_policy(page, administrator):
    active = a_pathway(requires=[("note written", {})]).active_version
    draft = revise(active.pathway, by=administrator)
    team = active.stages.first().team

    for row in (active.pathway, *rows_of(active), *rows_of(draft), team, team.organisation, office_hours()):
        for act in ("change", "history"):
            page.goto(reverse(f"admin:pathways_{row._meta.model_name}_{act}", args=[row.pk]))
            then_the_page_is_accessible(page, once=page.locator("#content"))
    page.goto(reverse("admin:pathways_pathway_changelist"))
    then_the_page_is_accessible(page, once=page.locator("#content"))
