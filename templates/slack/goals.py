"""The figures of the response against their targets, a line each."""

from collections.abc import Sequence
from datetime import timedelta

from analysis.response.figures import Figure, Measured, missed
from templates import figures, names

NAMES = {
    Figure.ACKNOWLEDGE: "time to acknowledge",
    Figure.CONTAIN: "time to contain",
    Figure.ROOT_CAUSE: "time to the root cause",
    Figure.RESOLVE: "time to resolve",
    Figure.REPEATS: "incidents that came back",
    Figure.POLICY_LAG: "time from a review to its update",
    Figure.BREACHES: "deadlines missed",
    Figure.OPEN_CRITICAL: "critical incidents open",
}


def lines(found: Sequence[Measured]) -> list[str]:
    """Return a line for each figure that misses its target; else one line that none does."""
    short = [f"🔺 {_line(one)}" for one in missed(found)]
    return short or ["✅ Every figure of the response is within its target."]


def every(found: Sequence[Measured]) -> list[str]:
    """Return a line for each figure."""
    return [f"{'✅' if one.is_met else '🔺'} {_line(one)}" for one in found]


def _line(one: Measured) -> str:
    severity = f" ({names.SEVERITY[one.severity].lower()})" if one.severity else ""
    sign = "under" if one.figure is Figure.REPEATS else "at most"
    limit = "" if one.target is None else f", target {sign} {_written(one, one.target)}"
    if one.target == 0:
        limit = ", target none"
    return f"{names.first(NAMES[one.figure])}{severity}: *{_written(one, one.value)}*{limit}"


def _written(one: Measured, value: timedelta | float) -> str:
    if isinstance(value, timedelta):
        return figures.span(value)
    return figures.share(value) if one.figure is Figure.REPEATS else figures.count(value)
