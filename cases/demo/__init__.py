"""The demo: an invented trust with its staff, 200 invented patients, and their journeys of the last 120 days; and the
finished journeys of the year before, from a log.

Nothing in it is real. The NHS numbers are of the range that is kept for tests (999), and every act is done with the
operations that the pages use, in the order in which it happened. ``loading.load`` puts it there.
"""

from cases.demo.people import PASSWORD, STAFF

__all__ = ["SIGN_INS"]

SIGN_INS = [(person.username, PASSWORD, person.does) for person in STAFF if person.does]
