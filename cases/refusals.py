"""How an operation says no: with whole sentences that a page, the API and the command line show alike."""

from django_fsm import TransitionNotAllowed


class Refused(Exception):
    """An act that cannot be done now; ``reasons`` are the sentences that say why and what to do."""

    def __init__(self, reasons):
        self.reasons = [reasons] if isinstance(reasons, str) else list(reasons)
        super().__init__(" ".join(self.reasons))


class TransitionRefused(Refused, TransitionNotAllowed):
    """A move whose requirements are not met."""

    def __init__(self, reasons, object=None, method=None):  # noqa: A002 - the library's name
        Refused.__init__(self, reasons)
        self.object, self.method = object, method


class StaleView(Refused):
    """Somebody was quicker: the page was made before the case went on to ``entry``."""

    def __init__(self, entry):
        self.entry = entry
        if entry is None:
            super().__init__(
                "This case has been closed since you opened this page. Look at it again before you go on."
            )
        else:
            super().__init__(
                f"{entry.entered_by} moved this case to {entry.stage} since you opened this page. "
                "Look at it again before you go on."
            )
