"""What a move lacks, and the page that mends it."""

from dataclasses import dataclass, field

from django.urls import reverse

from cases.web import belonging
from pathways import registry
from pathways.models import Requirement


@dataclass(frozen=True)
class Mend:
    """A link to where something missing is done."""

    text: str
    url: str


@dataclass(frozen=True)
class Missing:
    """What stands in the way of a move: the sentence, and the pages that mend it, if there are any."""

    sentence: str
    mends: list[Mend] = field(default_factory=list)
    requirement: Requirement | None = None  # that is not met; None where the map demands it of every case


class Mending:
    """Knows where each requirement of a case is met. What there is about the case already is read once, and given."""

    def __init__(self, case, *, tasks, results, children):
        self.case, self.tasks, self.results, self.children = case, tasks, results, children

    @classmethod
    def read(cls, case, user):
        """Read what there is about ``case``, as ``user`` may see it."""
        return cls(
            case,
            tasks=case.tasks.filter(done_at=None, cancelled_at=None),
            results=case.results.all(),
            children=belonging.children(case, user),
        )

    def missing(self, transition, now) -> list[Missing]:
        """Return what the case lacks at ``now`` for ``transition``, which is offered to it."""
        # What would hide this move is met: otherwise it would not be offered.
        asked = [wanted for wanted in transition.requirements.all() if not registry.hides(wanted.check_name)]
        found = [
            Missing(sentence, self._mends(wanted), wanted)
            for wanted in asked
            if (sentence := wanted.refusal(self.case, now))
        ]
        if transition.target.is_final and (blocked := self.case.closing_refusal()):
            found.append(Missing(blocked, [*self._unread(), *self._open_children({})]))
        return found

    def _unread(self) -> list[Mend]:
        return self._result({}) if any(result.is_unread for result in self.results) else []

    def _mends(self, requirement) -> list[Mend]:
        find = MENDED_BY.get(requirement.check_name)
        return find(self, requirement.options) if find else []

    def _form(self, options):
        form = self.case.version_map.forms.get(options.get("form"))
        return [Mend(f"Fill in the {form.name}", self._page("form", form.code))] if form else []

    def _note(self, options):
        return [Mend("Write a note", self._page("note"))]

    def _task(self, options):
        code = options.get("task")
        if owed := next((task for task in self.tasks if task.code == code and task.is_open), None):
            return [Mend("Go to the task", self._page("task", owed.pk))]
        if code in self.case.version_map.task_templates:
            return [Mend("Ask for the task again", self._page("ask_again", code))]
        return []

    def _document(self, options):
        return [Mend("Attach a document", self._page("document"))]

    def _result(self, options):
        if any(result.cancelled_at is None for result in self.results):
            return [Mend("Go to the results", f"{self.case.get_absolute_url()}#results")]
        return [Mend("Record what is awaited", self._page("request_result"))]

    def _handoff(self, options):
        offers = [move for move in self.case.possible_moves if move.target.by_handoff]
        return [Mend(f"Offer it: {move.name}", self._page("offer", move.pk)) for move in offers]

    def _open_children(self, options):
        found = [child.case for child in self.children if child.is_visible and child.case.is_open]
        return [Mend(f"Open {case}", case.get_absolute_url()) for case in found]

    def _page(self, name, *more):
        return reverse(name, args=[self.case.reference, *more])


MENDED_BY = {
    "form completed": Mending._form,
    "note written": Mending._note,
    "task done": Mending._task,
    "document attached": Mending._document,
    "result read": Mending._result,
    "handoff accepted": Mending._handoff,
    "no open child case": Mending._open_children,
}
