"""Rules of a policy: a condition over our metrics and over metrics that others push, and how often it must hold.

A condition is read, never run: comparisons of one metric with one number, joined by `and` and `or` (`and` binds more
closely), or a bare name that is true when it is not 0. What is not known yet makes a condition unknown, not false.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from analysis.detection.findings import Finding
from analysis.detection.limits import Border
from analysis.metrics.table import METRICS, Worse
from analysis.vocabulary import Family, Severity

NAME = re.compile(r"\s*([A-Za-z_]\w*)\s*(?:\[\s*([^\]]+?)\s*\])?\s*(.*?)\s*", re.DOTALL)
Values = Mapping[str, float]  # `psi` or `psi[age]` → its value now


@dataclass(frozen=True)
class Term:
    """One comparison: a metric, of a column where it has one, beyond a border; without a border, not 0."""

    name: str
    border: Border | None

    @classmethod
    def parse(cls, text: str) -> "Term":
        """Return the comparison that is written there; raise ValueError.

        >>> Term.parse("psi[age] >= 0.2")
        Term(name='psi[age]', border=Border('>= 0.2'))
        """
        match = NAME.fullmatch(text)
        if not match:
            raise ValueError(f"“{text.strip()}” is no comparison: write a metric, a sign and a number")
        name = f"{match[1]}[{match[2]}]" if match[2] else match[1]
        return cls(name, Border(match[3]) if match[3] else None)

    def holds(self, values: Values) -> bool | None:
        """Return whether it holds, or None while the metric is not known."""
        if self.name not in values:
            return None
        value = values[self.name]
        return self.border.is_passed(value) if self.border else value != 0


@dataclass(frozen=True)
class Condition:
    """Any of several groups of comparisons, all of one group.

    >>> Condition.parse("safety_margin < 0.95 and error_rate > 1% or psi[age] > 0.5").holds({"safety_margin": 0.99})
    >>> Condition.parse("safety_margin < 0.95").holds({"safety_margin": 0.9})
    True
    """

    text: str
    groups: tuple[tuple[Term, ...], ...]

    @classmethod
    def parse(cls, text: str) -> "Condition":
        """Return the condition that is written there; raise ValueError naming the part that cannot be read."""
        groups = re.split(r"\s+or\s+", text.strip())
        return cls(text.strip(), tuple(tuple(map(Term.parse, re.split(r"\s+and\s+", group))) for group in groups))

    def holds(self, values: Values) -> bool | None:
        """Return whether it holds; None where what is not known yet could decide."""
        found = [_all([term.holds(values) for term in group]) for group in self.groups]
        return True if True in found else (None if None in found else False)

    def __str__(self) -> str:
        return self.text


def _all(found: Sequence[bool | None]) -> bool | None:
    return False if False in found else (None if None in found else True)


def _condition(text: object) -> Condition:
    if isinstance(text, Condition):
        return text
    if not isinstance(text, str):
        raise ValueError(f"“{text}” is no condition: write it like safety_margin < 0.95")
    return Condition.parse(text)


When = Annotated[
    Condition, BeforeValidator(_condition, json_schema_input_type=str), PlainSerializer(str, return_type=str)
]


class Rule(BaseModel):
    """An entry of a policy's `rules:` (002, alert rules)."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    name: str
    when: When
    severity: Severity
    family: Family = Family.OPERATIONS
    check_every_s: int = Field(default=60, ge=1)
    consecutive: int = Field(default=3, ge=1)  # times in a row that it must hold
    immediate_response: bool = False  # the first time is enough
    channels: tuple[str, ...] = ()

    def fires(self, history: Sequence[bool | None]) -> bool:
        """Return whether it held often enough, the newest last; what was unknown breaks no row and counts for none.

        >>> rule = Rule(name="margin", when="safety_margin < 0.95", severity="high")
        >>> rule.fires([True, True]), rule.fires([True, None, True, True]), rule.fires([True, False, True, True])
        (False, True, False)
        """
        known = [held for held in history if held is not None]
        last = known[-(1 if self.immediate_response else self.consecutive) :]
        return all(last) and len(last) == (1 if self.immediate_response else self.consecutive)


def values_of(findings: Sequence[Finding]) -> dict[str, float]:
    """Return what a run measured, by the names that conditions use; of several groups the worst is `metric[column]`."""
    values: dict[str, float] = {}
    for finding in findings:
        if finding.value is None or (finding.group is not None and finding.metric == "selection_rate"):
            continue
        names = [finding.metric] if finding.column is None else [f"{finding.metric}[{finding.column}]", finding.metric]
        for name in names:
            worse = min if METRICS[finding.metric].worse is Worse.DOWN else max
            values[name] = worse(values.get(name, finding.value), finding.value)
    return values


def _rule(name: str, when: str, severity: Severity, *, at_once: bool = False) -> Rule:
    return Rule(name=name, when=Condition.parse(when), severity=severity, immediate_response=at_once)


# 002: its incident, safety and business detection rules, level 3 as high and 4 as critical
PRESETS = (
    _rule("slo_violation", "slo_violation_detected", Severity.HIGH),
    _rule("error_budget_exceeded", "error_budget_consumed > 0.95", Severity.HIGH),
    _rule("safety_margin_violation", "safety_margin < 0.95", Severity.CRITICAL, at_once=True),
    _rule("failure_probability_exceeded", "failure_probability > 0.01", Severity.CRITICAL, at_once=True),
    _rule("response_time_violation", "response_time_p99 > 100", Severity.HIGH, at_once=True),
    _rule("compliance_violation", "compliance_violation_detected", Severity.CRITICAL),
    _rule("revenue_loss", "revenue_impact > 0.05", Severity.HIGH),
    _rule("customer_experience_degradation", "customer_satisfaction < 0.8", Severity.HIGH),
    _rule("compliance_score_low", "compliance_score < 0.95", Severity.CRITICAL),
)
