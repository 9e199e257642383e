"""Tidy a draft that was discovered in a log: rename its stages, give them limits, merge what are two names of one.

Each is one operation on the draft: atomic, the version locked, ``by`` given. Raises Refused with sentences if it is no
draft any more, or has not (any more) the stages that are named.
"""

from django.db import transaction

from pathways.discarding import discard
from pathways.history import save_with_history
from pathways.limits import Span
from pathways.models import PathwayVersion, Stage, Transition
from pathways.publishing import Refused

LONGEST_NAME = Stage._meta.get_field("name").max_length
RENAMED, LIMITED = "Renamed", "Limit set from past stays"


@transaction.atomic
def tidy(version: PathwayVersion, *, names: dict[str, str], limits: dict[str, Span], by) -> int:
    """Give the stages of the draft, by their codes, other ``names`` and ``limits``; return how many were changed.

    A code stays as it is: it is how a stage is known in all versions. A move that is called after the stage it leads
    to goes by its new name.
    """
    stages = _stages(version, {*names, *limits})
    names = {code: name.strip() for code, name in names.items()}
    if refusals := _wrong(stages, names):
        raise Refused(refusals)
    changed = 0
    for code, stage in stages.items():
        former, name, limit = stage.name, names.get(code, stage.name), limits.get(code, stage.limit)
        if (name, limit) == (former, stage.limit):
            continue
        stage.name = name
        if limit:
            stage.limit_amount, stage.limit_unit = limit.amount, limit.unit
        save_with_history(stage, by=by, reason=RENAMED if name != former else LIMITED)
        if name != former:
            _rename_moves(stage, former, by=by)
        changed += 1
    return changed


@transaction.atomic
def merge(version: PathwayVersion, code: str, into: str, *, by) -> Stage:
    """Let the stage ``code`` of the draft go into the stage ``into``, and return that.

    Moves to and from it are led to the other stage; where that has the same move already, and where they would lead
    to where they come from, they go. Its limit, ladder and tasks go with it. Cases that are in it under way are
    offered the other stage when the draft is published.
    """
    if code == into:
        raise Refused("Choose two different stages.")
    stages = _stages(version, {code, into})
    gone, kept = stages[code], stages[into]
    if gone.is_final != kept.is_final:
        raise Refused(
            f"“{gone}” and “{kept}” cannot be merged: in one of them a case ends, and in the other it waits. Choose "
            "two of one kind."
        )
    reason = f"{gone} was merged into {kept}"
    for move in list(gone.arrivals.all()):
        _lead(move, "target", kept, by=by, reason=reason)
    for move in list(gone.transitions.all()):
        _lead(move, "source", kept, by=by, reason=reason)
    for row in (*version.facts.all(), *version.detour_rules.all()):
        if code in row.stages:
            row.stages = list(dict.fromkeys(into if stage == code else stage for stage in row.stages))
            save_with_history(row, by=by, reason=reason)
    was_first, before = gone.is_first, gone.merged_from
    discard([gone], by=by, reason=reason)
    kept.is_first = kept.is_first or was_first
    kept.merged_from = sorted({*kept.merged_from, *before, code} - {into})
    return save_with_history(kept, by=by, reason=reason)


def _stages(version, codes):
    """Lock the version, which must be a draft, and return those of its stages by code."""
    version = PathwayVersion.objects.select_for_update(no_key=True, of=("self",)).get(pk=version.pk)
    if not version.is_draft:
        raise Refused("This draft was published meanwhile, and cannot be changed any more. Make a new one.")
    found = {stage.code: stage for stage in version.stages.filter(code__in=codes)}
    if missing := sorted(codes - found.keys()):
        raise Refused(f"The draft has no stage “{missing[0]}” any more. Look at it again, then say what you want.")
    return found


def _wrong(stages, names):
    empty = [f"Give “{stages[code]}” a name." for code, name in names.items() if not name]
    long = [
        f"The name of “{stages[code]}” is too long: {LONGEST_NAME} characters at most."
        for code, name in names.items()
        if len(name) > LONGEST_NAME
    ]
    return empty + long


def _rename_moves(stage, former, *, by):
    for move in stage.arrivals.filter(name=f"Move to {former}").exclude(target__by_handoff=True):
        move.name = _unused(f"Move to {stage.name}", move.source, move)
        save_with_history(move, by=by, reason=RENAMED)


def _lead(move, end, stage, *, by, reason):
    """Lead one end of a move to ``stage``; take it away if it is then no move, or one that is there already."""
    was_named_after_its_target = move.name == f"Move to {move.target.name}"
    setattr(move, end, stage)
    same = Transition.objects.filter(source=move.source, target=move.target).exclude(pk=move.pk)
    if move.source_id == move.target_id or same.exists():
        discard([Transition.objects.get(pk=move.pk)], by=by, reason=reason)
        return
    wanted = f"Move to {move.target.name}" if was_named_after_its_target else move.name
    move.name = _unused(wanted, move.source, move)
    save_with_history(move, by=by, reason=reason)


def _unused(name, source, move):
    """Return ``name``, cut and numbered if another move out of ``source`` has it."""
    longest = Transition._meta.get_field("name").max_length
    taken = set(source.transitions.exclude(pk=move.pk).values_list("name", flat=True))
    found, number = name[:longest], 1
    while found in taken:
        number += 1
        found = f"{name[: longest - len(str(number)) - 1]}-{number}"
    return found
