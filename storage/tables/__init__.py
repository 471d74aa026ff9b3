"""Every table, one file a noun; importing this package makes the whole schema known.

A table is a record and its constraints, nothing else: no relationships, no methods that decide or load.
"""

from storage.tables.affected import AffectedList
from storage.tables.alerts import Alert, Run
from storage.tables.approvals import Approval, Vote
from storage.tables.audit import AuditHead, AuditRow, AuditSegment, Checkpoint
from storage.tables.audits import BiasAudit
from storage.tables.calendar import DueReview
from storage.tables.clocks import Clock
from storage.tables.evidence import Bundle
from storage.tables.inbox import Inbound
from storage.tables.incidents import Counter, Incident, Storm, TimelineEntry
from storage.tables.involved import Assignment
from storage.tables.learning import DriftDecision, FollowUp, RootCause
from storage.tables.models import Baseline, Model, OversightChange
from storage.tables.oncall import Override
from storage.tables.outbox import Owed
from storage.tables.outside import Page, TrackerCase
from storage.tables.people import Person, UserGroup
from storage.tables.policies import PolicyVersion
from storage.tables.quiet import Quiet
from storage.tables.registry import AliasChange, ModelVersion
from storage.tables.reports import PersonReport
from storage.tables.retrain import RetrainRequest
from storage.tables.reviews import ReviewItem
from storage.tables.rollouts import Rollout
from storage.tables.runbooks import ChecklistStep
from storage.tables.timers import Timer
from storage.tables.tokens import ApiToken
from storage.tables.upkeep import Upkeep

__all__ = [
    "AffectedList",
    "Alert",
    "AliasChange",
    "ApiToken",
    "Approval",
    "Assignment",
    "AuditHead",
    "AuditRow",
    "AuditSegment",
    "Baseline",
    "BiasAudit",
    "Bundle",
    "ChecklistStep",
    "Checkpoint",
    "Clock",
    "Counter",
    "DriftDecision",
    "DueReview",
    "FollowUp",
    "Inbound",
    "Incident",
    "Model",
    "ModelVersion",
    "Override",
    "OversightChange",
    "Owed",
    "Page",
    "Person",
    "PersonReport",
    "PolicyVersion",
    "Quiet",
    "RetrainRequest",
    "ReviewItem",
    "Rollout",
    "RootCause",
    "Run",
    "Storm",
    "TimelineEntry",
    "Timer",
    "TrackerCase",
    "Upkeep",
    "UserGroup",
    "Vote",
]
