"""Sends the mails of incidents and digests, one an address, written from the records as they are when it goes out."""

from datetime import timedelta

from bot.integrations.errors import Permanent
from bot.integrations.mail.smtp import Mail, Smtp
from bot.services import Services
from bot.settings import Settings
from storage import incidents, overview
from storage.tables import Owed, TimelineEntry
from templates import letters
from templates.letters import Written

DAYS = {"daily": 1, "weekly": 7}


def server(settings: Settings) -> Smtp:
    """Return the mail server of the environment; raise Permanent."""
    if settings.smtp_url is None:
        raise Permanent("no_mail_server")
    return Smtp(settings.smtp_url.get_secret_value(), settings.mail_from)


def of_incident(services: Services, settings: Settings, row: Owed) -> None:
    """Send what has happened to the incident; an address's first mail of it begins a thread. Raise SendError."""
    with services.database.read() as session:
        view = incidents.view(session, row.subject)
        entry = session.get(TimelineEntry, int(row.data["entry"]))
    if view is not None:
        _send(settings, row, letters.of_incident(view, entry, services.clock()))


def of_digest(services: Services, settings: Settings, row: Owed) -> None:
    """Send a digest; raise SendError."""
    now = services.clock()
    with services.database.read() as session:
        seen = overview.load(session, now, now - timedelta(days=DAYS[row.subject]))
    _send(settings, row, letters.of_digest(row.subject, seen, now))


def _send(settings: Settings, row: Owed, written: Written) -> None:
    mail = Mail(
        to=(str(row.data["to"]),),
        subject=written.subject,
        body=written.text,
        key=row.key,
        html=written.html,
        png=written.png,
        follows=row.data.get("first"),
    )
    server(settings).send(mail)
