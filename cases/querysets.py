"""Reads of cases, by name."""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q


class CaseQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The cases ``user`` may see: those of the teams they are in, now or at any time; all for an inspector.

        Superusers get nothing by being one: setting up the portal is no reason to read patients' cases.
        """
        from cases import access

        if access.is_inspector(user):
            return self
        mine = user.memberships.values("team")
        passed_through = self.model._meta.get_field("entries").related_model.objects.filter(
            case=OuterRef("pk"), team__in=mine
        )
        return self.filter(Q(team__in=mine) | Exists(passed_through))

    def lock(self, pk):
        """Return the case ``pk``, locked until the end of the transaction.

        FOR NO KEY UPDATE: a plain FOR UPDATE deadlocks with a sweep that inserts rows which refer to the case.
        """
        return self.select_for_update(of=("self",), no_key=True).get(pk=pk)

    def open(self):
        return self.exclude(status="closed")

    def late(self, now):
        """Open cases past their due time. A limit may be used up: late is from the first instant after it."""
        return self.open().filter(due_at__lt=now)

    def in_stage(self, code):
        return self.filter(stage=code)

    def latest_first(self):
        """The most overdue first, then by what falls due next; cases without a due time (held, no limit) last."""
        return self.order_by(F("due_at").asc(nulls_last=True), "pk")
