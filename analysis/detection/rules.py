"""The rules of a policy over the runs: what each says of this one, and whether it has held often enough in a row.

How a rule went is a finding of the run, and with it kept in the run's report: the next run counts on from there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from analysis.detection.alerts import Alert
from analysis.detection.conditions import Values, values_of
from analysis.detection.findings import RULE, Fact, Finding, Reason, number
from analysis.detection.report import Report
from analysis.policy import Rule
from analysis.vocabulary import Verdict


def follow(report: Report, rules: Sequence[Rule], before: Mapping[str, Any]) -> Report:
    """Return the report with a finding for each rule and an alert for each that has held long enough.

    `before` is the report of the run before, as it was stored; it knows how often each rule held in a row.
    """
    values, counted = values_of(report.findings), _counted(before)
    found = [_finding(rule, values, counted.get((rule.name, rule.when.text), 0), report) for rule in rules]
    raised = [
        Alert(one.family, one.severity, one, (), (RULE, str(one.column)))
        for one in found
        if one.severity is not None and one.verdict is Verdict.ALARM
    ]
    alerts = sorted((*report.alerts, *raised), key=lambda alert: -alert.severity.rank)
    return replace(report, findings=(*report.findings, *found), alerts=tuple(alerts))


def _counted(before: Mapping[str, Any]) -> dict[tuple[str, str], int]:
    """Return how many runs in a row each rule has held, by name and condition: one that was rewritten starts anew."""
    kept = [Finding.from_json(one) for one in before.get("results", ()) if one["metric"] == RULE]
    return {(str(one.column), str(one.facts.get("when"))): int(number(one.facts.get("held")) or 0) for one in kept}


def _finding(rule: Rule, values: Values, before: int, report: Report) -> Finding:
    """Return how the rule went; a run that could not measure what it asks about neither counts nor breaks the row."""
    holds = rule.when.holds(values)
    held = 0 if holds is False else before + (holds is True)
    verdict, reason = _outcome(holds, held >= rule.consecutive)
    read = rule.when.measured(values)
    facts: dict[str, Fact] = {
        "when": rule.when.text,
        "held": held,
        "asked": rule.consecutive,
        "names": list(map(str, read)),
        "values": list(read.values()),
    }
    severity = rule.severity if verdict is Verdict.ALARM else None
    finding = Finding(rule.family, RULE, rule.name, verdict=verdict, severity=severity, reason=reason, facts=facts)
    return replace(finding, n_baseline=report.baseline.rows, n_window=report.window.rows)


def _outcome(holds: bool | None, is_enough: bool) -> tuple[Verdict, Reason]:
    if holds is None:
        return Verdict.NOT_COMPUTABLE, Reason.NOT_MEASURED
    if not holds:
        return Verdict.OK, Reason.WITHIN
    return (Verdict.ALARM, Reason.RULE_HOLDS) if is_enough else (Verdict.NOTICE, Reason.RULE_HOLDS_NOT_YET)
