"""What goes with long stays: by hand, as scipy reckons it, and never more than the facts say."""

from itertools import permutations

import numpy as np
import pytest
import scipy.stats

from cases.durations import explain
from cases.durations.explain import explanations

DAY = 86_400.0


def blocked_by_a_lab(random, n=240):
    """Three days or so, and three weeks or so for some of those of Lab B."""
    lab = random.choice(["Lab A", "Lab B", "Lab C"], n, p=[0.45, 0.3, 0.25])
    days = random.gamma(4, 0.75, n)
    days[(lab == "Lab B") & (random.random(n) < 0.3)] += 18
    return days * DAY, list(lab)


def by_name(found):
    return {one.name: one for one in found}


# What is measured ----------------------------------------------------------------------------------------------------


def test_by_hand_two_groups_that_do_not_overlap():
    """Ranks 1 to 5 and 6 to 10: between them lie 125 / 2 of 82.5, and 2 of 252 deals do as much."""
    values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 1000]
    (found,) = explanations(values, {"lab": ["A"] * 5 + ["B"] * 5})
    assert found.share == pytest.approx(62.5 / 82.5)
    assert found.h == pytest.approx(9 * 62.5 / 82.5)
    assert found.p_alone == pytest.approx(2 / 252, abs=0.003)
    assert found.p == found.p_alone
    assert [(group.name, group.n, group.median) for group in found.groups] == [("A", 5, 3.0), ("B", 5, 8.0)]


@pytest.mark.parametrize("ties", [False, True])
def test_h_is_that_of_scipy_and_the_share_is_what_it_says_of_it(ties):
    random = np.random.default_rng(5)
    values, lab = blocked_by_a_lab(random)
    if ties:
        values = np.ceil(values / DAY)
    (found,) = explanations(values, {"lab": lab}, permutations=99)
    groups = [values[np.array(lab) == name] for name in ("Lab A", "Lab B", "Lab C")]
    assert found.h == pytest.approx(scipy.stats.kruskal(*groups).statistic, rel=1e-9)
    assert found.share == pytest.approx(found.h / (len(values) - 1), rel=1e-9)
    ranks = scipy.stats.rankdata(values)
    between = sum(
        len(g) * (ranks[np.array(lab) == n].mean() - ranks.mean()) ** 2
        for n, g in zip(("Lab A", "Lab B", "Lab C"), groups, strict=True)
    )
    assert found.share == pytest.approx(between / ((ranks - ranks.mean()) ** 2).sum(), rel=1e-9)


@pytest.mark.parametrize("ties", [False, True])
def test_the_chance_is_near_that_of_all_deals_there_are(ties):
    values = [1, 4, 2, 8, 5, 7, 3] if not ties else [1, 4, 2, 4, 5, 4, 1]
    labels = ["A", "A", "A", "B", "B", "B", "B"]
    (found,) = explanations(values, {"lab": labels}, smallest=2)

    ranks = scipy.stats.rankdata(values)
    away = [abs(sum(dealt[:3]) - 3 * ranks.mean()) for dealt in permutations(ranks)]  # the same as itself comes first
    as_much = np.mean([one >= away[0] - 1e-9 for one in away])
    assert found.p_alone == pytest.approx(as_much, abs=0.015)  # three standard errors of 9,999 deals


def test_the_chance_is_near_that_of_the_chi_square_law_where_there_are_many():
    random = np.random.default_rng(8)
    values = random.exponential(DAY, 400)
    team = random.choice(list("ABCDE"), 400)
    (found,) = explanations(values, {"team": list(team)})
    law = scipy.stats.kruskal(*(values[team == name] for name in "ABCDE")).pvalue
    assert found.p_alone == pytest.approx(law, abs=0.015)


def test_the_same_question_has_the_same_answer_every_time():
    values, lab = blocked_by_a_lab(np.random.default_rng(1))
    one, other = (explanations(values, {"lab": lab}, permutations=199) for _ in range(2))
    assert one == other
    chances = {explanations(values, {"lab": lab[::-1]}, permutations=1999, seed=seed)[0].p_alone for seed in range(3)}
    assert len(chances) > 1


def test_the_chances_are_corrected_for_the_number_of_facts_tried():
    """Holm: the smallest times three, the next times two, and none smaller than the one before."""
    assert explain._holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert explain._holm([0.5, 0.9]) == [1.0, 1.0]
    assert explain._holm([]) == []
    random = np.random.default_rng(3)
    values, lab = blocked_by_a_lab(random)
    facts = {"lab": lab, "site": list(random.choice(["North", "South"], 240)), "none": [None] * 240}
    found = by_name(explanations(values, facts, permutations=999))
    assert (found["lab"].p_alone, found["lab"].p) == (0.001, 0.002)  # of two, not three: one was left out
    assert found["site"].p >= found["site"].p_alone


def test_where_nothing_goes_with_long_stays_something_is_found_no_more_often_than_agreed():
    random = np.random.default_rng(9)
    rounds = 150
    hits = 0
    for _ in range(rounds):
        values = random.exponential(DAY, 60)
        facts = {name: list(random.choice(list("ABC"), 60)) for name in ("lab", "site", "team")}
        hits += explanations(values, facts, permutations=99)[0].p <= 0.05
    assert hits <= rounds * 0.05 + 3 * (rounds * 0.05 * 0.95) ** 0.5


# What is said --------------------------------------------------------------------------------------------------------


