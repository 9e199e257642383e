"""A real mail server for tests, which can refuse, be down, and come back."""

import email
import logging
import socket
from contextlib import ExitStack, contextmanager
from email import policy

from aiosmtpd.controller import Controller

logging.getLogger("mail.log").setLevel(logging.WARNING)  # every line of every conversation otherwise


class MailServer:
    """Keeps what it takes in ``mails``, refuses the addresses in ``refuses``, and hangs up on those in ``hangs_up``.
    It is down but inside of ``running()``.
    """

    host = "127.0.0.1"

    def __init__(self):
        self.mails, self.refuses, self.hangs_up = [], set(), set()
        with socket.create_server((self.host, 0)) as free:
            self.port = free.getsockname()[1]

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - the library's name
        if address in self.refuses:
            return "550 No such person here"
        if address in self.hangs_up:
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.mails.append(email.message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    @contextmanager
    def running(self):
        """Be up; yields what stops it earlier."""
        controller = Controller(self, hostname=self.host, port=self.port)
        controller.start()
        stop = ExitStack()
        stop.callback(controller.stop)
        with stop:
            yield stop.close
