"""What the team decided: models, limits, clocks, routes, escalation, roles, digests; one validated file.

The default that works is `templates/policy.yaml`; `storage.policies` reads the file and keeps its versions.
"""

import re
from datetime import time, timedelta
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from analysis.detection.conditions import When
from analysis.detection.limits import Level, Limits
from analysis.outside import Mailed, Notifier, Pager, Recipient, Tracker
from analysis.parts import Part, Span
from analysis.paths import Path
from analysis.response.audits import Audits
from analysis.response.calendar import Review
from analysis.response.calendars import Calendar
from analysis.response.restraint import Gate, Gates
from analysis.response.runbooks import Runbook
from analysis.response.serving import Logged, Registered, Retrain, Rollback, Validation
from analysis.response.terms import Terms
from analysis.rotas import ON_CALL, Rota
from analysis.telling import Telling
from analysis.vocabulary import Family, Oversight, Risk, Role, Severity

GROUP = "group:"
GROUPS = re.compile(r"group:(S[A-Z0-9]{1,20}|@[a-z0-9._-]{1,80})")


class Source(Part):
    """Where a model's prediction log lies, and which stretch of it one check reads."""

    predictions: str  # a file, a folder or a glob of Parquet or CSV
    labels: str | None = None  # outcomes that came later, joined by request id
    window: Span = timedelta(days=7)
    ends: Literal["now", "latest"] = "now"  # latest: at the newest row, for logs that arrive in parcels
    deletable: bool = False  # whether the bot removes files of the log that are older than `retention` says

    @model_validator(mode="after")
    def deletes_only_here(self) -> "Source":
        """Return the source; raise ValueError where the bot shall delete what is no file of this machine."""
        if self.deletable and "://" in self.predictions:
            raise ValueError("deletable is for files of this machine; give an object store a rule of its own")
        return self


class Watched(Part):
    """A deployed model and how it is watched."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")
    name: str
    risk: Risk = Risk.HIGH
    domain: str | None = None  # what it is used for, where a runbook asks: safety, aviation, manufacturing, …
    source: Source
    baseline: str | None = None  # the log of its reference period; read once, when the model is first seen
    columns: dict[str, str] = Field(default_factory=dict)  # role → column, where the log departs from the usual names
    protected: tuple[str, ...] = ()
    reference_groups: dict[str, str] = Field(default_factory=dict)
    favourable: int | str = 1
    personal: tuple[str, ...] = ("request_id",)  # columns that leave the log as keyed hashes only
    fallback: str | None = None  # version or rule set to serve while restrained
    freeze_on_critical: Oversight | None = None
    gate: Gate = Gate()
    retrain: Retrain | None = None
    validation: Validation = Validation()
    registry: Registered = Registered()
    rollback: Rollback = Rollback()
    logs: tuple[Logged, ...] = ()  # that evidence takes a copy of

    @property
    def not_shown(self) -> tuple[str, ...]:
        """Return the columns that must not count where people decide."""
        return *self.protected, *self.gate.hidden


class Rule(Part):
    """An alert rule of the team's own (A8); its alert has the family and the severity that are written here."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    when: When  # over metrics, in CEL: psi["age"] > 0.2 && error_rate > 0.01
    severity: Level
    family: Family = Family.OPERATIONS
    consecutive: int = Field(default=3, ge=1, le=1000)  # runs in a row in which it must hold
    models: tuple[str, ...] = ()  # none: every model

    def is_for(self, model_id: str) -> bool:
        """Return whether the rule watches the model."""
        return not self.models or model_id in self.models


class Route(Part):
    """Where an incident of a severity is told."""

    channel: str | None = None  # its one message; none: App Home and digest only
    linked_in: tuple[str, ...] = ()  # channels that get a line with a link
    everyone: bool = False  # <!channel>; critical only (B3)
    own_channel: Literal["public", "private"] | None = None  # #inc-…, for the people on it


class Approvals(Part):
    """What waits for a second person (E4)."""

    expire: Span = Field(default=timedelta(hours=24), ge=timedelta(minutes=5), le=timedelta(days=30))


class Digest(Part):
    """A scheduled summary in a channel."""

    name: Literal["daily", "weekly"]
    channel: str
    at: time
    zone: str = "UTC"
    weekday: int | None = Field(default=None, ge=1, le=7)  # ISO; weekly only
    mail: tuple[Recipient, ...] = ()  # who gets it as a mail too


