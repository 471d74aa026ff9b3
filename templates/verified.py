"""How a look at a fix went, in words: in all, then before and after, an alert each."""

from collections.abc import Mapping
from typing import Any

from analysis.detection.findings import Finding
from analysis.response.verifying import Holds, Measured, Window
from storage.tables import TimelineEntry
from templates import finding, names
from templates.slack.mrkdwn import code, date, said

MOST_OTHERS = 3
SIGNS = {
    Holds.WELL: "💚 *back within its limits*",
    Holds.OVER: "🔺 *still over its limit*",
    Holds.UNKNOWN: "◽ *not enough data yet*",
}
WHOLE = {
    Holds.WELL: "🔬 *Verified: back within its limits.*",
    Holds.OVER: "🔬 *Not fixed yet: the newest look still finds it.*",
    Holds.UNKNOWN: "🔬 *Not known yet whether the fix holds: there is not enough data.*",
}

EARLY = {
    Holds.WELL: "🔬 *Within its limits, but by decisions that were made before the fix.*",
    Holds.OVER: "🔬 *Too early to tell: all decisions looked at were made before the fix.*",
    Holds.UNKNOWN: WHOLE[Holds.UNKNOWN],
}


def told(entry: TimelineEntry) -> list[str]:
    """Return all there is to say about it, a line each."""
    return list(filter(None, [whole(entry), *rows(entry), _mixed(entry), _others(entry)]))


def is_good(entry: TimelineEntry) -> bool:
    """Return whether it shows that the fix holds: all within limits, by decisions that could show it."""
    return holds(entry) is Holds.WELL and _window(entry) is not Window.BEFORE


def holds(entry: TimelineEntry) -> Holds:
    """Return how the look went."""
    value = entry.facts.get("holds")
    return Holds(value) if value in set(Holds) else Holds.UNKNOWN


def rows(entry: TimelineEntry) -> list[str]:
    """Return before and after, a line an alert."""
    kept = entry.facts.get("results")
    return [_row(name, one) for name, one in kept.items()] if isinstance(kept, Mapping) else []


def _row(name: str, kept: Any) -> str:  # noqa: ANN401
    try:
        one = Measured.from_json(kept)
    except finding.UNREADABLE:
        return f"• {code(name)}: not known"
    now = finding.written(one.now, one.now.value) if one.now else "not measured"
    limit = f", limit {finding.written(one.then, one.then.limit)}" if one.then.limit is not None else ""
    before = finding.written(one.then, one.then.value)
    return f"• {_what(one.then)}: {before} → *{now}*{limit} · {SIGNS[one.holds]}"


def _what(found: Finding) -> str:
    where = " of ".join(filter(None, [found.group, found.column]))
    measures = names.first(names.metric(found.metric).measures)
    return f"{measures} ({said(where, 60)})" if where else measures


def whole(entry: TimelineEntry) -> str:
    """Return how it went in one line."""
    return (EARLY if _window(entry) is Window.BEFORE else WHOLE)[holds(entry)]


def _mixed(entry: TimelineEntry) -> str:
    """Return a warning where decisions from before the fix are among those looked at."""
    since, until = (finding.moment(entry.facts.get(end)) for end in ("since", "until"))
    if since is None or until is None:
        return ""
    window = f"The decisions looked at are from {date(since)} to {date(until)}"
    if _window(entry) is Window.AFTER:
        return f"{window}, all since the fix."
    which = "some" if _window(entry) is Window.MIXED else "all"
    return f"⚠️ {window}: *{which} were made before the fix*, so look again when newer ones are logged."


def _window(entry: TimelineEntry) -> Window:
    value = entry.facts.get("window")
    return Window(value) if value in set(Window) else Window.AFTER


def _others(entry: TimelineEntry) -> str:
    kept = entry.facts.get("others")
    found = [_lead(one) for one in kept[:MOST_OTHERS]] if isinstance(kept, list) else []
    named = names.listed([one for one in found if one])
    return f"❗ Over a limit beside it: {named}. The next check decides about that." if named else ""


def _lead(kept: Any) -> str:  # noqa: ANN401
    try:
        return _what(Finding.from_json(kept))
    except finding.UNREADABLE:
        return ""
