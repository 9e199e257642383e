"""Times as a pathway file says them: “10 working days”, “2 days before”, “09:00 to 12:00, 13:00 to 17:00”."""

import re

from pathways.exchange.kinds import Kind, Wrong
from pathways.limits import Span, Unit
from pathways.models import EscalationStep

When = EscalationStep.When

LARGEST = 2_147_483_647  # what the column holds
UNITS = {words: unit for unit in Unit for words in (unit.label, unit.label.removesuffix("s"))}
SPAN = r"(\d{1,10}) ((?:working )?(?:minute|hour|day)s?)"


def span(amount: str, unit: str) -> Span:
    if int(amount) > LARGEST:
        raise Wrong(f"{amount} is too large a number. Write a smaller one.")
    return Span(int(amount), UNITS[unit])


def squeezed(text: str) -> str:
    return " ".join(text.split())


class Limit(Kind):
    """A length of time above zero, as a Span."""

    def of(self, text):
        if not (found := re.fullmatch(SPAN, squeezed(text), re.ASCII)) or not int(found[1]):
            raise Wrong(
                f"“{text}” is no limit. Write a number and a unit, such as 4 hours, 7 days or 10 working days."
            )
        return span(*found.groups())

    def write(self, value):
        return str(value)


class Elapsed(Limit):
    """A length of time above zero, as a Span that is counted day and night."""

    def of(self, text):
        found = super().of(text)
        if found.is_working:
            raise Wrong(f"“{text}” counts in working time. Write it in minutes, hours or days, such as 4 hours.")
        return found


class StageClock(Kind):
    """What a detour does to the stage clock: None where that runs on, else the Span that it is held at most."""

    def of(self, text):
        said = squeezed(text)
        if said == "runs on":
            return None
        found = re.fullmatch(f"held at most {SPAN}", said, re.ASCII)
        if not found or not int(found[1]) or found[2].startswith("working"):
            raise Wrong(
                f"“{text}” does not say what becomes of the clock. Write “runs on”, or such as “held at most 10 "
                "days”, in minutes, hours or days."
            )
        return span(*found.groups())

    def write(self, value):
        return f"held at most {value}" if value else "runs on"


class Moment(Kind):
    """When a rung is reached, as (when, amount, unit) of an EscalationStep."""

    def of(self, text):
        said = squeezed(text)
        if said == "at the limit":
            return (When.AFTER, 0, Unit.DAYS)
        if found := re.fullmatch(r"(\d{1,3}) ?% of the limit", said, re.ASCII):
            if 1 <= int(found[1]) <= 100:
                return (When.SHARE, int(found[1]), "")
        elif found := re.fullmatch(SPAN + " (before|after)", said, re.ASCII):
            length = span(found[1], found[2])
            # Nothing after the limit is the limit, in any unit.
            return (found[3], length.amount, length.unit) if length.amount else self.of("at the limit")
        raise Wrong(
            f"“{text}” is no time of a rung. Write it such as “2 working days before”, “at the limit”, “1 day after” "
            "or “80 % of the limit”."
        )

    def write(self, value):
        when, amount, unit = value
        if when == When.SHARE:
            return f"{amount} % of the limit"
        return f"{Span(amount, unit)} {when}" if amount else "at the limit"


class Repeat(Kind):
    """How often a rung is repeated, as (Span, times at most)."""

    def of(self, text):
        found = re.fullmatch(f"every {SPAN}, at most (\\d{{1,5}}) times?", squeezed(text), re.ASCII)
        if not found or not int(found[1]) or not 1 <= int(found[3]) <= 32767:
            raise Wrong(f"“{text}” is no repeat. Write it such as “every 1 working day, at most 3 times”.")
        return (span(found[1], found[2]), int(found[3]))

    def write(self, value):
        every, times = value
        return f"every {every}, at most {times} {'time' if times == 1 else 'times'}"


class Hours(Kind):
    """The opening hours of a day, as a list of (opens, closes) such as ("09:00", "17:00")."""

    def of(self, text):
        spans = [re.fullmatch(r"(\d\d:\d\d) to (\d\d:\d\d)", squeezed(part), re.ASCII) for part in text.split(",")]
        if not all(spans):
            raise Wrong(
                f"“{text}” are no opening hours. Write them such as 09:00 to 17:00, or 09:00 to 12:00, 13:00 to 17:00."
            )
        return sorted(found.groups() for found in spans)

    def write(self, value):
        return ", ".join(f"{opens} to {closes}" for opens, closes in value)
