"""The admin's page on which somebody who leaves hands over, and the form that asks for it."""

from django import forms
from django.contrib import messages
from django.contrib.auth.forms import UserChangeForm
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from cases import leaving
from cases.refusals import Refused
from portal.models import User


class StaffForm(UserChangeForm):
    def clean_is_active(self):
        """Refuse to close an account on which something depends."""
        is_active = self.cleaned_data["is_active"]
        closes = not is_active and "is_active" in self.changed_data
        if closes and (sentence := leaving.closing_refusal(self.instance)):
            raise forms.ValidationError(f"{sentence} Use “Hand over and leave” at the top of this page.")
        return is_active


class SuccessorForm(forms.Form):
    """Who takes over: first the colleagues, then everybody else."""

    successor = forms.TypedChoiceField(label="Who takes over?", required=False, empty_value=None)

    def __init__(self, *args, person, **kwargs):
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).exclude(pk=person.pk)
        people = list(people.order_by("first_name", "last_name", "username"))
        near = set(people_of(person))
        groups = {
            "Colleagues": [one for one in people if one.pk in near],
            "Others": [one for one in people if one.pk not in near],
        }
        by_key = {str(one.pk): one for one in people}
        field = self.fields["successor"]
        field.coerce = by_key.get
        field.choices = [
            ("", "---------"),
            *((name, [(str(one.pk), str(one)) for one in found]) for name, found in groups.items() if found),
        ]


def people_of(person):
    teams = person.memberships.values("team")
    return User.objects.filter(memberships__team__in=teams).values_list("pk", flat=True)


def leave(admin, request, object_id):
    """Show what depends on a person and ask who takes over; hand over, and close the account when all of it went."""
    person = admin.get_object(request, object_id)
    if person is None:
        raise Http404
    if not admin.has_change_permission(request, person):
        raise PermissionDenied
    form = SuccessorForm(request.POST or None, person=person)
    outcomes, refusals = [], []
    if request.method == "POST" and form.is_valid():
        successor = form.cleaned_data["successor"]
        try:
            outcomes = leaving.leave(person, successor, by=request.user)
        except Refused as refused:
            refusals = refused.reasons
        else:
            given = [one for one in outcomes if one.done]
            if given:
                admin.log_change(request, person, f"Handed over to {successor}: {len(given)}.")
            if len(given) == len(outcomes):
                admin.log_change(request, person, "Account closed.")
                messages.success(request, f"{person} has left. {_said(given, successor)}")
                return redirect(reverse("admin:portal_user_change", args=[person.pk]))
    context = {
        **admin.admin_site.each_context(request),
        "title": f"{person} leaves",
        "person": person,
        "ties": leaving.ties(person),
        "form": form,
        "outcomes": outcomes,
        "refusals": refusals,
        "opts": admin.opts,
    }
    return TemplateResponse(request, "admin/portal/user/leave.html", context)


def _said(given, successor):
    if not given:
        return "Nothing depended on them."
    taken = "; ".join(one.what for one in given if one.theirs)
    others = [f"{one.what}: {one.sentence}" for one in given if not one.theirs]
    return " ".join([f"{successor} took over: {taken}."] * bool(taken) + others)
