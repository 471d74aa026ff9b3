"""Facts → one plain sentence: for every finding, alert and refusal. Nothing is decided here.

`finding`, `alert` and `report` are what the rest of the program calls; a metric's sentence is a row of `FINDINGS`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from analysis.detection.alerts import Alert
from analysis.detection.findings import RULE, Fact, Finding, Reason
from analysis.detection.report import Report
from analysis.errors import Fault, Refused
from analysis.vocabulary import Family, Verdict
from templates import origins

NAMES = {
    "psi": "population stability index", "kl": "KL divergence", "kl_mirror": "KL divergence, mirrored",
    "js_distance_base2": "Jensen–Shannon distance", "ks": "Kolmogorov–Smirnov statistic",
    "wasserstein_over_std": "Wasserstein distance", "chi2": "χ² statistic", "cramers_v": "Cramér's V",
    "null_increase": "missing values", "unseen_share": "values never seen before",
    "out_of_range_share": "values out of range", "selection_rate": "selection rate",
    "demographic_parity_difference": "demographic parity difference", "disparate_impact_ratio": "disparate impact",
    "equal_opportunity_difference": "equal opportunity difference (the gap of false-negative rates)",
    "equalized_odds_difference": "equalized odds difference", "accuracy": "accuracy", "accuracy_drop": "accuracy drop",
    "accuracy_gap": "gap of accuracies between groups",
    "auc": "AUC", "auc_drop": "AUC drop", "score_total_variation": "prediction drift", "score_psi": "score PSI",
    "output_entropy_change": "output entropy change", "explanation_spearman": "rank correlation of explanations",
    "explanation_kendall": "Kendall's τ of explanations", "explanation_ndcg": "nDCG of explanations",
    "error_rate": "error rate", "latency_p50": "median latency", "latency_p95": "p95 latency",
    "latency_p99": "p99 latency", "latency_p95_ratio": "p95 latency against the baseline",
    "composite": "composite drift score", "sha256": "SHA-256",
    "estimated_accuracy": "estimated accuracy", RULE: "a rule of the policy",
}  # fmt: skip

TYPES = {
    Family.DATA: "Data drift", Family.FAIRNESS: "Fairness", Family.MODEL: "Model performance",
    Family.EXPLANATION: "Explanation drift", Family.QUALITY: "Data quality", Family.OPERATIONS: "Operations",
    Family.SECURITY: "Security",
}  # fmt: skip

SHARES = (
    "null_increase", "unseen_share", "out_of_range_share", "error_rate", "accuracy_drop", "auc_drop",
    "score_total_variation", "output_entropy_change",
)  # fmt: skip

WHY = {
    Reason.TOO_FEW_IN_GROUPS: "too few people in the groups to compare them",
    Reason.TOO_FEW_FEATURES: "fewer than 5 features carry weight, an order of so few says nothing",
    Reason.NO_LABELS: "no outcome is known yet",
    Reason.ONE_CLASS: "the known outcomes are all of one kind",
    Reason.CONSTANT: "the baseline never varies",
    Reason.NOT_A_PROBABILITY: "the score is not a probability",
    Reason.COLUMN_GONE: "the column is no longer in the log",
    Reason.COLUMN_NEW: "the column is new, the baseline does not have it",
    Reason.NEVER_LOGGED: "it is not in the log",
    Reason.UNDEFINED: "the baseline gives nothing to compare with",
}


def percent(share: Fact) -> str:
    """Return a share as people write it.

    >>> percent(0.3), percent(0.0042), percent(1.0)
    ('30 %', '0.42 %', '100 %')
    """
    value = 100 * _number(share)
    return f"{value:.0f} %" if abs(value) >= 10 or value == 0 else f"{value:.2g} %"


def _number(fact: Fact) -> float:
    return float(fact) if isinstance(fact, int | float) else float("nan")


def plain(value: float | None) -> str:
    """Return a number with three figures.

    >>> plain(0.12345), plain(1234.5), plain(None)
    ('0.123', '1,234', 'none')
    """
    if value is None:
        return "none"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def moment(at: datetime) -> str:
    """Return a time as people write it.

    >>> moment(datetime(2025, 3, 19, 9, 0))
    '19 March 2025 09:00 UTC'
    """
    return f"{at.day} {at:%B %Y %H:%M} UTC"


def _missing(f: Finding) -> str:
    before, now = f.facts.get("baseline_share"), f.facts.get("window_share")
    if f.facts.get("gone"):
        return f"{f.column} is no longer in the log; it was missing in {percent(before)} of requests"
    return f"{f.column} is missing in {percent(now)} of requests; it was {percent(before)}"


def _unseen(f: Finding) -> str:
    values = f.facts.get("values")
    named = f" ({', '.join(values)})" if isinstance(values, list) and values else ""  # type: ignore[arg-type]
    return f"{percent(f.value)} of requests have a {f.column} that the baseline never had{named}"


def _range(f: Finding) -> str:
    seen = f"{plain(_number(f.facts.get('baseline_least')))} to {plain(_number(f.facts.get('baseline_most')))}"
    now = f"{plain(_number(f.facts.get('least')))} to {plain(_number(f.facts.get('most')))}"
    return f"{percent(f.value)} of {f.column} lies outside anything seen before ({seen}); it now runs from {now}"


def _moved(f: Finding) -> str:
    how = "differently" if f.verdict is Verdict.ALARM or f.reason is Reason.CERTAIN_NOT_MATERIAL else "much as before"
    return f"{f.column} is distributed {how}: {NAMES[f.metric]} {plain(f.value)}"


def _shifted(f: Finding) -> str:
    before, now = plain(_number(f.facts.get("baseline_mean"))), plain(_number(f.facts.get("mean")))
    return f"{f.column} has moved by {plain(f.value)} standard deviations; its mean was {before} and is {now}"


def _parity(f: Finding) -> str:
    low, high = f.facts.get("lowest"), f.facts.get("highest")
    rates = f"{percent(f.facts.get('lowest_rate'))} of {low} and {percent(f.facts.get('highest_rate'))} of {high}"
    return f"{rates} are approved ({f.column}), {_points(f.value)} apart; it was {_points(f.baseline_value)}"


def _opportunity(f: Finding) -> str:
    low, high = f.facts.get("lowest"), f.facts.get("highest")
    rates = f"{percent(f.facts.get('lowest_rate'))} of {low} and {percent(f.facts.get('highest_rate'))} of {high}"
    return (
        f"of those whose outcome was good, {rates} were approved ({f.column}), {_points(f.value)} apart; "
        f"it was {_points(f.baseline_value)}"
    )


def _points(gap: float | None) -> str:
    return f"{100 * _number(gap):.1f} points"


def _right(f: Finding) -> str:
    low, high = f.facts.get("lowest"), f.facts.get("highest")
    rates = f"{percent(f.facts.get('lowest_rate'))} of {low} and {percent(f.facts.get('highest_rate'))} of {high}"
    return f"decisions are right for {rates} ({f.column}), {_points(f.value)} apart; it was {_points(f.baseline_value)}"


def _impact(f: Finding) -> str:
    low, high = f.facts.get("lowest"), f.facts.get("highest")
    rates = f"{percent(f.facts.get('lowest_rate'))} against {percent(f.facts.get('highest_rate'))}"
    return (
        f"{low} are approved {_number(f.value):.2f} times as often as {high} ({f.column}: {rates}); "
        f"it was {_number(f.baseline_value):.2f}"
    )


def _dropped(f: Finding) -> str:
    name = "accuracy" if f.metric == "accuracy_drop" else "AUC"
    before, now = f.facts.get("before"), f.facts.get("now")
    word = "fell" if _number(f.value) > 0 else "rose"
    by = percent(abs(_number(f.value)))
    name = f"on {f.group} {name}" if f.group else name
    return f"{name} {word} from {_number(before):.3f} to {_number(now):.3f}, by {by} of its value"


def _order(f: Finding) -> str:
    moved = f.facts.get("moved")
    named = f"; most changed: {', '.join(map(str, moved))}" if isinstance(moved, list) else ""
    return f"the order of what the model weighs agrees with the baseline's by {plain(f.value)} of 1{named}"


def _errors(f: Finding) -> str:
    when = f" in the worst hours ({f.group})" if f.group else ""
    return f"{percent(f.value)} of requests failed{when}; it was {percent(f.baseline_value)}"


def _slow(f: Finding) -> str:
    when = f" in the worst hours ({f.group})" if f.group else ""
    now, before = plain(_number(f.facts.get("ms"))), plain(_number(f.facts.get("baseline_ms")))
    return f"p95 latency is {plain(f.value)} times the baseline's{when}: {now} ms, it was {before} ms"


def _gap(gap: float) -> str:
    return f"a gap of {_points(gap)} or more"


DETECTABLE: Mapping[str, Callable[[float], str]] = {
    "selection_rate": lambda gap: f"a change of {_points(gap)} or more",
    "disparate_impact_ratio": lambda ratio: f"a ratio of {ratio:.2f} or less",
    "accuracy": lambda drop: f"a loss of {_points(drop)} or more",
    "accuracy_drop": lambda drop: f"a loss of {percent(drop)} or more of its value",
}


def _rule(f: Finding) -> str:
    if f.reason is Reason.NOT_MEASURED:
        return f"the rule {f.column} ({f.facts.get('when')}) says nothing: what it asks about was not measured"
    row = f", in a row {f.facts.get('held')}, needed {f.facts.get('asked')}"
    holds = "does not hold" if f.verdict is Verdict.OK else f"holds{row}"
    return f"the rule {f.column} ({f.facts.get('when')}) {holds}: {read(f)}"


READ = ("names", "values")  # what a rule read, and the numbers


def read(f: Finding, written: Callable[[str, float], str] = lambda _, value: plain(value)) -> str:
    """Return what a rule read, name by name, each value as it is written for its metric."""
    names, values = ([str(one) for one in kept] if isinstance(kept := f.facts.get(key), list) else [] for key in READ)
    pairs = zip(names, map(float, values), strict=False)
    return " and ".join(f"{name} is {written(name.partition('[')[0], value)}" for name, value in pairs)


FINDINGS: Mapping[str, Callable[[Finding], str]] = {
    "psi": _moved, "kl": _moved, "wasserstein_over_std": _shifted, "null_increase": _missing, "unseen_share": _unseen,
    "out_of_range_share": _range, "demographic_parity_difference": _parity, "disparate_impact_ratio": _impact,
    "equal_opportunity_difference": _opportunity, "accuracy_gap": _right,
    "accuracy_drop": _dropped, "auc_drop": _dropped,
    "score_psi": _moved,
    "score_total_variation": lambda f: f"{percent(f.value)} of the scores have moved to another tenth",
    "output_entropy_change": lambda f: f"the model's uncertainty changed by {percent(f.value)}",
    "explanation_spearman": _order, "error_rate": _errors, "latency_p95_ratio": _slow, RULE: _rule,
}  # fmt: skip


def finding(f: Finding) -> str:
    """Return the sentence of a finding: the number, the limit, and what follows or why nothing does."""
    if f.verdict in (Verdict.INSUFFICIENT_DATA, Verdict.NOT_COMPUTABLE) and not f.is_of_rule:
        return f"No {NAMES[f.metric]}{_on(f)}: {_why(f)}{_detectable(f)}."
    said = FINDINGS[f.metric](f) if f.metric in FINDINGS else f"{NAMES[f.metric]}{_on(f)} is {plain(f.value)}"
    return f"{said[:1].upper()}{said[1:]}{_limit(f)}{_verdict(f)}{_passed(f)}."


def _passed(f: Finding) -> str:
    return _detectable(f) if f.verdict is Verdict.OK and f.family is Family.FAIRNESS else ""


def _detectable(f: Finding) -> str:
    """Return the smallest effect that so many rows would have shown."""
    if f.detectable is None:
        return ""
    size = DETECTABLE.get(f.metric, _gap)(f.detectable)
    return f"; so few rows show only {size}" if f.verdict is not Verdict.OK else f"; so many rows show {size}"


def _on(f: Finding) -> str:
    parts = [part for part in (f.column, f.group) if part]
    return f" of {', '.join(parts)}" if parts else ""


def _why(f: Finding) -> str:
    if f.reason is Reason.TOO_FEW_ROWS:
        return f"too few rows to judge, {min(f.n_baseline, f.n_window)} of the {f.facts.get('least', 100)} needed"
    return WHY.get(f.reason, "there is too little to compare")


def _limit(f: Finding) -> str:
    if f.limit is None:
        return ""
    return f" (limit {percent(f.limit) if f.metric in SHARES else plain(f.limit)})"


def _verdict(f: Finding) -> str:
    sure = "" if f.q is None else f" (q {f.q:.2g})"
    return {
        Reason.MATERIAL_NOT_CERTAIN: f" – beyond the limit, but it may be chance{sure}",
        Reason.CERTAIN_NOT_MATERIAL: " – a certain change, within the limit",
        Reason.STANDING: " – as old as the baseline",
    }.get(f.reason, "")


def title(a: Alert) -> str:
    """Return the few words that head an alert."""
    what = ", ".join(a.columns) or (a.lead.column or "")
    return f"{TYPES[a.family]}: {what}" if what else f"{TYPES[a.family]}: {NAMES[a.lead.metric]}"


def alert(a: Alert) -> str:
    """Return what happened, where, since when, what followed from it, and where the change comes from."""
    where = f", where {a.segment[0]} is {a.segment[1]}" if a.segment else ""
    began = f" Since {moment(a.since)}" if a.since else ""
    ended = f" until {moment(a.until)}" if a.until else ""
    when = f"{began}{ended}{where}." if began else (f" Only{where[1:]}." if where else "")
    new = f" Model version {', '.join(a.versions)} is new in this window." if a.versions else ""
    return " ".join([f"{finding(a.lead)}{when}{new}{_followed(a)}", *origins.sentences(a)])


def _followed(a: Alert) -> str:
    shapes = ("kl", "psi", "wasserstein_over_std")
    parts = [c for c in a.consequences if (c.metric, c.column) != (a.lead.metric, a.lead.column)]
    others = [f"{NAMES[c.metric]}{f' of {c.column}' if c.column else ''}" for c in parts if c.metric not in shapes]
    said = {a.lead.column, *(c.column for c in parts if c.metric not in shapes)}
    moved = [str(c.column) for c in parts if c.metric in shapes and c.column not in said]
    named = list(dict.fromkeys([*others, *moved]))
    return f" It goes along with: {', '.join(named)}." if named else ""


def report(r: Report) -> dict[str, Any]:
    """Return the report as JSON with a sentence for every finding and alert, and one for the whole."""
    kept = r.to_json()
    for row, f in zip(kept["results"], r.findings, strict=True):
        row["sentence"] = finding(f)
    for row, a in zip(kept["alerts"], r.alerts, strict=True):
        row["sentence"], row["title"] = alert(a), title(a)
        for part, c in zip(row["consequences"], a.consequences, strict=True):
            part["sentence"] = finding(c)
        for part, said in zip(row["origins"], origins.sentences(a), strict=True):
            part["sentence"] = said
    return kept | {"sentence": summary(r)}


def summary(r: Report) -> str:
    """Return what the whole comparison came to."""
    if not r.is_enough:
        return f"Too little to judge: {r.window.rows} requests. Nothing is raised and nothing is passed."
    if not r.alerts:
        return f"No alert: {r.window.rows:,} requests agree with the baseline."
    return "; ".join(f"{a.severity.value}: {title(a)}" for a in r.alerts) + "."


FAULTS = {
    Fault.NOT_FOUND: "there is no such file", Fault.UNREADABLE: "it cannot be read", Fault.EMPTY: "it has no rows",
    Fault.COLUMN_MISSING: "a column is missing", Fault.COLUMN_TYPE: "a column is of the wrong kind",
    Fault.TOO_LARGE: "it is too large to be a log", Fault.TIME: "its times cannot be read",
}  # fmt: skip
REFUSALS = {
    "bad_spec": "What was said about the columns does not fit the log",
    "bad_limits": "The limits do not hold together",
    "bad_profile": "The stored profile cannot be used",
    "bad_candidate": "The candidate cannot be judged",
    "no_engine": "The log was not counted, for its engine cannot be used",
    "foreign_profile": "The two profiles were counted by different specs, so they cannot be put together or compared",
}


def refused(error: Refused) -> str:
    """Return the sentence of a refused log, spec or profile: what, where, why."""
    facts = dict(error.facts)
    if (fault := facts.pop("fault", None)) is not None:
        head = f"The log {facts.pop('file', '')} was not analysed: {FAULTS[Fault(str(fault))]}".replace("  ", " ")
    else:
        head = REFUSALS.get(error.reason, "That cannot be done")
    detail = facts.pop("detail", None)
    where = ", ".join(f"{name.replace('_', ' ')} {fact}" for name, fact in facts.items())
    return head + (f" ({where})" if where else "") + (f": {detail}" if detail else "") + "."
