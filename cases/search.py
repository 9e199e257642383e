"""Find cases by what a person has at hand: a reference or its number, an NHS number, parts of a name, also misspelt.

The words of a search are personal data. No address, log, saved list or file of the portal holds them: a search is sent
by POST, kept in the session of who searches, and its pages are addressed by a number that means nothing elsewhere.
"""

import re
from dataclasses import dataclass, field
from functools import reduce
from operator import add, and_

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import BigIntegerField, FloatField, OuterRef, Q, Subquery, Value, When
from django.db.models import Case as Cases
from django.db.models.functions import Coalesce, Concat, Lower
from django.utils import timezone

from cases.models.patient import NAME_SEARCHED, Patient, validate_nhs_number

MOST_WORDS = 6
FIRST_YEAR = 2020  # no case was opened with Midwatch before

# How near a case is to what was asked: by its number, by a whole name, by a part of it; below that, names like it.
EXACT, WHOLE, PART = 4.0, 3.0, 2.0

# How much of a misspelt word must be in the name, from 0 to 1: "jonson" is 0.5 of "johnson", "smyth" and "brwon" are a
# third of "smith" and "brown". PostgreSQL's own 0.6 would find none of them.
LIKENESS = 0.33
MOST_ALIKE = (
    500  # patients, the most alike of all: asking whether their cases may be seen costs more than finding them
)

REFERENCE = re.compile(r"(?:mw)?[\s-]*(?:(20\d\d)[\s-]+)?(\d{1,6})", re.IGNORECASE)
NUMBER = re.compile(r"[\d\s-]+")


@dataclass(frozen=True)
class Asked:
    """What was typed, as it was understood; ``problem``: the sentence to show if it was not."""

    references: list[str] = field(default_factory=list)
    nhs_number: str = ""
    words: list[str] = field(default_factory=list)
    problem: str = ""


def understand(text: str) -> Asked:
    """Return what ``text`` asks for: of several meanings the most exact."""
    text = text.replace("\0", "").strip()
    digits = re.sub(r"[\s-]", "", text)
    if NUMBER.fullmatch(text) and len(digits) == 10:
        return _by_nhs_number(digits)
    if found := REFERENCE.fullmatch(text):
        year, number = found.groups()
        years = [int(year)] if year else range(FIRST_YEAR, timezone.localdate().year + 1)
        return Asked(references=[f"MW-{year}-{int(number):06}" for year in years])
    if NUMBER.fullmatch(text):
        return Asked(problem="Type the whole NHS number (10 digits), the number of a case (such as 123), or a name.")
    words = text.lower().replace(",", " ").split()[:MOST_WORDS]
    return Asked(words=words) if words else Asked(problem="Type a name, an NHS number or a case reference.")


def _by_nhs_number(digits):
    try:
        validate_nhs_number(digits)
    except Exception as error:
        return Asked(problem=" ".join(error.messages))
    return Asked(nhs_number=digits)


def among(cases, asked: Asked):
    """Return those of ``cases`` that are ``asked`` for, the nearest first, each with its ``nearness``."""
    if asked.references:
        return cases.filter(reference__in=asked.references).annotate(nearness=Value(EXACT))
    if asked.nhs_number:
        known = Patient.objects.filter(nhs_number=asked.nhs_number)
        return cases.filter(patient__in=known.values(kept=KEPT)).annotate(nearness=Value(EXACT))
    if not asked.words:
        return cases.none().annotate(nearness=Value(0.0))
    named = Patient.objects.alias(name_searched=NAME_SEARCHED)
    known = named.filter(_has_all(asked.words)).values(kept=KEPT)
    if not any(character.isdigit() for character in "".join(asked.words)):
        alike = named.filter(_is_like(asked.words)).order_by(_likeness(asked.words).desc()).values(kept=KEPT)
        known = known.union(alike[:MOST_ALIKE], all=True)
    return cases.filter(patient__in=known).annotate(nearness=_nearness(asked.words))


# The cases of a patient who was merged are those of the one that was kept, who may have been merged again.
# The second step as a subquery: a join would read all patients.
KEPT = Coalesce(
    Subquery(Patient.objects.filter(pk=OuterRef("merged_into")).values("merged_into")[:1]),
    "merged_into",
    "pk",
    output_field=BigIntegerField(),
)


def _has_all(words) -> Q:
    """Each word is somewhere in the name; one too short for the index is the beginning of a name."""
    return reduce(and_, (_has(word) for word in words))


def _has(word) -> Q:
    if len(word) >= 3:
        return Q(name_searched__contains=word)
    return Q(name_searched__startswith=word) | Q(name_searched__contains=f" {word}")


def _is_like(words) -> Q:
    return reduce(and_, (Q(name_searched__trigram_word_similar=word) for word in words))


def _likeness(words):
    """The expression for how much of ``words`` is in the name, from 0 to 1."""
    return reduce(add, (TrigramWordSimilarity(word, "name_searched") for word in words)) / float(len(words))


def _nearness(words):
    """The expression for how near a case's patient comes to ``words``."""
    patient = Patient.objects.filter(pk=OuterRef("patient")).alias(
        name_searched=NAME_SEARCHED,
        between=Concat(Value(" "), Lower("family_name"), Value(" "), Lower("given_name"), Value(" ")),
    )
    whole = reduce(and_, (Q(between__contains=f" {word} ") for word in words))
    near = Cases(
        When(whole, then=Value(WHOLE)),
        When(_has_all(words), then=Value(PART)),
        default=_likeness(words),
        output_field=FloatField(),
    )
    return Subquery(patient.values(near=near)[:1])


def prepare(connection, **kwargs) -> None:
    """Tell a new connection to PostgreSQL how alike a misspelt name must be for the trigram index to find it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, false)", [str(LIKENESS)])
