"""Acts on a case: hold, resume, close, reopen, give to somebody, write a note, answer an escalation."""

from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property

from cases import lifecycle, recording, showing
from cases.watch import differing, escalations, lines
from cases.web import forms
from cases.web.pages import ActView


class HoldCase(ActView):
    act, form_class = "hold", forms.HoldForm
    title, button = "Put this case on hold", "Put on hold"
    lead = "The clock of this stage stops: the case is not late while it is on hold. National waiting times run on."

    def perform(self, reason, until):
        lifecycle.hold_case(self.case, reason=reason, until=until, by=self.request.user, seen_entry=self.seen_entry)
        return f"On hold until {showing.moment(until)} at most."


class ResumeCase(ActView):
    act, form_class = "resume", forms.ResumeForm
    title, button = "Resume this case", "Resume the case"
    lead = "The clock of this stage runs again. The due time moves later by the time the case was on hold."

    def perform(self, note):
        case = lifecycle.resume_case(self.case, note=note, by=self.request.user, seen_entry=self.seen_entry)
        return f"Resumed. {_due_sentence(case)}"


class CloseCase(ActView):
    act, form_class = "close", forms.CloseForm
    title, button = "Close this case here", "Close the case"
    lead = (
        "Close a case here only if its journey ends early. Otherwise move it to the last stage of its pathway. "
        "Nobody will be told about it any more."
    )

    def perform(self, reason):
        lifecycle.close_case(self.case, reason=reason, by=self.request.user, seen_entry=self.seen_entry)
        return "The case is closed."


class ReopenCase(ActView):
    act, form_class = "reopen", forms.ReopenForm
    title, button = "Reopen this case", "Reopen the case"
    lead = "The case goes on in the last stage it was in, with a new limit."

    def perform(self, reason):
        case = lifecycle.reopen_case(self.case, reason=reason, by=self.request.user)
        return f"Reopened in {case.stage_name}. {_due_sentence(case)}"


class AssignCase(ActView):
    act, form_class = "assign", forms.AssignForm
    title, button = "Who has this case?", "Save"

    def get_form_kwargs(self):
        return super().get_form_kwargs() | {"team": self.case.team}

    def get_initial(self):
        return {"owner": str(self.case.owner_id or "nobody")}

    def perform(self, owner, note):
        case = lifecycle.assign_case(self.case, owner, note=note, by=self.request.user, seen_entry=self.seen_entry)
        return (
            f"{case.owner} has this case now." if case.owner else f"{case.team} has this case, nobody in particular."
        )


class WriteNote(ActView):
    act, form_class = "note", forms.NoteForm
    title, button = "Write a note", "Save the note"

    def perform(self, text):
        recording.write_note(self.case, text, by=self.request.user)
        return "Your note is saved."


class AnswerEscalation(ActView):
    """Acknowledge an escalation by saying what will be done and by when: a promise."""

    template_name = "cases/acknowledge.html"
    act, form_class = "acknowledge", forms.AnswerForm
    title, button = "Answer this escalation", "Save the answer"
    looked_at = (*ActView.looked_at, "escalation", "line")

    @cached_property
    def escalation(self):
        found = self.case.escalations.select_related("case__team", "acknowledged_by")
        return get_object_or_404(found, pk=self.kwargs["pk"])

    @cached_property
    def line(self):
        """What it is about, and when that is due now: since it was escalated the case may have been held."""
        return lines.Line.of([self.escalation], self.now)[0]

    def refusal(self, user):
        return escalations.answer_refusal(user, self.escalation)

    def obstacle(self):
        if self.escalation.resolved_at is None:
            return None
        why = "the case has gone on" if self.line.is_stay else "what it is about is over"
        return f"This escalation is over since {showing.moment(self.escalation.resolved_at)}: {why}."

    def get_context_data(self, **context):
        due_at = lines.due_at(self.line.about)
        return super().get_context_data(escalation=self.escalation, line=self.line, due_at=due_at, **context)

    def perform(self, answer, by_when):
        escalations.acknowledge(self.escalation, by=self.request.user, answer=answer, by_when=by_when)
        return f"Your answer is saved, and you have a task for it, due {showing.moment(by_when)}."


class SetRight(ActView):
    """Compute the timers of the case again: the nightly check found them to be wrong."""

    act = "watch"
    title, button = "Set right how this case is watched", "Set it right"
    lead = "Midwatch works out again when it must look at this case, from what is recorded. Nothing else changes."

    def perform(self):
        differed = differing.set_right(self.case, by=self.request.user)
        return "It is watched rightly again." if differed else "It was watched rightly already: nothing was changed."


def _due_sentence(case) -> str:
    return f"It is due on {showing.moment(case.due_at)}." if case.due_at else "This stage has no limit."
