"""Who was told of an escalation, or why nobody was: the only answer, for the case page, what happened on it, and the
explanations.

Of rows that were read already, with their lines, and these with ``recipient`` and ``notice``.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import Enum
from functools import cached_property

from cases.models import Escalation, Notice, NoticeLine, Timer
from cases.showing import moment
from cases.watch.ladders import UNANSWERED

LATER = "Told later"  # how the reason begins with which the history says so


class Nobody(Enum):
    """Why nobody was told."""

    WENT_ON = "nobody was told: the case went on before the watch looked"
    PROMISED = "nobody was told again: what was promised before stood"
    HIGHER = "nobody was told of this one: a higher level was reached at the same time"
    FAULT = "there was nobody to tell"  # of the set-up


def told_later(escalations: Iterable[Escalation]) -> dict[int, datetime]:
    """When the first was told of those of which there was nobody to tell when they were recorded, by their keys.

    One statement. No row but the history says so: a line may have been added to a digest that was made before.
    """
    told = [one.pk for one in escalations if one.is_told]
    rows = Escalation.history.filter(id__in=told, history_change_reason__startswith=LATER) if told else ()
    return {row.id: row.history_date for row in rows}


class Telling:
    """The escalations of one case, and whom they were told to."""

    def __init__(self, escalations: Iterable[Escalation]):
        self.escalations = list(escalations)
        self._by_key = {one.pk: one for one in self.escalations}

    @cached_property
    def _later(self):
        return told_later(self.escalations)

    def is_told(self, escalation: Escalation, at: datetime) -> bool:
        """Had somebody been told of ``escalation`` at ``at``?"""
        return bool(escalation.is_told or escalation.lines.all()) and self._told_at(escalation) <= at

    def _told_at(self, escalation):
        return self._later.get(escalation.pk, escalation.raised_at)

    def highest(self, escalation: Escalation) -> Escalation:
        """The highest of those about the same thing that the same look recorded: only that is told."""
        return self._highest[_look(escalation)]

    @cached_property
    def _highest(self):
        return {_look(one): one for one in sorted(self.escalations, key=_height)}

    def why_nobody(self, escalation: Escalation) -> Nobody:
        """Why nobody was told of ``escalation`` when it was recorded."""
        if escalation.resolved_at == escalation.raised_at:
            return Nobody.WENT_ON
        if was_promised(escalation):
            return Nobody.PROMISED
        return Nobody.FAULT if self.highest(escalation).pk == escalation.pk else Nobody.HIGHER

    def left_out(self, escalation: Escalation, line: NoticeLine) -> str:
        """Why the digest that ``line`` stands in, or a notice that was closed unsent, does not tell of ``escalation``;
        empty if it does, or the notice says why itself.

        A digest leaves out what is answered or over when it goes, and of several about one thing it tells the highest.
        """
        notice, is_digest = line.notice, line.notice.kind == Notice.Kind.DIGEST
        if (is_digest or _is_closed(notice)) and (ended := _was_over(escalation, notice)):
            return ended
        if not is_digest or _is_closed(notice):
            return ""
        about = self._about(escalation)
        highest = max((one for one in self._in_digest[notice.pk] if self._about(one) == about), key=_place)
        if highest.pk == escalation.pk:
            return ""
        return f"that tells of “{called(highest.rung_name, highest.occurrence)}” in its place"

    @cached_property
    def _in_digest(self):
        """Those that each digest (its key) tells of, or would: they were neither answered nor over when it went."""
        found = defaultdict(list)
        for one in self.escalations:
            for notice in (line.notice for line in one.lines.all()):
                if not any(_is_before(ended, notice.sent_at) for ended in (one.acknowledged_at, one.resolved_at)):
                    found[notice.pk].append(one)
        return found

    def _about(self, escalation):
        # That one was not answered is about what that one was about.
        if escalation.kind == Timer.Kind.ESCALATION and escalation.thing_id in self._by_key:
            escalation = self._by_key[escalation.thing_id]
        return escalation.kind, escalation.thing_id

    def in_words(self, escalation: Escalation) -> str:
        """Say who was told and who was not, without a capital and a full stop."""
        told, others = [], []
        for line in escalation.lines.all():
            person, notice = str(line.recipient), line.notice
            if why := self.left_out(escalation, line):
                others.append(f"{person} was to be told {_by(notice)}, but {why}")
            elif _is_closed(notice):
                others.append(f"{person} was not told: {notice.error.removeprefix('Not sent: ').removesuffix('.')}")
            else:
                told.append(person)
        words = [f"told {', '.join(told)}", *others] if told else others
        return "; ".join(words) or self.why_nobody(escalation).value

    def at(self, escalation: Escalation, at: datetime) -> Iterator[str]:
        """Say in sentences who had been told of ``escalation`` at ``at``, and who is later."""
        if not self.is_told(escalation, at):
            yield self._nobody_then(escalation)
        for line in escalation.lines.all():
            yield self._then(escalation, line, at)

    def _nobody_then(self, escalation):
        why = self.why_nobody(escalation)
        if why == Nobody.WENT_ON:
            return "Nobody was told: the case went on before the watch looked, and it was recorded afterwards."
        if why == Nobody.PROMISED:
            return "Nobody was told again: what had been promised before was still to be done."
        if why == Nobody.FAULT:
            return "There was nobody to tell: no person of any rung could be reached. That is a fault of the set-up."
        highest = self.highest(escalation)
        found = f"“{called(highest.rung_name, highest.occurrence)}” was found by the same look"
        return f"Nobody was told of this one: {found}, and only the highest is told."

    def _then(self, escalation, line, at):
        person, notice, why = line.recipient, line.notice, self.left_out(escalation, line)
        if (told_at := self._told_at(escalation)) > at:
            return f"{person} is told later: since {moment(told_at)} there is somebody to tell."
        if notice.created_at > at:
            before = "who was to be told before had left or was away"
            return f"{person} is told later, since {moment(notice.created_at)}: {before}."
        mail = _by(notice)
        if _is_closed(notice):
            return f"{person} was to be told {mail}{f', but {why}.' if why else f'. {notice.error}'}"
        if notice.sent_at and notice.sent_at <= at:
            told = f"Told {person} {mail}, sent on {moment(notice.sent_at)}."
            return f"{person} was to be told {mail}, but {why}." if why else told
        if notice.send_at and notice.send_at > at:
            return f"{person} was to be told {mail}, which was to go on {moment(notice.send_at)}."
        went = f" It went on {moment(notice.sent_at)}{f', but {why}' if why else ''}." if notice.sent_at else ""
        return f"{person} was to be told {mail}, which had not gone by then.{went}"


def tells(line: NoticeLine) -> bool:
    """Does the notice of ``line`` (with its escalation) tell of it, or of a higher one about the same thing, or will
    it? Not one that was closed unsent, nor a digest before which it was answered or over.
    """
    notice = line.notice
    left_out = notice.kind == Notice.Kind.DIGEST and _was_over(line.escalation, notice)
    return not _is_closed(notice) and not left_out


def was_promised(escalation: Escalation) -> bool:
    """Was it recorded with an answer that had been given before, whose promise stood?"""
    return escalation.acknowledged_at is not None and escalation.acknowledged_at < escalation.raised_at


def called(name: str, occurrence: int) -> str:
    return f"{name}, repeat {occurrence}" if occurrence else name


def _by(notice):
    return "in a digest" if notice.kind == Notice.Kind.DIGEST else "by e-mail"


def _was_over(escalation, notice) -> str:
    """Say that ``escalation`` was answered or over before ``notice`` went, or was closed; empty if it was not."""
    if _is_before(escalation.acknowledged_at, notice.sent_at):
        return "it was answered before that went"
    return "it was over before that went" if _is_before(escalation.resolved_at, notice.sent_at) else ""


def _look(escalation):
    return escalation.kind, escalation.thing_id, escalation.raised_at


def _height(escalation):
    return escalation.level, escalation.occurrence


def _place(escalation):
    """Sorts those about one thing: a digest tells the last, and that nobody has answered before all else."""
    return escalation.kind == Timer.Kind.ESCALATION and escalation.rung_code == UNANSWERED, *_height(escalation)


def _is_before(ended_at, sent_at):
    """Did it end before the digest went, or before it has gone?"""
    return ended_at is not None and (sent_at is None or ended_at <= sent_at)


def _is_closed(notice):
    """Is it done with, and was not sent?"""
    return notice.sent_at is not None and not notice.sent_to
