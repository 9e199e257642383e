from cases.models.case import Case
from cases.models.evidence import FormRecord, Note
from cases.models.imported import LogEvent
from cases.models.journey import Hold, StageEntry
from cases.models.patient import Patient
from cases.models.watch import Escalation, Notice, NoticeLine, SweepRun, Timer

__all__ = [
    "Case",
    "Escalation",
    "FormRecord",
    "Hold",
    "LogEvent",
    "Note",
    "Notice",
    "NoticeLine",
    "Patient",
    "StageEntry",
    "SweepRun",
    "Timer",
]
