"""When somebody last swept, as this process knows it: asked of the database now and then, not by every page."""

import logging
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime

from django.db import DatabaseError
from django.utils import timezone

from cases.watch import watchman

SECONDS = 20  # so long a look is good for

log = logging.getLogger(__name__)


@dataclass
class LastLook:
    """What was seen last, and until when (``time.monotonic``) it is good. Before the first look: nothing bad."""

    swept_at: datetime | None = None
    until: float = float("-inf")
    knows: bool = False
    asking: threading.Lock = field(default_factory=threading.Lock)

    def is_stale(self) -> bool:
        return time.monotonic() >= self.until

    def look(self) -> None:
        """Ask the database. While it does not answer, what was seen last stays."""
        self.until = time.monotonic() + SECONDS
        try:
            self.swept_at, self.knows = watchman.last_sweep(), True
        except DatabaseError as error:
            log.warning("When the last sweep was cannot be read: %s", type(error).__name__)

    def is_late(self, now: datetime | None = None) -> bool:
        """Tell whether the watch sleeps: at most one statement, and none while the last look is fresh."""
        # Of several requests at once one asks, and the others go by what was seen before.
        if self.is_stale() and self.asking.acquire(blocking=False):
            try:
                self.look()
            finally:
                self.asking.release()
        return self.knows and watchman.is_late(self.swept_at, now or timezone.now())


LOOK = LastLook()
