"""What the long stays of a stage have in common, as far as their facts say: shares and chances, never causes. Pure.

Ranks are compared, not seconds, so that one stay of a year does not decide. Whether it could be chance is answered by
dealing out the same durations anew, thousands of times, always from the same seed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from cases.overdue import count
from cases.showing import percent

PERMUTATIONS = 9_999
SEED = 20_260_301
SMALLEST = 5  # stays: a smaller group says more about those few than about what they share
LONGEST, AT_LEAST = 0.1, 5  # the longest tenth are spoken of, and no fewer than these
MOST = 5_000  # stays that are dealt out; of more a sample
AT_A_TIME = 4_000_000  # numbers dealt out at once: 32 MB
SAME = 1e-9  # of the statistic: a deal that comes to the same may differ in the last digits

HAD = ("had {group}", "it had {share} of all")


@dataclass(frozen=True, slots=True)
class Group:
    """Stays with one answer: how many there are, their median in seconds, how many of the longest stays are theirs."""

    name: str
    n: int
    median: float
    longest: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """How far the fact ``name`` goes together with the durations of the ``n`` stays for which it is known.

    ``share``: η² of the ranks, how much of their variation lies between the ``groups`` (the most frequent first).
    ``h``: the Kruskal-Wallis statistic, corrected for ties. ``p_alone``: the chance that the durations dealt out at
    random differ as much between the groups; ``p``: corrected for the number of facts tried (Holm). ``group``: the one
    that the ``sentence`` is about. ``sampled``: of how many stays p was reckoned, if not of all. ``left_out`` says why
    there is nothing of all that.
    """

    name: str
    n: int = 0
    share: float | None = None
    h: float | None = None
    p_alone: float | None = None
    p: float | None = None
    groups: tuple[Group, ...] = ()
    group: str = ""
    sentence: str = ""
    sampled: int | None = None
    left_out: str = ""


def explanations(
    values: Sequence[float],
    facts: Mapping[str, Sequence[str | None]],
    *,
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
    smallest: int = SMALLEST,
    phrases: Mapping[str, tuple[str, str]] | None = None,
) -> list[Explanation]:
    """Return what each of ``facts`` (name → the answer of each stay, None: not known) explains of the durations
    ``values`` (seconds): the most first, then those left out.

    Answers that fewer than ``smallest`` stays have are not compared. ``phrases`` says how the sentence of a fact goes
    on, such as ("began on a {group}", "{share} of all did"); otherwise "had Lab B; it had 31 % of all".
    """
    values = np.asarray(values, float)
    for name, answers in facts.items():
        if len(answers) != values.size:
            raise ValueError(f"Give an answer, or None, of {name} for each of the {values.size} stays.")
    longest = _longest(values)
    tried, left_out = [], []
    for name, answers in facts.items():
        compared, why = _compared(values, answers, smallest)
        if compared is None:
            left_out.append(Explanation(name, left_out=why))
        else:
            phrase = (phrases or {}).get(name, HAD)
            tried.append((_measured(name, values, answers, compared, longest, phrase), compared))
    chances = _chances(values, [compared for _, compared in tried], permutations, seed)
    sampled = MOST if values.size > MOST else None
    found = [
        replace(explanation, p_alone=alone, p=corrected, sampled=sampled)
        for (explanation, _), alone, corrected in zip(tried, chances, _holm(chances), strict=True)
    ]
    return sorted(found, key=lambda one: (one.p_alone, -one.share)) + left_out


# What is compared ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Compared:
    """The stays that are compared by one fact: their places among all, and the group of each (its place in names)."""

    names: list[str]
    places: np.ndarray
    groups: np.ndarray


def _compared(values, answers, smallest) -> tuple[Compared | None, str]:
    """The stays to be compared, or why there are none."""
    number = Counter(answer for answer in answers if answer is not None)
    names = sorted((name for name, n in number.items() if n >= smallest), key=lambda name: (-number[name], name))
    if not number:
        return None, "it is not known of any case"
    if len(number) == 1:
        return None, f"all {count(number.total(), 'case')} of which it is known have the same answer"
    if len(names) < 2:
        return None, f"too few cases: only {count(len(names), 'answer')} with {smallest} or more"
    index = {name: place for place, name in enumerate(names)}
    group = np.array([index.get(answer, -1) for answer in answers])
    places = np.flatnonzero(group >= 0)
    if np.ptp(values[places]) == 0:
        return None, "all cases took equally long"
    return Compared(names, places, group[places]), ""


def _measured(name, values, answers, compared, longest, phrase) -> Explanation:
    ranks = _ranks(values[compared.places])
    share = _between(ranks, compared.groups) / float(np.square(ranks).sum())
    number = Counter(answers[place] for place in longest)
    durations = values[compared.places]
    groups = tuple(
        Group(group, int(belongs.sum()), float(np.median(durations[belongs])), number[group])
        for place, group in enumerate(compared.names)
        for belongs in [compared.groups == place]
    )
    group, sentence = _sentence(groups, len(longest), values.size, phrase)
    n = compared.places.size
    return Explanation(name, n, share, share * (n - 1), groups=groups, group=group, sentence=sentence)


def _ranks(values) -> np.ndarray:
    """The ranks of ``values``, ties sharing their mean, less the mean of all."""
    _, place, number = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(number)
    return (last - (number - 1) / 2)[place] - (values.size + 1) / 2


def _between(ranks, groups) -> float:
    """The sum of squares between the groups of ranks whose mean is 0."""
    return float((np.bincount(groups, ranks) ** 2 / np.bincount(groups)).sum())


def _longest(values) -> np.ndarray:
    """The places of the longest tenth, or the longest few, with all that took as long as the shortest of them unless
    these are many; none where even a few would be more than a third.
    """
    number = max(ceil(LONGEST * values.size), AT_LEAST)
    if number > values.size / 3:
        return np.array([], int)
    least = np.partition(values, -number)[-number]
    found = np.flatnonzero(values >= least)
    if found.size > 2 * number:
        found = np.flatnonzero(values > least)
    return found if found.size >= AT_LEAST else np.array([], int)


def _sentence(groups, longest, total, phrase) -> tuple[str, str]:
    """The group that has more of the longest stays than its share, by most, and the sentence that says so."""
    most = max(groups, key=lambda group: group.longest - longest * group.n / total)
    if most.longest <= longest * most.n / total:
        return "", ""
    first, second = (words.format(group=most.name, share=percent(most.n / total)) for words in phrase)
    return most.name, f"{most.longest} of the {longest} longest waits {first}; {second}."


# Could it be chance? -------------------------------------------------------------------------------------------------


def _chances(values, tried: list[Compared], permutations, seed) -> list[float]:
    """For each fact tried the chance that durations dealt out at random differ as much between its groups.

    Facts that are known of the same stays are judged by the same deals.
    """
    if values.size > MOST:
        chosen = np.zeros(values.size, bool)
        chosen[np.random.default_rng(seed).choice(values.size, MOST, replace=False)] = True
        tried = [_among(compared, chosen) for compared in tried]
    together: dict[bytes, list[int]] = {}
    for place, compared in enumerate(tried):
        together.setdefault(compared.places.tobytes(), []).append(place)
    chances = [1.0] * len(tried)
    for places in together.values():
        facts = [tried[place] for place in places]
        as_much = _as_much(_ranks(values[facts[0].places]), facts, permutations, seed)
        for place, number in zip(places, as_much, strict=True):
            chances[place] = (1 + int(number)) / (1 + permutations)
    return chances


def _among(compared, chosen) -> Compared:
    kept = chosen[compared.places]
    return Compared(compared.names, compared.places[kept], compared.groups[kept])


def _as_much(ranks, facts: list[Compared], permutations, seed) -> np.ndarray:
    """In how many of the permutations the groups of each fact differ at least as much as they do."""
    belongs = np.hstack([fact.groups[:, None] == np.arange(len(fact.names)) for fact in facts]).astype(float)
    sizes = np.maximum(belongs.sum(axis=0), 1)
    begins = np.cumsum([0, *(len(fact.names) for fact in facts[:-1])])

    def between(dealt):
        return np.add.reduceat(np.square(dealt @ belongs) / sizes, begins, axis=1)

    observed = between(ranks[None, :])[0]
    random, rows = np.random.default_rng(seed), max(1, AT_A_TIME // ranks.size)
    as_much = np.zeros(len(facts), int)
    for done in range(0, permutations, rows):
        dealt = np.tile(ranks, (min(rows, permutations - done), 1))
        random.permuted(dealt, axis=1, out=dealt)
        as_much += (between(dealt) >= observed * (1 - SAME)).sum(axis=0)
    return as_much


def _holm(chances: list[float]) -> list[float]:
    corrected, so_far = [0.0] * len(chances), 0.0
    for tried_before, place in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        so_far = max(so_far, min(1.0, chances[place] * (len(chances) - tried_before)))
        corrected[place] = so_far
    return corrected
