"""Pages that begin after a row: every row once, forwards and backwards, also where times are the same or missing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cases.keyset import CountUpTo, Order, Place
from cases.models import Case
from tests.factories import a_case, a_pathway

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def cases():
    """Eleven cases: some due at the same time, some without a due time."""
    pathway = a_pathway()
    made = [a_case(pathway) for _ in range(11)]
    now = timezone.now()
    for number, case in enumerate(made):
        due_at = None if number in (2, 5, 9) else now + number // 3 * DAY
        Case.objects.filter(pk=case.pk).update(due_at=due_at, opened_at=now - number % 4 * DAY)
    return Case.objects.all()


ORDERS = {
    "by limit": (Order("due_at", may_be_null=True), ["due_at", "pk"]),
    "newest": (Order("opened_at", descending=True), ["-opened_at", "-pk"]),
    "oldest": (Order("opened_at"), ["opened_at", "pk"]),
}


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize("size", [1, 2, 3, 4, 20])
def test_walking_forwards_and_back_passes_every_row_once_and_in_order(cases, name, size):
    order, sql = ORDERS[name]
    expected = list(cases.order_by(*sql).values_list("pk", flat=True))

    def read(keys):
        return order.sorted(cases.filter(pk__in=keys))

    forwards, page = [], read(order.first(cases, size))
    while page:
        forwards += page
        page = read(order.after(cases, order.place_of(forwards[-1]), size))[:size]
    assert [row.pk for row in forwards] == expected

    backwards, page = [forwards[-1]], ["the first"]
    while page:
        page = read(order.before(cases, order.place_of(backwards[0]), size))[-size:]
        backwards = page + backwards
    assert [row.pk for row in backwards] == expected


def test_a_place_is_written_down_and_read_again_to_the_microsecond():
    for at in (timezone.now(), None, timezone.now() - 40_000 * DAY):
        place = Place(at, 12)
        assert Place.read(str(place)) == place


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "12",
        "none",
        "none~",
        "~1",
        "x~1",
        "-99999999999999999~1",
        "1~-1",
        "1~1\n",
        "1~" + "9" * 19,
        "\u0661~1",
    ],
)
def test_a_place_that_cannot_be_read_is_none(text):
    assert Place.read(text) is None


def test_rows_are_counted_up_to_a_limit(cases):
    counted = cases.annotate(of_all=CountUpTo(cases, 20), up_to=CountUpTo(cases, 4)).first()

    assert (counted.of_all, counted.up_to) == (11, 4)
