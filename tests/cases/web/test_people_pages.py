"""The pages about people: one's own e-mails and absences, and a team's people and duties."""

from datetime import date, time, timedelta

import pytest
from django.utils import timezone

from cases.models import Notice
from cases.showing import LONDON
from pathways.models import Absence, Duty, MailPreference, Team
from tests.cases.web.reading import words
from tests.factories import a_member, fresh

DAY = timedelta(days=1)


def typed(name, day):
    return {f"{name}_{part}": str(getattr(day, part)) for part in ("day", "month", "year")}


def today():
    return timezone.now().astimezone(LONDON).date()


def absence_of(person, *, days=1, **values):
    now = timezone.now()
    return Absence.objects.create(user=person, starts_at=now - DAY, ends_at=now + days * DAY, **values)


MAIL = {"digest": "on", "digest_at": "5:30pm", "quiet_from": "8pm", "quiet_until": "7am"}


def test_a_digest_that_waits_comes_as_was_chosen(signed_in, caseworker):
    tomorrow = timezone.now() + timedelta(days=1)
    waiting = Notice.objects.create(kind="digest", recipient=caseworker, send_at=tomorrow)
    signed_in.post("/me/", MAIL)
    assert timezone.localtime(fresh(waiting).send_at).time() == time(17, 30)


def test_one_chooses_when_the_digest_comes(signed_in, caseworker):
    said = words(signed_in.get("/me/"))
    assert "Urgent e-mails always come, at once and at any hour: they cannot be switched off." in said
    assert caseworker.email in said

    assert signed_in.post("/me/", MAIL).status_code == 302

    kept = MailPreference.objects.get(user=caseworker)
    assert (kept.digest, kept.digest_at, kept.working_days_only) == (True, time(17, 30), False)
    assert (kept.quiet_from, kept.quiet_until) == (time(20), time(7))
    assert 'value="5:30pm"' in signed_in.get("/me/").content.decode()


def test_it_is_said_when_the_digest_comes(signed_in):
    for chosen, sentence in (
        (MAIL, "Your digest comes at 5:30pm."),
        (MAIL | {"digest_at": "8:30pm"}, "Your digest comes at 7am, when your quiet hours end."),
        (MAIL | {"digest": ""}, "You get no digest, only urgent e-mails."),
    ):
        assert f"Saved. {sentence}" in words(signed_in.post("/me/", chosen, follow=True))


def test_a_warning_comes_after_what_was_done_in_a_panel_of_its_own(signed_in):
    sent = typed("first_on", today() + DAY) | typed("last_on", today() + DAY) | {"deputy": "nobody"}
    answer = signed_in.post("/me/absences/add/", sent, follow=True)
    said, page = words(answer), answer.content.decode()
    assert 0 <= said.index("Done You are away on") < said.index("Important Nobody stands in for Priya Shah")
    assert page.count('role="alert"') == 1, "only what was done is read aloud at once"


def test_quiet_hours_without_an_end_are_refused_in_a_sentence(signed_in):
    answer = signed_in.post("/me/", MAIL | {"quiet_until": ""})
    assert "Quiet hours need a start and an end. Fill in both, or neither." in words(answer)
    assert not MailPreference.objects.exists()


def test_one_says_when_one_is_away_and_comes_back(signed_in, caseworker):
    deputy = a_member("booking", first_name="Alex", last_name="Doe")
    first, last = today() + 3 * DAY, today() + 5 * DAY
    sent = typed("first_on", first) | typed("last_on", last) | {"deputy": deputy.pk}

    answer = signed_in.post("/me/absences/add/", sent, follow=True)

    absence = Absence.objects.get()
    assert (absence.user, absence.deputy) == (caseworker, deputy)
    assert absence.starts_at.astimezone(LONDON).date() == first
    assert absence.ends_at.astimezone(LONDON).date() == last + DAY, "the last day is a whole one"
    assert "Alex Doe stands in." in words(answer)
    answer = signed_in.post(f"/absences/{absence.pk}/end/", follow=True)
    assert "The absence is taken back." in words(answer)
    assert not Absence.objects.exists()


def test_an_absence_that_cannot_be_is_refused_on_its_page(signed_in, caseworker):
    sent = typed("first_on", today() + 3 * DAY) | typed("last_on", today() + DAY) | {"deputy": "nobody"}
    assert "The last day of an absence cannot be before the first." in words(signed_in.post("/me/absences/add/", sent))
    sent |= {"deputy": a_member("clinic").pk}
    assert "Choose a person of the list." in words(signed_in.post("/me/absences/add/", sent))
    assert "Fill in “First day away”." in words(signed_in.post("/me/absences/add/", {"deputy": "nobody"}))


