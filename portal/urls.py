"""Every address of the portal."""

from importlib.util import find_spec

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from portal import health, mail_sent
from portal.sign_in import SignInForm

sign_in = LoginView.as_view(
    template_name="portal/sign_in.html", authentication_form=SignInForm, redirect_authenticated_user=True
)

urlpatterns = [
    path("sign-in/", sign_in, name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("mail-sent/", mail_sent.mail_sent, name="mail-sent"),
    path("mail-sent/<str:name>/", mail_sent.mail, name="mail"),
    path("mail-sent/<str:name>/html/", mail_sent.mail_html, name="mail-html"),
    path("admin/", admin.site.urls),
]
for prefix, module in (("api/v1/", "cases.api.urls"), ("", "cases.web.urls")):
    if find_spec(module.rpartition(".")[0]) and find_spec(module):
        urlpatterns.append(path(prefix, include(module)))
