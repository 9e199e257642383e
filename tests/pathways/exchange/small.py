"""A small pathway file that can be loaded."""

SMALL = """\
pathway: {code: small, name: Small}
starts_in: triage
teams:
- {code: booking, name: Booking team}
stages:
- code: triage
  name: Triage
  team: booking
  limit: 10 days
  ladder:
  - {code: late, name: Late, when: at the limit, tells: [managers]}
  moves:
  - to: done
- code: done
  name: Done
  kind: final
  team: booking
"""
