"""Documents of a case: attach one, download one. None is ever shown inside of a page of ours."""

from pathlib import PurePath

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.generic.base import View

from cases import recording
from cases.web import forms
from cases.web.pages import ActView, CaseView


class AttachDocument(ActView):
    act, form_class = "document", forms.DocumentForm
    title, button = "Attach a document", "Attach the document"
    lead = "Everybody who sees the case can download it. It cannot be changed or taken away afterwards."

    def perform(self, file, name):
        content = file.read(recording.MOST_BYTES + 1)  # enough to see that it is too large
        called = f"{name}{PurePath(file.name).suffix}" if name else file.name
        document = recording.attach_document(self.case, called, content, by=self.request.user)
        return f"“{document}” is attached."


@method_decorator(never_cache, name="dispatch")  # a patient's letter stays in no cache on the way
class DownloadDocument(CaseView, View):
    """Send a document as a file to be saved: a browser must never run or draw what somebody uploaded."""

    def get(self, request, *args, **kwargs):
        document = get_object_or_404(self.case.documents.select_related("content"), pk=self.kwargs["pk"])
        return HttpResponse(
            document.content.content,
            content_type=document.content_type,
            headers={
                "Content-Disposition": content_disposition_header(True, file_name(document.name)),
                "X-Content-Type-Options": "nosniff",
            },
        )


def file_name(name: str) -> str:
    """Return ``name`` as it is safe in a header and on a disk: one line, no path."""
    kept = "".join(character for character in name if character.isprintable() and character not in '/\\:*?"<>|')
    return kept.strip(" .") or "document"
