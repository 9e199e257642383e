"""Maps to lay out: small ones in one line, and any that could be set up."""

from hypothesis import strategies as st

from pathways.diagram.plan import Place, Plan, Way
from pathways.models import Stage


def a_plan(*moves, first=None, **places):
    """A plan out of moves such as "a b" or "a b: Straight to test", with their stages in order of appearance.

    ``places`` gives what is special about a stage; cases start in the first, unless ``first`` says otherwise.
    """
    said = [move.partition(": ") for move in moves]
    codes = list(dict.fromkeys(code for ends, _, _ in said for code in ends.split()))
    codes += [code for code in places if code not in codes]
    first = first or codes[0]
    return Plan(
        tuple(Place(code, code.title(), **{"is_first": code == first} | places.get(code, {})) for code in codes),
        tuple(
            Way(*map(codes.index, ends.split()), label or f"Move to {ends.split()[1].title()}", label)
            for ends, _, label in said
        ),
    )


words = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("abc <&\"' "), max_size=60)


@st.composite
def plans(draw):
    """Any map of up to fourteen stages: rings, islands, ways that come round, several moves to one stage."""
    count = draw(st.integers(1, 14))
    first = draw(st.none() | st.integers(0, count - 1))
    kinds = st.sampled_from(Stage.Kind.values)
    places = [
        Place(
            code=f"s{n}",
            name=draw(words),
            kind=draw(kinds),
            team=draw(words),
            agency=draw(st.just("") | words),
            limit=draw(st.sampled_from(["", "3 working days"])),
            is_first=n == first,
            is_dead_end=draw(st.booleans()),
        )
        for n in range(count)
    ]
    ends = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda ends: ends[0] != ends[1])
    guards = st.sampled_from([(), ("note written",)])
    ways = []
    if count > 1:
        ways = [
            Way(source, target, "Move", draw(st.just("") | words), draw(guards))
            for source, target in draw(st.lists(ends, max_size=30))
        ]
    return Plan(tuple(places), tuple(ways))
