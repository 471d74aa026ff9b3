"""Keeps an incident's issue in step: makes it once, edits what has changed, adds a comment a milestone.

Each call is noted before the next one, and what an answer that was lost may have made is looked for before it is made.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analysis.outside import Tracker
from bot.integrations.errors import Lost, Permanent
from bot.integrations.trackers.github import GitHub, Issue
from bot.operations.doing import Doing, Request, tell
from bot.services import SYSTEM, Services, kept
from storage import audit, incidents, outside
from storage.incidents import IncidentView
from storage.tables import TrackerCase
from templates import tracker
from templates.tracker import Draft

GONE = "GitHub answers 410"  # somebody deleted it there: then it is nobody's business any more


@dataclass
class Keeping:
    """An issue that is brought in step, and how it was left so far."""

    services: Services
    github: GitHub
    view: IncidentView
    case: TrackerCase
    now: datetime

    @property
    def incident(self) -> str:
        """Return the incident's id."""
        return self.view.incident.id

    def mark(self, what: str) -> str:
        """Return what is hidden in a text of this incident."""
        return tracker.mark(self.services.keys.installation, what)


def bring(services: Services, incident_id: str, token: str | None) -> None:
    """Make the issue as the incident is now; raise SendError."""
    policy = services.policy.tracker
    with services.database.read() as session:
        view = incidents.view(session, incident_id)
    if policy is None or view is None or view.case is None or view.case.left.get("gone"):
        return
    if token is None:
        raise Permanent("ETHIXBOT_GITHUB_TOKEN is not set")
    if view.case.left.get("where", _where(policy)) != _where(policy):
        return  # the policy names another repository since: there its number is somebody else's
    github = GitHub(policy.url, policy.repository, token)
    keeping = Keeping(services, github, view, view.case, services.clock())
    wanted = tracker.draft(view, keeping.now, keeping.mark(incident_id))
    number = int(view.case.reference) if view.case.reference else _begin(keeping, wanted)
    try:
        _edit(keeping, number, wanted)
        _comment(keeping, number)
    except Permanent as error:
        if error.says.startswith(GONE):
            _leave(keeping, {"gone": True})
        raise


def _where(policy: Tracker) -> str:
    return f"{policy.url.rstrip('/')}/{policy.repository}"


def _begin(keeping: Keeping, wanted: Draft) -> int:
    """Return the number of the issue: of one that is there already, else of a new one."""
    found = keeping.github.find(keeping.mark(keeping.incident), keeping.view.incident.opened_at)
    issue = found or keeping.github.make(wanted.title, wanted.text, list(wanted.labels))
    if not _name(keeping, issue):
        if found is None:  # it was slower than its claim, and another sender made one
            keeping.github.change(
                issue.number, state="closed", state_reason="not_planned", title=f"(twice) {wanted.title}"
            )
        raise Lost("another sender took over")
    if found is None:
        _leave(keeping, _shape(wanted) | {"state": "open"})
    return issue.number


def _edit(keeping: Keeping, number: int, wanted: Draft) -> None:
    """Change what is not as it was left; labels of other people stay."""
    left, shape = keeping.case.left, _shape(wanted)
    changes: dict[str, Any] = {"title": wanted.title} if left.get("title") != shape["title"] else {}
    changes |= {"body": wanted.text} if left.get("text") != shape["text"] else {}
    if left.get("state", "open") != wanted.state:
        changes |= {"state": wanted.state, **({"state_reason": wanted.why} if wanted.why else {})}
    if left.get("labels") != shape["labels"]:
        others = set(keeping.github.get(number).labels) - set(left.get("labels", []))
        changes |= {"labels": sorted(others | set(wanted.labels))}
    if changes:
        keeping.github.change(number, **changes)
        _leave(keeping, shape)


def _comment(keeping: Keeping, number: int) -> None:
    """Tell the milestones that were not told, in order."""
    told = [int(one) for one in keeping.case.left.get("told", [])]
    missing = tracker.milestones(keeping.view, told)
    if not missing:
        return
    there = "\n".join(keeping.github.comments(number))
    for entry in missing:
        marked = keeping.mark(f"{keeping.incident}:{entry.id}")
        if marked not in there:
            keeping.github.comment(number, tracker.comment(keeping.view, entry, marked))
        told.append(int(entry.id or 0))
        _leave(keeping, {"told": told})


def _shape(wanted: Draft) -> dict[str, Any]:
    digest = hashlib.sha256(wanted.text.encode()).hexdigest()[:16]
    return {"title": wanted.title, "text": digest, "labels": list(wanted.labels), "state": wanted.state}


@kept
def _name(keeping: Keeping, issue: Issue) -> bool:
    """Return whether that is the incident's issue from now on; the thread and the message say so."""
    policy = keeping.services.policy.tracker
    keeping.case.left = {**keeping.case.left, **({"where": _where(policy)} if policy else {})}
    with keeping.services.transaction() as session:
        if not outside.name_case(session, keeping.incident, str(issue.number), issue.address):
            return False
        outside.leave_case(session, keeping.incident, keeping.case.left, keeping.now)
        incident = incidents.get(session, keeping.incident)
        assert incident is not None  # the case refers to it
        request = Request("tracked", incident.id, SYSTEM)
        tell(Doing(keeping.services, session, incident, request, keeping.now), "tracked", issue=issue.number,
             address=issue.address)  # fmt: skip
        said = {"issue": issue.number}
        audit.append(session, audit.Entry(SYSTEM, "tracked", incident.id, "done", said), keeping.now)
    return True


@kept
def _leave(keeping: Keeping, changes: dict[str, Any]) -> None:
    keeping.case.left = {**keeping.case.left, **changes}
    with keeping.services.transaction() as session:
        outside.leave_case(session, keeping.incident, keeping.case.left, keeping.now)
