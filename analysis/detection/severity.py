"""From drafts to judged findings: practical, significant, or only one of the two; and how bad."""

from collections.abc import Sequence
from dataclasses import replace

from analysis.detection.correction import benjamini_hochberg
from analysis.detection.findings import Draft, Finding, Reason
from analysis.detection.limits import Limits
from analysis.metrics import composite
from analysis.vocabulary import Family, Severity, Verdict

NEW = 0.05  # p of an unchanged gap above which an absolute breach counts as being as old as the baseline


def judge(drafts: Sequence[Draft], limits: Limits) -> list[Finding]:
    """Return the findings with q, verdict, severity and reason; one Benjamini–Hochberg over all tests of the run."""
    tests = {draft.test: draft.finding.p for draft in drafts if draft.test and draft.finding.p is not None}
    q_values = benjamini_hochberg(list(tests.values())).tolist() if tests else []
    corrected = dict(zip(tests, q_values, strict=True))
    return [verdict(draft, corrected.get(draft.test or ""), limits) for draft in drafts]


def verdict(draft: Draft, q: float | None, limits: Limits) -> Finding:
    """Return one judged finding (DEFINITIONS, When a finding raises)."""
    finding = draft.finding
    if finding.verdict is not Verdict.OK or draft.effect is None:
        return replace(finding, q=q)
    limit = limits.limit(finding.metric)
    change, is_certain = limit.severity(draft.effect), q is not None and q < limits.alpha
    absolute = draft.absolute if _is_new(draft) else None
    raised = max(filter(None, (change if is_certain else None, absolute)), key=lambda s: s.rank, default=None)
    facts = {**finding.facts, "effect": draft.effect}
    if raised is None:
        level, why = _outcome(draft, change, is_certain)
    else:
        level, raised = Verdict.ALARM, min(raised, limits.cap(finding.family), key=lambda severity: severity.rank)
        why = Reason.MATERIAL_AND_CERTAIN if change and is_certain else Reason.BEYOND_ABSOLUTE
        facts["weight"] = weight(finding, draft.effect, limits)
    border = limit.border(raised or change)
    return replace(finding, q=q, verdict=level, severity=raised, reason=why, limit=border, facts=facts)


def _outcome(draft: Draft, change: Severity | None, is_certain: bool) -> tuple[Verdict, Reason]:
    if draft.absolute:
        return Verdict.NOTICE, Reason.STANDING
    if change:
        return Verdict.NOTICE, Reason.MATERIAL_NOT_CERTAIN
    if is_certain:
        return Verdict.NOTICE, Reason.CERTAIN_NOT_MATERIAL
    return Verdict.OK, Reason.WITHIN


def _is_new(draft: Draft) -> bool:
    """Return whether a breach of an absolute limit is worse than what the baseline has, and not likely as old."""
    now, before = (severity.rank if severity else -1 for severity in (draft.absolute, draft.standing))
    return now > before and draft.finding.p is not None and draft.finding.p < NEW


def weight(finding: Finding, effect: float, limits: Limits) -> float:
    """Return how far an effect is past its worst border, 1 at the border: what ranks findings of one severity."""
    borders = limits.limit(finding.metric).borders
    good = 0.0 if borders[-1][1].is_upper else 1.0
    worst = finding.value if finding.reason is Reason.BEYOND_ABSOLUTE and finding.value is not None else effect
    return (worst - good) / (borders[-1][1].value - good)


def composed(findings: Sequence[Finding]) -> dict[Family, float]:
    """Return the composite's parts: each family's worst raised finding, 0…1."""
    parts: dict[Family, float] = {}
    for finding in findings:
        share = finding.facts.get("weight")
        if finding.verdict is Verdict.ALARM and finding.family in composite.WEIGHTS and isinstance(share, int | float):
            parts[finding.family] = max(parts.get(finding.family, 0.0), composite.part(float(share), 0.0, 1.0))
    return parts
