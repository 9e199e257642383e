"""Signing in with a user name and a password."""

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView

from cases import demo
from cases.web.form_look import LooksLikeNHS


class SignInForm(LooksLikeNHS, AuthenticationForm):
    """Ask for a user name and a password; a wrong pair does not say which of the two is wrong."""

    error_messages = {
        "invalid_login": "The user name or the password is wrong. Check both and try again.",
        "inactive": "This account is switched off. Ask the person who looks after Midwatch to switch it on.",
    }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "User name"
        self.fields["username"].error_messages["required"] = "Enter your user name."
        self.fields["password"].error_messages["required"] = "Enter your password."
        for field in self.fields.values():
            field.widget.attrs |= {"class": "nhsuk-input--width-20", "spellcheck": "false", "autocapitalize": "none"}


class SignIn(LoginView):
    """Sign in; the demo also names its people, one for each role, and their password."""

    template_name = "portal/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **context):
        shows = settings.EMBEDDED and demo.people.are_here()
        return super().get_context_data(demo_sign_ins=demo.SIGN_INS if shows else [], **context)
