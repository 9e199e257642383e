"""What the pages about one case share: who may open them, and what happens when an operation says no."""

from django.contrib import messages
from django.contrib.auth.mixins import AccessMixin
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import cached_property
from django.views.generic import FormView

from cases import access, meanwhile
from cases.meanwhile import LastRecorded, Seen
from cases.models import Case
from cases.refusals import Refused, StaleView
from cases.web.form_look import PageForm


class SignedInView(AccessMixin):
    """A page for those who have signed in; ``admit`` may turn some of them away. The time is taken once per page."""

    def dispatch(self, request, *args, **kwargs):
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        self.admit(request.user)
        return super().dispatch(request, *args, **kwargs)

    def admit(self, user):
        """Raise Http404 or PermissionDenied, with the sentence to show, for who may not see this page."""

    @cached_property
    def now(self):
        return timezone.now()


def led_to_cases(request, page: str):
    """Lead who is in no team from ``page``, which holds what a team has to do, to the cases, and say why."""
    messages.info(request, f"“{page}” is for those who work in a team, and you are in none. Here are the cases.")
    return redirect("cases")


class CaseView(SignedInView):
    """A page about one case, which is looked for among the cases that its reader may see."""

    def cases(self):
        """The cases among which this one is looked for."""
        return Case.objects.visible_to(self.request.user)

    @cached_property
    def case(self):
        seen = self.cases().select_related("patient", "team", "owner")
        # With the case itself, so that what was recorded by then is what the page shows.
        seen = seen.annotate(recorded_until=LastRecorded(F("pk")))
        return get_object_or_404(seen, reference=self.kwargs["reference"])

    @cached_property
    def entry(self):
        """The stay that is shown; None when the case is closed."""
        return self.case.open_entry

    def admit(self, user):
        _ = self.case

    def get_context_data(self, **context):
        return super().get_context_data(case=self.case, now=self.now, **context)


class ActView(CaseView, FormView):
    """Ask what an act on a case needs, do it, and say what was done; a refusal is the same page with the reasons."""

    template_name = "cases/act.html"
    form_class = PageForm  # nothing to ask but whether it is meant
    act = ""  # as in access.ROLES
    title = button = lead = ""
    looked_at = ("case", "entry")  # what this request has read of the case

    not_theirs = ""  # why who sends this page may not act on the case (any more)

    def refusal(self, user) -> str | None:
        """Return the sentence why ``user``, who may read the case, may not do this; None if they may."""
        return access.refusal(user, self.act, self.case.team)

    def admit(self, user):
        sentence = self.refusal(user)
        if sentence and self.request.method == "POST":
            self.not_theirs = sentence
        elif sentence:
            raise PermissionDenied(sentence)

    def post(self, request, *args, **kwargs):
        if self.not_theirs:
            return self.forbid(self.get_form(), self.not_theirs)
        return super().post(request, *args, **kwargs)

    def obstacle(self) -> str | None:
        """Return the sentence that is shown instead of the form, to who may read this page but not act on it now."""

    def perform(self, **cleaned_data) -> str:
        """Call the operation and return what was done, in words."""
        raise NotImplementedError

    @property
    def seen_entry(self) -> Seen:
        """What the sent page showed. A stay that cannot be read is none that exists: the page is out of date."""
        sent = self.request.POST.get("seen_entry", "")
        entry = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 19 else 0
        return Seen(entry, _instant(self.request.POST.get("seen_until", "")), self.request.user)

    def form_valid(self, form):
        try:
            done = self.perform(**form.cleaned_data)
        except Refused as refused:
            self.look_again()
            is_stale = isinstance(refused, StaleView)
            context = self.get_context_data(form=form, refusals=refused.reasons, is_stale=is_stale)
            return self.render_to_response(context)
        except PermissionDenied as denied:
            return self.forbid(form, str(denied))
        messages.success(self.request, done)
        return redirect(self.get_success_url())

    def forbid(self, form, sentence):
        """Show the page again with why it may not be sent: the case may have gone to another team meanwhile, and what
        was typed is not lost for that.
        """
        self.look_again()
        refusals = [*meanwhile.since(self.case, self.seen_entry), sentence]
        return self.render_to_response(self.get_context_data(form=form, refusals=refusals), status=403)

    def look_again(self):
        """Forget the case as this request found it: somebody may have been quicker."""
        for seen in self.looked_at:
            self.__dict__.pop(seen, None)

    def get_success_url(self):
        return self.case.get_absolute_url()

    def get_context_data(self, **context):
        words = {"title": self.title, "button": self.button, "lead": self.lead, "entry": self.entry}
        return super().get_context_data(**words | {"obstacle": self.obstacle()} | context)


def _instant(text):
    """The instant that a page has sent back; None for what is none."""
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found and timezone.is_aware(found) else None
