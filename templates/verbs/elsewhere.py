"""What other systems have of an incident, in the words of the thread: its issue, and what was said at a pager."""

from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates.slack.mrkdwn import code, link, said
from templates.verbs.row import Happening, number

DID = {"acknowledged": "acknowledged", "resolved": "resolved"}


def _tracked(entry: TimelineEntry, view: IncidentView) -> str:
    counted = number(entry, "issue")
    issue = link(entry.facts.get("address"), f"Issue #{counted}" if counted else "An issue")
    return f"🎫 {issue} was opened in the tracker and follows this incident."


def _pager_said(entry: TimelineEntry, view: IncidentView) -> str:
    """Return what somebody did at a pager that does not count here, and why not."""
    did = DID.get(str(entry.facts.get("did")), "answered")
    who = said(entry.facts.get("name") or "Nobody known")
    where = code(entry.facts.get("pager", "?"))
    return f"📟 {who} {did} it at the pager {where}. Here that changes nothing: {_why(entry)}"


def note(pager: str, name: str) -> str:
    """Return the note of a resolution that was made at a pager; raw text."""
    return f"Resolved at the pager {pager} by {name}"


def _why(entry: TimelineEntry) -> str:
    why = str(entry.facts.get("why", ""))
    return WHY[why] if why in WHY else said(why, 300)


WHY = {
    "": "no person did it.",
    "stranger": "Slack does not know who that is, and the policy does not let the pager act for them.",
    "role": "their role does not let them.",
}


HAPPENINGS = {
    "tracked": Happening("opened its issue", _tracked),
    "pager_said": Happening("heard from the pager", _pager_said),
}
