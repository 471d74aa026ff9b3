"""What people reported, in words: what each kind is called, and the sentence that an incident of one begins with."""

from typing import Any

from analysis.response.reports import Kind
from storage.tables import Alert, PersonReport
from templates import figures, names, resets

NAMES = {
    Kind.BIAS: "Unfair treatment",
    Kind.PATTERN_OF_HARM: "Pattern of harm",
    Kind.COMPLAINT: "Complaint",
    Kind.AUDIT_FINDING: "Audit finding",
    Kind.VIOLATION: "Regulatory violation",
    Kind.TOXIC: "Toxic or harmful output",
    Kind.FALSE: "False output",
    Kind.NONSENSE: "Nonsensical output",
    Kind.CONTRADICTORY: "Contradictory output",
    Kind.COSMETIC: "Cosmetic fault",
    Kind.BREACH: "Breach of personal data",
    Kind.UNAUTHORISED_ACCESS: "Unauthorised access",
    Kind.EXFILTRATION: "Data or model taken",
    Kind.POISONING: "Poisoning or manipulation",
    Kind.SUPPLY_CHAIN: "Supply chain",
    Kind.OUTAGE: "Outage",
    Kind.SAFETY: "Safety failure",
}
MEANING = {
    Kind.BIAS: "Somebody says that the model treated them unfairly",
    Kind.PATTERN_OF_HARM: "Several people were harmed alike",
    Kind.COMPLAINT: "Somebody complains of anything else",
    Kind.AUDIT_FINDING: "An audit found bias, proxies or bad data",
    Kind.VIOLATION: "A rule or law is broken",
    Kind.BREACH: "Personal data reached who may not have them",
    Kind.SAFETY: "People are or may be in danger",
}
GROUPS = {
    "Complaints and audits": (
        Kind.BIAS, Kind.PATTERN_OF_HARM, Kind.COMPLAINT, Kind.AUDIT_FINDING, Kind.VIOLATION,
    ),
    "What the model says": (Kind.TOXIC, Kind.FALSE, Kind.NONSENSE, Kind.CONTRADICTORY, Kind.COSMETIC),
    "Security": (
        Kind.BREACH, Kind.UNAUTHORISED_ACCESS, Kind.EXFILTRATION, Kind.POISONING, Kind.SUPPLY_CHAIN,
    ),
    "Service and safety": (Kind.OUTAGE, Kind.SAFETY),
}  # fmt: skip
LONGEST = 240
RESET = "Baseline reset"


def kind(name: object) -> str:
    """Return what a kind of report is called.

    >>> kind("false")
    'False output'
    """
    return RESET if name == "baseline_reset" else NAMES[Kind(str(name))] if name in set(Kind) else "Report"


def of(alert: Alert | None) -> str:
    """Return the kind of report that raised the alert, in words; empty where a check raised it."""
    return kind(alert.details.get("reported")) if alert is not None and "reported" in alert.details else ""


def reset(alert: Alert | None) -> dict[str, Any]:
    """Return what was asked for where the alert stands for the reset of a baseline: no fault that somebody saw."""
    return dict(alert.details.get("reset") or {}) if alert is not None else {}


def told(alert: Alert) -> tuple[str, str]:
    """Return the one sentence of a reported alert, and what else belongs to it; raw text."""
    said = str(alert.details.get("description", ""))
    short = said if len(said) <= LONGEST else f"{said[:LONGEST].rstrip()}…"
    if reset(alert):
        return f"{names.first(resets.cause(reset(alert).get('cause')))}. “{short}”", ""
    how = "reported by a person" if alert.repeats == 1 else f"reported {figures.counted(alert.repeats, 'time')}"
    return f"{of(alert)}, {how}: “{short}”", ""


def sentence(report: PersonReport) -> str:
    """Return what one report says; raw text."""
    return f"{kind(report.kind)}: {report.description}"
