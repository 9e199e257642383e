"""What the tests of real processes have at hand."""

import pytest

from tests.portal.running import state_directory


@pytest.fixture
def state():
    """Give a test a state directory of its own."""
    with state_directory() as state:
        yield state
