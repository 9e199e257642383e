"""What is owed to whom: put into the outbox in the transaction that raises an escalation, ends a hold or begins a
detour. ``notices`` sends it after that.
"""

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import connection, transaction
from django.db.models import Count, Q

from cases import worker
from cases.models import Notice, NoticeLine
from cases.models.watch import new_message_id
from cases.watch import mail_times, rows
from cases.watch.recipients import AT_LAST, Recipients
from pathways.models import EscalationStep, MailPreference

log = logging.getLogger(__name__)

# A digest that goes at once waits for the rest of the backlog that it tells of.
AT_ONCE = timedelta(minutes=5)
# More urgent ones waiting at once than anybody reads one by one: what is above comes in one digest that hurries.
MOST_ALONE = 10
OF_A_DETOUR = EscalationStep(tells=[EscalationStep.Recipient.ON_DUTY, EscalationStep.Recipient.MANAGERS])


# The sender locks what it sends FOR UPDATE: of the locks in use here only that keeps out one FOR KEY SHARE. Two sweeps
# share it, and wait for each other a little later, which does not take long.
BEING_SENT = """
WITH digests AS (
    SELECT id, recipient_id FROM cases_notice WHERE kind = 'digest' AND sent_at IS NULL AND recipient_id = ANY(%s)
), free AS (
    SELECT id FROM cases_notice WHERE id IN (SELECT id FROM digests) ORDER BY recipient_id FOR KEY SHARE SKIP LOCKED
)
SELECT recipient_id FROM digests WHERE id NOT IN (SELECT id FROM free)
"""


class BeingSent(Exception):
    """The digest that somebody must be told in is just being sent."""


@dataclass
class Owed:
    """One escalation and the keys of those whom it must be told to: ``at_once`` in a mail of its own (unless they
    would be flooded), else in each one's digest, which ``hurries`` where it would be too late otherwise.
    """

    escalation: int
    case: int
    people: list[int]
    at_once: bool = False
    hurries: bool = False


def told_by(notice: str = "") -> Q:
    """The condition that somebody was told by a notice, or will be (``notice``: the way to it): one that was closed
    unsent has told nobody.
    """
    way = f"{notice}__" if notice else ""
    return Q(**{f"{way}sent_at": None}) | ~Q(**{f"{way}sent_to": ""})


class DigestTimes(dict[int, datetime]):
    """When each person gets their next digest; ``off``: those who have switched it off, so that it is sent only where
    something urgent stands in it.
    """

    off: frozenset[int] = frozenset()


def digest_times(people: set[int], now) -> DigestTimes:
    """When each of the people gets their next digest."""
    chosen = {row.user_id: row for row in MailPreference.objects.filter(user__in=people)}
    by_default = mail_times.next_digest(mail_times.DEFAULT, now)
    times = DigestTimes(
        (person, mail_times.next_digest(chosen[person], now) if person in chosen else by_default) for person in people
    )
    times.off = frozenset(person for person, row in chosen.items() if not row.digest)
    return times


def flooded(owed) -> set[int]:
    """The people who would get more mails at once of what is ``owed`` (Owed, or the like) than they can read, with
    those that wait for them already: of an earlier batch, or since the mail server is away.
    """
    at_once = Counter(person for item in owed if item.at_once for person in item.people)
    if at_once:
        alone = Notice.objects.filter(kind=Notice.Kind.ESCALATION, sent_at=None, recipient__in=list(at_once))
        at_once.update(dict(alone.order_by().values_list("recipient").annotate(Count("pk"))))
    return {person for person, number in at_once.items() if number > MOST_ALONE}


def in_digest(item, too_many: set[int]) -> set[int]:
    """The people who are told of ``item`` (Owed, or the like) in their digest; ``too_many``: who are ``flooded``."""
    return too_many.intersection(item.people) if item.at_once else set(item.people)


def being_sent(people: set[int]) -> set[int]:
    """Those of the people (keys) whose digest is just being sent: nothing can join it, and the mail server may take
    minutes. The digests of the others are not sent before the transaction ends.
    """
    if not people:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(BEING_SENT, [list(people)])
        return {person for (person,) in cursor.fetchall()}


def answer_by(seen, step, item: Owed, times: DigestTimes, now, too_many=frozenset()) -> datetime | None:
    """By when ``item`` must be answered, as the rung ``step`` of the thing ``seen`` says: counted from when the first
    is told; ``too_many``: those who are ``flooded``. None if nobody must.
    """
    within = step.answer_within
    if not (item.people and within):
        return None
    return within.after(_told_at(item, times, now, too_many), seen.stay.schedule)


def _told_at(item, times, now, too_many):
    if item.at_once and not too_many.issuperset(item.people):
        return now
    if item.at_once or item.hurries:
        return now + AT_ONCE
    # Nobody can answer what is not sent to them. Where that is so of all, whoever is next is told in their time.
    return min(times[person] for person in set(item.people) - times.off or item.people)


def owe(owed: list[Owed], now, times: dict[int, datetime], too_many: set[int] | None = None) -> None:
    """Put what is owed into the outbox: a mail of its own for each urgent escalation and person, and for all else one
    digest a person, sent at the time in ``times``. Whoever would get more than ``MOST_ALONE`` mails at once
    (``too_many``: those who are ``flooded``, asked here if None) gets these in the digest too, which hurries then.
    """
    every = [(item, person) for item in owed for person in item.people]
    too_many = flooded(owed) if too_many is None else too_many
    alone = [(item, person) for item, person in every if item.at_once and person not in too_many]
    together = [(item, person) for item, person in every if not item.at_once or person in too_many]
    mails = rows.insert_with_keys(Notice, [_mail(item.case, person, now) for item, person in alone])
    digests = _digests(_send_times(together, now, times), now)
    told_in = [*mails, *(digests[person].pk for _, person in together)]
    lines = [
        {"notice_id": notice, "escalation_id": item.escalation, "recipient_id": person}
        for notice, (item, person) in zip(told_in, alone + together, strict=True)
    ]
    rows.insert(NoticeLine, lines)