class Flapping(Part):
    """When an alert that recovers and comes back is told as flapping, and no more each time (B2)."""

    times: int = Field(default=3, ge=2)  # that it came back
    within: Span = timedelta(days=14)
    calm: Span = timedelta(days=2)  # it is over when nothing changed for as long


class Storm(Part):
    """When so many incidents are opened in a channel that one message counts them (B2)."""

    more_than: int = Field(default=10, ge=1)  # incidents of one channel
    within: Span = timedelta(minutes=5)  # and it is over when none came for as long


Kept = Annotated[Span, Field(ge=timedelta(days=14))]


class Retention(Part):
    """How long what is kept (D6). Incidents, what they refer to, and baselines are kept for ever."""

    at: time = time(3, 30)  # each night, UTC
    prediction_logs: Kept = timedelta(days=90)  # only files of sources that are `deletable`
    alerts: Kept = timedelta(days=365)  # that no incident has and that are over
    monitoring: Kept = timedelta(days=1827)  # checks: reports and profiles; five years
    cases: Kept = timedelta(days=1827)  # requests that people decided; five years
    affected: Kept = timedelta(days=365)  # lists of the decisions that an ended incident may have touched; not counts
    done: Kept = timedelta(days=90)  # deliveries worked off, messages sent, timers fired
    audit: Kept | None = None  # older rows of the audit log move to signed files; none: they stay in the database
    pseudonym_keys: Kept | None = timedelta(days=1827)  # after the year in which a key was used; none: for ever


class Schedule(Part):
    """When the checks run (003 §1.2), in UTC."""

    daily_at: time = time(2, 0)
    weekly_at: time = time(3, 0)  # Sundays, every family
    monthly_at: time = time(4, 0)  # the 1st: the review of baselines


