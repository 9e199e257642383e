"""Whether a stage is filling up: those who wait have waited longer than those who left would make one think. Pure.

A stage whose slow cases have not finished must never look fast, and one that goes on as before must (almost) never be
accused. Waits seen at one instant are long ones anyhow, as who waits long is seen more often: so their ages are not
compared with how long finished stays took. Two questions are asked instead, to which the answer is chance alone in a
stage that goes on as before, whatever its durations:

- Do those who were here lately leave, age by age, as those did who have left? The log-rank test of the two.
- Of those who entered in any time as long as the period, are more waiting still than left in the period after as long
  a wait? Both are counts with the same mean, or the former has the lower one.

Of simulated stages that go on as before (8 kinds of durations with means of 1 to 150 days, 1 to 1,500 left in the
period) at most 2 in 10,000 were marked, where all leave on one day of the week 12, on one day in four weeks 22. Of
those that had taken twice as long for 120 days, with 3 entries a day and a year of finished stays, all were.
"""

from dataclasses import dataclass

import numpy as np

from cases.durations.survival import Sums, Watched, curve
from cases.overdue import count
from cases.showing import duration, percent

RULE = (
    "A stage is filling up when those who were here lately leave more slowly than those who have left, or when far "
    "more wait than leave after as long a wait, by more than chance."
)
SLOWER = 3.5  # standard deviations of the log-rank test: nobody should look at a board of ten stages in vain
FEWER = 0.85  # and at most this share of those who would have left: in a large stage everything is more than chance
MORE = 5.0  # standard deviations between two counts, looked at from every age
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
    finished = Watched.of(np.zeros(finished.size), finished, np.ones(finished.size), weights)
    if not finished.weights.sum():
        return Filling()  # nobody has left: there is nothing that could look fast
    deviations, share = log_rank(finished, lately)
    if deviations > SLOWER and share < FEWER:
        return Filling(True, _slower(finished, lately))
    if found := _pile(finished, lately, period):
        return Filling(True, _more(*found, period))
    return Filling()


def log_rank(finished: Watched, lately: Watched) -> tuple[float, float]:
    """Return by how many standard deviations fewer of those watched ``lately`` left than the log-rank test expects,
    and how many did, as a share of these.
    """
    ages = np.union1d(finished.events[0], lately.events[0])
    here, others = lately.at_risk(ages), finished.at_risk(ages)
    left_here = _left_at(ages, lately)
    left, everyone = left_here + _left_at(ages, finished), here + others
    expected = here * left / everyone
    several = everyone > 1
    variance = ((expected * others / everyone * (everyone - left))[several] / (everyone - 1)[several]).sum()
    if variance <= 0:
        return 0.0, 1.0
    return float((expected - left_here).sum() / np.sqrt(variance)), float(left_here.sum() / expected.sum())


def _left_at(ages, watched) -> np.ndarray:
    """How many ended at each of ``ages``, among which are all at which any did."""
    left = np.zeros(ages.size)
    left[np.searchsorted(ages, watched.events[0])] = watched.events[1]
    return left


def _pile(finished, lately, period) -> tuple[float, int, int] | None:
    """The age beyond which waits outnumber leavings by most, with both numbers; None if that may be chance.

    Waits that are older than an age by at most the period, against stays that ended in the period at a higher age.
    """
    waits = Sums(lately.exit_ages[~lately.ended], lately.weights[~lately.ended])
    ended = Sums(finished.exit_ages, finished.weights)
    ages = np.unique(np.concatenate([[0.0], ended.values, np.nextafter(waits.values, 0)]))
    waiting = waits.up_to(ages + period) - waits.up_to(ages)
    longer = ended.total - ended.up_to(ages)
    by = (waiting - longer) / np.sqrt(np.maximum(waiting + longer, 1))
    most = 0 if by[0] == by.max() else np.flatnonzero(by == by.max())[-1]
    return (float(ages[most]), round(waiting[most]), round(longer[most])) if by[most] > MORE else None


def _slower(finished, lately) -> str:
    """In words: at which of SHARES the difference is largest."""
    ended, everyone = Sums(finished.exit_ages, finished.weights), curve(lately)
    said = []
    for share in SHARES:
        age = float(ended.values[np.searchsorted(ended.sums[1:], share * ended.total - 1e-9)])
        fewer = share - 1 + float(everyone.at(age))
        if fewer > 0:  # which what is not known is not
            said.append((fewer, share, age))
    if not said:
        return "Those who were here in the last weeks leave more slowly than those who have left."
    fewer, share, age = max(said)
    return (
        f"Of those who have left, {percent(share)} took at most {duration(age)}. Of everyone who was here in the last "
        f"weeks, only {percent(share - fewer)} leave as soon."
    )


def _more(age, waiting, longer, period) -> str:
    entered = f"{count(waiting, 'case')} that entered within {duration(period)} wait still"
    if not age:
        return f"{entered}. In the last {duration(period)} only {longer} left."
    as_long = f"{longer or 'nobody'} left after as long a wait"
    return f"{entered} after more than {duration(age)}. In the last {duration(period)} {as_long}."
