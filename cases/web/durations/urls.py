"""The addresses of where patients are stuck."""

from django.urls import path

from cases.web.durations import behind, board, explained, limits, out, stage

STAGE = "<slug:code>/stages/<slug:stage>/"

urlpatterns = [
    path("", board.Pathways.as_view(), name="durations"),
    path("<slug:code>/", board.Board.as_view(), name="durations_of"),
    path("<slug:code>/board.csv", out.BoardCsv.as_view(), name="durations_csv"),
    path("<slug:code>/cases/", behind.Behind.as_view(), name="durations_behind"),
    path(STAGE, stage.StagePage.as_view(), name="durations_stage"),
    path(STAGE + "explained/", explained.Explained.as_view(), name="durations_explained"),
    path(STAGE + "limits/", limits.DecideLimits.as_view(), name="decide_limits"),
    path(STAGE + "limits/<int:pk>/withdraw/", limits.WithdrawLimits.as_view(), name="withdraw_limits"),
    path(STAGE + "<slug:chart>.svg", out.ChartSvg.as_view(), name="durations_svg"),
    path(STAGE + "<slug:chart>.csv", out.ChartCsv.as_view(), name="durations_chart_csv"),
]
