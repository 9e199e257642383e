"""The addresses under /api/v1/. A reference is a slug: what the database cannot take (NUL) never gets that far."""

from django.urls import path

from cases.api import lists, views

urlpatterns = [
    path("cases/", lists.CasesView.as_view(), name="api-cases"),
    path("cases/<slug:reference>/", views.CaseView.as_view(), name="api-case"),
    path("cases/<slug:reference>/moves/", views.MovesView.as_view(), name="api-moves"),
]
