"""Where an incident stands, a line each: who has it, how far the model is restrained, what runs, how it ended."""

from collections.abc import Callable
from datetime import datetime

from analysis.response import life
from analysis.response.restraint import throttle_of
from analysis.response.rollouts import Status as Changed
from analysis.vocabulary import Duty, Oversight, Role, State
from storage.incidents import IncidentView
from storage.tables import OversightChange, RetrainRequest, TimelineEntry
from templates import cases, names, targets
from templates.slack import clocks, ended, rollout, ticks
from templates.slack.mrkdwn import channel, code, countdown, date, link, mention, quote, said

SYSTEM = "system"
LONGEST_REASON = 160


def who(actor: str | None) -> str:
    """Return a person as a mention, the bot itself as what it is."""
    return "the policy" if actor in (None, SYSTEM) else mention(str(actor))


def person(actor: str, view: IncidentView) -> str:
    """Return a person's name, so that nobody is rung; one not known by name is mentioned."""
    if actor == SYSTEM:
        return "The policy"
    known = view.people.get(actor)
    return f"*{said(known.name)}*" if known else mention(actor)


def plain_name(person_id: str, view: IncidentView) -> str:
    """Return a person's name as raw text, for a list to choose from."""
    known = view.people.get(person_id)
    return known.name if known else person_id


def duties(view: IncidentView) -> str:
    """Return who does what, in one line; nothing where nobody has a duty."""
    held = [f"{names.DUTY[Duty(one.duty)].name}: {person(one.person, view)}" for one in view.duties]
    return f"👤 {' · '.join(held)}" if held else ""


def lines(view: IncidentView, now: datetime) -> list[str]:
    """Return the lines that hold now, in the order in which things happen."""
    return [line for part in PARTS if (line := part(view, now))]


def last(view: IncidentView, *verbs: str) -> TimelineEntry | None:
    """Return the newest entry of the timeline with one of the verbs."""
    return next((entry for entry in reversed(view.timeline) if entry.verb in verbs), None)


def restraint(change: OversightChange) -> str:
    """Return the level by number and name, for which requests, with the fallback and how many requests may come.

    >>> restraint(OversightChange(level=3, fallback="1.0.0"))
    'level 3, all reviewed, fallback `1.0.0`'
    """
    rate = throttle_of(change.terms)
    parts = (
        f" for {code(change.segment)}" if change.segment else "",
        f", fallback {code(change.fallback)}" if change.fallback else "",
        f", at most {code(rate.words)}" if rate else "",
    )
    return f"level {change.level}, {names.LEVEL[Oversight(change.level)].name.lower()}{''.join(parts)}"


def called(entry: TimelineEntry) -> str:
    """Return whom a step of the escalation called."""
    if entry.facts.get("to"):
        return targets.words(entry.facts["to"])
    roles = [names.ROLE[Role(role)] for role in entry.facts.get("roles", []) if role in set(Role)]
    return names.listed(roles) or "nobody: the policy names no further step"


def _acknowledge(view: IncidentView, now: datetime) -> str:
    incident = view.incident
    if State(incident.state) in life.ENDED:
        return ""
    if incident.acknowledged_at:
        return f"✋ *{who(incident.acknowledged_by)} has it* since {date(incident.acknowledged_at)}."
    if incident.state != State.DETECTED:
        return ""
    clock = clocks.awaited(view)
    if clock is None:
        return "⏳ *Nobody has it yet.*"
    if clocks.is_late(clock, now):
        return f"⏰ *Overdue: nobody has it yet.* It was to be acknowledged by {countdown(clock.due_at)}."
    return f"⏳ *Nobody has it yet: acknowledge by {countdown(clock.due_at)}.*"


def _escalation(view: IncidentView, now: datetime) -> str:
    entry = last(view, "escalate", "called")
    if entry is None or State(view.incident.state) in life.ENDED:
        return ""
    following = _next_call(view)
    if entry.verb == "escalate":
        return f"📣 Escalated {date(entry.at)} to {called(entry)}. {following}".rstrip()
    if view.incident.state == State.DETECTED:
        return f"📣 Called: {called(entry)}. {following}".rstrip()
    return f"📣 {following}" if following else ""


def _next_call(view: IncidentView) -> str:
    """Return whom the escalation calls next, when, and what would stop it; nothing where nobody is called any more."""
    timer = view.next_call
    if timer is None or "to" not in timer.data:
        return ""
    stops = "it is resolved" if timer.data.get("until") == "resolved" else "somebody is on it"
    return f"Next: {targets.words(timer.data['to'])}, {countdown(timer.due_at)}, unless {stops}."


def _restraint(view: IncidentView, now: datetime) -> str:
    change = view.oversight
    if change is None:
        return ""
    if change.level == Oversight.NORMAL:
        mine = change.incident_id == view.incident.id
        return f"🟢 The model decides again, since {date(change.at)} ({who(change.by)})." if mine else ""
    until = f", until {date(change.until)}" if change.until and change.until > now else ""
    others = "".join(f" Also {restraint(one)}." for one in view.restraints if one.id != change.id)
    text = f"❄️ *The model is at {restraint(change)}*, since {date(change.at)}{until} ({who(change.by)}).{others}"
    return f"{text}\n> {quote(change.reason, LONGEST_REASON)}" if change.reason else text


