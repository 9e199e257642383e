"""My day: what one person has to do first; and the button that takes a case which nobody has."""

from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.generic.base import TemplateView

from cases import access, ownership
from cases.my_day import my_day
from cases.reasons import Reason
from cases.web.pages import ActView, SignedInView, led_to_cases


def home(request):
    """Lead to the first page of whoever is signed in: their teams for managers, My day for others in a team, the
    cases for everybody else.
    """
    if not request.user.is_authenticated:
        return redirect("sign-in")
    if access.manages_something(request.user):
        return redirect("my_teams")
    return redirect("my_day" if access.teams_of(request.user) else "cases")


class MyDayPage(SignedInView, TemplateView):
    template_name = "cases/my_day.html"

    def get(self, request, *args, **kwargs):
        if not access.teams_of(request.user):
            return led_to_cases(request, "My day")
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **context):
        day = my_day(self.request.user, self.now)
        return super().get_context_data(
            day=day,
            chips=[group for group in day.groups if group.reason != Reason.ON_TRACK],
            calm=calm(day),
            now=self.now,
            **context,
        )


def calm(day) -> str:
    """Say kindly what is not there: that nothing is late, or that there is nothing at all."""
    if not day.groups:
        return (
            "Nothing waits for you. When a case is opened or moved to your team, offered to it, or given to you, "
            "it is listed here."
        )
    if day.count(Reason.BREACHED):
        return ""
    on_track = day.count(Reason.ON_TRACK)
    return "Nothing is late." + (f" {_cases(on_track)} on track." if on_track else "")


def _cases(number):
    return "1 case is" if number == 1 else f"{number} cases are"


class TakeCase(ActView):
    """Take a case that nobody has, and come back to the list from which one took it."""

    act = "assign"
    title, button = "Take this case", "Take the case"
    lead = "You become the person who has it. Your colleagues see your name on their lists."

    def obstacle(self):
        if not self.case.is_open:
            return "This case is closed."
        owner = self.case.owner
        return f"{owner} has this case already." if owner and owner != self.request.user else None

    def perform(self):
        case = ownership.take_case(self.case, by=self.request.user)
        return f"{case} is yours now."

    def get_success_url(self):
        back = self.request.POST.get("next", "")
        is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
        return back if is_ours and back.startswith("/") else super().get_success_url()
