from pathways.models.calendars import Calendar, Closure, OpeningHours
from pathways.models.follow_ups import DetourRule, TaskTemplate
from pathways.models.forms import FactDefinition, FormDefinition, Question
from pathways.models.pathway import EscalationStep, Pathway, PathwayVersion, Requirement, Stage, Transition
from pathways.models.people import Absence, Duty, MailPreference, Membership, Organisation, Role, Team, system_user

__all__ = [
    "Absence",
    "Calendar",
    "Closure",
    "DetourRule",
    "Duty",
    "EscalationStep",
    "FactDefinition",
    "FormDefinition",
    "MailPreference",
    "Membership",
    "OpeningHours",
    "Organisation",
    "Pathway",
    "PathwayVersion",
    "Question",
    "Requirement",
    "Role",
    "Stage",
    "TaskTemplate",
    "Team",
    "Transition",
    "system_user",
]
