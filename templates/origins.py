"""Where the change behind an alert comes from, in one sentence: people, inputs, the model. Raw text."""

from analysis.detection.alerts import Alert
from analysis.detection.origins import Basis, Origin, Part, Source, Untold

NEARLY_ALL, A_TENTH = 0.9, 0.1
MOST = 3  # parts in the sentence; all are in the report
GAPS = {
    "demographic_parity_difference": "the gap in approvals",
    "equal_opportunity_difference": "the gap in approvals among those who qualify",
    "accuracy_gap": "the gap in right decisions",
    "disparate_impact_ratio": "disparate impact",
}
WHY_NOT = {
    Untold.NO_COUNTERPART: "too many requests are like none of the baseline",
    Untold.NO_LOG: "the log that the baseline was counted from could not be read again",
}


def sentences(alert: Alert) -> list[str]:
    """Return where each change that the alert is about comes from."""
    return [told(origin, alert.versions) for origin in alert.origins]


def plainly(alert: Alert) -> str:
    """Return in plain words where the change that leads the alert comes from; the sentences have its figures."""
    origin = alert.origins[0]
    shares = [(part, part.share) for part in origin.parts if part.share is not None]
    if origin.reason is not None or not shares:
        return told(origin, alert.versions)
    (first, share), *rest = shares
    whence = _from(origin, first, alert.versions)
    if share >= NEARLY_ALL:
        return f"Nearly all of the change comes from {whence}."
    more = [f"{share:.0%} from {_from(origin, part, alert.versions)}" for part, share in rest if share >= A_TENTH]
    said = ", ".join([f"{share:.0%} from {whence}", *more[: MOST - 1]]).replace("%", " %")
    return f"Of the change, {said}."


def told(origin: Origin, versions: tuple[str, ...]) -> str:
    """Return the sentence of one change; new model versions are named where they may be the cause."""
    if origin.reason is not None:
        return f"Where {_what(origin)} comes from cannot be told: {WHY_NOT[origin.reason]}."
    first, *rest = [part for part in origin.parts if _size(origin, part.value).strip("−0.")][:MOST] or origin.parts[:1]
    low, high = sorted(_sign(origin) * side for side in first.interval)
    span = f"{_size(origin, first.value)} ({_number(origin, low)} to {_number(origin, high)})"
    said = [f"{span} come from {_from(origin, first, versions)}"]
    said += [f"{_size(origin, part.value)} from {_from(origin, part, versions)}" for part in rest]
    return f"Of {_what(origin)}, {', '.join(said)}."


def _what(origin: Origin) -> str:
    by = _number(origin, abs(origin.change))
    if origin.metric not in GAPS:
        return f"the {by}-point {'drop' if origin.change < 0 else 'rise'} in accuracy"
    of = f"{GAPS[origin.metric]} ({origin.column})"
    if origin.metric == "disparate_impact_ratio":
        return f"the {'fall' if origin.change < 0 else 'rise'} of {of} by {by}"
    return f"the {by} points by which {of} {'grew' if origin.change > 0 else 'shrank'}"


def _sign(origin: Origin) -> int:
    return -1 if origin.change < 0 else 1


def _size(origin: Origin, value: float) -> str:
    """Return a part in the direction of the change; a minus is the other way."""
    return _number(origin, _sign(origin) * value)


def _number(origin: Origin, value: float) -> str:
    shown = f"{abs(value):.2f}" if origin.metric == "disparate_impact_ratio" else f"{abs(value) * 100:.1f}"
    return f"−{shown}" if value < 0 else shown


def _from(origin: Origin, part: Part, versions: tuple[str, ...]) -> str:
    columns = ", ".join(part.columns)
    if part.source is Source.MIX:
        return f"a different mix of people ({columns})"
    if part.source is Source.FEATURE:
        return f"the shift of {columns}"
    if part.source is Source.NEW:
        return "people and values that the baseline never had"
    if origin.untold:
        return f"{_model(origin, versions)}, or from {' and '.join(origin.untold)}: not to be told apart"
    return _model(origin, versions)


def _model(origin: Origin, versions: tuple[str, ...]) -> str:
    if origin.basis is Basis.PROFILES:
        return "the model or its inputs, not to be told apart without reading the baseline's log again"
    if versions:
        return f"the model itself (version {', '.join(versions)})"
    if origin.metric in ("demographic_parity_difference", "disparate_impact_ratio"):
        return "like people being decided otherwise"
    return "like cases being decided or turning out otherwise"
