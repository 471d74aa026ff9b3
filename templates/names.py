"""What things are called where people read: one row a severity, family, state, role, level and metric."""

from dataclasses import dataclass

from analysis.detection.findings import RULE
from analysis.response.learning import CauseType
from analysis.vocabulary import Duty, Family, Oversight, Role, Severity, State
from templates import words

SIGN = {Severity.CRITICAL: "🔴", Severity.HIGH: "🟠", Severity.MEDIUM: "🟡", Severity.LOW: "🔵"}
SEVERITY = {
    Severity.CRITICAL: "Critical",
    Severity.HIGH: "High",
    Severity.MEDIUM: "Medium",
    Severity.LOW: "Low",
}

# What has happened, in the fewest words: the title of the incident's message.
FAMILY = {
    Family.DATA: "Data drift",
    Family.FAIRNESS: "Fairness",
    Family.MODEL: "Model performance",
    Family.EXPLANATION: "Explanation drift",
    Family.QUALITY: "Data quality",
    Family.OPERATIONS: "Latency and errors",
    Family.SECURITY: "Security",
}

STATE = {
    State.DETECTED: "nobody has it yet",
    State.ACKNOWLEDGED: "acknowledged",
    State.CONTAINED: "contained",
    State.INVESTIGATING: "being investigated",
    State.REMEDIATING: "being fixed",
    State.VERIFYING: "being verified",
    State.RESOLVED: "resolved",
    State.CLOSED: "closed",
    State.ACCEPTED_RISK: "accepted as a risk",
    State.FALSE_POSITIVE: "a false alarm",
}

ROLE = {
    Role.ADMIN: "Admin",
    Role.ML_ENGINEER: "ML Engineer",
    Role.SENIOR_ML_ENGINEER: "Senior ML Engineer",
    Role.ML_LEAD: "ML Lead",
    Role.ON_CALL: "On-call",
    Role.COMPLIANCE_OFFICER: "Compliance Officer",
    Role.PRODUCT_OWNER: "Product Owner",
    Role.SECURITY_OFFICER: "Security Officer",
    Role.GOVERNANCE_LEAD: "Governance Lead",
    Role.CTO: "CTO",
    Role.CEO: "CEO",
    Role.AUDITOR: "Auditor",
    Role.VIEWER: "Viewer",
}


CAUSE = {
    CauseType.DATA: "Data",
    CauseType.MODEL: "Model",
    CauseType.INFRA: "Infrastructure",
    CauseType.POLICY: "Policy",
    CauseType.HUMAN_ERROR: "Human error",
    CauseType.THIRD_PARTY: "Third party",
    CauseType.UNKNOWN: "Not known",
}


@dataclass(frozen=True)
class Level:
    """An oversight level: its name, and what it means for a decision (004, Human Escalation Levels)."""

    name: str
    means: str


@dataclass(frozen=True)
class Part:
    """A duty on an incident: its name, what it means, and what it asks first (004, Incident Command Structure)."""

    name: str
    means: str
    first: tuple[str, ...]


DUTY = {
    Duty.COMMANDER: Part(
        "Commander",
        "coordinates, decides, speaks with executives",
        (
            "Judge the severity within 30 minutes: *Severity* on the message.",
            "Decide how far the model is restrained: *Freeze*.",
            "Give the other duties: *Roles*. Keep people told: a status update whenever its clock says so.",
        ),
    ),
    Duty.TECHNICAL_LEAD: Part(
        "Technical lead",
        "finds the root cause, decides on mitigation and recovery",
        (
            "Have the evidence gathered before anything is changed: *Export evidence*.",
            "Find out what changed, and say so in the thread.",
            "Choose the remedy (retrain, roll back, mend the data), and record the root cause.",
        ),
    ),
    Duty.COMMUNICATIONS: Part(
        "Communications",
        "tells stakeholders, customers, the press",
        (
            "Agree with the commander who is told what, and by when.",
            "Write the status updates; nothing goes to customers before the model is contained.",
        ),
    ),
    Duty.COMPLIANCE: Part(
        "Compliance and legal",
        "judges what the rules ask, and keeps the record",
        (
            "Judge whether a regulator has to hear of it: the clock is 72 hours from confirmation.",
            "Find out who was affected, and what they are owed.",
            "See to it that evidence is exported and nothing is deleted.",
        ),
    ),
    Duty.EXPERT: Part(
        "Expert",
        "investigates, mends, tests",
        ("Ask the technical lead what is needed; write what you find into the thread.",),
    ),
}


