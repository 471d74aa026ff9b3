"""A real mail server on loopback for tests, which keeps what it is handed."""

import email
import socket
from collections.abc import Iterator
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Postbox:
    """Keeps what it is handed; `answers` are what it says first, for as many mails."""

    def __init__(self) -> None:
        self.mails: list[email.message.EmailMessage] = []
        self.answers: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answers:
            return self.answers.pop(0)
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@pytest.fixture
def postbox() -> Postbox:
    """What the mail server was handed."""
    return Postbox()


@pytest.fixture
def mail_server(postbox: Postbox) -> Iterator[str]:
    """The address of the mail server."""
    with socket.socket() as probe:  # the library asks its own port before it knows it
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(postbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield f"smtp://127.0.0.1:{port}"
    controller.stop()
