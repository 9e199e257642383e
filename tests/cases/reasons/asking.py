"""Asking why a case is on somebody's list."""

from datetime import timedelta

from cases import lifecycle, my_day, reasons, recording
from cases.models import Case
from cases.reasons import Reason
from pathways.models import system_user
from tests.factories import MONDAY

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
TUESDAY = MONDAY + DAY


def row_of(case, user, now=TUESDAY):
    """The row of a case on the list of ``user``, with its codes."""
    found = Case.objects.visible_to(user).with_reasons(user, now).get(pk=case.pk)
    return found.reasons, reasons.rows([found], user, now)[0]


def codes_of(case, user, now=TUESDAY):
    """The codes of a case, which say the same in the list and in the filter."""
    found = Case.objects.with_reasons(user, now).get(pk=case.pk).reasons
    filtered = [code for code in Reason.values if Case.objects.because(code, user, now).filter(pk=case.pk).exists()]
    assert found == filtered
    return found


def group_of(case, user, now=TUESDAY):
    """The group in which a case stands on somebody's day, if it does."""
    found = {row.case.pk: group.reason for group in my_day.my_day(user, now).groups for row in group.rows}
    return found.get(case.pk)


def mine(case, user):
    return lifecycle.assign_case(case, user, by=system_user(), at=MONDAY)


def page(name, case, *more):
    return f"/cases/{case}/{name}/{''.join(f'{part}/' for part in more)}"


def a_filled_in_form(case, nurse, at):
    form = case.version_map.forms["risk-assessment"]
    recording.complete_form(case, form, {"falls": "no"}, by=nurse, at=at)
