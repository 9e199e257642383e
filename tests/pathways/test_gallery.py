"""The shipped pathways as they stand here, and drafts out of them."""

from datetime import date, timedelta

import pytest

from pathways import exchange, gallery, publishing
from pathways.models import Pathway, PathwayVersion, system_user
from pathways.publishing import Refused
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator():
    return UserFactory(first_name="Pat", last_name="Map")


def shipped(code):
    return next(one for group in gallery.pathways_and_detours() for one in group if one.code == code)


def published(code):
    """Use a shipped pathway and everything it needs, and publish it all."""
    for draft in gallery.use(code, by=system_user()):
        publishing.publish(draft, by=system_user())
    return Pathway.objects.get(code=code)


def test_pathways_that_only_detours_follow_are_listed_apart():
    pathways, detours = gallery.pathways_and_detours()

    assert [one.about["name"] for one in pathways] == [
        "Diagnostic test",
        "Discharge to assess",
        "Elective care, 18 weeks",
        "Suspected cancer",
    ]
    assert [one.code for one in detours] == ["dna", "safeguarding", "urgent-review"]


def test_what_is_shipped_says_its_stages_with_their_teams():
    urgent = shipped("urgent-review")

    assert [(stage["name"], stage["team"], str(stage["limit"] or "")) for stage in urgent.stages][:2] == [
        ("Score recorded", "Acute response team", "15 minutes"),
        ("Acknowledged: emergency", "Acute response team", "15 minutes"),
    ]
    assert shipped("dna").detours == ["Raise a safeguarding concern"]


def test_a_file_is_stale_from_the_day_after_its_review_date():
    one = shipped("dna")
    day = one.about["review_on"]

    assert not one.is_stale(day)
    assert one.is_stale(day + timedelta(days=1))
    assert not one.is_stale(date(2026, 11, 23))


def test_an_installation_without_pathways_uses_none():
    one = shipped("elective-18-weeks")
    assert (one.active, one.draft, one.differs) == (None, None, False)


def test_using_one_makes_drafts_of_what_its_detours_need_first(administrator):
    drafts = gallery.use("elective-18-weeks", by=administrator)

    codes = [draft.pathway.code for draft in drafts]
    assert codes[-1] == "elective-18-weeks"
    assert sorted(codes) == ["dna", "elective-18-weeks", "safeguarding", "urgent-review"]
    assert codes.index("safeguarding") < codes.index("dna")
    assert {(draft.number, draft.status) for draft in drafts} == {(1, "draft")}
    assert drafts[-1].history.get().history_user == administrator
    assert shipped("elective-18-weeks").draft == drafts[-1]


def test_what_is_here_already_is_not_drafted_again(administrator):
    published("safeguarding")

    assert [draft.pathway.code for draft in gallery.use("dna", by=administrator)] == ["dna"]


def test_one_in_use_is_as_shipped_until_it_is_changed(administrator):
    pathway = published("safeguarding")
    assert (shipped("safeguarding").active, shipped("safeguarding").differs) == (pathway.active_version, False)

    pathway.name = "Safeguarding at Northshire"  # the trust's own name for it is no change of the map
    pathway.save()
    assert not shipped("safeguarding").differs

    draft = publishing.revise(pathway, by=administrator)
    stage = draft.stages.get(code="plan")
    stage.limit_amount = 4
    stage.save()
    assert not shipped("safeguarding").differs
    publishing.publish(draft, by=administrator)
    assert shipped("safeguarding").differs


def test_a_pathway_in_use_keeps_its_name_while_a_draft_is_made_of_the_shipped_one(administrator):
    pathway = published("safeguarding")
    pathway.name = "Safeguarding at Northshire"
    pathway.save()

    (draft,) = gallery.use("safeguarding", by=administrator)

    assert (draft.number, Pathway.objects.get(code="safeguarding").name) == (2, "Safeguarding at Northshire")
    assert pathway.active_version.number == 1


def test_a_draft_that_somebody_works_on_is_not_lost(administrator):
    gallery.use("safeguarding", by=administrator)

    with pytest.raises(Refused) as refused:
        gallery.use("safeguarding", by=administrator)

    assert refused.value.reasons == [
        "Safeguarding has a draft already, version 1. Publish or delete that one first, so that nothing in it is lost."
    ]
    assert PathwayVersion.objects.count() == 1


def test_a_pathway_that_was_only_named_here_is_made_whole(administrator):
    Pathway.objects.create(code="safeguarding", name="To do")

    gallery.use("safeguarding", by=administrator)

    assert Pathway.objects.get(code="safeguarding").name == "Safeguarding"


def test_what_is_not_shipped_cannot_be_used(administrator):
    with pytest.raises(KeyError):
        gallery.use("homoeopathy", by=administrator)


def test_a_draft_is_just_as_its_file(administrator):
    *_, draft = gallery.use("suspected-cancer", by=administrator)
    assert exchange.dump(draft) == exchange.shipped("suspected-cancer")


def test_looking_costs_no_more_when_all_of_them_are_in_use(django_assert_max_num_queries):
    for code in ("diagnostic-test", "discharge-to-assess", "elective-18-weeks", "suspected-cancer"):
        published(code)

    with django_assert_max_num_queries(18):
        assert not any(one.differs for group in gallery.pathways_and_detours() for one in group)
