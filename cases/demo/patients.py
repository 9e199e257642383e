"""The demo's patients: invented names, numbers that were never anybody's."""

from datetime import timedelta

import nhs_number

GIVEN_NAMES = """
    Abdul Ada Agnes Aisha Alan Albert Alfred Alice Amina Andrew Anne Anthony Arthur Audrey Barbara Beryl Brenda Brian
    Carol Charles Chen Christine Clive Colin Cynthia David Derek Desmond Doreen Doris Dorothy Edith Edward Eileen Elsie
    Emeka Ernest Ethel Farida Florence Frank Fred Geoffrey George Gladys Gordon Gwen Harjit Harold Harry Hazel Henry
    Hilda Ian Irene Iris Ivy Jack James Janet Jean Joan John Joyce June Kamala Kathleen Keith Kenneth Leonard Lilian
    Malcolm Margaret Maria Marjorie Maurice Mavis Mohammed Monica Muriel Nancy Nigel Norman Olive Olu Pamela Patricia
    Peggy Peter Phyllis Ramesh Raymond Rita Robert Roger Ronald Rose Roy Salma Shirley Sidney Stanley Stella Sukhdev
    Sylvia Terence Thomas Vera Victor Violet Walter Wanda Wendy Wilfred William Winifred Yusuf Zofia
"""
FAMILY_NAMES = """
    Abbott Adams Ahmed Akhtar Allen Andrews Atkins Bailey Baker Banerjee Barker Barnes Begum Bell Bennett Booth
    Bradley Brown Burton Campbell Carter Chapman Clarke Cooper Cox Dawson Dixon Doyle Edwards Ellis Evans Ferguson
    Fletcher Foster Gibson Gill Graham Grant Green Griffiths Hall Harris Harrison Hart Holmes Hughes Hussain Iqbal
    Jackson Jenkins Johnson Jones Kaur Kelly Khan Knight Kowalski Lawson Lee Lewis Lloyd Macdonald Malik Marshall
    Martin Mason Matthews Mills Mistry Mitchell Moore Morgan Murphy Murray Newton Nkosi Norris Nowicki Osei Owen Palmer
    Parker Patel Pearson Perry Phillips Poole Powell Price Quinn Rahman Reynolds Richards Roberts Robinson Rogers
    Russell Saunders Sharma Shaw Simpson Singh Slater Smith Spencer Stevens Stewart Sutton Taylor Thompson Turner
    Walker Ward Watson Webb Wells West White Williams Wilson Wood Wright Yilmaz Young
"""
NEEDS = [
    "Needs an interpreter (Polish)",
    "Needs an interpreter (Urdu)",
    "Needs an interpreter (Bengali)",
    "British Sign Language",
    "Hard of hearing: speak clearly, face to face",
    "Partly sighted: letters in large print",
    "Uses a wheelchair",
    "Lives with dementia: talk to the daughter, too",
    "Learning disability: has a hospital passport",
]
HAVE_NEEDS = 0.12  # of all
AT_RISK = [
    "Lives alone, with dementia",
    "Learning disability, depends on a carer to come",
    "Known to the safeguarding team of the council",
    "No fixed address",
]
ARE_AT_RISK = 0.05  # of all

# The years of age of those whom a pathway is for: youngest, most of them, oldest.
AGES = {"discharge-to-assess": (58, 82, 99), "elective-18-weeks": (28, 66, 88)}


def particulars(pathway: str, now, rng) -> dict:
    """Invent somebody for a pathway: what ``enter_patient`` asks for, without the number."""
    youngest, most, oldest = AGES[pathway]
    age_in_days = int(rng.triangular(youngest, oldest, most) * 365.25)
    return {
        "given_name": rng.choice(GIVEN_NAMES.split()),
        "family_name": rng.choice(FAMILY_NAMES.split()),
        "born_on": now.date() - timedelta(days=age_in_days),
        "needs": rng.choice(NEEDS) if rng.random() < HAVE_NEEDS else "",
    }


def at_risk_because(chance) -> str:
    """Say why somebody is at risk; of most nothing is known."""
    return chance.choice(AT_RISK) if chance.random() < ARE_AT_RISK else ""


def numbers(taken: set[str], rng):
    """Yield NHS numbers of the range that is kept for tests (999), none twice and none that is ``taken``."""
    while True:
        first_nine = f"999{rng.randrange(10**6):06}"
        number = f"{first_nine}{nhs_number.calculate_checksum(first_nine)}"
        if number not in taken and nhs_number.is_valid(number, for_region=nhs_number.REGION_SYNTHETIC):
            taken.add(number)
            yield number
