"""An incident as an issue: title, labels, text, and a comment a milestone; in markdown that rings nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from analysis.vocabulary import Severity, State
from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import documents, names
from templates.documents import story
from templates.slack import incident
from templates.slack.mrkdwn import one_line

LONGEST_TITLE, LONGEST_TEXT = 256, 60_000
OVER = {State.CLOSED, State.ACCEPTED_RISK, State.FALSE_POSITIVE}  # a resolved one may come back
# What the issue is told of; the rest of the timeline is for the thread.
MILESTONES = frozenset(
    {
        "acknowledge", "contain", "freeze", "frozen", "unfreeze", "restraint_over", "export_made", "retrain",
        "retrain_trained", "retrain_passed", "retrain_refused", "retrain_failed", "retrain_cancelled", "promote",
        "promoted", "rollback", "rolled_back", "reversed", "rollout_undone", "rollout_failed", "rollout_hangs",
        "frozen_by_rollout", "rollout_recurred", "severity", "severity_rose", "recovered", "root_cause", "resolve",
        "close", "reopen", "reopened", "accept_risk", "false_positive", "merge", "notify_regulator",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Draft:
    """How an issue shall be."""

    title: str
    text: str
    labels: tuple[str, ...]
    state: str  # open | closed
    why: str | None  # of a closed one: completed | not_planned


def mark(installation: str, what: str) -> str:
    """Return what is hidden in a text so that it is found again: of an incident, or of a line of its timeline."""
    return f"<!-- ethixbot:{installation}:{what} -->"


def draft(view: IncidentView, now: datetime, marked: str) -> Draft:
    """Return the issue of the incident as it stands."""
    shown = view.incident
    text = documents.render("issue.md", view, now)[:LONGEST_TEXT]
    is_over = State(shown.state) in OVER
    return Draft(
        title=one_line(f"{shown.id}: {incident.title(view)}")[:LONGEST_TITLE],
        text=f"{text}\n{marked}\n",
        labels=labels(view),
        state="closed" if is_over else "open",
        why=("not_planned" if shown.state == State.FALSE_POSITIVE else "completed") if is_over else None,
    )


def labels(view: IncidentView) -> tuple[str, ...]:
    """Return what the issue is found by: the month in which it opened, how severe, of which family."""
    shown = view.incident
    severity = names.SEVERITY[Severity(shown.severity)].lower()
    found = ("incident", f"Incident-{shown.opened_at:%Y-%m}", f"severity: {severity}", f"family: {shown.family}")
    return (*found, "drill") if shown.is_drill else found


def milestones(view: IncidentView, told: Sequence[int]) -> list[TimelineEntry]:
    """Return what the issue has not been told of yet, oldest first."""
    known = set(told)
    return [entry for entry in view.timeline if entry.verb in MILESTONES and entry.id not in known]


def comment(view: IncidentView, entry: TimelineEntry, marked: str) -> str:
    """Return the comment of a milestone."""
    line = story.entry(view, entry, story.markdown)
    more = ""
    if entry.verb == "export_made":
        more = f"\n\nVersion {int(entry.facts['version'])}, SHA-256 `{story.markdown(str(entry.facts['sha256']))}`"
    return f"**{line.who}** {line.what}{more}\n\n{line.at}\n{marked}\n"