@pytest.mark.parametrize("year", [2090, 9999])
def test_an_absence_until_a_mistyped_year_is_refused(signed_in, year):
    sent = typed("first_on", today() + DAY) | typed("last_on", date(year, 12, 31)) | {"deputy": "nobody"}
    answer = signed_in.post("/me/absences/add/", sent)
    assert "This date is two years or more away. Check the year." in words(answer)
    assert not Absence.objects.exists()


def test_nobody_ends_the_absence_of_another_team(signed_in, clinician):
    absence = absence_of(clinician)
    assert signed_in.post(f"/absences/{absence.pk}/end/").status_code == 403
    assert Absence.objects.filter(ends_at__gt=timezone.now()).exists()


def test_a_team_shows_who_is_away_who_is_on_duty_and_when_nobody_is(signed_in, caseworker, manager):
    now, team = timezone.now(), Team.objects.get(code="booking")
    absence_of(manager, deputy=caseworker)
    Duty.objects.create(team=team, user=caseworker, starts_at=now - DAY, ends_at=now + DAY)

    said = words(signed_in.get("/teams/booking/"))

    assert "Priya Shah stands in." in said
    assert "Now: Priya Shah until" in said
    assert "When nobody is on duty in the next 14 days" in said
    assert "Plan a duty" not in said, "that is for managers"
    assert "You stand in for:" in words(signed_in.get("/me/"))


@pytest.mark.parametrize("team", ["\0", "nonsense"])
def test_an_absence_is_ended_whatever_is_sent_as_the_team_to_go_back_to(signed_in, caseworker, team):
    absence = absence_of(caseworker)
    answer = signed_in.post(f"/absences/{absence.pk}/end/", {"team": team})
    assert answer.url == "/me/"
    assert fresh(absence).ends_at <= timezone.now()


def test_a_duty_of_somebody_who_has_left_the_team_is_said_to_cover_nothing(client, manager, caseworker):
    now, team = timezone.now(), Team.objects.get(code="booking")
    duty = Duty.objects.create(team=team, user=caseworker, starts_at=now - DAY, ends_at=now + DAY)
    caseworker.memberships.filter(team=team).delete()
    client.force_login(manager)
    said = words(client.get("/teams/booking/"))
    assert "Nobody is on duty now." in said
    assert "When nobody is on duty in the next 14 days" in said
    assert "Planned for people who have left the team: they are not told Priya Shah, from" in said
    assert "The duty ends now." in words(client.post(f"/teams/booking/duties/{duty.pk}/end/", follow=True))


def test_a_manager_plans_duties_and_absences(client, manager, caseworker):
    client.force_login(manager)
    day = today() + DAY
    sent = typed("first_on", day) | typed("last_on", day) | {"person": caseworker.pk}

    times = {"from_time": "8am", "until_time": "8pm"}
    assert "Priya Shah is on duty from" in words(client.post("/teams/booking/duties/add/", sent | times, follow=True))
    answer = client.post("/teams/booking/absences/add/", sent | {"deputy": manager.pk}, follow=True)

    assert "Priya Shah is away on" in words(answer)
    assert "Priya Shah is on duty for Booking team in that time. Plan somebody else." in words(answer)
    duty, absence = Duty.objects.get(), Absence.objects.get()
    assert (duty.user, absence.user, absence.deputy) == (caseworker, caseworker, manager)
    assert "The duty is taken back." in words(client.post(f"/teams/booking/duties/{duty.pk}/end/", follow=True))
    answer = client.post(f"/absences/{absence.pk}/end/", {"team": "booking"})
    assert answer["Location"] == "/teams/booking/"
    assert not Duty.objects.exists()
    assert not Absence.objects.exists()


def test_a_team_is_planned_by_its_managers_and_read_by_its_people(signed_in, client, stranger):
    for address in ("duties/add/", "absences/add/"):
        answer = signed_in.get(f"/teams/booking/{address}")
        assert answer.status_code == 403
        assert "for its managers" in words(answer)
    client.force_login(stranger)
    assert client.get("/teams/booking/").status_code == 403
    assert client.get("/teams/nothing/").status_code == 404


def test_the_pages_cost_few_statements(client, manager, caseworker, django_assert_max_num_queries):
    for number in range(6):
        absence_of(a_member("booking", first_name=f"N{number}"), deputy=manager)
    client.force_login(manager)
    for address in ("/teams/booking/", "/me/"):
        with django_assert_max_num_queries(13):
            client.get(address)
