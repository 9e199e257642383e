from cases.models.case import Case
from cases.models.decisions import LimitsDecision
from cases.models.durations import DurationCell, SpellChange
from cases.models.events import CaseEvent, Override
from cases.models.evidence import Document, DocumentContent, FormRecord, Note
from cases.models.follow_ups import Result, Task
from cases.models.handoff import Handoff
from cases.models.imported import HistoryImport, HistoryImportFile, LogEvent, RejectedRow
from cases.models.journey import Hold, StageEntry
from cases.models.lists import ListExport, SavedView
from cases.models.patient import Patient, PatientMerge
from cases.models.watch import Escalation, Notice, NoticeLine, SweepRun, Timer

__all__ = [
    "Case",
    "CaseEvent",
    "Document",
    "DocumentContent",
    "DurationCell",
    "Escalation",
    "FormRecord",
    "Handoff",
    "HistoryImport",
    "HistoryImportFile",
    "Hold",
    "LimitsDecision",
    "ListExport",
    "LogEvent",
    "Note",
    "Notice",
    "NoticeLine",
    "Override",
    "Patient",
    "PatientMerge",
    "RejectedRow",
    "Result",
    "SavedView",
    "SpellChange",
    "StageEntry",
    "SweepRun",
    "Task",
    "Timer",
]
