"""The addresses of the screens."""

from django.urls import path
from django.views.generic import RedirectView

from cases.web import (
    acts,
    case_page,
    detours,
    documents,
    durations,
    handoffs,
    moves,
    opening,
    paperwork,
    pathway_map,
    results,
    tasks,
    worklist,
)

CASE = "cases/<slug:reference>/"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="cases"), name="home"),
    path("cases/", worklist.cases, name="cases"),
    path("cases/open/", opening.OpenCase.as_view(), name="open_case"),
    path(CASE, case_page.CasePage.as_view(), name="case"),
    path(CASE + "move/<int:transition>/", moves.MoveCase.as_view(), name="move"),
    path(CASE + "offer/<int:transition>/", handoffs.OfferCase.as_view(), name="offer"),
    path(CASE + "handoffs/<int:pk>/accept/", handoffs.AcceptHandoff.as_view(), name="accept"),
    path(CASE + "handoffs/<int:pk>/decline/", handoffs.DeclineHandoff.as_view(), name="decline"),
    path(CASE + "handoffs/<int:pk>/withdraw/", handoffs.WithdrawHandoff.as_view(), name="withdraw"),
    path(CASE + "detours/<slug:code>/", detours.TakeDetour.as_view(), name="detour"),
    path(CASE + "hold/", acts.HoldCase.as_view(), name="hold"),
    path(CASE + "resume/", acts.ResumeCase.as_view(), name="resume"),
    path(CASE + "close/", acts.CloseCase.as_view(), name="close"),
    path(CASE + "reopen/", acts.ReopenCase.as_view(), name="reopen"),
    path(CASE + "assign/", acts.AssignCase.as_view(), name="assign"),
    path(CASE + "notes/", acts.WriteNote.as_view(), name="note"),
    path(CASE + "forms/<slug:code>/", paperwork.FillInForm.as_view(), name="form"),
    path(CASE + "form-records/<int:pk>/", paperwork.FormRecordPage.as_view(), name="form_record"),
    path(CASE + "escalations/<int:pk>/", acts.AnswerEscalation.as_view(), name="acknowledge"),
    path(CASE + "tasks/", tasks.AddTask.as_view(), name="add_task"),
    path(CASE + "tasks/<int:pk>/", tasks.TaskDone.as_view(), name="task"),
    path(CASE + "tasks/<int:pk>/cancel/", tasks.CancelTask.as_view(), name="cancel_task"),
    path(CASE + "tasks/<int:pk>/give/", tasks.GiveTask.as_view(), name="give_task"),
    path(CASE + "tasks/again/<slug:code>/", tasks.AskAgain.as_view(), name="ask_again"),
    path(CASE + "results/", results.RequestResult.as_view(), name="request_result"),
    path(CASE + "results/<int:pk>/arrived/", results.ResultArrived.as_view(), name="result_arrived"),
    path(CASE + "results/<int:pk>/read/", results.ReadResult.as_view(), name="read_result"),
    path(CASE + "results/<int:pk>/reader/", results.ChangeReader.as_view(), name="change_reader"),
    path(CASE + "documents/", documents.AttachDocument.as_view(), name="document"),
    path(CASE + "documents/<int:pk>/", documents.DownloadDocument.as_view(), name="download"),
    path("pathways/<slug:code>/map/", pathway_map.PathwayMap.as_view(), name="pathway_map"),
    path("durations/", durations.Pathways.as_view(), name="durations"),
    path("durations/<slug:code>/", durations.StageDurations.as_view(), name="durations_of"),
]
