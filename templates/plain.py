"""What was found, and whom it touches, for somebody in a hurry; raw text, which whoever shows it escapes.

The exact statement of a finding, with its limit and how sure it is, is `words.finding`.
"""

from collections.abc import Callable

from analysis.detection.alerts import Alert as Raised
from analysis.detection.findings import RULE, Finding, Reason
from analysis.detection.report import Report
from analysis.response.checksums import METRIC
from analysis.vocabulary import Family
from storage.tables import Alert as Stored
from templates import checksums, figures, finding, names, reported, words
from templates.finding import fact, listed, written

MOST_NAMES = 3


def sentence(found: Finding) -> str:
    """Return what one finding says; a gap as old as the baseline has no “before”."""
    row = SENTENCES.get(found.metric)
    said = row(found) if row else exact(found)
    return said.partition(" Before: ")[0] if found.reason is Reason.STANDING else said


def exact(found: Finding) -> str:
    """Return the exact statement of a finding; one of a metric that is no longer measured keeps its own name."""
    if found.metric in words.NAMES:
        return words.finding(found)
    where = f" in {found.column}" if found.column else ""
    return f"{names.metric(found.metric).measures.capitalize()}{where}: {written(found, found.value)}."


def alert(stored: Stored) -> str:
    """Return what an alert says: its cause, how it was before, in which part it happens, what came with it."""
    return " ".join(filter(None, told(stored)))


def told(stored: Stored) -> tuple[str, str]:
    """Return the one sentence that matters, and what else belongs to it."""
    if reported.of(stored):
        return reported.told(stored)
    raised = finding.raised(stored)
    if raised is None:
        return f"{names.FAMILY[Family(stored.family)]}: a limit was passed.", ""
    if raised.lead.reason is Reason.STANDING:
        return _standing(raised.lead), "Accept the risk with a reason, or remedy it. Checks do not raise it again."
    first, _, more = sentence(raised.lead).partition(". ")
    rest = [more, _others(raised), _segment(raised), _version(raised)]
    return first.rstrip(".") + ".", " ".join(filter(None, rest))


def _standing(found: Finding) -> str:
    """Return the gap that the baseline has itself."""
    said = sentence(found)
    return f"The reference period itself has this gap: {said[:1].lower()}{said[1:]}"


def consequences(raised: Raised) -> list[str]:
    """Return what followed from the cause, its own column first; one sentence a column and kind: what says most."""
    best: dict[tuple[str, ...], str] = {}
    for one in raised.consequences:
        if _kind(one) != _kind(raised.lead):
            best[_kind(one)] = max(best.get(_kind(one), ""), sentence(one), key=len)
    return [best[kind] for kind in sorted(best, key=lambda kind: kind[1] != raised.lead.column)]


def _kind(found: Finding) -> tuple[str, ...]:
    """Return what two findings share that say the same: all shifts of a column are one, both gaps of approval too."""
    kind = next((group[0] for group in ALIKE if found.metric in group), found.metric)
    return (kind, found.column or "", found.group or "")


ALIKE = (
    ("psi", "kl", "wasserstein_over_std"),
    ("score_total_variation", "score_psi"),
    ("disparate_impact_ratio", "demographic_parity_difference"),
)


def affected(family: str, raised: Raised | None, report: Report | None = None) -> str:
    """Return who is affected, as far as the records know."""
    return AFFECTED[Family(family)](raised, report)


def before(found: Finding) -> str:
    """Return how it was in the baseline."""
    if found.reason is Reason.STANDING:
        return "this is the baseline itself"
    row = BEFORE.get(found.metric)
    return row(found) if row else written(found, found.baseline_value)


def _others(raised: Raised) -> str:
    """Return the other columns that broke at once."""
    others = [name for name in raised.columns if name != raised.lead.column]
    return f"The same with {_some(others)}." if others and raised.lead.family in (Family.DATA, Family.QUALITY) else ""


def _segment(raised: Raised) -> str:
    return f"Only where {raised.segment[0]} is {raised.segment[1]}." if raised.segment else ""


def _version(raised: Raised) -> str:
    if not raised.versions:
        return ""
    return f"It came with version {_some(list(raised.versions))}."


