"""The addresses of the pages on which logs are brought in, tidied and taken out."""

from django.urls import path

from cases.web import event_log, importing, tidying

urlpatterns = [
    path("import/", importing.Imports.as_view(), name="imports"),
    path("import/add/", importing.AddImport.as_view(), name="add_import"),
    path("import/<int:pk>/", importing.ImportPage.as_view(), name="import"),
    path("import/<int:pk>/columns/", importing.MatchColumns.as_view(), name="match_columns"),
    path("import/<int:pk>/stages/", importing.ChooseFinals.as_view(), name="choose_finals"),
    path("import/<int:pk>/check/", importing.CheckImport.as_view(), name="check_import"),
    path("import/<int:pk>/bring-in/", importing.BringIn.as_view(), name="bring_in"),
    path("import/<int:pk>/throw-away/", importing.ThrowAway.as_view(), name="throw_away"),
    path("import/<int:pk>/rejected/", importing.DownloadRejected.as_view(), name="rejected_rows"),
    path("pathways/<slug:code>/tidy/", tidying.Tidy.as_view(), name="tidy"),
    path("pathways/<slug:code>/tidy/merge/", tidying.MergeStages.as_view(), name="merge_stages"),
    path("pathways/<slug:code>/event-log/", event_log.EventLog.as_view(), name="event_log"),
]
