"""Every address of the portal."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path

from portal import health, mail_sent
from portal.sign_in import SignIn

urlpatterns = [
    path("sign-in/", SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
    path("mail-sent/", mail_sent.mail_sent, name="mail-sent"),
    path("mail-sent/<str:name>/", mail_sent.mail, name="mail"),
    path("mail-sent/<str:name>/html/", mail_sent.mail_html, name="mail-html"),
    path("admin/", admin.site.urls),
    path("api/v1/", include("cases.api.urls")),
    path("", include("pathways.web.urls")),
    path("", include("cases.web.watch_urls")),
    path("", include("cases.web.people_urls")),
    path("", include("cases.web.import_urls")),
    path("", include("cases.web.urls")),
]
