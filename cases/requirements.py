"""The checks a pathway may demand before a move, each answering with the sentence the caseworker reads.

To add one: write a function of a case, an instant and its options that returns a sentence which says what to do, or
None when the case passes; decorate it with ``@requirement`` and its options. It can then be chosen in the admin and in
pathway files.
"""

from django.db.models import F

from cases import showing
from pathways.limits import Span, Unit
from pathways.models import Role
from pathways.registry import Option, requirement

UNITS = tuple((unit.value, unit.label) for unit in Unit if not unit.is_working)


@requirement(
    "form completed",
    options=[
        Option("form", "Form", "form"),
        Option(
            "max_age_days", "Not older than (days)", "number", required=False, help_text="Empty: it may have any age."
        ),
    ],
)
def form_completed(case, now, *, form, max_age_days=None):
    name = case.version_map.forms[form].name
    record = case.form_records.standing().filter(form_code=form, completed_at__lte=now).first()
    if record is None:
        return f"Complete the {name} first."
    age = (now - record.completed_at).days
    if max_age_days is not None and age > max_age_days:
        return f"The {name} is {age} days old. Complete a new one (at most {max_age_days} days)."
    return None


@requirement(
    "answer is",
    options=[
        Option("form", "Form", "form"),
        Option("question", "Question", "question", help_text="The code of a question of the form."),
        Option("answer", "Answer", help_text="For example “yes”."),
    ],
    hides=True,
)
def answer_is(case, now, *, form, question, answer):
    """A choice of ways: the move is offered only to those who gave this answer."""
    definition = case.version_map.forms[form]
    asked = next(q for q in definition.questions.all() if q.code == question)
    record = case.form_records.standing().filter(form_code=form, completed_at__lte=now).first()
    given = next((row["answer"] for row in record.answers if row["code"] == question), None) if record else None
    if answer in (given if isinstance(given, list) else [given]):
        return None
    return f"This way is for cases in which the answer to “{asked.text}” ({definition.name}) is “{answer}”."


@requirement(
    "task done",
    options=[
        Option("task", "Task", "task", help_text="The code of a task that a stage of this version creates."),
        Option(
            "by_role",
            "Done by a",
            "choice",
            required=False,
            choices=tuple(Role.choices),
            help_text="Empty: by anybody. A manager is the second pair of eyes.",
        ),
    ],
)
def task_done(case, now, *, task, by_role=None):
    title = case.version_map.task_templates[task].title
    done = case.tasks.filter(code=task, done_at__lte=now)
    if not done.exists():
        return f"Do the task “{title}” first."
    if by_role and not done.filter(done_as=by_role).exists():
        return f"The task “{title}” must be done by a {Role(by_role).label} too: the second pair of eyes."
    return None


@requirement(
    "document attached",
    options=[
        Option("name", "Its name contains", required=False, help_text="For example “referral letter”. Empty: any.")
    ],
)
def document_attached(case, now, *, name=""):
    found = case.documents.standing().filter(added_at__lte=now)
    if not (found.filter(name__icontains=name) if name else found).exists():
        return f"Attach a document named “{name}” first." if name else "Attach a document first."
    return None


@requirement("result read", options=[])
def result_read(case, now):
    """Every result that was asked for, and not cancelled, has arrived and was read, and there is at least one."""
    results = list(case.results.standing().filter(requested_at__lte=now).select_related("reader"))
    if not results:
        return "Record the result that is awaited, and who reads it."
    for result in results:
        if result.arrived_at is None or result.arrived_at > now:
            return f"“{result}” has not arrived yet."
        if result.read_at is None or result.read_at > now:
            return f"“{result}” has not been read yet. {result.reader} reads it."
    return None


@requirement("handoff accepted", options=[])
def handoff_accepted(case, now):
    """Some other team has accepted this case before, so that responsibility for it was handed over in words."""
    if not case.handoffs.filter(status="accepted", answered_at__lte=now).exists():
        return "Another team must accept a handoff of this case first."
    return None


@requirement("note written", options=[])
def note_written(case, now):
    """A note since the case came into this stage: an old one says nothing about this stay."""
    # In one filter: a second one would join the stays again, and find a note of any of them.
    written = case.notes.standing().filter(
        written_at__lte=now, case__entries__left_at=None, written_at__gte=F("case__entries__entered_at")
    )
    if not written.exists():
        return f"Write a note about {case.stage_name} first."
    return None


@requirement(
    "waited at least",
    options=[Option("amount", "Number", "number"), Option("unit", "Counted in", "choice", choices=UNITS)],
)
def waited_at_least(case, now, *, amount, unit):
    span = Span(amount, Unit(unit))
    ready_at = span.after(case.open_entry.entered_at)
    if now < ready_at:
        return f"This case must stay in {case.stage_name} for at least {span}: until {showing.moment(ready_at)}."
    return None


@requirement("no open child case", options=[])
def no_open_child_case(case, now):
    open_children = list(case.children.open())
    children = [str(child) for child in open_children if not child.restricted]
    if open_children and not children:
        return "Something that belongs to this case is not finished yet. Ask your manager."
    if children:
        belongs = "it belongs" if len(children) == 1 else "they belong"
        return f"Close {' and '.join(children)} first: {belongs} to this case."
    return None
