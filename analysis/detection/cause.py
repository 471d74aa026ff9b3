"""Findings of one run → alerts, one a cause.

The chain is inputs → model → outputs → outcomes; operations stand apart. What breaks earlier explains what moves later:

1. Errors and latency are one alert.
2. Raised inputs are put together where they began at the same time; each such group is a cause.
3. Whatever else is raised is a consequence of the first input cause, unless a new model version came into the window:
   then fairness, explanations, outputs and outcomes are that version's, and inputs keep their own alert.
4. A group is led by its most severe finding, fairness before performance before explanation; missing, unseen and
   impossible values lead where nothing moved but the columns they are in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from analysis.detection.alerts import Alert
from analysis.detection.findings import Finding, number
from analysis.detection.onset import segment, stretch
from analysis.detection.pair import Pair
from analysis.detection.severity import composed
from analysis.detection.trend import Stretch
from analysis.metrics.composite import composite
from analysis.vocabulary import Family, Severity, Verdict

INPUTS = (Family.QUALITY, Family.DATA)
SAME_TIME = timedelta(hours=6)
UNCAP = (Family.FAIRNESS, Family.MODEL)  # where one of them breaks too, no other family is held down (REQUIREMENTS)
LEADS = (Family.FAIRNESS, Family.MODEL, Family.EXPLANATION)


@dataclass(frozen=True)
class Group:
    """Raised findings that share a cause, and when it happened."""

    findings: tuple[Finding, ...]
    when: Stretch | None = None

    @property
    def since(self) -> datetime | None:
        """Return when it began."""
        return self.when.since if self.when else None


def alerts(pair: Pair, findings: Sequence[Finding]) -> list[Alert]:
    """Return the alerts of a run, the worst first."""
    raised = [finding for finding in findings if finding.verdict is Verdict.ALARM]
    down = [finding for finding in raised if finding.family is Family.OPERATIONS]
    inputs = [finding for finding in raised if finding.family in INPUTS]
    rest = [finding for finding in raised if finding.family in LEADS]
    found = [_alert(pair, _operations(pair, down), ())] if down else []
    causes = _input_causes(pair, inputs)
    if rest and (pair.new_versions or not causes):
        found.append(_alert(pair, _led(pair, rest), ()))
        rest = []
    found += [_alert(pair, cause, rest if i == 0 else ()) for i, cause in enumerate(causes)]
    return sorted(found, key=lambda alert: (-alert.severity.rank, alert.fingerprint))


def _operations(pair: Pair, down: list[Finding]) -> Group:
    first = sorted(down, key=lambda finding: (-finding.rank[0], -finding.rank[1], finding.metric))
    return Group(tuple(first), _widest([stretch(pair, finding) for finding in first]))


def _widest(found: list[Stretch | None]) -> Stretch | None:
    known = [one for one in found if one]
    return max(known, key=lambda one: (one.last - one.first, -one.first)) if known else None


def _led(pair: Pair, rest: list[Finding]) -> Group:
    """Return what is no input, the worst first; at equal severity fairness leads, and the whole window before a day."""

    def place(finding: Finding) -> tuple[int, int, bool, float]:
        is_part = finding.family is Family.MODEL and finding.group is not None
        return (-finding.rank[0], LEADS.index(finding.family), is_part, -finding.rank[1])

    first = sorted(rest, key=place)
    return Group(tuple(first), stretch(pair, first[0]))


def _input_causes(pair: Pair, inputs: list[Finding]) -> list[Group]:
    """Return the raised inputs, columns that began to differ at the same time together; the worst group first."""
    columns = dict.fromkeys(str(finding.column) for finding in inputs)
    by_column = {name: tuple(f for f in inputs if f.column == name) for name in columns}
    groups: list[Group] = []
    for found in by_column.values():
        when = stretch(pair, max(found, key=lambda finding: (finding.family is Family.QUALITY, finding.rank)))
        same = next((g for g in groups if _is_same_time(g.when, when)), None)
        if same:
            groups[groups.index(same)] = Group((*same.findings, *found), same.when)
        else:
            groups.append(Group(found, when))
    return sorted((_ordered(group) for group in groups), key=lambda g: (-g.findings[0].rank[0], -g.findings[0].rank[1]))


def _is_same_time(a: Stretch | None, b: Stretch | None) -> bool:
    if a is None or b is None:
        return a is b
    return (a.is_from_start and b.is_from_start) or abs(a.since - b.since) <= SAME_TIME


def _ordered(group: Group) -> Group:
    """Return the group with its lead first: quality where it explains every column, else the worst shift."""
    broken = {finding.column for finding in group.findings if finding.family is Family.QUALITY}
    is_broken = broken == {finding.column for finding in group.findings}
    leads = Family.QUALITY if is_broken else Family.DATA
    return Group(
        tuple(sorted(group.findings, key=lambda f: (f.family is not leads, -f.rank[0], -f.rank[1], str(f.column)))),
        group.when,
    )


def _alert(pair: Pair, group: Group, consequences: Sequence[Finding]) -> Alert:
    lead, *rest = group.findings
    everything = (lead, *rest, *consequences)
    score = composite(composed(everything))
    version = _version(pair, lead)
    return Alert(
        lead.family,
        _severity(pair, everything, score),
        lead,
        (*rest, *consequences),
        _fingerprint(group),
        tuple(sorted({f.column for f in group.findings if f.column and f.family in INPUTS})),
        group.since or version,
        group.when.until if group.when else None,
        segment(pair, lead),
        pair.new_versions if version else (),
        score,
    )


def _version(pair: Pair, lead: Finding) -> datetime | None:
    """Return when a new model version was first seen, where that may be the cause."""
    firsts = [pair.window.versions[name] for name in pair.new_versions] if lead.family in LEADS else []
    return min((first for first in firsts if first), default=None)


def _severity(pair: Pair, findings: Sequence[Finding], score: float) -> Severity:
    breaks_too = any(finding.family in UNCAP for finding in findings)
    levels = [_uncapped(pair, finding) if breaks_too else finding.severity for finding in findings]
    worst = max(filter(None, levels), key=lambda s: s.rank)
    of_score = pair.limits.limit("composite").severity(score)
    cap = max((pair.limits.cap(finding.family) for finding in findings), key=lambda s: s.rank)
    raised = max(filter(None, (worst, of_score)), key=lambda s: s.rank)
    return min(raised, cap, key=lambda s: s.rank)


def _uncapped(pair: Pair, finding: Finding) -> Severity | None:
    """Return the severity as if its family had no cap; fairness and the model keep theirs."""
    effect = number(finding.facts.get("effect"))
    if finding.family in UNCAP or effect is None:
        return finding.severity
    return pair.limits.limit(finding.metric).severity(effect) or finding.severity


def _fingerprint(group: Group) -> tuple[str, ...]:
    """Return what names the cause in every run: not its size, its time or the order of its findings."""
    lead = group.findings[0]
    if lead.family is Family.FAIRNESS:
        return ("fairness", str(lead.column))
    if lead.family not in INPUTS:
        return (lead.family.value,)
    columns = sorted({str(f.column) for f in group.findings if f.family is lead.family})
    if lead.family is Family.DATA and len(columns) > 1:
        return ("data", "several columns")
    return (lead.family.value, *columns)
