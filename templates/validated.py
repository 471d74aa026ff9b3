"""How a candidate did, in words and as a table: plain words first, the figures beneath."""

from collections.abc import Mapping
from typing import Any

from analysis.detection.findings import Finding
from analysis.response.validating import Why
from templates import figures, finding, names, words
from templates.slack.blocks import Block
from templates.slack.mrkdwn import said

Kept = Mapping[str, Any]
SIDES = ("baseline", "champion", "candidate")
MOST_ROWS = 40
MOST_REASONS = 5
CELL = 60


def sentences(kept: Kept) -> list[str]:
    """Return what speaks against the candidate, then how it treats people and how often it is right; in markup."""
    groups = _listed(kept, "groups")
    telling = [one for one in groups if not (one.get("is_alike") and one.get("was_alike"))] or groups[:1]
    return [f"• {said(one, 500)}" for one in (*_reasons(kept), *map(_group, telling), _right(kept)) if one]


def plain(kept: Kept) -> str:
    """Return the same on one line, without markup."""
    groups = [_group(one) for one in _listed(kept, "groups") if not (one.get("is_alike") and one.get("was_alike"))]
    return " ".join(filter(None, [*_reasons(kept), *groups, _right(kept)]))


def table(kept: Kept) -> list[Block]:
    """Return the figures of baseline, champion and candidate as a table; nothing where there are none."""
    rows = _listed(kept, "table")[:MOST_ROWS]
    if not rows:
        return []
    head = ["Measured", "Baseline", "Champion", f"Candidate {kept.get('candidate', '')}".strip()]
    lines = [[_name(row), *(_value(row, side) for side in SIDES)] for row in rows]
    cells = [[{"type": "raw_text", "text": cell[:CELL] or "–"} for cell in line] for line in (head, *lines)]
    right = [{"align": "left"}, *({"align": "right"} for _ in SIDES)]
    return [{"type": "table", "rows": cells, "column_settings": right}]


def _reasons(kept: Kept) -> list[str]:
    return [_reason(one, kept) for one in _listed(kept, "reasons")][:MOST_REASONS]


def _reason(one: Kept, kept: Kept) -> str:
    why = one.get("why")
    if why == Why.ACCURACY:
        same = _same(kept)
        lost, allowed = _points(same.get("drop")), _points(same.get("allowed_drop"))
        return f"It is right less often than the champion, by {lost}; the policy allows {allowed}."
    if why == Why.NOT_ENOUGH:
        return "There is too little in the validation window to judge it by."
    found = _finding(one.get("finding"))
    if found is None:
        return "It would raise an alert of its own."
    severity = one.get("severity")
    sign = f"{severity}: " if severity else ""
    return f"It would raise an alert of its own ({sign}{words.TYPES[found.family].lower()}): {words.finding(found)}"


def _group(one: Kept) -> str:
    column, low, high = (str(one.get(name, "?")) for name in ("column", "lowest", "highest"))
    now, before = _pair(one.get("candidate")), _pair(one.get("champion"))
    again = " again" if one.get("is_alike") and not one.get("was_alike") else ""
    how = f"treats {low} and {high} alike{again}" if one.get("is_alike") else f"does not treat {low} and {high} alike"
    return f"The candidate {how} ({column}): {now} approved (champion {before})."


def _right(kept: Kept) -> str:
    same = _same(kept)
    rows = finding.whole(same, "rows")
    if not rows:
        return "No outcome is known in the window: how often it is right was not judged."
    champion, candidate = (finding.whole(same, side) or 0 for side in SIDES[1:])
    shares = f"{words.percent(candidate / rows)} of {rows:,} requests whose outcome is known"
    return f"It is right for {shares}; the champion for {words.percent(champion / rows)} of the same."


def _same(kept: Kept) -> Kept:
    same = kept.get("same_requests")
    return same if isinstance(same, Mapping) else {}


def _listed(kept: Kept, name: str) -> list[Kept]:
    found = kept.get(name)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _finding(kept: object) -> Finding | None:
    try:
        return Finding.from_json(kept) if isinstance(kept, Mapping) else None
    except finding.UNREADABLE:
        return None


def _name(row: Kept) -> str:
    metric, column = str(row.get("metric", "?")), row.get("column")
    sign = "🔺 " if row.get("fails") else ""
    measures = names.first(names.metric(metric).measures)
    return f"{sign}{measures}, {column}" if column and column != "score" else f"{sign}{measures}"


def _value(row: Kept, side: str) -> str:
    kept = row.get(side)
    value = kept.get("value") if isinstance(kept, Mapping) else None
    if not isinstance(value, int | float) or not isinstance(kept, Mapping):
        return "–"
    unit = figures.UNITS[names.metric(str(row.get("metric"))).unit]
    interval = kept.get("interval")
    if not (isinstance(interval, list | tuple) and all(isinstance(end, int | float) for end in interval)):
        return unit(value)
    return f"{unit(value)} ({unit(interval[0])} to {unit(interval[1])})"


def _pair(value: object) -> str:
    if not (isinstance(value, list | tuple) and len(value) == 2):
        return "not known"
    return f"{words.percent(value[0])} and {words.percent(value[1])}"


def _points(value: object) -> str:
    return f"{100 * value:.1f} points" if isinstance(value, int | float) else "?"
