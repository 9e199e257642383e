"""Download a list as a file."""

from django.http import QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views.generic.base import View

from cases import list_export
from cases.refusals import Refused
from cases.web.worklist import ListView


class DownloadList(ListView, View):
    """The list whose choices were sent, as CSV. By POST: it is written down who took which list."""

    def get(self, request):
        return redirect("cases")

    @cached_property
    def given(self):
        given = QueryDict(self.request.POST.get("list", "")[:2000], mutable=True)
        given.pop("search", None)  # the words of a search are recorded nowhere
        return given

    def post(self, request):
        query = self.choice.query
        try:
            lines = list_export.take_out(self.listing, query, by=request.user)
        except Refused as refused:
            context = {"title": "Download this list", "refusals": refused.reasons}
            back = f"{reverse('cases')}?{query}"
            return render(request, "cases/list_refused.html", context | {"back": back}, status=409)
        name = f"cases-{timezone.localtime(self.now):%Y-%m-%d-%H%M}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)
