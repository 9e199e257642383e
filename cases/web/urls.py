"""The addresses of the screens."""

from django.urls import path
from django.views.generic import RedirectView

from cases.web import acts, case_page, durations, moves, opening, paperwork, worklist

CASE = "cases/<slug:reference>/"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="cases"), name="home"),
    path("cases/", worklist.cases, name="cases"),
    path("cases/open/", opening.OpenCase.as_view(), name="open_case"),
    path(CASE, case_page.CasePage.as_view(), name="case"),
    path(CASE + "move/<int:transition>/", moves.MoveCase.as_view(), name="move"),
    path(CASE + "hold/", acts.HoldCase.as_view(), name="hold"),
    path(CASE + "resume/", acts.ResumeCase.as_view(), name="resume"),
    path(CASE + "close/", acts.CloseCase.as_view(), name="close"),
    path(CASE + "reopen/", acts.ReopenCase.as_view(), name="reopen"),
    path(CASE + "assign/", acts.AssignCase.as_view(), name="assign"),
    path(CASE + "notes/", acts.WriteNote.as_view(), name="note"),
    path(CASE + "forms/<slug:code>/", paperwork.FillInForm.as_view(), name="form"),
    path(CASE + "form-records/<int:pk>/", paperwork.FormRecordPage.as_view(), name="form_record"),
    path(CASE + "escalations/<int:pk>/", acts.AnswerEscalation.as_view(), name="acknowledge"),
    path("durations/", durations.Pathways.as_view(), name="durations"),
    path("durations/<slug:code>/", durations.StageDurations.as_view(), name="durations_of"),
]
