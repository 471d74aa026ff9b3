"""Sends a mail by SMTP: smtp://user:password@host:587 (STARTTLS where the server offers it) or smtps://…:465.

RFC 5321 has no way to ask whether a mail went out: after a lost answer it is sent again under the same Message-ID
(RFC 5322 §3.6.4), by which most mail programs show it once.
"""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from bot.integrations.errors import Permanent, TryLater, Uncertain

TIMEOUT_S = 20


@dataclass(frozen=True)
class Mail:
    """What is sent to whom; `key` makes the Message-ID, `follows` is the key of the mail that began the thread."""

    to: tuple[str, ...]
    subject: str
    body: str
    key: str
    html: str | None = None
    png: bytes | None = None  # shown in the HTML as cid:chart
    follows: str | None = None


@dataclass(frozen=True)
class Smtp:
    """A mail server."""

    url: str
    sender: str

    def send(self, mail: Mail) -> str:
        """Return the Message-ID; raise TryLater, Uncertain or Permanent."""
        message = EmailMessage()
        message["From"], message["To"] = self.sender, ", ".join(mail.to)
        message["Subject"] = " ".join(mail.subject.split())
        message["Message-ID"] = self._id(mail.key)
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday answers it
        if mail.follows and mail.follows != mail.key:
            message["In-Reply-To"] = message["References"] = self._id(mail.follows)
        message.set_content(mail.body)
        if mail.html is not None:
            message.add_alternative(mail.html, subtype="html")
            if mail.png is not None:
                html = message.get_payload()[1]  # type: ignore[index]
                html.add_related(mail.png, "image", "png", cid="<chart>", filename="chart.png", disposition="inline")  # type: ignore[union-attr]
        server = self._open()
        try:
            self._hand_over(server, message)
        finally:
            with suppress(OSError, smtplib.SMTPException):  # a failed QUIT says nothing about the mail
                server.quit()
        return str(message["Message-ID"])

    def look(self) -> None:
        """Reach the server, and log in; raise TryLater."""
        with suppress(OSError, smtplib.SMTPException):
            self._open().quit()

    def _id(self, key: str) -> str:
        return f"<{key.replace(':', '.')}@{self.sender.rpartition('@')[2]}>"

    def _hand_over(self, server: smtplib.SMTP, message: EmailMessage) -> None:
        try:
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = sorted({code for code, _ in error.recipients.values()})
            if min(codes) >= 500:
                raise Permanent(f"the mail server refuses every recipient ({codes})") from error
            raise TryLater(f"the mail server refuses for now ({codes})", after=60) from error
        except smtplib.SMTPResponseException as error:
            if error.smtp_code >= 500:
                raise Permanent(f"the mail server refuses it ({error.smtp_code})") from error
            raise TryLater(f"the mail server refuses for now ({error.smtp_code})", after=60) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Uncertain(f"the mail server's answer was lost ({type(error).__name__})") from error

    def _open(self) -> smtplib.SMTP:
        try:
            return self._connect()
        except smtplib.SMTPAuthenticationError as error:
            raise TryLater(f"the mail server refuses the login ({error.smtp_code})", after=60) from error
        except (OSError, smtplib.SMTPException) as error:
            raise TryLater(f"the mail server cannot be reached ({type(error).__name__})", after=20) from error

    def _connect(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        kind = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
        server = kind(parts.hostname or "localhost", parts.port or 0, timeout=TIMEOUT_S)
        server.ehlo()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        return server
