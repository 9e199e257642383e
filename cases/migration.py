"""Cases in flight and a new version of their map: what it would change, and moving them to it.

``pathways`` publishes; what that means for journeys is asked and done here (see ``pathways.registry``: consequence).
"""

from copy import copy
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import prefetch_related_objects
from django.utils import timezone
from simple_history.utils import bulk_update_with_history

from cases import deadlines, overrides, stays
from cases.models import Case, Handoff, StageEntry, Timer
from cases.refusals import Refused
from cases.watch import sweep, time_rules, timers, watched
from pathways.history import save_with_history
from pathways.maps import version_map
from pathways.models import Calendar, PathwayVersion

BATCH_SIZE = 1000


@dataclass
class StageImpact:
    """What a new version means for the cases in flight in one stage."""

    code: str
    name: str
    cases: int = 0
    # In the new version, and not final; if not, its cases are mapped to another stage, or stay on their version.
    exists: bool = True
    due_changes: int = 0
    escalations: int = 0  # that would be raised at once


@dataclass
class Impact:
    """What publishing a version would mean for the cases of its pathway, if all moved to it now."""

    stages: list[StageImpact] = field(default_factory=list)

    @property
    def cases(self):
        return sum(stage.cases for stage in self.stages)

    @property
    def removed(self) -> list[StageImpact]:
        return [stage for stage in self.stages if not stage.exists and stage.cases]


def impact(version, now=None, mapping=None) -> Impact:
    """Return what moving all cases in flight to ``version`` would mean at ``now``. Reads only.

    ``mapping``: {code of a removed stage: code of the stage its cases go to}; without one they are not counted as
    changed.
    """
    now, mapping = now or timezone.now(), mapping or {}
    version = copy(version)  # what is read here must not stick to the caller's row; what was read before is used
    prefetch_related_objects([version], "stages__ladder", "stages__task_templates")
    stages = version.stages.all()
    new = {stage.code: stage for stage in stages}
    calendars = Calendar.objects.in_bulk({stage.calendar_id for stage in stages if stage.calendar_id})
    found = {stage.code: StageImpact(stage.code, stage.name, exists=not stage.is_final) for stage in stages}
    for entries in stays.in_batches(_in_flight(version), BATCH_SIZE):
        for seen in watched.stays(entries):
            code = seen.case.stage
            about = found.setdefault(code, StageImpact(code, seen.title, exists=False))
            about.cases += 1
            stage = new.get(mapping.get(code, code))
            if stage is None or stage.is_final:
                continue
            begins_anew = stage.code != code
            shortened = {} if begins_anew else time_rules.shortening(seen.stay)
            stay = time_rules.stay_by(stage, now if begins_anew else seen.stay.entered_at, calendars, **shortened)
            pauses = [] if begins_anew else seen.pauses
            about.due_changes += deadlines.due(stay, pauses) != seen.due_at
            recorded = frozenset() if begins_anew else seen.recorded
            passed = deadlines.ledger(stay, pauses, now)
            about.escalations += sum((p.rung.code, p.occurrence) not in recorded for p in passed)
    return Impact([stage for stage in found.values() if stage.cases or stage.code in new])


def _in_flight(version):
    """The open entries of the pathway's cases on other versions."""
    return (
        StageEntry.objects.filter(left_at=None, case__version__pathway=version.pathway_id)
        .exclude(case__version=version)
        .select_related("case", "case__owner")
    )


@dataclass
class Migrated:
    """How many cases went to the new version, and how many stayed on theirs because their stage is not there."""

    moved: int = 0
    mapped: int = 0
    stayed: int = 0


def migrate(version, *, by, mapping=None, now=None) -> Migrated:
    """Move the cases in flight of a pathway to its active ``version``, in one go, and say how many.

    The open entry is re-pointed by its stage's code and keeps its start. A stage that is not in the new version, or
    final there: ``mapping`` ({code: new code}) closes the entry and opens one in the other stage; a case that is not
    mapped stays on its version. What would be escalated at once counts as backlog: one digest a manager, no immediate
    mail.

    Raises Refused if the version is not active, or ``mapping`` names a stage that is not there or is final.
    """
    now, mapping = now or timezone.now(), mapping or {}
    version = PathwayVersion.objects.get(pk=version.pk)
    if version.status != PathwayVersion.Status.ACTIVE:
        raise Refused("Publish this version first: cases move only to an active one.")
    new = version_map(version.pk)
    for code, target in mapping.items():
        if target not in new.by_code or new.by_code[target].is_final:
            raise Refused(
                f"Cases in “{code}” cannot go to “{target}”. Choose a stage of the version that is not final."
            )
    sweep.run(now)  # what the old ladders passed is recorded and told by them
    reason = f"Moved to version {version.number} of {new.pathway}"
    with transaction.atomic():
        return _migrate(version, new, mapping, by=by, now=now, reason=reason)


