"""Reads of cases, by name."""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q


class CaseQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The cases ``user`` may see: those that a team of theirs has, has had, was offered, or owes a task about as
        long as it is not done; those about which they were told themselves (as a deputy, or as the pathway's lead: of
        an escalation, of a detour that began, of a hold that ended) as long as that is not over; those of which they
        are to read a result; all for an inspector.

        A restricted case is seen by the teams that have or have had it, and by inspectors. Superusers get nothing by
        being one: setting up the portal is no reason to read patients' cases.
        """
        from cases import access

        if access.is_inspector(user):
            return self
        mine = user.memberships.values("team")
        has = self._related("entries").filter(case=OuterRef("pk"), team__in=mine)
        offered = self._related("handoffs").filter(case=OuterRef("pk"), to_team__in=mine)
        owes = self._related("tasks").filter(case=OuterRef("pk"), team__in=mine, done_at=None, cancelled_at=None)
        told = self._related("escalations").filter(case=OuterRef("pk"), resolved_at=None, lines__recipient=user.pk)
        reads = self._related("results").filter(case=OuterRef("pk"), reader=user.pk, read_at=None, cancelled_at=None)
        # That a hold has ended is over with the stay it was in, that a detour has begun with the detour.
        began = Q(kind="detour") | Q(kind="hold_ended", hold__entry__left_at=None)
        noticed = self._related("notices").filter(began, case=OuterRef("pk"), recipient=user.pk)
        asked = Exists(offered) | Exists(owes) | Exists(told) | Exists(reads)
        asked |= ~Q(status="closed") & Exists(noticed)
        return self.filter(Q(team__in=mine) | Exists(has) | Q(restricted=False) & asked)

    def _related(self, name):
        return self.model._meta.get_field(name).related_model.objects

    def lock(self, pk):
        """Return the case ``pk``, locked until the end of the transaction.

        FOR NO KEY UPDATE: a plain FOR UPDATE deadlocks with a sweep that inserts rows which refer to the case. Without
        a join: whoever waits here while the case goes to another team would find no row that still joins.
        """
        return self.select_for_update(no_key=True).get(pk=pk)

    def lock_all(self, pks) -> None:
        """Lock these cases until the end of the transaction, the newest first: an operation that ends a detour locks
        it before the case that it was taken from. Who locks more in a later batch goes on with older ones.
        """
        list(self.select_for_update(of=("self",), no_key=True).filter(pk__in=pks).order_by("-pk").values_list("pk"))

    def open(self):
        return self.exclude(status="closed")

    def late(self, now):
        """Open cases past their due time. A limit may be used up: late is from the first instant after it."""
        return self.open().filter(due_at__lt=now)

    def in_stage(self, code):
        return self.filter(stage=code)

    def with_reasons(self, user, now, *, mine=False):
        """Annotate ``reasons``, the codes of why each case is on the list of ``user``, and read all that a row shows,
        in this one query. ``mine``: only the reasons that are for them to mend.
        """
        from cases import reasons

        asked = reasons.Asked(user, now)
        shown = reasons.filled(reasons.shown, asked) | reasons.filled(reasons.tags, asked, mine)
        return self.select_related("patient", "team", "owner").annotate(**shown)

    def because(self, code, user, now):
        """The cases for which the reason ``code`` holds, as ``user`` sees it at ``now``."""
        from cases import reasons

        return self.filter(reasons.holding(code, reasons.Asked(user, now)))

    def latest_first(self):
        """The most overdue first, then by what falls due next; cases without a due time (held, no limit) last."""
        return self.order_by(F("due_at").asc(nulls_last=True), "pk")
