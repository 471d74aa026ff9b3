"""How a candidate did, in words and as a table: plain words first, the figures beneath."""

from collections.abc import Mapping
from typing import Any

from analysis.detection.findings import Finding
from analysis.response.validating import Why
from templates import finding, names, words
from templates.slack.blocks import Block
from templates.slack.mrkdwn import said

Kept = Mapping[str, Any]
SIDES = ("candidate", "champion", "baseline")
MOST_ROWS = 40
MOST_REASONS = 5
CELL = 60
RATIO = "disparate_impact_ratio"
OF_ALL = ("accuracy", "auc")

# As short as a column beside three others has to be.
NAMES = {
    RATIO: "Approval ratio",
    "demographic_parity_difference": "Approval gap",
    "equal_opportunity_difference": "Gap if qualified",
    "accuracy": "Right answers",
    "auc": "Ranking (AUC)",
    "score_total_variation": "Shift of scores",
    "explanation_spearman": "Same reasons",
}


def sentences(kept: Kept) -> list[str]:
    """Return what speaks against the candidate, then how it treats people and how often it is right; in markup."""
    groups = _listed(kept, "groups")
    telling = [one for one in groups if not (one.get("is_alike") and one.get("was_alike"))] or groups[:1]
    return [f"• {said(one, 500)}" for one in (*_reasons(kept), *map(_group, telling), _right(kept)) if one]


def plain(kept: Kept) -> str:
    """Return the same on one line, without markup."""
    groups = [_group(one) for one in _listed(kept, "groups") if not (one.get("is_alike") and one.get("was_alike"))]
    return " ".join(filter(None, [*_reasons(kept), *groups, _right(kept)]))


def table(kept: Kept, *, whole: bool = False) -> list[Block]:
    """Return the figures of candidate, champion and baseline as a table: what matters here, or the whole of it."""
    rows = [row for row in _listed(kept, "table") if whole or _matters(row, kept)][:MOST_ROWS]
    if not rows:
        return []
    head = ["Measured", "Candidate", "Champion", "Baseline"]
    lines = [line for row in rows for line in _lines(row)]
    cells = [[{"type": "raw_text", "text": cell[:CELL] or "–"} for cell in line] for line in (head, *lines)]
    return [
        {"type": "table", "rows": cells, "column_settings": [{"align": "left"}, *({"align": "right"} for _ in SIDES)]}
    ]


def _lines(row: Kept) -> list[list[str]]:
    """Return the values, and beneath them how sure they are: side by side they are too wide for a thread."""
    sure = [_sure(row, side) for side in SIDES]
    return [[_name(row), *(_value(row, side) for side in SIDES)], *([["95 % sure", *sure]] if any(sure) else [])]


def _matters(row: Kept, kept: Kept) -> bool:
    """Return whether the row is about all people, or about groups that champion or candidate tell apart."""
    groups = _listed(kept, "groups")
    apart = {one.get("column") for one in groups if not (one.get("is_alike") and one.get("was_alike"))}
    if row.get("fails") or row.get("column") in apart:
        return True
    return row.get("metric") in OF_ALL or (not apart and row.get("metric") == RATIO)


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
    champion, candidate = (finding.whole(same, side) or 0 for side in ("champion", "candidate"))
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
    name = NAMES.get(metric, metric.replace("_", " "))
    return f"{sign}{name}, {column}" if column and column != "score" else f"{sign}{name}"


def _value(row: Kept, side: str) -> str:
    value = _kept(row, side).get("value")
    if not isinstance(value, int | float):
        return "–"
    return {"points": f"{100 * value:.1f} pts", "share": f"{100 * value:.1f} %"}.get(_unit(row), f"{value:.2f}")


def _sure(row: Kept, side: str) -> str:
    interval = _kept(row, side).get("interval")
    if not (isinstance(interval, list | tuple) and all(isinstance(end, int | float) for end in interval)):
        return ""
    if _unit(row) in ("points", "share"):
        return " to ".join(f"{round(100 * end)}" for end in interval).replace("-", "−")
    return " to ".join(f"{end:.2f}" for end in interval).replace("-", "−")


def _kept(row: Kept, side: str) -> Kept:
    kept = row.get(side)
    return kept if isinstance(kept, Mapping) else {}


def _unit(row: Kept) -> str:
    return names.metric(str(row.get("metric"))).unit


def _pair(value: object) -> str:
    if not (isinstance(value, list | tuple) and len(value) == 2):
        return "not known"
    return f"{words.percent(value[0])} and {words.percent(value[1])}"


def _points(value: object) -> str:
    return f"{100 * value:.1f} points" if isinstance(value, int | float) else "?"
