"""A case: the states it can be in, and the one verb that moves it along its map."""

import django_fsm as fsm
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from cases.querysets import CaseQuerySet
from cases.refusals import TransitionRefused
from pathways.history import trail
from pathways.maps import version_map


class NextReference(models.Func):
    """The next case reference, such as MW-2026-000123; made by the database, so that an import in SQL gets the
    same.
    """

    template = (
        "('MW-' || to_char(now() AT TIME ZONE 'Europe/London', 'YYYY') || '-'"
        " || to_char(nextval('cases_reference'), 'FM999999000000'))"
    )
    output_field = models.CharField()
    arity = 0


class Case(fsm.ConcurrentTransitionMixin, fsm.FSMModelMixin, models.Model):
    """One patient's journey along one version of a pathway.

    ``team`` and ``due_at`` are copies for the list's index, rebuilt from the entries: the open StageEntry is the
    truth.
    """

    class Status(models.TextChoices):
        OPEN = "open", "open"
        ON_HOLD = "on_hold", "on hold"
        CLOSED = "closed", "closed"

    class Priority(models.IntegerChoices):
        ROUTINE = 0, "routine"
        URGENT = 1, "urgent"

    reference = models.CharField(max_length=20, unique=True, db_default=NextReference(), editable=False)
    version = models.ForeignKey("pathways.PathwayVersion", models.PROTECT, related_name="cases")
    status = fsm.FSMField(choices=Status, default=Status.OPEN, protected=True, editable=False)
    stage = fsm.FSMField(
        max_length=100, protected=True, editable=False
    )  # a Stage code of this version; composite key in 0002
    patient = models.ForeignKey("cases.Patient", models.PROTECT, null=True, blank=True, related_name="cases")
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    detour = models.ForeignKey("pathways.DetourRule", models.PROTECT, null=True, blank=True, related_name="+")
    priority = models.PositiveSmallIntegerField(
        choices=Priority, default=Priority.ROUTINE, db_default=Priority.ROUTINE
    )
    restricted = models.BooleanField("seen only by its own teams", default=False, db_default=False)
    log_id = models.CharField(
        "case id in its log", max_length=200, blank=True, help_text="Only for cases imported from a log."
    )
    team = models.ForeignKey("pathways.Team", models.PROTECT, related_name="cases")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="owned_cases"
    )
    due_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = CaseQuerySet.as_manager()
    # due_at is computed from the entries, so that its changes are no evidence of their own.
    history = trail(
        excluded_fields=["due_at"], no_db_index=["version", "patient", "parent", "team", "owner", "reference"]
    )

    class Meta:
        ordering = ["-opened_at", "-pk"]
        indexes = [
            models.Index(
                F("team"),
                F("due_at").asc(nulls_last=True),
                F("id"),
                condition=~Q(status="closed"),
                name="case_list_of_team",
            ),
            models.Index(
                F("owner"),
                F("due_at").asc(nulls_last=True),
                F("id"),
                condition=~Q(status="closed"),
                name="case_list_of_owner",
            ),
            models.Index(F("due_at").asc(nulls_last=True), F("id"), condition=~Q(status="closed"), name="case_list"),
            models.Index(fields=["opened_at", "id"], condition=~Q(status="closed"), name="case_list_by_opening"),
            models.Index(fields=["closed_at", "id"], condition=Q(status="closed"), name="case_list_of_closed"),
            models.Index(fields=["team"], condition=Q(owner=None) & ~Q(status="closed"), name="case_list_of_nobodys"),
            models.Index(
                fields=["team"], condition=Q(priority__gt=0) & ~Q(status="closed"), name="case_list_of_urgent"
            ),
            models.Index(fields=["version", "stage", "due_at"], name="case_by_stage"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="closed", closed_at__isnull=False) | (~Q(status="closed") & Q(closed_at=None)),
                name="case_closed_at_when_closed",
            ),
            models.CheckConstraint(condition=Q(status="open") | Q(due_at=None), name="case_is_due_only_while_open"),
            models.UniqueConstraint(fields=["version", "log_id"], condition=~Q(log_id=""), name="case_of_a_log_once"),
        ]

    def __str__(self):
        return self.reference

    def get_absolute_url(self):
        return reverse("case", args=[self.reference])

    @property
    def version_map(self):
        return version_map(self.version_id)

    @property
    def stage_now(self):
        """The Stage row the case is in, out of the cached map: its team and calendar must be read anew."""
        return self.version_map.by_code[self.stage]

    @property
    def stage_name(self):
        return self.stage_now.name

    @property
    def is_open(self):
        return self.status != self.Status.CLOSED

    @property
    def is_held(self):
        return self.status == self.Status.ON_HOLD

    @property
    def open_entry(self):
        """The stay that has not ended, or None when the case is closed."""
        return self.entries.filter(left_at=None).first()

    @property
    def possible_moves(self):
        """The moves that lead out of the present stage, in the map's order; whether each may be made is
        ``refusals``.
        """
        return list(self.stage_now.transitions.all()) if self.is_open else []

    def moves_offered(self, now) -> list:
        """The possible moves that are ways this case may take: without those that a decision hides."""
        return [move for move in self.possible_moves if move.is_offered(self, now)]

    def refusals(self, transition, now, *, without=()) -> list[str]:
        """Return a sentence for each reason why ``transition`` cannot be made at ``now``; empty when it can.

        ``without``: the keys of requirements that are overridden. Nothing else can be.
        """
        if not self.is_open:
            return ["This case is closed. Reopen it first."]
        if transition.pk not in {move.pk for move in self.possible_moves}:
            return [f"“{transition.name}” is not possible from {self.stage_name}. Look at the case again."]
        reasons = transition.refusals(self, now, without=without)
        if transition.target.by_handoff and not self._has_accepted(transition):
            reasons.append("This move is made by a handoff: offer the case, and it moves when they accept it.")
        if transition.target.is_final and (blocked := self.closing_refusal()):
            reasons.append(blocked)
        return reasons

    def _has_accepted(self, transition):
        return self.handoffs.filter(entry__left_at=None, transition=transition, status="accepted").exists()

    def closing_refusal(self) -> str | None:
        """Return the sentence that keeps this case open while a result lies unread, or a detour that blocks closing
        is open; or None.

        The sentence names no restricted case: that there is one is for its own teams only.
        """
        unread = self.results.unread().select_related("reader").first()
        if unread:
            return f"“{unread}” has arrived and was not read. {unread.reader} reads it, or another whom you choose."
        blocking = list(self.children.open().filter(detour__blocks_closing=True))
        if not blocking:
            return None
        named = [str(child) for child in blocking if not child.restricted]
        if named:
            return f"Close {' and '.join(named)} first: this case cannot be closed before."
        return "Something that belongs to this case is not finished yet. Ask your manager before you close it."

    @fsm.transition(stage, source="*", target=fsm.RETURN_VALUE())
    def move(self, transition, now, *, without=()):
        """Take ``transition``; raise TransitionRefused with the reasons if the case is closed, elsewhere or not ready
        but for the requirements in ``without``, which are overridden.
        """
        if reasons := self.refusals(transition, now, without=without):
            raise TransitionRefused(reasons, object=self, method=self.move)
        return transition.target.code

    @fsm.transition(stage, source="*", target=fsm.RETURN_VALUE())
    def begin_in(self, stage):
        """Begin in ``stage`` without a move: the first stage of a new case, the last working one of a reopened
        case.
        """
        return stage.code

    @fsm.transition(status, source=Status.OPEN, target=Status.ON_HOLD)
    def hold(self):
        """Stop the stage clock."""

    @fsm.transition(status, source=Status.ON_HOLD, target=Status.OPEN)
    def resume(self):
        """Let the stage clock run on."""

    @fsm.transition(status, source=[Status.OPEN, Status.ON_HOLD], target=Status.CLOSED)
    def close(self):
        """End the journey."""

    @fsm.transition(status, source=Status.CLOSED, target=Status.OPEN)
    def reopen(self):
        """Take the journey up again."""
