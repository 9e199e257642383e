"""The ward of the journeys: the shipped pathway for discharge, and the people who work on it."""

from dataclasses import dataclass
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from cases.watch import sweep
from pathways import exchange
from pathways.models import Pathway, Role, Team
from portal.models import User
from tests.factories import PatientFactory, a_case, a_member


@dataclass
class Ward:
    pathway: Pathway
    caseworker: User
    manager: User

    def case(self, *, days, family_name, nhs_number=None, **patient):
        """A case that came into Ward Care ``days`` ago."""
        patient = PatientFactory(
            **{"given_name": "Test", "family_name": family_name}
            | ({"nhs_number": nhs_number} if nhs_number else {})
            | patient
        )
        return a_case(self.pathway, at=timezone.now() - timedelta(days=days), patient=patient)

    def swept(self):
        sweep.run(timezone.now())


@pytest.fixture
def ward(transactional_db):
    files = [exchange.LIBRARY / f"{code}.yaml" for code in ("safeguarding", "urgent-review", "discharge-to-assess")]
    call_command("load_pathway", *files, stdout=StringIO(), stderr=StringIO())
    team = Team.objects.get(code="ward-team")
    return Ward(
        pathway=Pathway.objects.get(code="discharge-to-assess"),
        caseworker=a_member(team, first_name="Priya", last_name="Shah"),
        manager=a_member(team, Role.MANAGER, first_name="Grace", last_name="Okafor"),
    )
