"""Which way the demo's cases go on the shipped pathways, how long they stay where, and where they are now."""

from enum import Enum

# From each stage, the stages that come next, and how many of a hundred go there.
WAYS = {
    "discharge-to-assess": {
        "ward-care": {"discharge-planning": 100},
        "discharge-planning": {"ready": 93, "ward-care": 7},
        "ready": {"package-requested": 60, "discharged": 38, "ward-care": 2},
        "package-requested": {"accepted": 90, "discharge-planning": 10},
        "accepted": {"discharged": 94, "package-requested": 6},
        "discharged": {"follow-up": 97, "ward-care": 3},
        "follow-up": {"completed": 100},
    },
    "elective-18-weeks": {
        "referral-received": {"triage": 95, "discharged-to-gp": 5},
        "triage": {"awaiting-specialist-review": 78, "diagnostics": 16, "discharged-to-gp": 6},
        "awaiting-specialist-review": {"diagnostics": 60, "decision": 32, "discharged-to-gp": 8},
        "diagnostics": {"awaiting-diagnostic-report": 98, "awaiting-specialist-review": 2},
        "awaiting-diagnostic-report": {"decision": 95, "diagnostics": 5},
        "decision": {"awaiting-treatment": 82, "diagnostics": 5, "discharged-to-gp": 13},
        "awaiting-treatment": {"treated": 95, "discharged-to-gp": 5},
    },
}

# How long a case stays: half of them shorter than so many working days, and how widely they spread (the sigma of a
# log-normal distribution: 0.3 is steady, 0.8 is anything from an hour to weeks).
STAYS = {
    "discharge-to-assess": {
        "ward-care": (3.0, 0.45),
        "discharge-planning": (1.1, 0.55),
        "ready": (0.5, 0.6),
        "package-requested": (1.3, 0.8),
        "accepted": (0.6, 0.5),
        "discharged": (1.2, 0.4),
        "follow-up": (6.5, 0.3),
    },
    "elective-18-weeks": {
        "referral-received": (0.8, 0.5),
        "triage": (1.5, 0.5),
        "awaiting-specialist-review": (6.0, 0.55),
        "diagnostics": (10.0, 0.5),
        "awaiting-diagnostic-report": (1.4, 0.45),
        "decision": (2.0, 0.5),
        "awaiting-treatment": (16.0, 0.45),
    },
}
OUTLIERS, TIMES_LONGER = 0.03, 3.5  # some stays last far longer, as they do everywhere


class Standing(Enum):
    """How a case stands now: how much of its limit it has used, from and to; above 1, by how many days it is late."""

    ON_TIME = (0.05, 0.7)
    CLOSE = (0.85, 0.97)
    LATE = (1.2, 5.5)
    LATE_BY_WEEKS = (16.0, 24.0)
    ON_HOLD = (0.35, 0.9)
    HELD_BEFORE = (0.6, 0.95)


def standing(on_time=0, close=0, late=0, late_by_weeks=0, on_hold=0, held_before=0) -> list[Standing]:
    return (
        [Standing.ON_TIME] * on_time
        + [Standing.CLOSE] * close
        + [Standing.LATE] * late
        + [Standing.LATE_BY_WEEKS] * late_by_weeks
        + [Standing.ON_HOLD] * on_hold
        + [Standing.HELD_BEFORE] * held_before
    )


IN_PROGRESS = {
    "discharge-to-assess": {
        "ward-care": standing(on_time=10, close=3, late=4, on_hold=1),
        "discharge-planning": standing(on_time=6, close=1, late=3, on_hold=1, held_before=1),
        "ready": standing(on_time=4, close=1, late=2),
        "package-requested": standing(on_time=5, close=1, late=3, late_by_weeks=1),
        "accepted": standing(on_time=3, late=1),
        "discharged": standing(on_time=4, close=1, late=1),
        "follow-up": standing(on_time=8, close=1, late=1, on_hold=1),
    },
    "elective-18-weeks": {
        "referral-received": standing(on_time=5, close=1, late=1),
        "triage": standing(on_time=5, close=1, late=1),
        "awaiting-specialist-review": standing(on_time=7, close=1, late=2, late_by_weeks=1, on_hold=2, held_before=1),
        "diagnostics": standing(on_time=8, close=1, late=1, on_hold=2, held_before=1),
        "awaiting-diagnostic-report": standing(on_time=3, close=1, late_by_weeks=3),
        "decision": standing(on_time=4, close=1, late=1),
        "awaiting-treatment": standing(on_time=7, close=1, on_hold=1, held_before=1),
    },
}
FINISHED = {"discharge-to-assess": 41, "elective-18-weeks": 27}
PATIENTS = sum(FINISHED.values()) + sum(len(now) for stages in IN_PROGRESS.values() for now in stages.values())
