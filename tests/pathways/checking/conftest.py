import pytest

from tests.factories import a_draft, a_form, a_manager, a_member, a_move, a_stage
from tests.pathways.checking.saying import WORDING


@pytest.fixture
def sound(db):
    """A draft with nothing wrong: triage (10 days) → review (5 working days) → done."""
    version = a_draft()
    for team in ("booking", "clinic"):
        a_manager(team)
        a_member(team)
    form = a_form(version)
    triage = a_stage(version, "triage", is_first=True, patient_wording=WORDING)
    review = a_stage(version, "review", team="clinic", kind="waiting", limit="5 working days", patient_wording=WORDING)
    done = a_stage(version, "done", team="clinic", kind="final", limit=None, patient_wording=WORDING)
    a_move(triage, review, requires=[("form completed", {"form": form.code, "max_age_days": 30})])
    a_move(review, done)
    return version
