"""Who works in the demo: the trust, its teams, the agency, and one person to sign in as for each role."""

from dataclasses import dataclass, field

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from pathways.groups import INSPECTOR, PATHWAY_ADMINISTRATOR, PRIVACY_LEAD
from pathways.history import save_with_history
from pathways.models import Membership, Organisation, Role, Team, system_user

PASSWORD = "midwatch-demo"  # noqa: S105 - printed at every start; the demo answers on this machine alone
REASON = "Demo data"

TRUST = ("northshire", "Northshire NHS Trust")
AGENCY = ("social-care", "Northshire Council adult social care")
WARD, DISCHARGE, CLINIC, SOCIAL_CARE = "ward-team", "discharge-team", "specialist-clinic", "social-care-brokerage"
BOOKING, TESTS, CANCER, ACUTE = "booking-office", "diagnostics-team", "cancer-office", "acute-response"
SAFEGUARDING = "safeguarding-team"
# By the codes that the shipped pathways refer to: those keep the teams that they find.
TEAMS = {
    WARD: ("Ward 7", "0300 555 0107, at any hour"),
    DISCHARGE: ("Discharge team", "0300 555 0120, Monday to Friday 8am to 6pm"),
    CLINIC: ("Cardiology clinic", "0300 555 0131, Monday to Friday 9am to 5pm"),
    BOOKING: ("Booking office", "0300 555 0140, Monday to Friday 8am to 6pm"),
    TESTS: ("Imaging and diagnostics", "0300 555 0152, Monday to Saturday 8am to 8pm"),
    CANCER: ("Cancer office", "0300 555 0163, Monday to Friday 9am to 5pm"),
    ACUTE: ("Acute response team", "0300 555 0100, at any hour"),
    SAFEGUARDING: ("Safeguarding team", "0300 555 0177, Monday to Friday 9am to 5pm"),
    SOCIAL_CARE: ("Social care brokerage", "0300 555 0198, Monday to Friday 9am to 5pm"),
}
OF_THE_AGENCY = {SOCIAL_CARE}


@dataclass(frozen=True)
class Person:
    """A member of staff. Who ``does`` something worth trying out can sign in; the others are there as colleagues."""

    username: str
    given_name: str
    family_name: str
    teams: dict[str, Role] = field(default_factory=dict)
    group: str = ""
    does: str = ""
    is_superuser: bool = False


def a_caseworker(given_name, family_name, *teams):
    username = f"{given_name[0]}.{family_name}".lower()
    return Person(username, given_name, family_name, dict.fromkeys(teams, Role.CASEWORKER))


def a_manager(given_name, family_name, *teams):
    username = f"{given_name[0]}.{family_name}".lower()
    return Person(username, given_name, family_name, dict.fromkeys(teams, Role.MANAGER))


STAFF = [
    Person(
        "caseworker",
        "Grace",
        "Adeyemi",
        dict.fromkeys((WARD, DISCHARGE), Role.CASEWORKER),
        does="moves cases on Ward 7 and in the discharge team",
    ),
    Person(
        "manager",
        "Helen",
        "Marsh",
        dict.fromkeys((WARD, DISCHARGE, CLINIC), Role.MANAGER),
        does="is told when a case of the trust is late, and reads the durations",
    ),
    Person(
        "social-care",
        "Daniel",
        "Okafor",
        {SOCIAL_CARE: Role.CASEWORKER},
        does="finds packages of care at the council; sees only what was passed to it",
    ),
    Person(
        "administrator",
        "Tom",
        "Whitfield",
        group=PATHWAY_ADMINISTRATOR,
        does="sets up pathways, under /admin/; sees counts and no patient",
    ),
    Person("inspector", "Ruth", "Lindqvist", group=INSPECTOR, does="reads everything and changes nothing"),
    Person("privacy", "Samir", "Haddad", group=PRIVACY_LEAD, does="is the privacy lead, whose pages come later"),
    Person(
        "accounts",
        "Maya",
        "Brook",
        does="opens and closes accounts, under /admin/: who leaves hands over first; sees no case",
        is_superuser=True,
    ),
    a_caseworker("Bernadette", "Cole", WARD),
    a_caseworker("Joseph", "Mbeki", WARD),
    a_manager("Fiona", "Drummond", WARD),
    a_caseworker("Priya", "Nair", DISCHARGE),
    a_caseworker("Callum", "Reid", DISCHARGE),
    a_caseworker("Mei", "Tan", CLINIC),
    a_caseworker("Owen", "Pritchard", CLINIC),
    a_caseworker("Sarah", "Levy", CLINIC),
    a_caseworker("Amara", "Obi", BOOKING),
    a_manager("Linda", "Foster", BOOKING),
    a_caseworker("Rhys", "Bevan", TESTS),
    a_manager("Nadia", "Rahman", TESTS),
    a_caseworker("Ellen", "Hughes", CANCER),
    a_manager("Peter", "Lang", CANCER),
    a_caseworker("Zoe", "Kerr", ACUTE),
    a_manager("Imran", "Sheikh", ACUTE),
    a_caseworker("Judith", "Ames", SAFEGUARDING),
    a_manager("Carol", "Whyte", SAFEGUARDING),
    a_caseworker("Kasia", "Nowak", SOCIAL_CARE),
    a_manager("Martin", "Shaw", SOCIAL_CARE),
]


def are_here() -> bool:
    """True if the demo was loaded before: one of its people is here."""
    return get_user_model().objects.filter(username__in=[person.username for person in STAFF]).exists()


def engage() -> dict:
    """Make the organisations, the teams and everybody in them; return who is what: {(team's code, role): users}."""
    by = system_user()

    def saved(row):
        return save_with_history(row, by=by, reason=REASON)

    trust = Organisation.objects.filter(is_own=True).first() or saved(
        Organisation(code=TRUST[0], name=TRUST[1], is_own=True)
    )
    agency = Organisation.objects.filter(code=AGENCY[0]).first() or saved(Organisation(code=AGENCY[0], name=AGENCY[1]))
    teams = Team.objects.in_bulk(list(TEAMS), field_name="code")
    for code, (name, phone) in TEAMS.items():
        if code not in teams:
            organisation = agency if code in OF_THE_AGENCY else trust
            email = f"{code}@northshire.example"
            teams[code] = saved(Team(organisation=organisation, code=code, name=name, email=email, phone=phone))

    members = {(code, role): [] for code in TEAMS for role in Role}
    password = make_password(PASSWORD)  # once for all: it takes a third of a second
    groups = {group.name: group for group in Group.objects.all()}
    for person in STAFF:
        user = get_user_model().objects.create(
            username=person.username,
            first_name=person.given_name,
            last_name=person.family_name,
            email=f"{person.username}@northshire.example",
            is_staff=person.is_superuser or person.group in (PATHWAY_ADMINISTRATOR, INSPECTOR),
            is_superuser=person.is_superuser,
            password=password if person.does else make_password(None),
        )
        if person.group:
            user.groups.add(groups[person.group])
        for code, role in person.teams.items():
            saved(Membership(team=teams[code], user=user, role=role))
            members[code, role].append(user)
    return members
