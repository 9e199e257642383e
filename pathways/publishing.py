"""The life of a version: draft → active → retired. A case keeps the version it was opened under."""

from collections import defaultdict

from django.db import transaction
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from pathways.checking import Problem, problems
from pathways.history import save_with_history
from pathways.models import (
    DetourRule,
    EscalationStep,
    FactDefinition,
    FormDefinition,
    Pathway,
    PathwayVersion,
    Question,
    Requirement,
    Stage,
    TaskTemplate,
    Transition,
)

__all__ = ["NotPublishable", "Problem", "Refused", "problems", "publish", "retire", "revise"]

Status = PathwayVersion.Status


class Refused(Exception):
    """A change of the map that cannot be made now; ``reasons`` are the sentences that say why and what to do."""

    def __init__(self, reasons):
        self.reasons = [reasons] if isinstance(reasons, str) else list(reasons)
        super().__init__(" ".join(self.reasons))


class NotPublishable(Refused):
    """A version with errors; ``problems`` are those, each with the row to mend."""

    def __init__(self, found: list[Problem]):
        self.problems = found
        super().__init__([problem.sentence for problem in found])


@transaction.atomic
def publish(version: PathwayVersion, *, by, reason="") -> PathwayVersion:
    """Make the draft ``version`` the one that new cases are opened under, and return it. The one before it is retired.

    Raises NotPublishable with every error that ``problems`` finds, Refused if it is not a draft.
    """
    version, versions = _lock(version)
    if not version.is_draft:
        raise Refused(f"{version} has been published before. Make a new draft of the pathway, and publish that.")
    if errors := [problem for problem in problems(version) if problem.is_error]:
        raise NotPublishable(errors)
    now = timezone.now()
    for former in versions:
        if former.status == Status.ACTIVE:
            _retire(former, now=now, by=by, reason=f"Version {version.number} took its place")
    version.status, version.published_at, version.published_by = Status.ACTIVE, now, by
    return save_with_history(version, by=by, reason=reason or "Published")


@transaction.atomic
def retire(version: PathwayVersion, *, by, reason="") -> PathwayVersion:
    """End the active ``version``: no new case is opened under it, and its cases go on; return it.

    Raises Refused if it is not active.
    """
    version, _ = _lock(version)
    if version.is_draft:
        raise Refused(f"{version} has never been published. Delete it instead.")
    if version.status == Status.RETIRED:
        raise Refused(f"{version} is retired already.")
    return _retire(version, now=timezone.now(), by=by, reason=reason or "Retired")


@transaction.atomic
def revise(pathway: Pathway, *, by, reason="") -> PathwayVersion:
    """Make a draft that is a complete copy of the active version, or else of the newest, and return it.

    A pathway without any version gets an empty draft. Raises Refused if it has a draft already.
    """
    pathway = Pathway.objects.select_for_update(no_key=True).get(pk=pathway.pk)
    versions = list(pathway.versions.order_by("-number"))
    by_status = {version.status: version for version in reversed(versions)}  # the newest of each
    if draft := by_status.get(Status.DRAFT):
        raise Refused(f"{pathway} has a draft already, version {draft.number}. Change that one, or delete it first.")
    origin = by_status.get(Status.ACTIVE) or next(iter(versions), None)
    reason = reason or (f"Copied from version {origin.number}" if origin else "First draft")
    number = versions[0].number + 1 if versions else 1
    draft = save_with_history(PathwayVersion(pathway=pathway, number=number), by=by, reason=reason)
    if origin:
        _copy(origin, draft, by=by, reason=reason)
    return draft


def _lock(version):
    """Lock the pathway and its versions; return ``version`` as it is now, and all of them.

    A change of a draft's rows takes a shared lock on the version (0002_published_versions_are_frozen): what is checked
    here is what is published.
    """
    Pathway.objects.select_for_update(no_key=True).get(pk=version.pathway_id)
    versions = list(
        PathwayVersion.objects.select_for_update(no_key=True, of=("self",))
        .select_related("pathway")
        .filter(pathway=version.pathway_id)
        .order_by("pk")
    )
    return next(row for row in versions if row.pk == version.pk), versions


def _retire(version, *, now, by, reason):
    version.status, version.retired_at, version.retired_by = Status.RETIRED, now, by
    return save_with_history(version, by=by, reason=reason)


def _copy(origin, draft, *, by, reason):
    """Copy every row of one version into another, level by level, each with its history."""

    def copies(rows, **moved_to):
        """The rows written again, each foreign key in ``moved_to`` led to the copy of what it refers to."""
        rows = list(rows)
        written = [_again(row, {key: new[getattr(row, key)] for key, new in moved_to.items()}) for row in rows]
        if written:
            bulk_create_with_history(
                written, type(written[0]), default_user=by, default_change_reason=reason, batch_size=1000
            )
        return {row.pk: copy.pk for row, copy in zip(rows, written, strict=True)}

    version = defaultdict(lambda: draft.pk)
    stages = copies(Stage.objects.filter(version=origin), version_id=version)
    forms = copies(FormDefinition.objects.filter(version=origin), version_id=version)
    copies(Question.objects.filter(form__version=origin), form_id=forms)
    copies(FactDefinition.objects.filter(version=origin), version_id=version)
    copies(DetourRule.objects.filter(version=origin), version_id=version)
    copies(EscalationStep.objects.filter(stage__version=origin), stage_id=stages)
    copies(TaskTemplate.objects.filter(stage__version=origin), stage_id=stages)
    moves = copies(Transition.objects.filter(source__version=origin), source_id=stages, target_id=stages)
    copies(Requirement.objects.filter(transition__source__version=origin), transition_id=moves)


def _again(row, changes):
    fields = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
    return type(row)(**{field: getattr(row, field) for field in fields} | changes)
