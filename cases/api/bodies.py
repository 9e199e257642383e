"""What a request may send. Each value has exactly its JSON type, and each mistake has its sentence."""

import json

from django.core.validators import slug_re
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

LARGEST_KEY = 2**63 - 1  # of a row in the database
LONGEST_NOTE = 5000  # characters, as on the page
LONGEST_ANSWER = 200


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


class Named(serializers.Field):
    """Values by name: {"lab": "Another hospital"}. A name is a code of the map, a value is what ``child`` takes."""

    default_error_messages = {
        "null": "“{what}” must be names with values. Leave it out if there is nothing to say.",
        "invalid": "“{what}” must be names with values. Leave it out if there is nothing to say.",
    }

    def __init__(self, *, child, **options):
        self.child = child
        super().__init__(**options)
        self.child.bind("", self)

    def to_internal_value(self, data):
        if not isinstance(data, dict) or not all(slug_re.match(name) for name in data):
            self.fail("invalid")
        self.child.field_name = self.field_name  # what a mistake in a value is called by
        return {name: self.child.run_validation(value) for name, value in data.items()}

    def fail(self, key, **words):
        super().fail(key, what=self.field_name, **words)


class Answer(Text):
    """The answer to a question of a form: text, or a list of texts where several can be chosen."""

    def to_internal_value(self, data):
        if isinstance(data, list):
            return [super(Answer, self).to_internal_value(item) for item in data]
        return super().to_internal_value(data)


class OverrideBody(serializers.Serializer):
    """A requirement that is not met, and why the case is moved all the same."""

    requirement = Key()
    reason = Text(longest=LONGEST_NOTE)


class MoveBody(serializers.Serializer):
    """Which move of the case in the context to make, why, and which stay the caller was looking at; the facts about
    the next stay, the forms that are missing, and what is overridden.
    """

    transition = Key()
    note = Text(longest=LONGEST_NOTE, required=False)
    seen_entry = Key(required=False, allow_null=True)
    facts = Named(child=Text(longest=LONGEST_ANSWER), required=False)
    forms = Named(child=Named(child=Answer(longest=LONGEST_NOTE)), required=False)
    overrides = OverrideBody(many=True, required=False)

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
