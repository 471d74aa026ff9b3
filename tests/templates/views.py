"""Views of every family and state in one line; names may be as nasty as a log can make them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from analysis.detection.alerts import Alert as Raised
from analysis.detection.findings import Finding
from analysis.detection.report import Report, Side
from analysis.response.serving import Rollback
from analysis.vocabulary import Family, Severity, State, Verdict
from storage import runbooks
from storage.incidents import IncidentView
from storage.overview import ModelView, Overview
from storage.rollouts import Serving
from storage.tables import (
    Alert,
    Assignment,
    Bundle,
    ChecklistStep,
    Clock,
    FollowUp,
    Incident,
    Model,
    ModelVersion,
    OversightChange,
    Person,
    RetrainRequest,
    Rollout,
    RootCause,
    Run,
    TimelineEntry,
)

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
NASTY = "<!channel> <script>alert(1)</script> & *b* `c` $x$ {{ 7919 * 7919 }} | \n> q \u202e\x00 漢字 " + "x" * 10_000


def _fairness(column: str) -> list[Finding]:
    facts = {
        "lowest": column, "highest": "Male", "lowest_rate": 0.28, "highest_rate": 0.45, "lowest_before": 0.46,
        "highest_before": 0.46,
    }  # fmt: skip
    gap = Finding(
        Family.FAIRNESS, "disparate_impact_ratio", "sex", column, 0.63, 0.98, (0.55, 0.71), 1e-9, 1e-8, 5000, 4000,
        limit=0.8, verdict=Verdict.ALARM, severity=Severity.CRITICAL, facts=facts,
    )  # fmt: skip
    return [gap, replace(gap, metric="equal_opportunity_difference", value=0.2, limit=0.1, interval=(0.1, 0.3))]


def _finding(family: Family, metric: str, column: str | None, facts: dict, **more) -> Finding:
    kept = {"value": 0.33, "baseline_value": 0.04, "limit": 0.15, "n_baseline": 5000, "n_window": 4000, **more}
    return Finding(family, metric, column, verdict=Verdict.ALARM, severity=Severity.CRITICAL, facts=facts, **kept)


def findings(family: Family, name: str) -> list[Finding]:
    """Return what a broken window of that family leads to: the cause first."""
    shares = {"window_share": 0.33, "baseline_share": 0.04, "most": 5940.0, "baseline_most": 99.0, "values": [name]}
    order = {"moved": [name, "b"], "top_before": [name, "b", "c"], "top_now": ["b", name, "d"]}
    hours = "2025-04-17T15:00Z/2025-04-17T17:00Z"
    table = {
        Family.FAIRNESS: _fairness(name),
        Family.DATA: [
            _finding(family, "psi", name, {}, baseline_value=None),
            _finding(family, "wasserstein_over_std", "b", {"mean": 9.0, "baseline_mean": 4.0}),
            _finding(Family.QUALITY, "unseen_share", name, shares),
        ],
        Family.QUALITY: [
            _finding(family, "null_increase", name, shares),
            _finding(family, "out_of_range_share", "b", shares),
        ],
        Family.MODEL: [
            _finding(family, "accuracy_drop", None, {"before": 0.74, "now": 0.65}),
            _finding(family, "auc_drop", None, {"before": 0.82, "now": 0.72}),
            _finding(family, "output_entropy_change", "score", {}),
        ],
        Family.EXPLANATION: [_finding(family, "explanation_spearman", None, order)],
        Family.OPERATIONS: [
            _finding(family, "error_rate", None, {"errors": 96}, group=hours),
            _finding(family, "latency_p95_ratio", name, {"ms": 2008.0, "baseline_ms": 84.0}, value=24.0, group=hours),
        ],
        Family.SECURITY: [_finding(family, "a_new_metric", name, {})],
    }
    return table[family]


def others(name: str) -> list[Finding]:
    """Return what a report holds beside the raised: rates by group, plain accuracy, whole-window figures."""
    ok = {"n_baseline": 5000, "n_window": 4000}
    whole = {"ms": 629.0, "baseline_ms": 84.0, "errors": 96}
    return [
        Finding(Family.FAIRNESS, "selection_rate", "sex", name, 0.28, 0.46, (0.25, 0.32), n_baseline=800, n_window=703),
        Finding(Family.FAIRNESS, "selection_rate", "sex", "Male", 0.45, 0.46, (0.43, 0.47), **ok),
        Finding(Family.FAIRNESS, "selection_rate", "race", "Other", None, verdict=Verdict.INSUFFICIENT_DATA),
        Finding(Family.MODEL, "accuracy", None, None, 0.65, 0.74, (0.63, 0.67), **ok),
        Finding(Family.MODEL, "auc", None, None, 0.72, 0.82, (0.70, 0.74), **ok),
        Finding(Family.DATA, "psi", "age", None, 0.01, limit=0.1, **ok),
        Finding(Family.OPERATIONS, "error_rate", None, None, 0.024, 0.003, facts=whole, **ok),
        Finding(Family.OPERATIONS, "latency_p95_ratio", "ms", None, 7.5, 1.0, facts=whole, **ok),
    ]


def raised(family: Family, name: str = "Female", severity: Severity = Severity.CRITICAL, many: int = 0) -> Raised:
    """Return an alert; `many` adds as many consequences."""
    lead, *rest = findings(family, name)
    rest += [_finding(Family.DATA, "psi", f"{name[:40]}{i}", {}, baseline_value=None) for i in range(many)]
    return Raised(
        family, severity, lead, tuple(rest), (family.value, name), (name, "b"), NOW - timedelta(days=2),
        NOW - timedelta(days=1), ("channel", name), (name,), 0.52,
    )  # fmt: skip


def report(alerts: tuple[Raised, ...], name: str = "Female", rows: int = 4000) -> Report:
    """Return the report that raised them."""
    sides = [
        Side(n, NOW - timedelta(days=days), NOW, ("1",), n, "c", version)
        for n, days, version in ((5000, 28, "2025-03-03-v1"), (rows, 7, None))
    ]
    judged = [replace(one, facts={**one.facts, "effect": 0.1}) for one in others(name)] if rows > 100 else []
    found = [f for alert in alerts for f in (alert.lead, *alert.consequences)]
    return Report(*sides, (*found, *judged), alerts, 0.52)


@dataclass
class Maker:
    """What tests draw from."""

    now: datetime = NOW
    nasty: str = NASTY

    def view(
        self, family=Family.FAIRNESS, state=State.DETECTED, severity=Severity.CRITICAL, name="Female", many=0, **more
    ) -> IncidentView:
        """Return an incident with one alert; `more` replaces parts of the view."""
        one = raised(family, name, severity, many)
        model = Model(id="income-prequal", name="Income pre-qualification", risk="high", registered_at=NOW)
        opened = NOW - timedelta(minutes=4)
        incident = Incident(
            id="INC-2026-11-007", model_id=model.id, family=family.value, severity=severity.value, state=state.value,
            channel="ethixai-incidents", opened_at=opened,
        )  # fmt: skip
        alert = Alert(
            id="ALR-1042", fingerprint="f", model_id=model.id, incident_id=incident.id, run_id=5, family=family.value,
            severity=severity.value, first_at=opened, last_at=opened, since=one.since, details=one.to_json(),
        )  # fmt: skip
        kept = report((one,), name).to_json()
        waits = Clock(
            id=1, incident_id=incident.id, kind="acknowledge", started_at=opened, due_at=NOW + timedelta(minutes=11)
        )
        view = IncidentView(
            incident, model, (alert,), self.timeline(opened), report=kept, permalink="https://x.test/1",
            clocks=(*((waits,) if state is State.DETECTED else ()), *self.clocks(incident)),
        )  # fmt: skip
        return replace(view, **more)

    def clocks(self, incident: Incident) -> tuple[Clock, ...]:
        """Return one that runs, one that is late, and one that rests."""
        opened, rests = incident.opened_at, {"paused_at": NOW, "paused_by": "U0MLLEAD01", "paused_why": "it waits"}
        due = {"contain": timedelta(minutes=56), "root_cause": timedelta(minutes=-1), "fix": timedelta(hours=3)}
        return tuple(
            Clock(id=number, incident_id=incident.id, kind=kind, started_at=opened, due_at=NOW + left, **more)
            for number, ((kind, left), more) in enumerate(zip(due.items(), ({}, {}, rests), strict=True), start=2)
        )

    def rich(self, view: IncidentView, text: str = "Reweight the sample") -> IncidentView:
        """Return the view with something to choose from everywhere: another incident, two alerts, a follow-up."""
        mine = view.incident
        other = Incident(
            id="INC-2026-11-008", model_id=view.model.id, family="data", severity="high", state="detected",
            channel="ethixai-incidents", opened_at=NOW,
        )  # fmt: skip
        second = Alert(**view.alerts[0].model_dump() | {"id": "ALR-1043"})
        due = FollowUp(
            id="FUP-4", incident_id=mine.id, kind="corrective", needed="before_closing", what=text[:300],
            owner="U0MLENGI01", due_at=NOW + timedelta(days=3), by="U0MLLEAD01", at=NOW,
        )  # fmt: skip
        cause = RootCause(
            incident_id=mine.id, number=1, cause_type="data", trigger=text[:2000], cause=text[:2000],
            corrective=text[:2000], preventive=text[:2000], by="U0MLLEAD01", at=NOW,
        )  # fmt: skip
        duty = Assignment(id=1, incident_id=mine.id, duty="expert", person="U0MLENGI01", by="U0MLLEAD01", at=NOW)
        step = ChecklistStep(
            incident_id=mine.id, runbook="bias", edition=1, title="Bias", position=1, key="verify", text="Verify it",
            duty="technical_lead", begun_at=NOW,
        )  # fmt: skip
        waits = self.entry("told_waits", text, name="customers", audience="customers", release=["product_owner"])
        timeline = (*view.timeline, waits)
        more = replace(view, duties=(duty,), steps=(step,), runbooks=runbooks.shipped(), timeline=timeline)
        return replace(
            more, others=(other,), alerts=(*view.alerts, second), follow_ups=(due,), root_causes=(cause,),
            serving=self.serving(view, text),
        )  # fmt: skip

    def serving(self, view: IncidentView, text: str) -> Serving:
        """Return what is known of the model's versions: one was rolled back, one may come."""
        about = {"model_id": view.model.id, "incident_id": view.incident.id, "requested_by": "U0MLLEAD01"}
        passed = RetrainRequest(
            id="RTR-32", requested_at=NOW, reason=text, next_at=NOW, status="validated_pass", candidate=text, **about
        )
        kept = [
            ModelVersion(
                model_id=view.model.id, version=name, artefact_sha256="a", registered_by="U0MLLEAD01", registered_at=NOW
            )
            for name in (text, "1.0.0")
        ]
        back = Rollout(
            id="RBK-3", kind="rollback", from_version=text, to_version="1.0.0", reason=text, requested_at=NOW,
            next_at=NOW, status="done", snapshot={"steps": []}, **about,
        )  # fmt: skip
        names = {"champion": "1.0.0", "last_known_good": text}
        return Serving(names, {one.version: one for one in kept}, (passed,), (back,), timedelta(seconds=40), Rollback())

    def handled(self, view: IncidentView, text: str = "It is biased") -> IncidentView:
        """Return the view after people did everything to it, every text of theirs being `text`."""
        shown = view.incident
        shown.acknowledged_at = shown.contained_at = NOW - timedelta(minutes=2)
        shown.acknowledged_by = "U0ONCALL01"
        if shown.state == State.RESOLVED:
            shown.resolved_at, shown.resolved_by = NOW, "U0MLLEAD01"
        change = OversightChange(
            model_id=view.model.id, sequence=1, level=4, fallback=text, reason=text, incident_id=shown.id,
            by="U0ONCALL01", at=NOW,
        )  # fmt: skip
        retrain = RetrainRequest(
            id="RTR-31", model_id=view.model.id, incident_id=shown.id, requested_by="U0ONCALL01", requested_at=NOW,
            reason=text, notes=text, next_at=NOW, status="failed", exit_code=2, error=text,
        )  # fmt: skip
        bundle = Bundle(
            id=1, incident_id=shown.id, version=2, incident_version=3, requested_by="U0ONCALL01", requested_at=NOW,
            next_at=NOW, status="made", sha256="ab" * 32, size=612_345,
        )  # fmt: skip
        for clock in view.clocks:
            clock.paused_why = text if clock.paused_at else None
        people = {"U0ONCALL01": Person(id="U0ONCALL01", handle="oncall", name=text, checked_at=NOW)}
        entries = [*view.timeline, *(self.entry(verb, text=text) for verb in VERBS)]
        return replace(
            view, oversight=change, restraints=(change,), retrains=(retrain,), bundles=(bundle,), people=people,
            timeline=tuple(entries),
        )  # fmt: skip

    def timeline(self, at: datetime) -> tuple[TimelineEntry, ...]:
        """Return what every incident begins with."""
        called = {"step": 0, "roles": ["on_call", "ceo"], "people": ["U0ONCALL01"]}
        return (
            TimelineEntry(id=1, incident_id="INC-2026-11-007", at=at, actor="system", verb="opened", facts={}),
            TimelineEntry(id=2, incident_id="INC-2026-11-007", at=at, actor="system", verb="called", facts=called),
        )

    def entry(self, verb: str, text: str = "why", actor: str = "U0ONCALL01", **facts) -> TimelineEntry:
        """Return a line of the timeline with every fact any verb keeps."""
        kept = {
            "alert": "ALR-1042", "severity": "critical", "level": 4, "was": 4, "reason": text, "fallback": text,
            "version": 2, "sha256": "ab" * 32, "size": 612_345, "error": text, "retrain": "RTR-31", "notes": text,
            "exit_code": 2, "step": 1, "roles": ["cto"], "people": ["U0CTOOFF01"], "note": text, "repeats": 3,
            "person": "U0ONCALL01", "duty": "expert", "owner": "U0ONCALL01", "follow_up": "FUP-4", "what": text,
            "into": "INC-2026-11-008", "incident": "INC-2026-11-008", "new": "INC-2026-11-009", "alerts": ["ALR-1043"],
            "revenue": "5_to_20", "customers": text, "attendees": text, "cause_type": "data",
            "decision": "retrain", "clock": "contain", "due": NOW.isoformat(), "authority": text, "reference": text,
        } | facts  # fmt: skip
        return TimelineEntry(id=9, incident_id="INC-2026-11-007", at=NOW, actor=actor, verb=verb, facts=kept)

    def run(self, rows: int = 4000, alerts: tuple[Raised, ...] = (), **more) -> Run:
        """Return a finished check."""
        kept = report(alerts, rows=rows).to_json()
        values = {"model_id": "income-prequal", "requested_by": "system", "status": "finished", "finished_at": NOW}
        return Run(id=5, requested_at=NOW, next_at=NOW, report=kept, **(values | more))

    def overview(self, incidents: int = 1, models: int = 1, name: str = "Female", **more) -> Overview:
        """Return the state of everything, with that many incidents and models."""
        views = tuple(self.view(name=name) for _ in range(incidents))
        watched = tuple(
            ModelView(replace_name(view.model, name), None, self.run(error=name), 1, view.alerts)
            for view in (self.view(name=name) for _ in range(models))
        )
        seen = Overview(
            at=NOW, models=watched[:30], model_count=models, open_incidents=views[:30], open_count=incidents,
            waiting_count=incidents, alerts_since=tuple(a for v in views for a in v.alerts), checks_since=2,
            failed_since=1, since=NOW - timedelta(days=1),
        )  # fmt: skip
        return replace(seen, **more)


def replace_name(model: Model, name: str) -> Model:
    """Return the model under another name."""
    model.name = name
    return model


VERBS = (
    "opened", "called", "acknowledge", "freeze", "unfreeze", "export", "export_made", "export_failed", "retrain",
    "retrain_started", "retrain_trained", "retrain_failed", "escalate", "resolve", "severity_rose", "reopened",
    "recovered", "repeat", "reminder", "something_new",
)  # fmt: skip
