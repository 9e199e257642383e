"""The addresses of the pages about people: one's own settings, and the teams."""

from django.urls import path

from cases.web import me, team

urlpatterns = [
    path("me/", me.Me.as_view(), name="me"),
    path("me/absences/add/", me.AddAbsence.as_view(), name="add_absence"),
    path("absences/<int:pk>/end/", me.EndAbsence.as_view(), name="end_absence"),
    path("teams/<slug:code>/", team.TeamPage.as_view(), name="team"),
    path("teams/<slug:code>/absences/add/", team.AddTeamAbsence.as_view(), name="add_team_absence"),
    path("teams/<slug:code>/duties/add/", team.AddDuty.as_view(), name="add_duty"),
    path("teams/<slug:code>/duties/<int:pk>/end/", team.EndDuty.as_view(), name="end_duty"),
]
