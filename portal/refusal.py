"""One way to leave a start that cannot go on: a sentence for whoever started it, and no traceback."""


class Refused(SystemExit):
    """A start is refused, with the sentence that says what to do."""
