"""Which rules an incident touches, by metric and by family (003 §2.2 and §5); law in plain words, not legal advice."""

from dataclasses import dataclass

from analysis.vocabulary import Family, Severity
from templates import names


@dataclass(frozen=True)
class Rule:
    """A rule: its name, its clause, what it asks for."""

    name: str
    asks: str


EU_BIAS = Rule("EU AI Act, Article 10", "watch for bias")
EU_RECORDS = Rule("EU AI Act, Article 12", "keep records")
EU_ACCURACY = Rule("EU AI Act, Article 15", "notice when performance drops")
EU_WATCH = Rule("EU AI Act, Article 72", "keep monitoring high-risk systems")
EU_REPORT = Rule("EU AI Act, Article 73", "report serious incidents")
FOUR_FIFTHS = Rule("80 % rule", "no group's approval rate under 80 % of another's")
FAIR_LENDING = Rule("Fair Lending", "like applicants, like decisions")
EQUAL_OPPORTUNITY = Rule("Equal Opportunity Act", "those who qualify are approved alike")
FCRA = Rule("FCRA", "decisions rest on accurate predictions")
KENYA_ACCURACY = Rule("Kenya Data Protection Act, Section 26", "personal data are accurate")
KENYA_DECISIONS = Rule("Kenya Data Protection Act, Section 35", "automated decisions can be explained")

BY_METRIC = {
    "disparate_impact_ratio": (FOUR_FIFTHS,),
    "demographic_parity_difference": (FAIR_LENDING,),
    "equal_opportunity_difference": (EQUAL_OPPORTUNITY,),
    "accuracy_drop": (FCRA,),
}
BY_FAMILY = {
    Family.DATA: (EU_WATCH,),
    Family.FAIRNESS: (EU_BIAS,),
    Family.MODEL: (EU_ACCURACY,),
    Family.EXPLANATION: (KENYA_DECISIONS,),
    Family.QUALITY: (KENYA_ACCURACY,),
    Family.OPERATIONS: (EU_ACCURACY,),
    Family.SECURITY: (EU_ACCURACY, EU_RECORDS),
}
CRITICAL = (EU_REPORT,)  # 003 §5.1: critical incidents are reported to compliance


def named(rules: list[Rule]) -> str:
    """Return the rules' names in one line, articles of one act together.

    >>> named([FOUR_FIFTHS, EU_BIAS, EU_REPORT])
    '80 % rule · EU AI Act, Articles 10 and 73'
    """
    acts: dict[str, list[str]] = {}
    for rule in rules:
        act, _, clause = rule.name.partition(", ")
        acts.setdefault(act, []).extend([clause] if clause else [])
    return " · ".join(f"{act}, {_clauses(clauses)}" if clauses else act for act, clauses in acts.items())


def _clauses(clauses: list[str]) -> str:
    if len(clauses) == 1:
        return clauses[0]
    kind = clauses[0].split()[0]
    return f"{kind}s {names.listed([clause.removeprefix(kind).strip() for clause in clauses])}"


def touched(family: str, severity: str, metrics: list[str]) -> list[Rule]:
    """Return the rules, those of the metrics first, each once.

    >>> [rule.name for rule in touched("fairness", "high", ["disparate_impact_ratio"])]
    ['80 % rule', 'EU AI Act, Article 10']
    """
    rules = [rule for metric in metrics for rule in BY_METRIC.get(metric, ())]
    rules += BY_FAMILY[Family(family)]
    rules += CRITICAL if severity == Severity.CRITICAL else ()
    return list(dict.fromkeys(rules))
