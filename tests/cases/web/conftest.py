"""The world of the screens' tests: one pathway, its two teams, and one person per role."""

import pytest

from pathways import groups
from tests.factories import a_case, a_manager, a_member, a_pathway, in_group

RISK_ASSESSMENT = [("form completed", {"form": "risk-assessment", "max_age_days": 30})]


@pytest.fixture
def pathway(db):
    return a_pathway(requires=RISK_ASSESSMENT)


@pytest.fixture
def case(pathway):
    return a_case(pathway)


@pytest.fixture
def caseworker(db):
    return a_member("booking", first_name="Priya", last_name="Shah")


@pytest.fixture
def manager(db):
    return a_manager("booking", first_name="Grace", last_name="Okafor")


@pytest.fixture
def clinician(db):
    return a_member("clinic")


@pytest.fixture
def inspector(db):
    return in_group(groups.INSPECTOR)


@pytest.fixture
def pathway_administrator(db):
    return in_group(groups.PATHWAY_ADMINISTRATOR, is_staff=True)


@pytest.fixture
def stranger(db):
    """Somebody of a team that never had the case."""
    return a_member("imaging")


@pytest.fixture
def signed_in(client, caseworker):
    """A browser in which the caseworker is signed in."""
    client.force_login(caseworker)
    return client
