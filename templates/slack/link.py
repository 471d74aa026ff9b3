"""One line in another channel that leads to the incident's message."""

from storage.incidents import IncidentView
from templates.slack import incident
from templates.slack.blocks import Message, section
from templates.slack.mrkdwn import everyone, link, said


def message(view: IncidentView, *, rings: bool = False) -> Message:
    """Return the line; the link opens the one message where people act. `rings`: it has just become critical."""
    what = said(incident.happened(view), incident.LONGEST_SENTENCE)
    first = said(incident.title(view), 150)
    where = (
        f"<#{view.incident.channel}>" if view.incident.channel.startswith("C") else f"#{said(view.incident.channel)}"
    )
    to = link(view.permalink, view.incident.id) if view.permalink else f"{view.incident.id} in {where}"
    ring = f"{everyone()} " if rings else ""
    return Message(f"{ring}{first}: {what} {view.incident.id}", [section(f"{ring}*{first}*", what, f"→ {to}")])
