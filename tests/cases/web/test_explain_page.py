"""The page that says why a case was, or was not, escalated at a moment."""

from datetime import timedelta

from django.utils import timezone

from cases.models import Case
from cases.watch import sweep
from tests.cases.web.reading import reasons, words
from tests.factories import MONDAY

DUE = MONDAY + timedelta(days=10)


def explained(client, case, at=""):
    return client.get(f"/cases/{case}/explain/", {"at": at} if at else {})


def test_the_case_page_leads_to_it(signed_in, case):
    assert f"/cases/{case}/explain/" in signed_in.get(case.get_absolute_url()).content.decode()


def test_it_explains_a_moment(signed_in, case, manager):
    sweep.run(DUE + timedelta(minutes=1))
    said = words(explained(signed_in, case, "2026-03-12T12:00"))

    assert "The stay in Triage Since 2 March 2026, 9am" in said
    assert "Due on 12 March 2026, 9am : it was late." in said
    assert "Breach Escalated Reached on 12 March 2026, 9am" in said
    assert "Grace Okafor was to be told in a digest, which was to go on 13 March 2026, 8am." in said
    assert "Again Not yet Not reached yet: that would be on 13 March 2026, 9am" in said


def test_without_a_moment_it_explains_this_one(signed_in, case):
    assert "The stay in Triage" in words(explained(signed_in, case))


def test_a_moment_that_is_none_is_refused_in_a_sentence(signed_in, case):
    assert reasons(explained(signed_in, case, "noon")) == ["“noon” is not a time. Write it like 2025-05-04T14:00:00Z."]
    assert reasons(explained(signed_in, case, "2026-01-01 10:00")) == [
        f"{case} was opened on 2 March 2026, 9am. Give a later time."
    ]
    ahead = timezone.now() + timedelta(days=1)
    assert reasons(explained(signed_in, case, ahead.isoformat())) == [
        "This time has not come yet. Give one that has passed."
    ]


def test_only_who_may_see_the_case_may_ask(client, case, stranger, inspector):
    client.force_login(stranger)
    assert explained(client, case).status_code == 404
    Case.objects.filter(pk=case.pk).update(restricted=True)
    client.force_login(inspector)
    assert explained(client, case).status_code == 200
    client.logout()
    assert explained(client, case).status_code == 302
