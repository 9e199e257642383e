"""The addresses of the screens that look at the watch itself."""

from django.urls import path

from cases.web import supervision

urlpatterns = [
    path("supervision/", supervision.Supervision.as_view(), name="supervision"),
    path("supervision/set-aside/", supervision.SetAside.as_view(), name="set_aside"),
    path("supervision/set-aside/<int:pk>/", supervision.TryTimerAgain.as_view(), name="try_timer_again"),
    path("supervision/set-aside/e-mails/<int:pk>/", supervision.TryNoticeAgain.as_view(), name="try_notice_again"),
]
