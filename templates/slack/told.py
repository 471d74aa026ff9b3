"""What stakeholders are told: the notification of their audience, as a message."""

from storage.incidents import IncidentView
from templates.slack.blocks import Block, Message, context, header, section
from templates.slack.mrkdwn import escape, link


def message(text: str, view: IncidentView, *, is_inside: bool) -> Message:
    """Return the notification; its first line is the subject. Only who is inside gets a link to the incident."""
    subject, *parts = text.strip().split("\n\n")
    title = subject.removeprefix("Subject: ")
    more = [context(link(view.permalink, "Open the incident"))] if is_inside and view.permalink else []
    return Message(escape(title), [header(title), *(_part(one) for one in parts if one.strip()), *more])


def _part(text: str) -> Block:
    """Return a paragraph; a first line in capitals is its heading."""
    first, *rest = escape(text.strip()).splitlines()
    return section(f"*{first.capitalize()}*" if first.isupper() else first, *rest)
