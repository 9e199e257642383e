"""How Django reaches the demo's mail server, whose port is only known once it runs."""

from django.core.mail.backends.smtp import EmailBackend

from portal.embedded import places


class Backend(EmailBackend):
    """Django's own SMTP, to the port that the keeper wrote down."""

    def open(self) -> bool | None:
        """Connect, unless that is done; raise ConnectionRefusedError when there is no mail server."""
        port = places.addresses().get("mail_port")
        if not port:  # Django and smtplib would both take a missing port for the machine's own mail server
            raise ConnectionRefusedError("The demo's mail server is not running.")
        self.host, self.port = "127.0.0.1", port
        return super().open()