class Policy(Part):
    """The whole of it."""

    version: Literal[1]
    models: tuple[Watched, ...] = ()
    checks: Limits = Limits()
    rules: tuple[Rule, ...] = ()
    schedule: Schedule = Schedule()
    clocks: dict[Level, Terms]
    calendars: dict[str, Calendar] = Field(default_factory=dict)  # business hours that a clock may keep to
    routes: dict[Level, Route]
    escalation: tuple[Path, ...]
    rotas: tuple[Rota, ...] = ()
    digests: tuple[Digest, ...] = ()
    approvals: Approvals = Approvals()
    stakeholders: tuple[Telling, ...] = ()  # told at stages, beside those who are called
    runbooks: tuple[Runbook, ...] = ()  # beside the shipped ones; of the same id, in place of one
    storm: Storm = Storm()
    flapping: Flapping = Flapping()
    retention: Retention = Retention()
    watch: Span = Field(default=timedelta(hours=24), ge=timedelta(hours=1), le=timedelta(days=90))
    reopen_within: Span = Field(default=timedelta(days=7), ge=timedelta(hours=1), le=timedelta(days=90))
    reviews: tuple[Review, ...] = ()  # of the calendar, though nothing happened
    bias_audits: Audits = Audits()  # after a fairness incident was closed
    gates: Gates = Gates()
    tracker: Tracker | None = None
    pagers: tuple[Pager, ...] = ()
    notifiers: tuple[Notifier, ...] = ()
    mail: tuple[Mailed, ...] = ()
    engineering: str = "engineering"  # channel for troubles of the bot itself
    appeal_url: str | None = Field(default=None, pattern=r"^https?://\S+$")  # where people affected may appeal
    contact: str | None = None  # who answers letters and notices, as they name it
    audit_channel: str | None = "ai-audit"  # where signed checkpoints of the audit log are posted
    fallback_mail: tuple[str, ...] = ()  # who gets a mail for a critical alert that Slack does not take
    fallback_channel: str = "engineering"  # where a critical incident goes whose channel cannot be used
    roles: dict[Role, tuple[str, ...]] = Field(default_factory=dict)  # Slack user ids, e-mail addresses, groups

    @model_validator(mode="after")
    def is_whole(self) -> "Policy":
        """Return the policy; raise ValueError for a severity without a route, or two models or rules of one name."""
        lacking = [s.value for s in Severity if s not in self.routes]
        if lacking:
            raise ValueError(f"routes: say where {', '.join(lacking)} goes")
        ids = [model.id for model in self.models]
        for part, names in (
            ("models", ids),
            ("rules", [rule.name for rule in self.rules]),
            ("rotas", [rota.name for rota in self.rotas]),
            ("runbooks", [one.id for one in self.runbooks]),
            ("reviews", [one.name for one in self.reviews]),
            ("pagers", [one.name for one in self.pagers]),
            ("notifiers", [one.name for one in self.notifiers]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{part}: {', '.join(twice)} stands there twice")
        strange = sorted({name for rule in self.rules for name in rule.models if name not in ids})
        if strange:
            raise ValueError(f"rules: there is no model {', '.join(strange)}")
        timeless = sorted({name for terms in self.clocks.values() for name in terms.calendars() - set(self.calendars)})
        if timeless:
            raise ValueError(f"clocks: there is no calendar {', '.join(timeless)}")
        if self.rota(ON_CALL) is not None and self.roles.get(Role.ON_CALL):
            raise ValueError("roles: on_call is whoever the rota on_call has on; name nobody else for it")
        called = {name for path in self.escalation for step in path.steps for name in step.to}
        turns = {name.split(":")[1] for name in called if name.startswith("rota:")}
        if turns - {rota.name for rota in self.rotas}:
            raise ValueError(f"escalation: there is no rota {', '.join(sorted(turns - {r.name for r in self.rotas}))}")
        for kind, there in (("pager", self.pagers), ("notify", self.notifiers)):
            strange = sorted(called - {f"{kind}:{one.name}" for one in there})
            strange = [name for name in strange if name.startswith(f"{kind}:")]
            if strange:
                raise ValueError(f"escalation: there is no {', '.join(strange)}")
        loud = [s.value for s, route in self.routes.items() if route.everyone and s is not Severity.CRITICAL]
        if loud:
            raise ValueError(f"routes: everyone is for critical only, not {', '.join(loud)}")
        return self

    @field_validator("roles")
    @classmethod
    def groups_are_named(cls, roles: dict[Role, tuple[str, ...]]) -> dict[Role, tuple[str, ...]]:
        """Return the roles; raise ValueError for a group that is neither an id nor a handle."""
        strange = [
            one for held in roles.values() for one in held if one.startswith(GROUP) and not GROUPS.fullmatch(one)
        ]
        if strange:
            raise ValueError(f"“{strange[0]}” is no user group: write group:S0123ABC or group:@ml-leads")
        return roles

    @property
    def has_groups(self) -> bool:
        """Return whether a role is held by a user group of Slack."""
        return any(one.startswith(GROUP) for held in self.roles.values() for one in held)

    def model(self, model_id: str) -> Watched | None:
        """Return the model of that id."""
        return next((model for model in self.models if model.id == model_id), None)

    @property
    def review_channel(self) -> str:
        """Return where reviews are asked for: where the weekly digest is, else where the bot tells of itself."""
        weekly = next((digest.channel for digest in self.digests if digest.name == "weekly"), None)
        return weekly or self.engineering

    def rota(self, name: str) -> Rota | None:
        """Return the rota of that name."""
        return next((rota for rota in self.rotas if rota.name == name), None)

    def pager(self, name: str) -> Pager | None:
        """Return the pager of that name."""
        return next((one for one in self.pagers if one.name == name), None)

    def notifier(self, name: str) -> Notifier | None:
        """Return the notifier of that name."""
        return next((one for one in self.notifiers if one.name == name), None)

    def rules_for(self, model_id: str) -> tuple[Rule, ...]:
        """Return the rules that watch the model."""
        return tuple(rule for rule in self.rules if rule.is_for(model_id))

    def terms(self, severity: Severity) -> Terms:
        """Return what is owed, and how soon, at that severity."""
        return self.clocks.get(severity, Terms())

    def path(self, severity: Severity, family: Family) -> Path | None:
        """Return how an incident escalates; a path that names the family goes before one that names none."""
        paths = [path for path in self.escalation if path.severity is severity]
        named = [path for path in paths if family in path.families]
        fitting = named or [path for path in paths if not path.families]
        return fitting[0] if fitting else None
