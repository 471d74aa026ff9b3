"""What a document tells of an incident: every text ready, so that a template only lays it out."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from analysis.detection.alerts import Alert as Raised
from analysis.detection.findings import Finding
from analysis.detection.report import Report
from analysis.response import life
from analysis.vocabulary import Family, Severity, State
from storage.incidents import IncidentView
from storage.tables import Bundle, Clock, FollowUp, PersonReport, RetrainRequest, TimelineEntry
from templates import figures, finding, names, origins, reported, steps, validated, verbs
from templates import plain as prose
from templates.documents import terms
from templates.finding import written
from templates.slack import incident
from templates.slack.mrkdwn import one_line, stamp
from templates.slack.status import SYSTEM, retrained

Clean = Callable[[str], str]
MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!])")
ADDRESS = re.compile(r"https?://[A-Za-z0-9.:/_?=&#%+-]{1,500}")
LONGEST = 2_000
MOST_ROWS = 40
WRITTEN = ("reason", "note", "notes", "offer", "outcome", "error")  # what people wrote, of the facts of a line


def plain(text: str) -> str:
    """Return text from outside on one line."""
    return one_line(text)[:LONGEST]


def markdown(text: str) -> str:
    r"""Return text from outside on one line, nothing in it markup.

    >>> markdown("a | <b>\n# c")
    'a \\| \\<b\\> \\# c'
    """
    return MARKUP.sub(r"\\\1", plain(text)).replace("@", "@\u200b")  # a tracker must not ring anybody


@dataclass(frozen=True)
class Entry:
    """A line of the timeline."""

    at: str
    who: str
    what: str


@dataclass(frozen=True)
class Row:
    """A line of the table of measurements."""

    what: str
    where: str
    value: str
    limit: str
    before: str
    n: str


@dataclass(frozen=True)
class Story:
    """The facts of a report, cleaned for the format it goes into; an empty text is what nobody knows yet."""

    id: str
    title: str
    model: str
    model_id: str
    severity: str
    kind: str
    state: str
    is_drill: bool
    is_ended: bool
    stage: str  # initial | update | resolved
    made_at: str
    opened_at: str
    since: str
    acknowledged: str
    contained: str
    resolved: str
    took: str
    happened: str
    affected: str
    sentences: list[str]
    rows: list[Row]
    left_out: int
    window: str
    baseline: str
    composite: str
    versions: str
    segment: str
    rules: list[str]
    restraint: str
    retrains: list[str]
    evidence: list[str]
    timeline: list[Entry]
    resolution: str
    steps: list[str]
    look: str
    alerts: list[str]
    cause: list[Entry]
    follow_ups: list[Entry]
    reviews: list[Entry]
    clocks: list[str]
    took_part: str
    reports: list[Entry]
    message: str  # where it stands in Slack
    issue: str
    issue_at: str


def of(view: IncidentView, now: datetime, cleaned: Clean) -> Story:
    """Return the story of the incident as the records tell it."""
    shown, c = view.incident, cleaned
    report, raised = finding.report(view.report), finding.raised(incident.first_alert(view))
    since = raised.since if raised and raised.since else shown.opened_at
    return Story(
        id=c(shown.id),
        title=c(f"{incident.kind(view)}: {view.model.name}"),
        model=c(view.model.name),
        model_id=c(view.model.id),
        severity=names.SEVERITY[Severity(shown.severity)],
        kind=c(incident.kind(view)),
        state=names.STATE[State(shown.state)],
        is_drill=shown.is_drill,
        is_ended=State(shown.state) in life.ENDED,
        stage=_stage(view),
        made_at=stamp(now),
        opened_at=stamp(shown.opened_at),
        since=stamp(since),
        acknowledged=_by(view, shown.acknowledged_at, shown.acknowledged_by, c),
        contained=_by(view, shown.contained_at, None, c),
        resolved=_by(view, shown.resolved_at, shown.resolved_by, c),
        took=figures.span((shown.resolved_at or now) - shown.opened_at),
        happened=c(incident.happened(view)),
        affected=c(incident.affected(view)),
        sentences=[c(line) for line in exact(view)[:MOST_ROWS]],
        rows=[_row(one, c) for one in _raised(view)[:MOST_ROWS]],
        left_out=max(0, len(_raised(view)) - MOST_ROWS),
        window=c(_window(report)),
        baseline=c(report.baseline.version or "") if report else "",
        composite=figures.ratio(raised.composite) if raised else "",
        versions=c(", ".join(raised.versions)) if raised else "",
        segment=c(f"{raised.segment[0]} is {raised.segment[1]}") if raised and raised.segment else "",
        rules=[f"{rule.name}: {rule.asks}" for rule in incident.rules(view)],
        restraint=_restraint(view, c),
        retrains=[_retrain(one, c) for one in view.retrains],
        evidence=[_evidence(one, c) for one in view.bundles if one.sha256],
        timeline=[entry(view, one, c) for one in view.timeline],
        resolution=c(_note(view)),
        steps=[c(line) for line in _steps(view)],
        look=steps.LOOK[Family(shown.family)],
        alerts=[c(alert.id) for alert in view.alerts],
        cause=_cause(view, c),
        follow_ups=[_follow_up(view, one, c) for one in view.follow_ups],
        reviews=[_review(view, entry, c) for entry in view.timeline if entry.verb == "review"],
        clocks=[c(_clock(one)) for one in view.clocks],
        took_part=c(", ".join(_took_part(view))),
        reports=[_report(view, one, c) for one in view.reports],
        message=_address(view.permalink),
        issue=c(f"#{view.case.reference}") if view.case and view.case.reference else "",
        issue_at=_address(view.case.address) if view.case else "",
    )


def exact(view: IncidentView) -> list[str]:
    """Return where the changes come from, and the exact statement of everything that was raised; raw text."""
    whence = [said for alert in _alerts(view) for said in origins.sentences(alert)]
    return list(dict.fromkeys([*whence, *(prose.exact(one) for one in _raised(view))]))


def _alerts(view: IncidentView) -> list[Raised]:
    return [one for one in map(finding.raised, view.alerts) if one]


def _raised(view: IncidentView) -> list[Finding]:
    return [found for alert in _alerts(view) for found in (alert.lead, *alert.consequences)]


def _stage(view: IncidentView) -> str:
    if State(view.incident.state) in life.ENDED:
        return "resolved"
    return "initial" if view.incident.state == State.DETECTED else "update"


def _by(view: IncidentView, at: datetime | None, actor: str | None, c: Clean) -> str:
    if at is None:
        return ""
    return f"{stamp(at)} by {c(_name(view, actor))}" if actor else stamp(at)


def _name(view: IncidentView, actor: str) -> str:
    known = view.people.get(actor)
    return "the bot" if actor == SYSTEM else known.name if known else actor


def _row(found: Finding, c: Clean) -> Row:
    return Row(
        what=names.measured(found.metric),
        where=c(", ".join(filter(None, [found.column, found.group])) or "all"),
        value=written(found, found.value),
        limit=written(found, found.limit) if found.limit is not None else "none",
        before=c(prose.before(found)),
        n=figures.count(found.n_window),
    )


def _window(report: Report | None) -> str:
    if report is None:
        return ""
    rows = figures.counted(report.window.rows, "decision")
    if report.window.since is None or report.window.until is None:
        return rows
    return f"{rows}, {stamp(report.window.since)} to {stamp(report.window.until)}"


def _restraint(view: IncidentView, c: Clean) -> str:
    change = view.oversight
    if change is None or not change.level:
        return ""
    return c(f"{terms.restraint(change)}, by {_name(view, change.by)}: {change.reason}")


def _retrain(request: RetrainRequest, c: Clean) -> str:
    version = f", version {request.candidate}" if request.candidate else ""
    judged = f" {validated.plain(request.validation)}" if request.validation else ""
    head = f"{request.id}, asked for {stamp(request.requested_at)}: {retrained(request)}{version}"
    return c(f"{head}. {request.reason.rstrip('. ')}.{judged}")


def _evidence(bundle: Bundle, c: Clean) -> str:
    return c(f"version {bundle.version}, SHA-256 {bundle.sha256}, {figures.size(bundle.size or 0)}")


def entry(view: IncidentView, one: TimelineEntry, c: Clean) -> Entry:
    """Return a line of the timeline: when, who, what, and what they wrote."""
    said = [str(one.facts[key]) for key in WRITTEN if one.facts.get(key)]
    what = (verbs.past(one.verb) or one.verb.replace("_", " ")) + terms.about(one.facts)
    return Entry(stamp(one.at), c(_name(view, one.actor)), c(": ".join([what, *said])))


def _cause(view: IncidentView, c: Clean) -> list[Entry]:
    """Return the newest form of the root cause, a field each: what, and what was written."""
    if not view.root_causes:
        return []
    newest = view.root_causes[-1]
    written = [
        ("Type", names.cause(newest.cause_type)), ("Version", newest.version or "not said"),
        ("Trigger", newest.trigger), ("Root cause", newest.cause),
        ("Corrective action", newest.corrective), ("Preventive action", newest.preventive),
    ]  # fmt: skip
    return [Entry(stamp(newest.at), what, c(text)) for what, text in written]


def _follow_up(view: IncidentView, one: FollowUp, c: Clean) -> Entry:
    """Return until when, who, and what, with how it stands."""
    how = f"done {stamp(one.done_at)}" if one.done_at else "to be done"
    return Entry(stamp(one.due_at), c(_name(view, one.owner)), c(f"{one.id}: {one.what} ({how})"))


def _review(view: IncidentView, entry: TimelineEntry, c: Clean) -> Entry:
    attendees = entry.facts.get("attendees")
    found = str(entry.facts.get("note", "")) + (f" (with {attendees})" if attendees else "")
    return Entry(stamp(entry.at), c(_name(view, entry.actor)), c(found))


def _report(view: IncidentView, one: PersonReport, c: Clean) -> Entry:
    """Return what a person reported, with the message they quoted, whole."""
    quote = one.quote
    whence = ", ".join(filter(None, [_name(view, str(quote.get("author", ""))), str(quote.get("permalink") or "")]))
    quoted = f" Quoted message ({whence}): “{quote.get('text', '')}”" if quote else ""
    return Entry(stamp(one.at), c(_name(view, one.by)), c(reported.sentence(one) + quoted))


def _address(url: str | None) -> str:
    """Return an address that another system gave us, where it can stand in any format as it is; else nothing."""
    return url if url and ADDRESS.fullmatch(url) else ""


def _clock(one: Clock) -> str:
    """Return how a clock went."""
    owed = one.kind.replace("_", " ")
    if one.met_at is None:
        return f"{owed}: {'not owed any more' if one.stopped_at else 'due'} {stamp(one.stopped_at or one.due_at)}"
    late = one.met_at - one.due_at
    how = f"{figures.span(late)} late" if late.total_seconds() > 0 else f"{figures.span(-late)} before its time"
    return f"{owed}: met {stamp(one.met_at)}, {how}"


def _took_part(view: IncidentView) -> list[str]:
    return sorted({_name(view, entry.actor) for entry in view.timeline if entry.actor != SYSTEM})


def _note(view: IncidentView) -> str:
    notes = [str(entry.facts["note"]) for entry in view.timeline if entry.verb == "resolve" and entry.facts.get("note")]
    return notes[-1] if notes else ""


def _steps(view: IncidentView) -> list[str]:
    return [line.replace("*", "").replace("`", "") for line in steps.following(view)]
