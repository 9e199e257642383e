"""How the interface says no: one answer for each kind of refusal, always ``{"reasons": [whole sentences]}``."""

from django.core.exceptions import RequestDataTooBig
from rest_framework import exceptions, status
from rest_framework.views import exception_handler

from cases.refusals import Refused

# Where the library's own words say what is wrong but not what to do.
SENTENCES = {
    exceptions.NotAuthenticated: "Sign in, or send a token in the header “Authorization: Token KEY”.",
    exceptions.AuthenticationFailed: "This token is not valid. Ask an administrator of Midwatch for a new one.",
    exceptions.UnsupportedMediaType: "Send the body as JSON, with the header “Content-Type: application/json”.",
    exceptions.NotAcceptable: "The answer is JSON. Accept it with the header “Accept: application/json”.",
}


class Conflict(exceptions.APIException):
    """The case is not in a state in which this can be done."""

    status_code = status.HTTP_409_CONFLICT


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The body is too large. Send less."


def answer(exception, context):
    """Return the answer to an ``exception`` that a view raised; None for one that is a fault of ours."""
    if isinstance(exception, Refused):
        exception = Conflict(exception.reasons)
    elif isinstance(exception, RequestDataTooBig):
        exception = TooLarge()
    elif sentence := SENTENCES.get(type(exception)):
        exception.detail = sentence
    response = exception_handler(exception, context)
    if response is not None:
        response.data = {"reasons": list(sentences(response.data))}
    return response


def sentences(detail):
    """Yield each sentence of a detail as the library nests them: in lists, and in dictionaries by field."""
    if isinstance(detail, str):
        yield str(detail)
    else:
        for part in detail.values() if isinstance(detail, dict) else detail:
            yield from sentences(part)
