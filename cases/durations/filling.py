"""Whether a stage is filling up: those who wait have waited longer than those who left would make one think. Pure.

A stage whose slow cases have not finished never looks fast, and one that is as it always was is (almost) never
accused. Waits seen at one instant are long ones anyhow (who waits long is seen more often), so that their ages are
not compared with how long finished stays took. Two questions are asked instead, whose answer is chance alone in any
stage that goes on as before, whatever its durations:

- Do those who were here lately leave, at each age, as those did who have left? The log-rank test of the two.
- Of those who entered in any time as long as the period, are more waiting still than left in the period after as long
  a wait? In a stage that goes on as before both are counts with the same mean, or the former has the lower one.

Three standard deviations for the first, five for the second, which looks at every age. In simulated stages that go on
as before (13 kinds of distributions, means of half a day to 400 days, 1 to 700 left in the period) 2 in 10,000 were
marked.
"""

from dataclasses import dataclass

import numpy as np

from cases.durations.survival import Watched, survival
from cases.overdue import count
from cases.showing import duration

RULE = (
    "A stage is filling up when those who were here lately leave more slowly than those who have left, or when far "
    "more wait than leave after as long a wait, by more than chance."
)
SLOWER = 3.0  # standard deviations of the log-rank test
MORE = 5.0  # standard deviations of the difference of two counts
SHARES = (0.5, 0.75, 0.9)  # at one of these the difference is put into words


@dataclass(frozen=True, slots=True)
class Filling:
    """The verdict, true or false, and ``words`` that give its reason: empty if the stage is not filling up."""

    is_filling: bool = False
    words: str = ""

    def __bool__(self):
        return self.is_filling


def filling_up(finished, lately: Watched, period: float, *, weights=None) -> Filling:
    """Say whether a stage is filling up.

    ``finished``: how long the stays took (seconds) that ended in the last ``period`` seconds, a year if possible;
    ``weights``: how many each stands for. ``lately``: everybody watched in the last 60 days (``survival.watched``),
    among them all who wait now.
    """
    finished = np.asarray(finished, float)
    weights = np.ones(finished.size) if weights is None else np.asarray(weights, float)
    if not weights.sum():
        return Filling()  # nobody has left: there is nothing that could look fast
    if slower_by(finished, weights, lately) > SLOWER:
        return Filling(True, _slower(finished, weights, lately))
    if found := _pile(finished, weights, lately, period):
        return Filling(True, _more(*found, period))
    return Filling()


def slower_by(finished, weights, lately: Watched) -> float:
    """By how many standard deviations fewer of those here ``lately`` left than the log-rank test expects."""
    all_finished = Watched(np.zeros(finished.size), finished, np.ones(finished.size, bool), weights)
    ages = np.union1d(finished[weights > 0], lately.events()[0])
    here, gone = lately.at_risk(ages), all_finished.at_risk(ages)
    left_here = np.zeros(ages.size)
    times, events = lately.events()
    left_here[np.searchsorted(ages, times)] = events
    left = left_here + gone - all_finished.at_risk_after(ages)
    everyone = here + gone
    expected = here * left / everyone
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = expected * gone / everyone * (everyone - left) / (everyone - 1)
    variance = variance[everyone > 1].sum()
    return float((expected.sum() - left_here.sum()) / np.sqrt(variance)) if variance > 0 else 0.0


def _pile(finished, weights, lately, period) -> tuple[float, int, int] | None:
    """The age at which waits outnumber leavings by most, with both numbers; None if that may be chance.

    Waits that are older than an age by at most the period, against stays that ended in the period at a higher age.
    """
    waits = np.sort(lately.exit_ages[~lately.ended])
    ages = np.unique(np.concatenate([[0.0], finished, np.nextafter(waits, 0)]))
    waiting = np.searchsorted(waits, ages + period, side="right") - np.searchsorted(waits, ages, side="right")
    order = np.argsort(finished)
    longer = (
        weights.sum()
        - np.concatenate([[0.0], np.cumsum(weights[order])])[np.searchsorted(finished[order], ages, side="right")]
    )
    by = (waiting - longer) / np.sqrt(np.maximum(waiting + longer, 1))
    most = int(np.flatnonzero(by == by.max())[-1])
    return (float(ages[most]), int(waiting[most]), int(longer[most])) if by[most] > MORE else None


def _slower(finished, weights, lately) -> str:
    order = np.argsort(finished)
    reached = np.cumsum(weights[order]) / weights.sum()
    curve = survival(*lately)
    said = []
    for share in SHARES:
        age = float(finished[order][np.searchsorted(reached, share - 1e-12)])
        if curve.unknown_from is None or age < curve.unknown_from:
            said.append((float(curve.at(age)) - (1 - share), share, age))
    if not said or (best := max(said))[0] <= 0:
        return "Those who were here in the last weeks leave more slowly than those who have left."
    more, share, age = best
    return (
        f"Of those who have left, {share:.0%} took at most {duration(age)}; of everyone who was here in the last weeks, "
        f"only {share - more:.0%}."
    )


def _more(age, waiting, longer, period) -> str:
    left = f"{longer} left" if longer else "nobody left"
    beyond = f" after more than {duration(age)}" if age else ""
    return (
        f"{count(waiting, 'case')} that entered within {duration(period)} wait still{beyond}, and in the last "
        f"{duration(period)} {left} after as long a wait."
    )