def _mail(case, person, now):
    return {
        "kind": Notice.Kind.ESCALATION.value,
        "recipient_id": person,
        "case_id": case,
        "message_id": new_message_id(),
        "created_at": now,
        "sent_to": "",
        "attempts": 0,
        "error": "",
    }


def _send_times(together, now, times):
    """When the digest of each person must go."""
    wanted = {}
    for item, person in together:
        at = now + AT_ONCE if item.at_once or item.hurries else times[person]
        wanted[person] = min(at, wanted.get(person, at))
    return wanted


def _digests(wanted: dict[int, datetime], now) -> dict[int, Notice]:
    """The unsent digest of each person, locked, made where there is none, and sent at the time ``wanted`` at the
    latest: one that was refused is tried again then. The wait that it had come to is for what it told of before.
    """
    # In the order of their keys, so that two sweeps at once wait for each other and never in a circle.
    found = {}
    while missing := sorted(wanted.keys() - found.keys()):
        # The sender may have taken one between the two statements: then it is sent, and the next round makes a new
        # one.
        new = [
            Notice(kind=Notice.Kind.DIGEST, recipient_id=person, created_at=now, send_at=wanted[person])
            for person in missing
        ]
        Notice.objects.bulk_create(new, ignore_conflicts=True)
        unsent = Notice.objects.filter(kind=Notice.Kind.DIGEST, sent_at=None, recipient__in=missing)
        found |= {
            notice.recipient_id: notice for notice in unsent.select_for_update(no_key=True).order_by("recipient")
        }
    sooner = [notice for person, notice in found.items() if _is_brought_forward(notice, wanted[person])]
    Notice.objects.bulk_update(sooner, ["send_at", "retry_at"])
    return found


def _is_brought_forward(digest, at):
    later = [name for name in ("send_at", "retry_at") if (set_to := getattr(digest, name)) and at < set_to]
    for name in later:
        setattr(digest, name, at)
    return bool(later)


def owe_hold_ended(case, hold, now, *, send_at=None, may_wait=True) -> list:
    """Tell the case's owner, or the managers of its team, in their digest (that of ``send_at``, if given) that a hold
    has ended by itself; return whom it concerns. Raises BeingSent where it would wait for the mail server and must
    not (``may_wait``).
    """
    recipients = Recipients([case.team_id], pathway_ids=[case.version_map.pathway.pk], at=now)
    lead = recipients.leads.get(case.version_map.pathway.pk)
    step = EscalationStep(tells=[EscalationStep.Recipient.OWNER])
    who = {"team_id": case.team_id, "owner": case.owner, "pathway_lead": lead, "among": recipients.who_may_know(case)}
    people = recipients.first([step, *AT_LAST], **who)
    told = set(Notice.objects.filter(hold=hold).values_list("recipient", flat=True))
    to_tell = [person for person in people if person.pk not in told]
    keys = {person.pk for person in to_tell}
    if not may_wait and being_sent(keys):
        raise BeingSent
    digests = _digests(dict.fromkeys(keys, send_at) if send_at else digest_times(keys, now), now)
    for person in to_tell:
        Notice.objects.create(
            kind=Notice.Kind.HOLD_ENDED,
            recipient=person,
            case=case,
            hold=hold,
            created_at=now,
            send_at=digests[person.pk].send_at,
        )
    return people


def owe_detour(case, now) -> None:
    """Tell at once who must know that the detour ``case`` has begun (see ``told_of_detour``), each with a mail of its
    own that waits for no digest and no sweep.
    """
    parents = None if case.restricted else case.parent.team_id
    people = told_of_detour(case.team_id, parents, **of_detour(case))
    for person in people:
        told = {"created_at": now}
        Notice.objects.get_or_create(kind=Notice.Kind.DETOUR, recipient=person, case=case, defaults=told)
    # Of the beginning nobody is told later, as of a rung: what the log says is all that is left of it.
    transaction.on_commit(_wake_the_worker if people else partial(_say_that_nobody_was_told, case), robust=True)


def of_detour(case):
    return {"pathway_id": case.version_map.pathway.pk, "restricted": case.restricted}


def told_of_detour(team_id, parents_team_id=None, *, pathway_id, restricted) -> list:
    """Whoever is on duty for the team that a detour begins in, and its managers; and, unless it is restricted, those
    of the team that has the case it was taken from, who answer for that patient. Where none of them can be told: the
    lead of its pathway.
    """
    teams = [team for team in (team_id, parents_team_id) if team is not None]
    recipients = Recipients(teams, pathway_ids=[pathway_id])
    lead = recipients.leads.get(pathway_id)
    among = {member.user_id for member in recipients.members(team_id)} if restricted else None
    who = {"pathway_lead": lead, "among": among}
    told = [recipients.first((OF_A_DETOUR, *AT_LAST), team_id=team, **who) for team in teams]
    return list({person.pk: person for people in told for person in people}.values())


def _say_that_nobody_was_told(case):
    log.error("Nobody could be told at once that detour %s has begun, of team %s.", case.pk, case.team_id)


def _wake_the_worker():
    worker.wake("send_urgent", otherwise="the next sweep sends")
