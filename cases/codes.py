"""What can happen to a patient on the way, by its code: each with the words for it. Codes never change their meaning.

Statutory clocks are derived from these and from nothing else, so that each decision names the rule it serves. Only
rules that were read in their source stand here.
"""

from django.db.models import TextChoices


class Appointment(TextChoices):
    """What a patient is expected for."""

    FIRST = "first", "First appointment"
    FOLLOW_UP = "follow-up", "Follow-up appointment"
    TEST = "test", "Test"
    TREATMENT = "treatment", "Treatment"
    OTHER = "other", "Another appointment"


class Outcome(TextChoices):
    """What came of an appointment."""

    ATTENDED = "attended", "Attended"
    DID_NOT_ATTEND = "did-not-attend", "Did not attend"
    NOT_BROUGHT = "was-not-brought", "Was not brought"
    REARRANGED = "rearranged", "Rearranged"
    CANCELLED_BY_PATIENT = "cancelled-by-patient", "Cancelled by the patient"
    CANCELLED_BY_US = "cancelled-by-us", "Cancelled by us"


# PRN01045 v5.0, did not attend: a patient who rearranges, however late, has missed nothing, nor has one whose
# appointment was cancelled, by whichever side.
MISSED = (Outcome.DID_NOT_ATTEND, Outcome.NOT_BROUGHT)
# Nobody can have come, or not have come, before the time of the appointment.
KNOWN_AFTERWARDS = (Outcome.ATTENDED, *MISSED)


class Told(TextChoices):
    """How something was said, or sent."""

    PHONE = "phone", "By phone"
    VIDEO = "video", "By video"
    IN_PERSON = "in-person", "In person"
    LETTER = "letter", "By letter"
    MESSAGE = "message", "By text message or e-mail"


Contact = Told  # the ways to be in contact are the ways to tell


class Decision(TextChoices):
    """What was decided, or became certain, on a date that a national rule counts from or to.

    RTT: NHS England PRN01045 v5.0. Cancer: National Cancer Waiting Times guidance v12.1. DM01: diagnostics.
    """

    REFERRAL_RECEIVED = "referral-received", "Referral received"  # RTT, starts: the date of receipt; cancer: 28, 62
    RE_REFERRED = "re-referred", "Referred again"  # RTT, new clocks (c)
    CONSULTANT_UPGRADE = "consultant-upgrade", "Upgraded by a consultant to suspected cancer"  # cancer: 62
    REQUEST_MADE = "request-made", "Test requested"  # DM01: 6 weeks from the date the request was made
    OFFERED_AGAIN = (
        "offered-again",
        "Another appointment offered after a missed first one",
    )  # RTT, new clocks (e): at zero from that decision
    DECISION_TO_TREAT = "decision-to-treat", "Decision to treat"  # cancer: 31; RTT, new clocks (d)
    EARLIEST_DATE = "earliest-date", "Earliest date on which treatment is clinically right"  # cancer: 31
    NEW_TREATMENT = "new-treatment", "Decision on a substantively new or different treatment"  # RTT, new clocks (b)
    SECOND_SIDE = "second-side", "Fit and ready for the second side"  # RTT, new clocks (a): a bilateral procedure
    TOLD_DIAGNOSIS = "told-diagnosis", "Patient told the diagnosis"  # cancer: 28, the date the patient is told
    TOLD_ALL_CLEAR = "told-all-clear", "Patient told the all-clear"  # cancer: 28
    FIRST_TREATMENT = "first-treatment", "First definitive treatment"  # RTT, stops (30); cancer: 31, 62
    TRANSPLANT_LIST = "transplant-list", "Added to a transplant list"  # RTT, stops
    MONITORING_BY_PATIENT = "monitoring-by-patient", "Active monitoring, chosen by the patient"  # RTT, stops (31)
    MONITORING_BY_CLINICIAN = "monitoring-by-clinician", "Active monitoring, started by a clinician"  # RTT, stops (32)
    MONITORING_ENDED = "monitoring-ended", "End of active monitoring"  # RTT: 12-week reviews until then
    NOT_TO_TREAT = "not-to-treat", "Decision not to treat"  # RTT, stops (34)
    DECLINED = "declined", "Patient declined treatment"  # RTT, stops (35)
    DISCHARGED_TO_GP = "discharged-to-gp", "Discharged to the GP"  # RTT, stops: returned to primary care
    DIED = "died", "Patient died"  # RTT (36)


# PRN01045 v5.0, stops: the date is the day on which it was decided *and communicated to the patient*. For the others
# there is nothing to tell, or the patient was there.
NOTHING_TO_TELL = (
    Decision.REFERRAL_RECEIVED,
    Decision.RE_REFERRED,
    Decision.CONSULTANT_UPGRADE,
    Decision.REQUEST_MADE,
    Decision.EARLIEST_DATE,
    Decision.SECOND_SIDE,
    Decision.FIRST_TREATMENT,
    Decision.DIED,
)

BY_KIND = {"appointment": Appointment, "outcome": Outcome, "decision": Decision, "contact": Contact}


def words(kind: str, code: str) -> str:
    """Say what happened, as its table does: words("outcome", "attended") is "Attended"."""
    return BY_KIND[kind](code).label
