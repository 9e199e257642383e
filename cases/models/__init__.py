from cases.models.case import Case
from cases.models.evidence import Document, DocumentContent, FormRecord, Note
from cases.models.follow_ups import Result, Task
from cases.models.handoff import Handoff
from cases.models.imported import LogEvent
from cases.models.journey import Hold, StageEntry
from cases.models.patient import Patient
from cases.models.watch import Escalation, Notice, NoticeLine, SweepRun, Timer

__all__ = [
    "Case",
    "Document",
    "DocumentContent",
    "Escalation",
    "FormRecord",
    "Handoff",
    "Hold",
    "LogEvent",
    "Note",
    "Notice",
    "NoticeLine",
    "Patient",
    "Result",
    "StageEntry",
    "SweepRun",
    "Task",
    "Timer",
]