LEVEL = {
    Oversight.NORMAL: Level("Normal operation", "the model decides; people check 1–5 % of decisions"),
    Oversight.INCREASED_MONITORING: Level("Watched closely", "the model decides; people check 10–20 % of decisions"),
    Oversight.REVIEW_BELOW_CONFIDENCE: Level("Unsure ones reviewed", "people decide where confidence is under 80 %"),
    Oversight.REVIEW_ALL: Level("All reviewed", "the model only advises; people decide every case"),
    Oversight.PAUSED: Level("Paused", "the model decides nothing; the fallback answers, or nobody does"),
}


@dataclass(frozen=True)
class Metric:
    """What a metric measures in plain words, and its unit: a row of `figures.UNITS`."""

    measures: str
    unit: str = "number"


METRIC = {
    "demographic_parity_difference": Metric("gap in approval rates", "points"),
    "equal_opportunity_difference": Metric("gap in approvals among those who qualify", "points"),
    "disparate_impact_ratio": Metric("approval rate compared", "ratio"),
    "accuracy_gap": Metric("gap in right decisions between groups", "points"),
    "equalized_odds_difference": Metric("gap in errors between groups", "points"),
    "selection_rate": Metric("approval rate", "share"),
    "psi": Metric("shift of values", "number"),
    "kl": Metric("shift of values", "number"),
    "kl_mirror": Metric("shift of values", "number"),
    "js_distance_base2": Metric("shift of values", "number"),
    "ks": Metric("shift of values", "number"),
    "wasserstein_over_std": Metric("shift of values", "number"),
    "chi2": Metric("shift of values", "number"),
    "cramers_v": Metric("shift of values", "number"),
    "null_increase": Metric("more missing values", "points"),
    "unseen_share": Metric("values never seen before", "share"),
    "out_of_range_share": Metric("values out of range", "share"),
    "accuracy": Metric("share of right answers", "share"),
    "estimated_accuracy": Metric("share of right answers, estimated without outcomes", "share"),
    "accuracy_drop": Metric("loss of accuracy", "share"),
    "auc": Metric("ranking quality", "ratio"),
    "auc_drop": Metric("loss of ranking quality", "share"),
    "score_total_variation": Metric("shift of scores", "share"),
    "score_psi": Metric("shift of scores", "number"),
    "output_entropy_change": Metric("change in certainty", "share"),
    "explanation_spearman": Metric("likeness of reasons", "number"),
    "explanation_kendall": Metric("likeness of reasons", "number"),
    "explanation_ndcg": Metric("likeness of reasons", "number"),
    "error_rate": Metric("failed requests", "share"),
    "latency_p95_ratio": Metric("slow responses compared", "times"),
    "latency_p50": Metric("usual response time", "ms"),
    "latency_p95": Metric("slow responses", "ms"),
    "latency_p99": Metric("slowest responses", "ms"),
    "composite": Metric("drift over all checks", "number"),
    "sha256": Metric("what the version is made of"),
    RULE: Metric("rule of the policy"),
}


def metric(name: str) -> Metric:
    """Return how a metric is shown; one that has no row is shown under its own name.

    >>> metric("new_one").measures
    'new one'
    """
    return METRIC.get(name) or Metric(name.replace("_", " "))


def measured(name: str) -> str:
    """Return what a metric measures, and its own name.

    >>> measured("psi")
    'shift of values (population stability index)'
    """
    return f"{metric(name).measures} ({words.NAMES[name]})" if name in words.NAMES else metric(name).measures


def severity(name: str) -> str:
    """Return the sign and the word of a severity.

    >>> severity("critical")
    '🔴 Critical'
    """
    return f"{SIGN[Severity(name)]} {SEVERITY[Severity(name)]}"


def cause(kind: object) -> str:
    """Return what kind of root cause it was.

    >>> cause("human_error")
    'Human error'
    """
    return CAUSE[CauseType(str(kind))] if kind in set(CauseType) else "not said"


def roles(names: tuple[Role, ...]) -> str:
    """Return role names as a sentence needs them.

    >>> roles((Role.ML_LEAD, Role.CTO))
    'ML Lead or CTO'
    """
    return listed([ROLE[role] for role in names], "or")


def first(text: str) -> str:
    """Return the text with its first letter large.

    >>> first("share of right answers")
    'Share of right answers'
    """
    return text[:1].upper() + text[1:]


def listed(words: list[str], last: str = "and") -> str:
    """Return words as a list in a sentence.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
