"""The gallery as a page."""

import pytest
import time_machine
from django.urls import reverse

from pathways import gallery, groups, publishing
from pathways.models import Pathway, PathwayVersion, system_user
from tests.cases.web.reading import reasons, title, words
from tests.factories import a_member, in_group

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator():
    return in_group(groups.PATHWAY_ADMINISTRATOR, is_staff=True)


@pytest.fixture
def page(client, administrator):
    client.force_login(administrator)
    return lambda: client.get(reverse("gallery"))


def test_each_pathway_says_what_it_follows_and_when_to_look_at_it_again(page):
    said = words(page())

    assert "Elective care, 18 weeks Not in use For adults whom a GP has referred" in said
    assert "Review by 1 November 2027" in said
    assert "(PRN01045), version 5.0, 11 February 2025" in said
    assert "National clocks, named here and not yet counted: referral to treatment (RTT), 18 weeks" in said
    assert "Awaiting Specialist Review Specialist clinic, 10 working days" in said
    assert "Package requested Social care brokerage, 2 working days, entered by handoff" in said
    assert "Review is due" not in said


def test_a_banner_says_that_a_review_is_due(client, administrator):
    with time_machine.travel("2027-11-02 12:00", tick=False):
        client.force_login(administrator)
        said = words(client.get(reverse("gallery")))

    assert "Review is due The review date of these pathways has passed." in said
    assert "Elective care, 18 weeks , review was due by 1 November 2027" in said
    assert said.count("1 November 2027 Review is due") == 7


def test_what_is_here_is_shown(page):
    gallery.use("safeguarding", by=system_user())
    said = words(page())

    assert "Safeguarding Not in use Draft: version 1" in said
    draft = PathwayVersion.objects.get()
    address = reverse("admin:pathways_pathwayversion_change", args=[draft.pk])
    assert f'<a href="{address}">Go on with the draft of Safeguarding</a>' in page().content.decode()


def test_using_one_leads_to_its_draft_and_says_what_to_publish_first(client, page):
    answer = client.post(reverse("use_shipped", args=["dna"]), follow=True)

    draft = Pathway.objects.get(code="dna").versions.get()
    assert answer.redirect_chain == [(reverse("admin:pathways_pathwayversion_change", args=[draft.pk]), 302)]
    assert "Its detours need Safeguarding: there are drafts of them too. Publish those first." in (
        answer.content.decode()
    )
    assert draft.history.get().history_change_reason == "Made from the pathway that was shipped"


def test_one_that_has_a_draft_is_refused_with_the_reason(client, page):
    gallery.use("safeguarding", by=system_user())
    answer = client.post(reverse("use_shipped", args=["safeguarding"]))

    assert answer.status_code == 409
    assert reasons(answer)[0].startswith("Safeguarding has a draft already, version 1.")
    assert title(answer).startswith("Error: ")


def test_everybody_who_signed_in_may_read_it_and_only_administrators_use_it(client):
    for user in (a_member("booking"), in_group(groups.INSPECTOR, is_staff=True), in_group(groups.PRIVACY_LEAD)):
        client.force_login(user)
        assert "Use this" not in words(client.get(reverse("gallery")))
        answer = client.post(reverse("use_shipped", args=["dna"]))
        assert answer.status_code == 403
        assert "Drafts are made by pathway administrators. Ask yours to use this pathway." in words(answer)
    assert not Pathway.objects.exists()


def test_a_stranger_is_asked_to_sign_in(client):
    for answer in (client.get(reverse("gallery")), client.post(reverse("use_shipped", args=["dna"]))):
        assert answer.status_code == 302
        assert answer.url.startswith("/sign-in/")


def test_what_is_not_shipped_is_not_found(client, page):
    assert client.post(reverse("use_shipped", args=["homoeopathy"])).status_code == 404
    assert client.get(reverse("use_shipped", args=["dna"])).status_code == 405


def test_the_menu_leads_administrators_to_it(client, page):
    assert '<a class="nhsuk-header__navigation-link" href="/pathways/" aria-current="true">Pathways</a>' in (
        page().content.decode()
    )
    client.force_login(a_member("booking"))
    assert 'href="/pathways/"' not in client.get(reverse("gallery")).content.decode()


def test_the_page_costs_few_statements(page, django_assert_max_num_queries):
    for code in ("discharge-to-assess", "elective-18-weeks", "suspected-cancer", "diagnostic-test"):
        for draft in gallery.use(code, by=system_user()):
            publishing.publish(draft, by=system_user())
    with django_assert_max_num_queries(30):
        page()
