"""How long cases stay in the stages of a pathway."""

from cases.durations.summary import table

__all__ = ["table"]
