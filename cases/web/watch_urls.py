"""The addresses of the screens that look at the watch itself."""

from django.urls import path

from cases.web import explaining, supervision, what_if

urlpatterns = [
    path("supervision/watch/", supervision.Supervision.as_view(), name="standing"),
    path("supervision/set-aside/", supervision.SetAside.as_view(), name="set_aside"),
    path("supervision/set-aside/<int:pk>/", supervision.TryTimerAgain.as_view(), name="try_timer_again"),
    path("supervision/set-aside/e-mails/<int:pk>/", supervision.TryNoticeAgain.as_view(), name="try_notice_again"),
    path("cases/<slug:reference>/explain/", explaining.Explain.as_view(), name="explain"),
    path("pathways/<slug:code>/what-if/", what_if.WhatIf.as_view(), name="what_if"),
]
