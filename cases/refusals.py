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
    """The case is not any more as the page showed it; ``changes`` are sentences that say who did what meanwhile."""

    def __init__(self, changes=()):
        self.changes = list(changes) or ["This case has changed since you opened this page."]
        super().__init__([*self.changes, "Look at the case again before you go on."])