def _migrate(version, new, mapping, *, by, now, reason):
    done = Migrated()
    _change_the_rules("on")
    for batch in stays.in_batches(_in_flight(version), BATCH_SIZE):
        cases = [entry.case_id for entry in batch]
        Case.objects.lock_all(cases)
        list(Timer.objects.select_for_update(no_key=True).filter(case__in=cases).order_by("pk"))
        # As they are under the lock: some may have moved or closed since.
        entries = list(_in_flight(version).filter(case__in=cases))
        same = [entry for entry in entries if _goes_on(entry, new)]
        others = [entry for entry in entries if not _goes_on(entry, new)]
        mapped = [entry for entry in others if entry.case.stage in mapping]
        _re_point(same, new, by=by, now=now, reason=reason)
        for entry in mapped:
            _map(entry, new.by_code[mapping[entry.case.stage]], version, by=by, now=now, reason=reason)
        done.moved += len(same)
        done.mapped += len(mapped)
        done.stayed += len(others) - len(mapped)
    _change_the_rules("off")
    return done


def _goes_on(entry, new) -> bool:
    """Is the stage of the open ``entry`` in the new version? In one that became final nobody would watch the case."""
    stage = new.by_code.get(entry.case.stage)
    return stage is not None and not stage.is_final


def _change_the_rules(on_or_off):
    """Let the database allow, in this transaction, that open entries are led to the stages of another version."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('midwatch.change_the_rules', %s, true)", [on_or_off])


def _re_point(entries, new, *, by, now, reason):
    if not entries:
        return
    _lead_handoffs(entries, new, by=by, now=now)
    for entry in entries:
        case, stage = entry.case, new.by_code[entry.case.stage]
        if stage.team_id != case.team_id:
            case.owner = None
        case.version, case.team_id = new.version, stage.team_id
        entry.stage, entry.team_id, entry.watched_since = stage, stage.team_id, now
    who = {"default_user": by, "default_change_reason": reason}
    bulk_update_with_history([entry.case for entry in entries], Case, ["version", "team", "owner"], **who)
    bulk_update_with_history(entries, StageEntry, ["stage", "team", "watched_since"], **who)
    timers.watch_many(entries)


def _lead_handoffs(entries, new, *, by, now):
    """Lead open offers to the same move of the new version; withdraw those whose move is not there any more."""
    offered = Handoff.objects.filter(entry__in=entries, status=Handoff.Status.OFFERED)
    for handoff in offered.select_related("case", "case__owner", "transition__source", "to_team"):
        old = handoff.transition
        source = new.by_code[old.source.code]
        same = (move for move in source.transitions.all() if move.name == old.name)
        move = next((move for move in same if move.target.team_id == handoff.to_team_id), None)
        if move is None:
            answer = "The pathway has changed, and this handoff is no part of it any more."
            stays.answer_handoff(handoff, Handoff.Status.WITHDRAWN, answer=answer, now=now, by=by)
        else:
            handoff.transition, handoff.from_team_id = move, source.team_id
            handoff.passed_over = overrides.led_to(move, handoff.passed_over)
            save_with_history(handoff, by=by, reason=f"Moved to version {new.version.number}")


def _map(entry, stage, version, *, by, now, reason):
    """End the stay in a stage that is not in the new version, and begin one in ``stage``."""
    case, entry, timer = stays.lock(entry.case)
    now, was_held = stays.time_of(now, entry), case.is_held
    stays.leave(case, entry, now=now, by=by, reason=reason)
    if was_held:
        case.resume()
    case.version = version
    case.begin_in(stage)
    stays.arrive(case, stage, timer, how=stays.How.MAPPED, via=None, now=now, by=by)
    save_with_history(case, by=by, reason=reason)
