"""How an incident stands near its end and after it, a line each: fixed or not, watched, closed, learnt from."""

from datetime import datetime

from analysis.vocabulary import State
from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import audited, decided, figures, finding, names, verified
from templates.slack import followups
from templates.slack.mrkdwn import date, link, mention, quote

SYSTEM = "system"
LONGEST_REASON = 160


def ended(view: IncidentView, now: datetime) -> str:
    """Return how it ended: each way has its own line."""
    incident = view.incident
    if incident.merged_into:
        return f"🔗 *It is a part of {link(view.leads_to, incident.merged_into)} now*: go on there."
    if incident.state == State.FALSE_POSITIVE:
        why = _said(view, "false_positive")
        return f"⚪ *A false alarm*, says {_who(incident.closed_by)}{_at(incident.closed_at)}.{why}"
    if incident.resolved_at is None:
        return ""
    took = figures.span(incident.resolved_at - incident.opened_at)
    text = f"✅ *Resolved by {_who(incident.resolved_by)}* {date(incident.resolved_at)}, after {took}."
    return f"{text}{_said(view, 'resolve')}\n{_watched(view, now)}".rstrip()


def _watched(view: IncidentView, now: datetime) -> str:
    """Return until when it is watched, how that went, or who closed it."""
    incident = view.incident
    if incident.state == State.CLOSED:
        return f"🔒 *Closed by {_who(incident.closed_by)}*{_at(incident.closed_at)}."
    resolved, over = _last(view, "resolve"), _last(view, "watch_over")
    until = finding.moment(resolved.facts.get("watched_until")) if resolved else None
    if resolved is None or until is None:
        return ""
    if over is not None and over.at >= resolved.at:
        unwell = over.facts.get("unwell")
        return "⚠️ Nothing came back, but no check has found it well since." if unwell else "💚 *It stayed well.*"
    return f"👀 *Watched until {date(until)}*: if the same comes back, it reopens." if now <= until else ""


def reopened(view: IncidentView, now: datetime) -> str:
    """Return how often it was opened again."""
    times = view.incident.reopened
    return f"↩️ Reopened {'once' if times == 1 else f'{times} times'}." if times else ""


def fix(view: IncidentView, now: datetime) -> str:
    """Return how the newest look at a fix went, of the life that it is in: in all, and before and after."""
    look, begun = _last(view, "verified"), _last(view, "reopened", "reopen")
    asked = _last(view, "verify", "resolve")
    if asked is None or (begun is not None and begun.at > asked.at):
        return ""
    if look is None or look.at < asked.at:
        failed = _last(view, "verify_failed")
        is_failed = failed is not None and failed.at >= asked.at
        return "⚠️ The fix could not be looked at." if is_failed else "🔬 The model is being looked at anew."
    return "\n".join([verified.whole(look), *verified.rows(look)])


def learnt(view: IncidentView, now: datetime) -> str:
    """Return the root cause, what was decided about drift, what is still to be done, and the audits."""
    lines, chosen = [], _last(view, "decide")
    if chosen is not None:
        reason = quote(chosen.facts.get("reason", ""), LONGEST_REASON)
        lines.append(f"🧭 Decided: *{decided.name(chosen.facts.get('decision'))}*, {reason}")
    if view.root_causes:
        newest = view.root_causes[-1]
        lines.append(f"🧭 Root cause: *{names.cause(newest.cause_type)}*, {quote(newest.cause, LONGEST_REASON)}")
    return "\n".join(filter(None, [*lines, followups.still(view.follow_ups), audited.line(view)]))


def _last(view: IncidentView, *verbs: str) -> TimelineEntry | None:
    return next((entry for entry in reversed(view.timeline) if entry.verb in verbs), None)


def _said(view: IncidentView, verb: str) -> str:
    entry = _last(view, verb)
    text = (entry.facts.get("note") or entry.facts.get("reason")) if entry else None
    return f"\n> {quote(text, LONGEST_REASON)}" if text else ""


def _who(actor: str | None) -> str:
    return "the policy" if actor in (None, SYSTEM) else mention(str(actor))


def _at(at: datetime | None) -> str:
    return f" {date(at)}" if at else ""