UNDER_WAY = ("queued", "running", "validating")
RETRAIN = {
    "queued": "will start soon",
    "running": "is running",
    "validating": "is trained, and its candidate is being judged",
    "validated_pass": "made a candidate that has passed",
    "failed": "failed",
    "cancelled": "was cancelled",
}


def _retrain(view: IncidentView, now: datetime) -> str:
    if not view.retrains or State(view.incident.state) in life.ENDED:
        return ""
    newest = view.retrains[-1]
    version = f": version {code(newest.candidate)}" if newest.status == "validated_pass" and newest.candidate else ""
    return f"🔁 Retrain {code(newest.id)} {retrained(newest)}{version}."


def retrained(request: RetrainRequest) -> str:
    """Return where a retrain stands, in words.

    >>> retrained(RetrainRequest(id="RTR-31", status="failed", exit_code=2))
    'failed (exit code 2)'
    """
    if request.status == "failed" and request.candidate:
        return "made a candidate that did not pass"
    ended = f" (exit code {request.exit_code})" if request.status == "failed" and request.exit_code else ""
    return f"{RETRAIN.get(request.status, said(request.status))}{ended}"


def _cases(view: IncidentView, now: datetime) -> str:
    return cases.line(view.queue) if view.queue is not None and State(view.incident.state) not in life.ENDED else ""


def _rollout(view: IncidentView, now: datetime) -> str:
    return rollout.line(view)


def _evidence(view: IncidentView, now: datetime) -> str:
    made = [bundle for bundle in view.bundles if bundle.status == "made" and bundle.sha256]
    if not made:
        return ""
    return f"📦 Evidence, version {made[-1].version}, is in the thread (SHA-256 {code(str(made[-1].sha256)[:12])}…)."


def _issue(view: IncidentView, now: datetime) -> str:
    text = issue(view)
    return f"🎫 {text} follows it in the tracker." if text else ""


def issue(view: IncidentView) -> str:
    """Return the incident's issue as a link; nothing where it has none."""
    case = view.case
    return link(case.address, f"Issue #{case.reference}") if case is not None and case.reference else ""


def _recovered(view: IncidentView, now: datetime) -> str:
    at = [alert.recovered_at for alert in view.alerts if alert.state == "recovered" and alert.recovered_at]
    if not at or len(at) < len(view.alerts):
        return ""
    changed = view.serving.newest if view.serving else None
    ended = changed.finished_at if changed is not None and changed.status == Changed.DONE else None
    if changed is not None and ended is not None and ended > max(at):
        before = f"It was back within its limits {date(max(at))}, before {code(changed.to_version)} served"
        return f"◽ {before}: the next check tells whether it still is."
    return f"💚 *Back within its limits* since {date(max(at))}."


def _flapping(view: IncidentView, now: datetime) -> str:
    found = [alert for alert in view.alerts if alert.flapping_since is not None]
    if not found:
        return ""
    since = min(alert.flapping_since for alert in found if alert.flapping_since)
    names_of = ", ".join(code(alert.id) for alert in found)
    return f"〰️ *Flapping* since {date(since)}: {names_of} goes and comes; told again when it has calmed."


def _quiet(view: IncidentView, now: datetime) -> str:
    """Return until when it is snoozed, or its risk accepted."""
    runs = [one for one in view.quiet if one.ended_at is None and one.ends_at > now]
    lines = []
    for one in runs:
        if one.kind == "accepted_risk":
            approved = f", approved by {who(one.approved_by)}" if one.approved_by else ""
            first = f"⚖️ *Risk accepted until {countdown(one.ends_at)}* by {who(one.by)}{approved}."
        else:
            first = f"😴 *Snoozed until {countdown(one.ends_at)}* by {who(one.by)}."
        lines.append(f"{first}\n> {quote(one.reason, LONGEST_REASON)}")
    return "\n".join(lines)


def _clocks(view: IncidentView, now: datetime) -> str:
    return "\n".join(clocks.lines(view, now))


def _duties(view: IncidentView, now: datetime) -> str:
    where = f" · their channel: {channel(view.room)}" if view.room else ""
    held = duties(view)
    return f"{held}{where}" if held else f"🏠 Its own channel: {channel(view.room)}" if view.room else ""


def _checklist(view: IncidentView, now: datetime) -> str:
    return ticks.line(view, now)


PARTS: tuple[Callable[[IncidentView, datetime], str], ...] = (
    ended.ended, _acknowledge, _duties, _quiet, _clocks, _checklist, _escalation, _restraint, _cases, _retrain,
    _rollout, ended.fix, _recovered, _flapping, _evidence, _issue, ended.reopened, ended.learnt,
)  # fmt: skip