def _some(words: list[str]) -> str:
    more = len(words) - MOST_NAMES
    return names.listed([*words[:MOST_NAMES], f"{more} more"] if more > 0 else words)


def _share(found: Finding, name: str) -> str:
    value = fact(found, name)
    return "an unknown share" if value is None else figures.share(value)


def _approved(found: Finding) -> str:
    facts = found.facts
    was = f" Before: {_share(found, 'lowest_before')} and {_share(found, 'highest_before')}."
    return (
        f"Only {_share(found, 'lowest_rate')} of {facts.get('lowest')} applicants are approved, "
        f"against {_share(found, 'highest_rate')} of {facts.get('highest')} ({found.column}).{was}"
    )


def _qualified(found: Finding) -> str:
    return f"Among those who qualify: {_approved(found)[0].lower()}{_approved(found)[1:]}"


def _right(found: Finding) -> str:
    facts = found.facts
    was = f" Before: {_share(found, 'lowest_before')} and {_share(found, 'highest_before')}."
    return (
        f"Decisions about {facts.get('lowest')} applicants are right in {_share(found, 'lowest_rate')} of cases, "
        f"about {facts.get('highest')} in {_share(found, 'highest_rate')} ({found.column}).{was}"
    )


def _missing(found: Finding) -> str:
    now, was = _share(found, "window_share"), _share(found, "baseline_share")
    if found.facts.get("gone"):
        return f"{found.column} is no longer in the log; before it was missing in {was} of the requests."
    return f"{found.column} is missing in {now} of the requests; before in {was}."


def _unseen(found: Finding) -> str:
    values = listed(found, "values")
    shown = f": {_some(values)}" if values else ""
    return f"{_share(found, 'window_share')} of {found.column} are values never seen before{shown}."


def _out_of_range(found: Finding) -> str:
    return f"{_share(found, 'window_share')} of {found.column} lie outside the range known so far.{_range(found)}"


def _range(found: Finding) -> str:
    most, was = fact(found, "most"), fact(found, "baseline_most")
    if most is None or was is None or most <= was:
        return ""
    return f" The largest is {figures.number(most)}; before it was {figures.number(was)}."


def _shifted(found: Finding) -> str:
    mean, was = fact(found, "mean"), fact(found, "baseline_mean")
    if mean is None or was is None:
        return f"The values of {found.column} have shifted."
    return (
        f"The values of {found.column} have shifted: {figures.number(mean)} on average, before {figures.number(was)}."
    )


def _scores(found: Finding) -> str:
    return f"The model's outputs have shifted: {written(found, found.value)} of them lie elsewhere than before."


def _outputs(found: Finding) -> str:
    return "The model's outputs have shifted."


def _accuracy(found: Finding) -> str:
    day = f" on {found.group}" if found.group else ""
    return f"The model is right in {_share(found, 'now')} of cases{day}; before in {_share(found, 'before')}."


def _minimum(found: Finding) -> str:
    least = f", less than the {figures.share(found.limit)} it must reach" if found.limit is not None else ""
    return f"The model is right in {written(found, found.value)} of cases{least}."


def _auc(found: Finding) -> str:
    now, was = fact(found, "now"), fact(found, "before")
    shown = f": AUC {figures.ratio(now)}, before {figures.ratio(was)}" if now is not None and was is not None else ""
    return f"The model tells good from bad less well{shown}."


def _entropy(found: Finding) -> str:
    way = "less" if (found.value or 0) > 0 else "more"
    return f"The model is {way} sure of its answers than before."


def _reasons(found: Finding) -> str:
    moved = listed(found, "moved")
    most = f" Most changed: {_some(moved)}." if moved else ""
    return f"The model gives its inputs other weights than before.{most}"


def _errors(found: Finding) -> str:
    was = written(found, found.baseline_value)
    return f"{written(found, found.value)} of the requests failed{_hours(found)}; before {was}."


def _latency(found: Finding) -> str:
    now, was = fact(found, "ms"), fact(found, "baseline_ms")
    shown = f": {figures.count(now)} ms, before {figures.count(was)} ms" if now is not None and was is not None else ""
    return f"Slow answers took {written(found, found.value)} as long as before{_hours(found)}{shown}."


