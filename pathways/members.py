"""Who works here, and is in a team, asked when they are about to be given something."""

from django.contrib.auth import get_user_model


def hold_member(person, teams) -> bool:
    """Tell whether ``person`` works here and is in one of the ``teams`` (their ids), and let nobody close their
    account before this transaction ends.

    Asked last, when what is given is locked: who closes an account locks the teams that the person manages, then the
    person and nothing else, so that of the two one waits for the other and never both. Not out of what was read
    before, which may be over.
    """
    return bool(_held(person).filter(memberships__team__in=teams))


def hold_colleague(person) -> bool:
    """As ``hold_member``, where what is given needs nobody of a team."""
    return bool(_held(person))


def _held(person):
    people = get_user_model().objects.select_for_update(no_key=True, of=("self",))
    return people.filter(pk=person.pk, is_active=True).values_list("pk")
