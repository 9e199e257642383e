"""Two of what should be one: an open case that there is already, a patient who may be known under a like name."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from cases import lifecycle, patients
from cases.models import Case, Patient
from cases.models.patient import NAME_SEARCHED
from cases.refusals import Refused

MOST_SHOWN = 10


@dataclass(frozen=True)
class OpenAlready:
    """The open cases of a patient on a pathway: those that the reader may see, and how many others there are.

    A restricted case that they may not see is not even counted.
    """

    seen: list[Case]
    unseen: int

    def __bool__(self):
        return bool(self.seen or self.unseen)


def open_already(patient, pathway, user) -> OpenAlready:
    """Return the open cases of ``patient`` on ``pathway``, as ``user`` may know of them."""
    found = Case.objects.open().filter(patient=patient, version__pathway=pathway)
    seen = list(found.visible_to(user).select_related("team"))
    others = found.filter(restricted=False).exclude(pk__in=[case.pk for case in seen])
    return OpenAlready(seen, others.count())


@transaction.atomic
def open_case(pathway, patient, *, by, note="", although_open=False, at=None) -> Case:
    """Open a case of ``patient`` as ``lifecycle.open_case`` does, and refuse a second one on the pathway unless it is
    meant: ``although_open``.
    """
    patient = patients.lock_for_new_case(patient)  # two who open one at once: the second is told of the first
    if not although_open and open_already(patient, pathway, by):
        raise Refused("This patient has an open case on this pathway already. Say that you want another one.")
    return lifecycle.open_case(pathway, patient, by=by, note=note, at=at)


@dataclass(frozen=True)
class Alike:
    """Patients who may be the one that somebody is about to enter: those the reader may see, and how many others.

    Of patients of other teams no more is said than that there are such; of those known only by a restricted case,
    nothing.
    """

    seen: list[Patient]
    unseen: int

    def __bool__(self):
        return bool(self.seen or self.unseen)

    @property
    def key(self) -> str:
        """What stands for these and no others: whoever was asked about them was not asked about one more."""
        return " ".join(str(patient.pk) for patient in self.seen) + f" and {self.unseen}"


def alike(*, family_name, given_name, born_on, user) -> Alike:
    """Return the patients with a like name who were born on that day, or who have the very same name."""
    name = f"{family_name} {given_name}".lower()
    # The day first: of a name alone, like ones are found by the hundred.
    is_like = Q(born_on=born_on, searched__trigram_similar=name) | Q(searched=name)
    found = Patient.objects.filter(merged_into=None).alias(searched=NAME_SEARCHED).filter(is_like)
    found = list(found.order_by("family_name", "given_name", "born_on", "pk"))
    if not found:
        return Alike([], 0)
    # Those few first, and then who may see them: the other way round the whole hospital is gone through.
    known = Patient.objects.filter(pk__in=[patient.pk for patient in found])
    mine = set(patients.visible_to(user).filter(pk__in=known).values_list("pk", flat=True))
    openly = Exists(Case.objects.filter(patient=OuterRef("pk"), restricted=False))
    return Alike(
        seen=[patient for patient in found if patient.pk in mine][:MOST_SHOWN],
        unseen=known.filter(openly).exclude(pk__in=mine).count(),
    )
