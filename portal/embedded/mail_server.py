"""The demo's mail server: takes every e-mail by SMTP on a loopback port, keeps it, and delivers none."""

import asyncio
import logging
import socket
import threading

from aiosmtpd.smtp import SMTP, Envelope, Session

from portal.embedded import postbox
from portal.refusal import Refused

log = logging.getLogger(__name__)


class Keep:
    """What the server does with an e-mail."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep the e-mail; ask the sender to try again if there is no room for it."""
        try:
            postbox.keep(envelope.original_content, sender=envelope.mail_from, recipients=envelope.rcpt_tos)
        except (Refused, OSError) as error:
            log.error("An e-mail could not be kept: %s", error)
            return "452 Requested action not taken: insufficient system storage"
        return "250 OK"


def start() -> int:
    """Serve from a thread of this process, and return the port."""
    listening = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve, args=[listening], daemon=True).start()
    return listening.getsockname()[1]


def _serve(listening: socket.socket) -> None:
    loop = asyncio.new_event_loop()
    loop.run_until_complete(
        loop.create_server(
            lambda: SMTP(Keep(), hostname="localhost", ident="Midwatch demo", enable_SMTPUTF8=True, loop=loop),
            sock=listening,
        )
    )
    loop.run_forever()
