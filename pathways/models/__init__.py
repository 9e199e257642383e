from pathways.models.calendars import Calendar, Closure, OpeningHours
from pathways.models.forms import FormDefinition, Question
from pathways.models.pathway import EscalationStep, Pathway, PathwayVersion, Requirement, Stage, Transition
from pathways.models.people import Membership, Organisation, Role, Team, system_user

__all__ = [
    "Calendar",
    "Closure",
    "EscalationStep",
    "FormDefinition",
    "Membership",
    "OpeningHours",
    "Organisation",
    "Pathway",
    "PathwayVersion",
    "Question",
    "Requirement",
    "Role",
    "Stage",
    "Team",
    "Transition",
    "system_user",
]
