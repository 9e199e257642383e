"""Entering a patient whom Midwatch does not know yet."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from cases.models import Patient
from cases.refusals import Refused
from pathways.history import save_with_history


def enter_patient(*, by, nhs_number="", **particulars) -> Patient:
    """Enter a patient and return it. ``particulars``: given_name, family_name, born_on, needs.

    Raises Refused with the reasons if something is missing or wrong, or another patient has this NHS number.
    """
    patient = Patient(nhs_number=nhs_number, **particulars)
    try:
        patient.full_clean()
        with transaction.atomic():
            return save_with_history(patient, by=by, reason="Patient entered")
    except ValidationError as error:
        raise Refused(error.messages) from error
    except IntegrityError as error:  # somebody entered the same patient since full_clean looked
        raise Refused(Patient._meta.get_field("nhs_number").error_messages["unique"]) from error
