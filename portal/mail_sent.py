"""The demo's page "Mail sent": the e-mails that its mail server kept, shown as they were received."""

from collections.abc import Callable
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from email.utils import parsedate_to_datetime
from functools import wraps
from pathlib import Path

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin

from portal.embedded import postbox

PER_PAGE = 25
# A link in an e-mail opens the page it leads to, and nothing else in an e-mail does anything.
FRAME = "allow-top-navigation-by-user-activation"


def demo_only(view: Callable) -> Callable:
    """Show ``view`` to whoever is signed in, in the demo; elsewhere mail is delivered and there is nothing to see."""

    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not settings.EMBEDDED:
            raise Http404("Mail is kept in the demo only.")
        return login_required(view)(request, *args, **kwargs)

    return guarded


@demo_only
def mail_sent(request: HttpRequest) -> HttpResponse:
    """List the e-mails, newest first."""
    page = Paginator(postbox.kept(), PER_PAGE).get_page(request.GET.get("page"))
    mails = [
        {"name": path.stem, **heading(BytesHeaderParser(policy=policy.default).parsebytes(path.read_bytes()))}
        for path in page
    ]
    return render(request, "portal/mail_sent.html", {"page": page, "mails": mails})


@demo_only
def mail(request: HttpRequest, name: str) -> HttpResponse:
    """Show one e-mail: its headers, its text, and its HTML in a frame of its own."""
    message = read(name)
    return render(
        request,
        "portal/mail.html",
        {
            "name": name,
            "frame": FRAME,
            "headers": [(header, str(value)) for header, value in message.items()],
            "text": content(message, "plain"),
            "has_html": content(message, "html") is not None,
            **heading(message),
        },
    )


@demo_only
@xframe_options_sameorigin
@csp_replace(
    {
        "default-src": ["'none'"],
        "style-src": ["'unsafe-inline'"],  # how e-mail is styled; nothing else of the portal is in this frame
        "img-src": ["data:"],
        "frame-ancestors": ["'self'"],
        "sandbox": [FRAME],
    }
)
def mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """Serve the HTML of one e-mail, for the frame: no script, no form, nothing fetched from anywhere."""
    html = content(read(name), "html")
    if html is None:
        raise Http404("This e-mail has no HTML.")
    return HttpResponse(f'<base target="_top">{html}')


def read(name: str) -> EmailMessage:
    """Return the e-mail called ``name``."""
    path: Path | None = postbox.find(name)
    if path is None:
        raise Http404("There is no such e-mail.")
    return BytesParser(policy=policy.default).parsebytes(path.read_bytes())


def heading(message: EmailMessage) -> dict:
    """Return what a list of e-mails says about one: to, subject, when."""
    try:
        when = parsedate_to_datetime(message["Date"])
    except (TypeError, ValueError):
        when = None
    to, subject = message["To"] or message["Delivered-To"], message["Subject"] or "(no subject)"
    return {"to": to, "subject": subject, "when": when}


def content(message: EmailMessage, kind: str) -> str | None:
    """Return the text of the e-mail's plain or html part, or None when it has no such part."""
    part = message.get_body([kind])
    if part is None:
        return None
    try:
        return part.get_content()
    except LookupError:  # a character set that nobody knows
        return part.get_payload(decode=True).decode("utf-8", "replace")
