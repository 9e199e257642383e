"""Who sets up the map."""

import pytest

from pathways.groups import PATHWAY_ADMINISTRATOR
from tests.factories import in_group


@pytest.fixture
def administrator(client):
    """A pathway administrator, signed in."""
    user = in_group(PATHWAY_ADMINISTRATOR, is_staff=True)
    client.force_login(user)
    return user