def _hours(found: Finding) -> str:
    """Return the worst hours, which the finding names as an ISO interval."""
    start, _, end = (found.group or "").partition("/")
    if not end:
        return ""
    return f" from {start[11:16]} to {end[11:16]} UTC on {start[:10]}"


def _rule(found: Finding) -> str:
    """Return which rule holds, what it read, and what it says."""
    held = fact(found, "held") or 1
    row = f" in {figures.counted(int(held), 'check')} in a row" if held > 1 else ""
    read = words.read(found, lambda metric, value: figures.UNITS[names.metric(metric).unit](value))
    return f"Your rule “{found.column}” holds{row}: {read}. It says: {found.facts.get('when')}."


SENTENCES: dict[str, Callable[[Finding], str]] = {
    "demographic_parity_difference": _approved,
    "disparate_impact_ratio": _approved,
    "equal_opportunity_difference": _qualified,
    "accuracy_gap": _right,
    "psi": _shifted,
    "kl": _shifted,
    "wasserstein_over_std": _shifted,
    "null_increase": _missing,
    "unseen_share": _unseen,
    "out_of_range_share": _out_of_range,
    "score_total_variation": _scores,
    "score_psi": _outputs,
    "accuracy": _minimum,
    "accuracy_drop": _accuracy,
    "auc_drop": _auc,
    "output_entropy_change": _entropy,
    "explanation_spearman": _reasons,
    "error_rate": _errors,
    "latency_p95_ratio": _latency,
    RULE: _rule,
    METRIC: checksums.sentence,
}

NO_SHIFT = {"psi", "kl", "wasserstein_over_std", "score_total_variation", "score_psi", "output_entropy_change"}
BEFORE: dict[str, Callable[[Finding], str]] = {
    **dict.fromkeys(NO_SHIFT, lambda found: "0 is no change"),
    "accuracy_drop": lambda found: f"right in {_share(found, 'before')} of cases",
    "auc_drop": lambda found: f"AUC {figures.ratio(fact(found, 'before') or 0)}",
    "null_increase": lambda found: f"{_share(found, 'baseline_share')} missing",
    "latency_p95_ratio": lambda found: f"{figures.count(fact(found, 'baseline_ms') or 0)} ms",
    "explanation_spearman": lambda found: "1 is no change",
}


def _of_fairness(raised: Raised | None, report: Report | None) -> str:
    group = raised.lead.group if raised else None
    if raised is None or group is None:
        return "People of a protected group."
    mine = [one for one in finding.group_rates(report, raised.lead.column) if one.group == group]
    n = f": {figures.counted(mine[0].n_window, 'decision')} in this window" if mine else ""
    return f"{group} applicants{n}."


def _of_inputs(raised: Raised | None, report: Report | None) -> str:
    share = fact(raised.lead, "window_share") if raised else None
    number = f": about {figures.count(share * raised.lead.n_window)} decisions" if raised and share else ""
    if raised and raised.segment:
        return f"Applicants whose {raised.segment[0]} is {raised.segment[1]}{number}."
    return f"{figures.share(share)} of all applicants{number}." if share else "All applicants scored on these inputs."


def _of_all(raised: Raised | None, report: Report | None) -> str:
    n = f": {figures.counted(report.window.rows, 'decision')} in this window" if report else ""
    return f"All applicants{n}."


def _of_service(raised: Raised | None, report: Report | None) -> str:
    whole = [f for f in report.findings if f.metric == "error_rate" and not f.group] if report else []
    failed = fact(whole[0], "errors") if whole else None
    if not failed:
        return "Everybody who waited for an answer."
    return f"Everybody who waited; {figures.counted(int(failed), 'request')} got no answer."


AFFECTED: dict[Family, Callable[[Raised | None, Report | None], str]] = {
    Family.DATA: _of_inputs,
    Family.FAIRNESS: _of_fairness,
    Family.MODEL: _of_all,
    Family.EXPLANATION: lambda raised, report: (
        "Nobody worse off, as far as is known; but the reasons given for decisions are new."
    ),
    Family.QUALITY: _of_inputs,
    Family.OPERATIONS: _of_service,
    Family.SECURITY: lambda raised, report: checksums.affected(raised) if raised else "Not known yet.",
}
