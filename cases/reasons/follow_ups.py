"""Reasons that lie in what is owed about a case: a task, a result to read, what came back from a detour."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import JSONObject
from django.urls import reverse

from cases import access, showing
from cases.models import Case, CaseEvent, Document, FormRecord, Handoff, Hold, Note, Result, StageEntry, Task
from cases.reasons.because import Because, Next, Reason
from cases.reasons.shown import first, instant
from cases.reasons.standing_in import colleagues
from pathways.maps import version_map


class TaskDue(Because):
    """An open task that I owe, or somebody for whom I stand in, or that my team owes and nobody in it, due by the end
    of today or late.
    """

    code, chip = Reason.TASK, ("task due", "tasks due")

    def _tasks(self, asked):
        mine = Q(owner=asked.user) | Q(owner__in=colleagues(asked)) | Q(owner=None, team__in=asked.teams)
        return Task.objects.filter(mine, case=OuterRef("pk"), done_at=None, cancelled_at=None).filter(
            due_at__lt=asked.tonight
        )

    def holds(self, asked):
        return Q(Exists(self._tasks(asked)))

    def shows(self, asked):
        task = JSONObject(pk="pk", title="title", due_at="due_at", owner="owner")
        return {"task_due": first(self._tasks(asked).order_by("due_at", "pk"), task)}

    def words(self, case, age, asked):
        due_at = instant(case.task_due["due_at"])
        due = "was due" if due_at < asked.now else "due"
        nobodys = "" if case.task_due["owner"] else " Nobody does it yet."
        title = case.task_due["title"]
        title = title if title.endswith("..") else title.removesuffix(".")  # the sentence goes on
        return f"Task: {title}, {due} {showing.short_when(due_at, asked.now)}.{nobodys}"

    def next(self, case, asked):
        return Next("Do the task", reverse("task", args=[case.reference, case.task_due["pk"]]))


class ResultUnread(Because):
    """A result that has arrived, that I am to read and have not: also of a case that was closed meanwhile."""

    code, chip = Reason.RESULT, ("result not read", "results not read")
    also_closed = True

    def _results(self, asked):
        return Result.objects.unread().filter(case=OuterRef("pk"), reader=asked.user)

    def holds(self, asked):
        return Q(Exists(self._results(asked)))

    def shows(self, asked):
        result = JSONObject(pk="pk", what="what", arrived_at="arrived_at", due_at="due_at")
        return {"result_unread": first(self._results(asked).order_by("due_at", "arrived_at", "pk"), result)}

    def words(self, case, age, asked):
        result = case.result_unread
        due_at = instant(result["due_at"])
        late = f" You were to read it by {showing.short_when(due_at, asked.now)}." if _past(due_at, asked) else ""
        arrived = showing.ago(instant(result["arrived_at"]), asked.now)
        return f"Result not read: {result['what']}, arrived {arrived}.{late}"

    def next(self, case, asked):
        return Next("Read the result", reverse("read_result", args=[case.reference, case.result_unread["pk"]]))


# What shows that somebody has taken up a case again after a detour of it has ended. A move does so too: it begins a
# new stay.
TAKEN_UP = {
    Note: "written_at",
    FormRecord: "completed_at",
    Task: "done_at",
    CaseEvent: "recorded_at",
    Document: "added_at",
    Hold: "started_at",
    Handoff: "offered_at",
    Result: "requested_at",
}


class BackFromDetour(Because):
    """A detour of the case ended during its present stay, at most a week ago, and nobody has done anything since.

    Not for ever: after a week the stage's own limit watches over it again, and it would only be noise.
    """

    code, chip = Reason.BACK, ("back from a detour", "back from a detour")
    said_for = timedelta(days=7)

    def _ended(self, asked):
        """The detours of a case that have ended lately, as far as one may know of them."""
        ended = Case.objects.filter(
            parent=OuterRef("pk"),
            detour__isnull=False,
            closed_at__gte=asked.before(self.said_for),
            closed_at__lte=asked.now,
        )
        if access.is_inspector(asked.user):
            return ended
        # That there was a restricted detour is for its own teams only.
        ours = StageEntry.objects.filter(case=OuterRef("pk"), team__in=asked.teams)
        return ended.filter(Q(restricted=False) | Exists(ours))

    def holds(self, asked):
        here = StageEntry.objects.filter(case=OuterRef("parent"), left_at=None, entered_at__lte=OuterRef("closed_at"))
        taken_up = (
            Exists(model.objects.filter(case=OuterRef("parent"), **{f"{when}__gt": OuterRef("closed_at")}))
            for model, when in TAKEN_UP.items()
        )
        ended = self._ended(asked).filter(Exists(here), *(~acted for acted in taken_up))
        return Q(Exists(ended)) & ~Q(status="closed")

    def shows(self, asked):
        # Where it holds for any, it holds for the last.
        detour = JSONObject(name="detour__name", version="version", stage="stage", closed_at="closed_at")
        return {"back_from": first(self._ended(asked).order_by("-closed_at", "-pk"), detour)}

    def words(self, case, age, asked):
        detour = case.back_from
        ended = version_map(detour["version"]).by_code[detour["stage"]].name
        since = showing.short_when(instant(detour["closed_at"]), asked.now)
        return f"Back from “{detour['name']}” ({ended}) since {since}."

    def next(self, case, asked):
        return Next("Decide what comes next", case.get_absolute_url())


def _past(instant, asked):
    return instant is not None and instant < asked.now
