"""What stakeholders are told: the notification of their audience, as a message."""

from storage.incidents import IncidentView
from templates.slack.blocks import Message, context, header, section
from templates.slack.mrkdwn import escape, link


def message(text: str, view: IncidentView, *, is_inside: bool) -> Message:
    """Return the notification; its first line is the subject. Only who is inside gets a link to the incident."""
    subject, _, body = text.partition("\n\n")
    title = subject.removeprefix("Subject: ")
    more = [context(link(view.permalink, "Open the incident"))] if is_inside and view.permalink else []
    return Message(escape(title), [header(title), section(*escape(body.strip()).splitlines()), *more])
