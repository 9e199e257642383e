"""Documents of a case: their list, attach one, download one. None is ever shown inside of a page of ours."""

from dataclasses import dataclass
from pathlib import PurePath

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.generic.base import View

from cases import access, recording
from cases.models import Document
from cases.web import forms
from cases.web.pages import ActView, CaseView
from pathways.models import Role


@dataclass(frozen=True)
class Shown:
    """A document as the case page lists it."""

    document: Document
    may_download: bool
    may_strike: bool


def of_case(case, found, user) -> list[Shown]:
    """Return the documents ``found`` of ``case``."""
    return [
        Shown(
            document,
            may_download(user, case, document),
            document.struck_at is None and not access.strike_refusal(user, case.team, document.recorder_id),
        )
        for document in found
    ]


def may_download(user, case, document) -> bool:
    """May ``user``, who sees the case, download the document? One that was struck out may be about somebody else:
    only those who look after that still read it.
    """
    is_manager = access.role_in(user, case.team_id) == Role.MANAGER
    return document.struck_at is None or is_manager or access.is_inspector(user)


class AttachDocument(ActView):
    act, form_class = "document", forms.DocumentForm
    title, button = "Attach a document", "Attach the document"
    lead = "Everybody who sees the case can download it. It cannot be changed afterwards."

    def perform(self, file, name):
        content = file.read(recording.MOST_BYTES + 1)  # enough to see that it is too large
        called = f"{name}{PurePath(file.name).suffix}" if name else file.name
        document = recording.attach_document(self.case, called, content, by=self.request.user)
        return f"“{document}” is attached."


@method_decorator(never_cache, name="dispatch")  # a patient's letter stays in no cache on the way
class DownloadDocument(CaseView, View):
    """Send a document as a file to be saved: a browser must never run or draw what somebody uploaded."""

    def get(self, request, *args, **kwargs):
        documents = self.case.documents.select_related("content", "struck_by")
        document = get_object_or_404(documents, pk=self.kwargs["pk"])
        if not may_download(request.user, self.case, document):
            raise PermissionDenied(
                f"{document.struck_by} has struck out this document: “{document.struck_why}”. Managers of "
                f"{self.case.team} can still read it."
            )
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
