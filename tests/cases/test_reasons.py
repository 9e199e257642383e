"""Why a case is on somebody's list."""

from datetime import timedelta

import pytest

from cases import reasons
from cases.models import Case
from tests.factories import MONDAY, a_case, a_member

pytestmark = pytest.mark.django_db


def of(case, user, now=MONDAY):
    found = Case.objects.visible_to(user).with_reasons(user, now).get(pk=case.pk)
    return found.reasons, reasons.rows([found], user, now)[0]


def test_a_new_case_of_my_team_is_nobodys():
    nurse, case = a_member("booking"), a_case()

    codes, row = of(case, nurse)

    assert codes == ["nobodys"]
    assert row.why == ["Nobody has it."]


def test_a_late_case_is_first_of_all_late():
    nurse, case = a_member("booking"), a_case()

    codes, row = of(case, nurse, MONDAY + timedelta(days=12))

    assert codes == ["breached", "nobodys"]
    assert row.why == ["2 days over its limit of 10.", "Nobody has it."]
