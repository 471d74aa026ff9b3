"""The words everything else is said in: severities, families, verdicts, states, roles.

Each is an enum whose value is what is stored, typed and shown; `templates/words.py` has the longer names.
"""

import re
from enum import IntEnum, StrEnum

PERSON = re.compile(r"[UW][A-Z0-9]{1,20}")  # a Slack user id


class Severity(StrEnum):
    """How bad; the order is the order of the members."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Return 0 for low … 3 for critical.

        >>> Severity.HIGH.rank > Severity.MEDIUM.rank
        True
        """
        return list(Severity).index(self)

    @classmethod
    def parse(cls, text: str) -> "Severity":
        """Return the severity that a person typed, aliases of the playbooks included; raise ValueError.

        >>> Severity.parse(" Sev 1 ")
        <Severity.CRITICAL: 'critical'>
        """
        word = " ".join(text.lower().replace("-", " ").replace("_", " ").split())
        word = word.replace("sev ", "sev").replace("level ", "level")
        try:
            return cls(ALIASES.get(word, word))
        except ValueError:
            raise ValueError(f"“{text.strip()}” is no severity: use {', '.join(cls)}") from None


# 000 Low…Critical · 001 Sev 1–3 · 002 levels 1–4 · 003 INFO, WARNING, CRITICAL (REQUIREMENTS, One vocabulary).
# 002 calls its level 3 "critical"; the bare word means ours, the later document's.
ALIASES = {
    "info": "low", "informational": "low", "level1": "low", "1": "low",
    "warning": "medium", "minor": "medium", "level2": "medium", "sev3": "medium", "2": "medium",
    "major": "high", "level3": "high", "sev2": "high", "3": "high",
    "emergency": "critical", "level4": "critical", "sev1": "critical", "4": "critical",
}  # fmt: skip


class Family(StrEnum):
    """What kind of check a finding comes from."""

    DATA = "data"
    FAIRNESS = "fairness"
    MODEL = "model"
    EXPLANATION = "explanation"
    QUALITY = "quality"
    OPERATIONS = "operations"
    SECURITY = "security"


class Verdict(StrEnum):
    """What a finding says. Only `alarm` may raise an alert (DEFINITIONS, When a finding raises)."""

    OK = "ok"
    NOTICE = "notice"  # practical or significant, not both: a line in the report, never a message
    ALARM = "alarm"  # practical and significant
    INSUFFICIENT_DATA = "insufficient_data"
    NOT_COMPUTABLE = "not_computable"


class Risk(StrEnum):
    """How much a model's mistakes cost; it sets the cadence of checks (003 §1.1)."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class State(StrEnum):
    """Where an incident is in its life (C2)."""

    DETECTED = "detected"
    ACKNOWLEDGED = "acknowledged"
    CONTAINED = "contained"
    INVESTIGATING = "investigating"
    REMEDIATING = "remediating"
    VERIFYING = "verifying"
    RESOLVED = "resolved"
    CLOSED = "closed"
    ACCEPTED_RISK = "accepted_risk"
    FALSE_POSITIVE = "false_positive"


class Role(StrEnum):
    """What a person may be (E2)."""

    ADMIN = "admin"
    ML_ENGINEER = "ml_engineer"
    SENIOR_ML_ENGINEER = "senior_ml_engineer"
    ML_LEAD = "ml_lead"
    ON_CALL = "on_call"
    COMPLIANCE_OFFICER = "compliance_officer"
    PRODUCT_OWNER = "product_owner"
    SECURITY_OFFICER = "security_officer"
    GOVERNANCE_LEAD = "governance_lead"
    CTO = "cto"
    CEO = "ceo"
    AUDITOR = "auditor"
    VIEWER = "viewer"


class Duty(StrEnum):
    """What a person does on one incident (C9; 004, Incident Command Structure)."""

    COMMANDER = "commander"
    TECHNICAL_LEAD = "technical_lead"
    COMMUNICATIONS = "communications"
    COMPLIANCE = "compliance"
    EXPERT = "expert"


class Oversight(IntEnum):
    """How far a model is restrained (C3; 004, Human Escalation Levels)."""

    NORMAL = 0
    INCREASED_MONITORING = 1
    REVIEW_BELOW_CONFIDENCE = 2
    REVIEW_ALL = 3
    PAUSED = 4
