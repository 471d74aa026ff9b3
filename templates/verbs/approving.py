"""A second person, in the words of the thread."""

from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates.slack import status
from templates.slack.mrkdwn import code, mention, said
from templates.verbs.row import Happening, given


def _asked(entry: TimelineEntry, view: IncidentView) -> str:
    return f"👥 {status.person(entry.actor, view)} asked a second person: {_wish(entry)}.{given(entry, 'reason')}"


def _declined(entry: TimelineEntry, view: IncidentView) -> str:
    return f"❌ {status.person(entry.actor, view)} declined {_wish(entry)}, {_asker(entry)}.{given(entry, 'reason')}"


def _withdrawn(entry: TimelineEntry, view: IncidentView) -> str:
    return f"↩️ {status.person(entry.actor, view)} took back {_wish(entry)}.{given(entry, 'reason')}"


def _expired(entry: TimelineEntry, view: IncidentView) -> str:
    return f"⌛ Nobody approved {_wish(entry)} in time, {_asker(entry)}. Nothing has changed."


def _void(entry: TimelineEntry, view: IncidentView) -> str:
    why = (
        "who asked no longer holds a role that may"
        if entry.facts.get("reason") == "no_role"
        else "the incident is not what it was when it was asked for"
    )
    return f"🚫 {_wish(entry)}, {_asker(entry)}, is void: {why}. Nothing has changed; ask again if it is still wanted."


def _wish(entry: TimelineEntry) -> str:
    from templates import approvals  # noqa: PLC0415  (it names a wish by the rows of this package)

    name = said(approvals.title(str(entry.facts.get("of", "a wish"))))
    return f"*{name}* ({code(entry.facts.get('approval', '?'))})"


def _asker(entry: TimelineEntry) -> str:
    by = entry.facts.get("asked_by")
    return f"which {mention(str(by)) if by else 'somebody'} asked for"


HAPPENINGS = {
    "approval_asked": Happening("asked a second person", _asked),
    "approval_declined": Happening("declined what waited for a second person", _declined),
    "approval_withdrawn": Happening("took a wish back", _withdrawn),
    "approval_expired": Happening("saw a wish lapse that nobody approved", _expired),
    "approval_void": Happening("ended a wish that no longer fits", _void),
}
