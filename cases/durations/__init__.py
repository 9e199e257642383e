"""How long cases stay in the stages of a pathway."""

from cases.durations.stage_table import table

__all__ = ["table"]
