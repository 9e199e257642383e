"""The addresses of the pages on which logs are brought in, tidied and taken out."""

from django.urls import path

from cases.web import event_log

urlpatterns = [
    path("pathways/<slug:code>/event-log/", event_log.EventLog.as_view(), name="event_log"),
]
