"""What of an incident waits for a second person, a line each."""

from storage.incidents import IncidentView
from templates import approvals
from templates.slack import status
from templates.slack.mrkdwn import code, date


def lines(view: IncidentView) -> list[str]:
    """Return what waits, who asked, and until when; names ring nobody."""
    return [
        f"👥 *{approvals.title(one.verb)}* waits for a second person ({code(one.id)}): asked for by"
        f" {status.person(one.requested_by, view)}, lapses {date(one.expires_at)}."
        for one in view.approvals
    ]
