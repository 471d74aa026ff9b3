"""How the bias audits after a fairness incident went, in words."""

from collections.abc import Mapping
from typing import Any

from analysis.detection.findings import Finding
from analysis.response.audits import Result
from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import figures, finding, names
from templates.slack.mrkdwn import date, day, mention, said
from templates.verbs.row import given

WHOLE = {
    Result.FAIR: "💚 *within all fairness limits*",
    Result.UNFAIR: "🔺 *over a fairness limit*",
    Result.UNKNOWN: "◽ *too little data to judge*",
    Result.FAILED: "⚠️ *nobody could look*",
}
NEXT = {
    Result.UNFAIR: "Where no open incident covers it, report it: `/ethix report`.",
    Result.UNKNOWN: "Look at the log by hand, or have the model checked when more is logged.",
    Result.FAILED: "Mend it, and have the model checked: `/ethix analyze`.",
}


def whole(result: object) -> str:
    """Return how one went, in a few words.

    >>> whole("fair")
    '💚 *within all fairness limits*'
    """
    return WHOLE[Result(str(result))] if result in set(Result) else "◽ *not known*"


def planned(entry: TimelineEntry, view: IncidentView) -> str:
    """Return the thread's line on what is planned."""
    days = [day(at) for at in map(finding.moment, entry.facts.get("due") or []) if at]
    return f"🗓️ *Bias audits follow*, run by the bot: {names.listed(days)}. {_people(entry)}".rstrip()


def done(entry: TimelineEntry, view: IncidentView) -> str:
    """Return the thread's line on one that was done: how it went, what was looked at, the worst of each attribute."""
    facts = entry.facts
    head = f"🗓️ *Bias audit {facts.get('number', '?')} of {facts.get('of', '?')}*: {whole(facts.get('result'))}."
    after = finding.moment(facts.get("next"))
    last = f"The next one: {day(after)}." if after else "It was the last one."
    lines = [f"{head} {_people(entry)}".rstrip(), _looked_at(facts), *_worst(facts), _next(facts), last]
    return "\n".join(filter(None, lines)) + given(entry, "error", 300)


def line(view: IncidentView) -> str:
    """Return how far the audits are, for the incident's message; nothing where none are owed."""
    planned_ones = [entry for entry in view.timeline if entry.verb == "audits_planned"]
    if not planned_ones:
        return ""
    due = [at for at in map(finding.moment, planned_ones[-1].facts.get("due") or []) if at]
    ended = [entry for entry in view.timeline if entry.verb == "bias_audited"]
    following = f", next {day(due[len(ended)])}" if len(ended) < len(due) else ""
    newest = f" · the newest: {whole(ended[-1].facts.get('result'))}" if ended else ""
    return f"🗓️ Bias audits: {len(ended)} of {len(due)} done{following}{newest}."


def _people(entry: TimelineEntry) -> str:
    return " ".join(mention(str(one)) for one in entry.facts.get("people", []))


def _looked_at(facts: Mapping[str, Any]) -> str:
    rows, since, until = finding.whole(facts, "rows"), *(finding.moment(facts.get(end)) for end in ("since", "until"))
    if rows is None or since is None or until is None:
        return ""
    return f"{figures.counted(rows, 'decision')} from {date(since)} to {date(until)}, compared with the baseline."


def _worst(facts: Mapping[str, Any]) -> list[str]:
    kept = facts.get("worst")
    return [_row(one) for one in kept] if isinstance(kept, list) else []


def _row(kept: Any) -> str:  # noqa: ANN401
    try:
        one = Finding.from_json(kept)
    except finding.UNREADABLE:
        return "• not known"
    limit = f", limit {finding.written(one, one.limit)}" if one.limit is not None else ""
    where = " of ".join(filter(None, [one.group, one.column]))
    measures = names.first(names.metric(one.metric).measures)
    return f"• {measures} ({said(where, 60)}): *{finding.written(one, one.value)}*{limit}"


def _next(facts: Mapping[str, Any]) -> str:
    result = facts.get("result")
    return NEXT.get(Result(result), "") if result in set(Result) else ""