def test_the_sentence_names_the_group_that_has_more_of_the_longest_than_its_share():
    days = [*range(1, 217), *[500 + n for n in range(24)]]
    lab = ["Lab B" if place % 4 == 0 else "Lab A" for place in range(216)] + ["Lab B"] * 17 + ["Lab A"] * 7
    (found,) = explanations([day * DAY for day in days], {"Lab": lab}, permutations=99)
    assert found.sentence == "17 of the 24 longest waits had Lab B; it had 30 % of all."
    assert found.group == "Lab B"
    assert {group.name: group.longest for group in found.groups} == {"Lab A": 7, "Lab B": 17}


def test_a_fact_may_be_said_in_words_of_its_own():
    days = [*[1] * 90, *range(20, 30)]
    weekday = ["Tuesday", "Friday"] * 45 + ["Friday"] * 10
    (found,) = explanations(
        days, {"weekday": weekday}, permutations=9, phrases={"weekday": ("began on a {group}", "{share} of all did")}
    )
    assert found.sentence == "10 of the 10 longest waits began on a Friday; 55 % of all did."


def test_shares_are_of_all_stays_also_those_of_which_the_fact_is_not_known():
    days = [*[1] * 80, *range(20, 30)]
    lab = ["A"] * 40 + ["B"] * 20 + [None] * 20 + ["A"] * 6 + [None] * 4
    (found,) = explanations(days, {"lab": lab}, permutations=9)
    assert found.n == 66
    assert found.sentence == "5 of the 9 longest waits had A; it had 51 % of all."


@pytest.mark.parametrize(
    "days",
    [
        [*[1] * 5, *[2] * 35],  # nearly all took as long as the longest
        range(14),  # so few that the longest would be more than a third
    ],
)
def test_where_no_stays_are_the_longest_nothing_is_said_of_them(days):
    labels = ["A" if place % 2 else "B" for place in range(len(days))]
    (found,) = explanations(days, {"lab": labels}, smallest=4, permutations=9)
    assert (found.sentence, found.group) == ("", "")
    assert found.share is not None


def test_of_few_stays_the_longest_five_are_spoken_of():
    (found,) = explanations(range(15), {"lab": ["A"] * 10 + ["B"] * 5}, permutations=9)
    assert found.sentence == "5 of the 5 longest waits had B; it had 33 % of all."


def test_stays_as_long_as_the_shortest_of_the_longest_are_among_them():
    days = [*range(1, 90), *[100] * 11]
    (found,) = explanations(days, {"lab": ["A", "B"] * 50}, permutations=9)
    assert "of the 11 longest waits" in found.sentence


# What is left out ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([None] * 40, "it is not known of any case"),
        (["A"] * 40, "all 40 cases of which it is known have the same answer"),
        (["A"] + [None] * 39, "all 1 case of which it is known have the same answer"),
        (["A"] * 36 + ["B"] * 4, "too few cases: only 1 answer with 5 or more"),
        ([str(n) for n in range(40)], "too few cases: only 0 answers with 5 or more"),
    ],
)
def test_a_fact_with_too_few_cases_is_left_out_and_it_is_said_why(answers, why):
    (found,) = explanations(range(40), {"lab": answers})
    assert found == explain.Explanation("lab", left_out=why)


def test_stays_that_all_took_equally_long_cannot_be_explained():
    (found,) = explanations([DAY] * 40, {"lab": ["A", "B"] * 20})
    assert found.left_out == "all cases took equally long"


def test_groups_of_fewer_than_5_are_not_compared():
    values = np.random.default_rng(1).exponential(DAY, 54)
    lab = ["A"] * 30 + ["B"] * 20 + ["C"] * 4
    (found,) = explanations(values, {"lab": lab}, permutations=99)
    assert ([group.name for group in found.groups], found.n) == (["A", "B"], 50)
    assert found.h == pytest.approx(scipy.stats.kruskal(values[:30], values[30:50]).statistic)


def test_of_no_stays_and_no_facts_there_is_nothing_to_say():
    assert explanations([], {}) == explanations([1.0], {}) == []
    assert explanations([], {"lab": []})[0].left_out == "it is not known of any case"


def test_each_stay_has_an_answer_or_none():
    with pytest.raises(ValueError, match="Give an answer, or None, of lab for each of the 3 stays"):
        explanations([1, 2, 3], {"lab": ["A"]})


def test_what_explains_most_surely_comes_first_and_what_was_left_out_last():
    random = np.random.default_rng(4)
    values, lab = blocked_by_a_lab(random)
    facts = {"nothing": [None] * 240, "site": list(random.choice(["North", "South"], 240)), "lab": lab}
    assert [one.name for one in explanations(values, facts, permutations=999)] == ["lab", "site", "nothing"]


def test_of_very_many_stays_a_sample_is_dealt_out_and_that_is_said(monkeypatch):
    monkeypatch.setattr(explain, "MOST", 200)
    values, lab = blocked_by_a_lab(np.random.default_rng(2), 2000)
    site = [None if place % 3 else "North" if place % 2 else "South" for place in range(2000)]
    found = by_name(explanations(values, {"lab": lab, "site": site}, permutations=499))
    assert found["lab"].sampled == found["site"].sampled == 200
    assert found["lab"].h == pytest.approx(
        scipy.stats.kruskal(*(values[np.array(lab) == name] for name in ("Lab A", "Lab B", "Lab C"))).statistic
    )
    assert found["lab"].p_alone == 1 / 500
    assert found["site"].p_alone > 0.01
    assert explanations(values[:200], {"lab": lab[:200]}, permutations=9)[0].sampled is None
