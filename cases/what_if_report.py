"""What a trial of another map found, as plain values: for the page and the command line alike. No patient."""

from datetime import timedelta

from cases import past_stays
from cases.past_stays import Trial
from cases.what_if import Shift, WhatIf, typical


def report(trial: Trial, found: WhatIf) -> dict:
    """Return the counts by stage, person and day; lengths of time in seconds, instants and days as ISO 8601."""
    people = past_stays.people(found)
    return {
        "pathway": trial.pathway.code,
        "compared": trial.question,
        "active_version": trial.active.number,
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
        "days": trial.days,
        "total": _counts(found, None) | _shifted(found.shift) | {"stays": found.stays.total()},
        "untold": {"now": found.now.untold, "then": found.then.untold},
        "stages": [
            {"code": code, "name": name, "stays": found.stays[code]}
            | _counts(found, code)
            | _shifted(found.shifts[code])
            for code, name in _stages(trial, found)
        ],
        "people": sorted(
            (
                {"user": people[pk].username, "name": str(people[pk])}
                | {side: _told(getattr(found, side), pk) for side in ("now", "then")}
                for pk in found.now.told.keys() | found.then.told.keys()
            ),
            key=lambda row: (-row["then"]["told"], row["name"]),
        ),
        "by_day": [
            {"on": day.isoformat(), "now": found.now.days[day], "then": found.then.days[day]}
            for day in sorted(found.now.days.keys() | found.then.days.keys())
        ],
    }


def _stages(trial, found):
    """The stages that were looked at, in the order of the map; those that one of the versions lacks last."""
    names = {}
    for version in (trial.other, trial.active):
        for code, name in version.stages.order_by("position", "pk").values_list("code", "name"):
            names.setdefault(code, name)
    names |= {code: code for code in found.stays if code not in names}
    return [(code, name) for code, name in names.items() if found.stays[code]]


def _counts(found, code):
    """Escalations and late stays by both, of one stage or (None) of all."""

    def of(counter):
        return counter.total() if code is None else counter[code]

    return {
        "escalations": {"now": of(found.now.escalations), "then": of(found.then.escalations)},
        "late": {"now": of(found.now.late), "then": of(found.then.late)},
    }


def _shifted(shift: Shift):
    return {
        "found_earlier": _lengths(shift.earlier),
        "found_later": _lengths(shift.later),
        "found_only_now": shift.only_now,
        "found_only_then": shift.only_then,
    }


def _lengths(lengths: list[timedelta]):
    seconds = [typical(lengths), max(lengths, default=None)]
    median, longest = (None if one is None else round(one.total_seconds()) for one in seconds)
    return {"number": len(lengths), "median_seconds": median, "longest_seconds": longest}


def _told(side, pk):
    return {"told": side.told[pk], "urgent": side.urgent[pk], "e_mails": side.e_mails(pk)}
