"""What a request may send. Each value has exactly its JSON type, and each mistake has its sentence."""

import json

from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

LARGEST_KEY = 2**63 - 1  # of a row in the database
LONGEST_NOTE = 5000  # characters, as on the page


class JSONObject(BaseParser):
    """Read the body as one JSON object, in UTF-8 whatever the header says (RFC 8259, section 8.1)."""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        body = parser_context["request"].body  # not the stream: this refuses what is too large to be held
        try:
            sent = json.loads(body.decode())
        except (ValueError, RecursionError):  # RecursionError: thousands of opening brackets
            raise ParseError("The body cannot be read as JSON. Check it and send it again.") from None
        if not isinstance(sent, dict):
            raise ParseError('Send one JSON object, such as {"transition": 12}.')
        return sent


class Key(serializers.Field):
    """The key of a row: a whole number, neither its text nor a fraction."""

    default_error_messages = {
        "required": "“{what}” is missing. Send the number that the case shows.",
        "null": "“{what}” is missing. Send the number that the case shows.",
        "invalid": "“{what}” must be a whole number, as the case shows it.",
    }

    def to_internal_value(self, data):
        if type(data) is not int or not 1 <= data <= LARGEST_KEY:  # to Python, True is an int
            self.fail("invalid")
        return data

    def fail(self, key, **words):
        super().fail(key, what=self.field_name, **words)


class Text(serializers.Field):
    """Text that the database can keep: without NUL, and without halves of characters (surrogates)."""

    default_error_messages = {
        "null": "“{what}” must be text. Leave it out if there is nothing to say.",
        "invalid": "“{what}” must be text. Leave it out if there is nothing to say.",
        "unreadable": "“{what}” holds characters that cannot be kept. Take them out and send it again.",
        "too_long": "“{what}” is too long. Send at most {longest} characters.",
    }

    def __init__(self, *, longest, **options):
        self.longest = longest
        super().__init__(**options)

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        if len(data) > self.longest:
            self.fail("too_long", longest=self.longest)
        if "\0" in data or data.encode(errors="replace").decode() != data:
            self.fail("unreadable")
        return data.strip()

    def fail(self, key, **words):
        super().fail(key, what=self.field_name, **words)


class MoveBody(serializers.Serializer):
    """Which move of the case in the context to make, why, and which stay the caller was looking at."""

    transition = Key()
    note = Text(longest=LONGEST_NOTE, required=False)
    seen_entry = Key(required=False, allow_null=True)

    def validate_transition(self, key):
        try:
            return self.context["case"].version_map.transitions[key]
        except KeyError:
            raise serializers.ValidationError(
                "This case's pathway has no such move. Choose one of the moves that the case shows."
            ) from None

    def validate(self, values):
        # A misspelt "seen_entry" that was passed over in silence would be no protection.
        if unknown := set(self.initial_data) - set(self.fields):
            raise serializers.ValidationError(
                f"{len(unknown)} of the names sent mean nothing here. Send only {', '.join(self.fields)}."
            )
        return values
