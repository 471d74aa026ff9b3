"""What people report: which kind of incident it opens, and how severe that is at least (A5, A12, 004).

The severities without a metric are those of REQUIREMENTS, One vocabulary; whoever reports may say worse, not better.
"""

from dataclasses import dataclass
from enum import StrEnum

from analysis.response.impact import Revenue, least
from analysis.vocabulary import Family, Severity

METRIC = "report:"  # how a runbook names a kind of report where it names metrics
LONGEST_QUOTE = 40_000  # characters of a message in Slack


class Kind(StrEnum):
    """What a person saw."""

    BIAS = "bias"
    PATTERN_OF_HARM = "pattern_of_harm"
    COMPLAINT = "complaint"
    AUDIT_FINDING = "audit_finding"
    VIOLATION = "regulatory_violation"
    TOXIC = "toxic"
    FALSE = "false"
    NONSENSE = "nonsense"
    CONTRADICTORY = "contradictory"
    COSMETIC = "cosmetic"
    BREACH = "breach"
    UNAUTHORISED_ACCESS = "unauthorised_access"
    EXFILTRATION = "exfiltration"
    POISONING = "poisoning"
    SUPPLY_CHAIN = "supply_chain"
    OUTAGE = "outage"
    SAFETY = "safety"


@dataclass(frozen=True)
class Means:
    """Where a kind of report belongs, and how severe it is at least."""

    family: Family
    severity: Severity


# Complaints of harm, audit findings and violations are bias incidents in 004, category 2.
MEANS = {
    Kind.BIAS: Means(Family.FAIRNESS, Severity.HIGH),
    Kind.PATTERN_OF_HARM: Means(Family.FAIRNESS, Severity.CRITICAL),
    Kind.COMPLAINT: Means(Family.MODEL, Severity.MEDIUM),
    Kind.AUDIT_FINDING: Means(Family.FAIRNESS, Severity.HIGH),
    Kind.VIOLATION: Means(Family.FAIRNESS, Severity.CRITICAL),
    Kind.TOXIC: Means(Family.MODEL, Severity.HIGH),
    Kind.FALSE: Means(Family.MODEL, Severity.MEDIUM),
    Kind.NONSENSE: Means(Family.MODEL, Severity.MEDIUM),
    Kind.CONTRADICTORY: Means(Family.MODEL, Severity.MEDIUM),
    Kind.COSMETIC: Means(Family.MODEL, Severity.MEDIUM),
    Kind.BREACH: Means(Family.SECURITY, Severity.CRITICAL),
    Kind.UNAUTHORISED_ACCESS: Means(Family.SECURITY, Severity.HIGH),
    Kind.EXFILTRATION: Means(Family.SECURITY, Severity.HIGH),
    Kind.POISONING: Means(Family.SECURITY, Severity.HIGH),
    Kind.SUPPLY_CHAIN: Means(Family.SECURITY, Severity.HIGH),
    Kind.OUTAGE: Means(Family.OPERATIONS, Severity.HIGH),
    Kind.SAFETY: Means(Family.OPERATIONS, Severity.CRITICAL),
}
ASKS = ("kind", "model", "description", "severity?", "revenue?")


def severity(kind: Kind, chosen: str, revenue: str) -> Severity:
    """Return how severe a report is: the worst of its kind, what was chosen, and what it costs; empty is not said.

    >>> severity(Kind.COSMETIC, "", "5_to_20"), severity(Kind.BREACH, "low", "")
    (<Severity.HIGH: 'high'>, <Severity.CRITICAL: 'critical'>)
    """
    own = MEANS[kind].severity
    worst = max(own, Severity(chosen) if chosen else own, key=lambda one: one.rank)
    return least(Revenue(revenue), worst) if revenue else worst
