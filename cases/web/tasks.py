"""What is owed about a case: the list on its page, and the pages on which a task is added, done, given, cancelled."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property

from cases import chasing, showing, to_do
from cases.models import Case, Task
from cases.web import forms
from cases.web.ages import promised
from cases.web.pages import ActView
from pathways.models import Role

SHOWN = ("team", "owner", "made_by", "done_by", "cancelled_by")


@dataclass(frozen=True)
class Owed:
    task: Task
    due: showing.Due


@dataclass(frozen=True)
class Tasks:
    """The tasks of a case: what is owed, the next first, and what is over, the latest first."""

    owed: list[Owed]
    over: list[Task]


def tasks_of(tasks, now) -> Tasks:
    """Sort out the ``tasks`` of a case."""
    over = [task for task in tasks if not task.is_open]
    return Tasks(
        owed=[Owed(task, promised(task.due_at, task.made_at, now)) for task in tasks if task.is_open],
        over=sorted(over, key=lambda task: task.done_at or task.cancelled_at, reverse=True),
    )


class AddTask(ActView):
    act, form_class = "task", forms.TaskForm
    title, button = "Add a task", "Add the task"

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"team": self.case.team, "others": chasing.addressees(self.case)}

    def obstacle(self):
        return None if self.case.is_open else "This case is closed: nothing is owed about it."

    def perform(self, title, text, owner, team, due_on):
        to_do.add_task(self.case, title, text=text, owner=owner, team=team, due_at=due_on, by=self.request.user)
        return f"“{title}” is on the list of {owner or team or self.case.team}."


class AskAgain(ActView):
    """Ask for a task of the map once more."""

    act, button = "task", "Make the task again"
    lead = "It is made as a new task, and its time begins now. What was done before stays on the record."

    @cached_property
    def template(self):
        try:
            return self.case.version_map.task_templates[self.kwargs["code"]]
        except KeyError:
            raise Http404 from None

    def admit(self, user):
        super().admit(user)
        _ = self.template

    def get_context_data(self, **context):
        return super().get_context_data(title=f"Ask for “{self.template}” again", **context)

    def perform(self):
        task = to_do.ask_again(self.case, self.template.code, by=self.request.user)
        return f"“{task}” is on the list of {task.team} again."


class TaskView(ActView):
    """A page about one task: everybody who sees the case may read it; its team, the case's and who promised it may
    act on it.

    The task's own team and who promised it read it also when it is done, and they see the case no more.
    """

    template_name = "cases/task.html"
    act = "task"
    looked_at = (*ActView.looked_at, "task")

    def cases(self):
        user = self.request.user
        theirs = Q(team__in=user.memberships.values("team")) | Q(owner=user, made_by=user, promise_of__isnull=False)
        theirs = Task.objects.filter(theirs, pk=self.kwargs["pk"]).values("case")
        return Case.objects.filter(Q(pk__in=super().cases().values("pk")) | Q(restricted=False, pk__in=theirs))

    @property
    def sees_case(self) -> bool:
        return super().cases().filter(pk=self.case.pk).exists()

    def get_success_url(self):
        return super().get_success_url() if self.sees_case else reverse("home")

    @cached_property
    def task(self):
        return get_object_or_404(self.case.tasks.select_related("case__team", *SHOWN), pk=self.kwargs["pk"])

    def admit(self, user):
        _ = self.task

    @cached_property
    def not_yours(self) -> str | None:
        return to_do.refusal(self.request.user, self.task)

    def obstacle(self):
        if self.task.is_open:
            return self.not_yours
        return "This task is done." if self.task.done_at else "This task was cancelled."

    def get_context_data(self, **context):
        return super().get_context_data(
            task=self.task,
            due=promised(self.task.due_at, self.task.made_at, self.now),
            sees_case=self.sees_case,
            **context,
        )


class TaskDone(TaskView):
    """What a task is about; record that it is done."""

    form_class, button = forms.TaskDoneForm, "Done"

    def get_context_data(self, **context):
        return super().get_context_data(
            title=self.task.title,
            needed_for=list(self.needed_for()),
            may_act=self.task.is_open and not self.not_yours,
            **context,
        )

    def needed_for(self):
        """Yield (move, role) for each move from here that waits until somebody in that role has done this task."""
        wanted = {"task": self.task.code}
        for move in self.case.possible_moves:
            for requirement in move.requirements.all():
                if requirement.check_name == "task done" and requirement.options.items() >= wanted.items():
                    role = requirement.options.get("by_role")
                    yield move, Role(role).label if role else ""

    def perform(self, outcome):
        to_do.complete_task(self.task, by=self.request.user, outcome=outcome)
        return f"“{self.task}” is done."


class OfThoseWhoMayAct(TaskView):
    """An act on a task, which has a page of its own for those who may do it."""

    def admit(self, user):
        if self.not_yours:
            raise PermissionDenied(self.not_yours)


class CancelTask(OfThoseWhoMayAct):
    form_class = forms.CancelTaskForm
    title, button = "Cancel this task", "Cancel the task"

    def obstacle(self):
        return super().obstacle() or to_do.cancel_refusal(self.task)

    def perform(self, why):
        to_do.cancel_task(self.task, by=self.request.user, why=why)
        return f"“{self.task}” is cancelled."


class GiveTask(OfThoseWhoMayAct):
    form_class = forms.GiveTaskForm
    title, button = "Who does this task?", "Save"

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"team": self.task.team}

    def get_initial(self):
        return {"owner": str(self.task.owner_id or "nobody")}

    def perform(self, owner):
        task = to_do.give_task(self.task, owner, by=self.request.user)
        return f"{owner} does “{task}”." if owner else f"Anybody in {task.team} may do “{task}”."
