"""Every form looks like NHS.UK, says what is wrong by name, and leads from the error to the field."""

import re

import pytest
import time_machine
from django import forms
from django.template.loader import render_to_string

from cases.web.date_input import DateField, ahead, past
from cases.web.form_look import PageForm
from cases.web.people_forms import AbsenceForm


class Discharge(PageForm):
    reason = forms.CharField(label="Why now?", help_text="Everybody who sees the case can read this.")
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea)
    place = forms.ChoiceField(
        label="Where to?", choices=[("home", "Home"), ("bed", "A community bed")], widget=forms.RadioSelect
    )
    needs = forms.MultipleChoiceField(label="Needs", choices=[("aid", "An aid")], widget=forms.CheckboxSelectMultiple)
    team = forms.ChoiceField(label="Team", choices=[("", "Choose a team"), ("1", "Ward 4")])
    told = forms.BooleanField(label="The patient has been told")
    leaves_on = DateField(label="Leaves on")


FILLED_IN = {
    "reason": "Fit",
    "place": "home",
    "needs": ["aid"],
    "team": "1",
    "told": "on",
    "leaves_on_day": "3",
    "leaves_on_month": "3",
    "leaves_on_year": "2026",
}


def filled_in(**changes):
    return Discharge(FILLED_IN | changes)


def test_what_was_typed_is_read():
    form = filled_in()

    assert form.is_valid(), form.errors
    assert form.cleaned_data["leaves_on"].isoformat() == "2026-03-03"


def test_an_empty_form_asks_for_each_field_by_name():
    form = Discharge({})

    assert {name: errors[0] for name, errors in form.errors.items()} == {
        "reason": "Fill in “Why now?”.",
        "place": "Choose an answer for “Where to?”.",
        "needs": "Choose an answer for “Needs”.",
        "team": "Choose an answer for “Team”.",
        "told": "Tick “The patient has been told”.",
        "leaves_on": "Fill in “Leaves on”.",
    }


@pytest.mark.parametrize("name", ["reason", "team"])
def test_an_error_and_a_hint_are_read_aloud_with_their_field(name):
    html = str(Discharge({})[name])

    described_by = re.search(r'aria-describedby="([^"]+)"', html)[1].split()
    assert f"id_{name}_error" in described_by
    assert all(f'id="{target}"' in Discharge({}).render() for target in described_by)


def test_the_error_and_the_hint_of_a_group_are_read_aloud_with_the_group():
    html = Discharge({})["place"].as_field_group()

    assert re.search(r'<fieldset class="nhsuk-fieldset" aria-describedby="id_place_error">', html)
    assert "aria-invalid" not in html


def test_every_error_in_the_summary_leads_to_an_input():
    form = Discharge({})

    summary, page = render_to_string("components/error_summary.html", {"form": form}), form.render()

    targets = re.findall(r'href="#([^"]+)"', summary)
    assert len(targets) == 6
    assert not [target for target in targets if f'id="{target}"' not in page]


def test_an_optional_field_says_so():
    assert "Note (optional)" in Discharge().render()
    assert "Why now? (optional)" not in Discharge().render()


def test_nothing_typed_is_lost_when_the_page_comes_back():
    html = filled_in(reason="", leaves_on_day="31", leaves_on_month="2").render()

    assert re.search(r'value="home"[^>]*checked', html)
    assert re.search(r'value="31"', html)
    assert "nhsuk-input--error" in html


def test_what_is_typed_is_never_markup():
    assert "<script>" not in filled_in(reason="<script>", place="").render()


@pytest.mark.parametrize(
    ("day", "month", "year", "sentence"),
    [
        ("", "3", "2026", "The date needs a day."),
        ("3", "", "", "The date needs a month and a year."),
        ("31", "2", "2026", "This date does not exist. Check the day and the month."),
        ("3", "March", "2026", "Write the date in numbers, with four for the year, for example 27 3 2026."),
        ("3", "3", "26", "Write the date in numbers, with four for the year, for example 27 3 2026."),
        ("²", "3", "2026", "Write the date in numbers, with four for the year, for example 27 3 2026."),
        ("0", "3", "2026", "This date does not exist. Check the day and the month."),
        ("3", "3", "0000", "This date does not exist. Check the day and the month."),
    ],
)
def test_a_date_that_cannot_be_read_says_which_part_to_mend(day, month, year, sentence):
    form = filled_in(leaves_on_day=day, leaves_on_month=month, leaves_on_year=year)

    assert form.errors["leaves_on"] == [sentence]


class Trial(PageForm):
    team = forms.ChoiceField(label="Team", choices=[("1", "Ward 4")])
    needs = forms.MultipleChoiceField(label="Needs", choices=[("aid", "An aid")])
    days = forms.IntegerField(label="Days to look back", min_value=7, max_value=730)
    share = forms.DecimalField(label="Share in %", max_value=100)
    name = forms.CharField(label="Name", max_length=3)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"team": "abc"}, "Choose an answer for “Team” from the list."),
        ({"needs": ["abc"]}, "Choose an answer for “Needs” from the list."),
        ({"days": "abc"}, "Write “Days to look back” as a whole number."),
        ({"days": "731"}, "“Days to look back” must be 730 or fewer."),
        ({"days": "6"}, "“Days to look back” must be 7 or more."),
        ({"share": "abc"}, "Write “Share in %” as a number."),
        ({"share": "101"}, "“Share in %” must be 100 or fewer."),
        ({"share": ""}, "Fill in “Share in %”."),
        ({"name": "Long"}, "“Name” must be 3 characters or fewer. You have 4."),
    ],
)
def test_what_is_wrong_is_said_in_plain_words(typed, sentence):
    fine = {"team": "1", "needs": ["aid"], "days": "90", "share": "50", "name": "Ada"}
    assert Trial(fine).is_valid()
    assert list(Trial(fine | typed).errors.values()) == [[sentence]]


def test_the_example_of_a_date_is_on_the_side_that_is_asked_for_whenever_it_is_read():
    with time_machine.travel("2031-12-15 12:00Z", tick=False):
        assert str(ahead("For example {date}.")) == "For example 14 1 2032."
        assert str(past("For example {date}.")) == "For example 15 11 2031."
        form = AbsenceForm(colleagues=[])
    with time_machine.travel("2033-03-01 12:00Z", tick=False):
        assert "For example 31 3 2033." in form["first_on"].as_field_group()
