"""The judge is fair: it finds nothing in a run that went well, and each thing that may go wrong."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from storage.tables import (
    AliasChange,
    AuditRow,
    Bundle,
    Inbound,
    Incident,
    OversightChange,
    Owed,
    RetrainRequest,
    Rollout,
    Run,
    TimelineEntry,
    Timer,
)
from tests.chaos import judge
from tests.chaos.facts import Asked, Facts, Post
from tests.chaos.report import Told

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
INC, MESSAGE = "INC-2026-11-001", "INC-2026-11-001:message"
LOOK = (("heading", "", "High"), ("move:freeze", f"{INC}:acknowledged", "Freeze"))


def owed(key: str, kind: str, status: str = "sent", **more) -> Owed:
    values = {"subject": INC, "channel": "C1", "next_at": NOW, "created_at": NOW, "remote_ts": "1.0"} | more
    return Owed(key=key, kind=kind, status=status, **values)


def line(seq: int, action: str, entity: str = INC, outcome: str = "done", **data) -> AuditRow:
    return AuditRow(seq=seq, at=NOW, actor="U1", action=action, entity=entity, outcome=outcome, data=data, prev="",
                    hash=str(seq))  # fmt: skip


def entry(id: int, verb: str, **facts) -> TimelineEntry:
    return TimelineEntry(id=id, incident_id=INC, at=NOW, actor="U1", verb=verb, facts=facts)


def timer(key: str, kind: str, status: str) -> Timer:
    return Timer(key=key, kind=kind, subject=INC, due_at=NOW - timedelta(minutes=1), status=status)


@pytest.fixture
def well() -> Facts:
    """A run in which everything that the judge looks at happened, once."""
    incident = Incident(id=INC, model_id="m", family="model", severity="high", state="acknowledged", channel="C1",
                        opened_at=NOW)  # fmt: skip
    return Facts(
        now=NOW,
        asked=[Asked("trigger:1", "U1"), Asked("trigger:1", "U1"), Asked("event:1", "", "answer:1"),
               Asked("trigger:busy", "U2")],
        apologies=["U2"],
        posts=[Post("C1", "1.0", MESSAGE, look=LOOK), Post("C1", "1.1", "timeline:1"), Post("C1", "1.2", "answer:1"),
               Post("C1", "1.3", "digest:daily:1"), Post("C1", "1.4", None, ("bundle.tar.gz",))],
        owed=[owed(MESSAGE, "incident"), owed("timeline:1", "reply"), owed("answer:1", "answer"),
              owed("digest:daily:1", "digest"), owed("u", "update"), owed("w", "incident", "withheld"),
              owed("chart", "chart", remote_ts=None)],
        audit=[line(1, "opened"), line(2, "acknowledge", timeline=1), line(3, "freeze", timeline=2),
               line(4, "export", timeline=3), line(5, "export_made"), line(6, "skipped", "escalate:late"),
               line(7, "acknowledge", outcome="already"), line(8, "escalate", timeline=5),
               line(10, "rollout_step", "RBK-1")],
        timeline=[entry(0, "opened"), entry(1, "acknowledge"), entry(2, "freeze"), entry(3, "export"),
                  entry(4, "export_made", version=1), entry(5, "escalate", waited=True, step=1)],
        incidents=[incident],
        looks={INC: LOOK},
        oversight=[OversightChange(model_id="m", sequence=1, level=1, reason="wish 1", incident_id=INC, by="U1",
                                   at=NOW)],
        bundles=[Bundle(incident_id=INC, version=1, incident_version=2, requested_by="U1", requested_at=NOW,
                        status="made", path="/data/bundle.tar.gz")],
        retrains=[RetrainRequest(id="RTR-1", model_id="m", requested_by="U1", requested_at=NOW, reason="",
                                 status="validated_pass")],
        started=["RTR-1"],
        rollouts=[Rollout(id="RBK-1", kind="rollback", model_id="m", from_version="2", to_version="1", reason="",
                          requested_by="U1", requested_at=NOW, status="done", steps={"champion": {"done": "now"}},
                          snapshot={"steps": ["champion"], "aliases": {"champion": "2"}})],
        moves=[AliasChange(model_id="m", alias="champion", sequence=1, version="1", by="U1", reason="", at=NOW,
                           rollout_id="RBK-1")],
        runs=[Run(id=1, model_id="m", key="check:1", requested_by="U1", requested_at=NOW, status="finished")],
        timers=[timer("digest:daily:1", "digest", "fired"), timer("check:1", "check", "fired"),
                timer("escalate:late", "escalate", "skipped"), timer("escalate:1", "escalate", "fired"),
                timer("escalate:2", "escalate", "cancelled")],
        inbox=[Inbound(key="trigger:1", kind="interaction", received_at=NOW, done_at=NOW),
               Inbound(key="event:1", kind="event", received_at=NOW, done_at=NOW)],
    )  # fmt: skip


def without(rows, **which):
    return [row for row in rows if any(getattr(row, name) != value for name, value in which.items())]


def changed(rows, name: str, value: object, **which):
    """Return the rows, those that are meant with another value."""

    def one(row):
        if any(getattr(row, key) != wanted for key, wanted in which.items()):
            return row
        if dataclasses.is_dataclass(row):
            return dataclasses.replace(row, **{name: value})
        return type(row)(**row.model_dump() | {name: value})

    return [one(row) for row in rows]


def test_a_run_that_went_well_is_all_zeros(well):
    assert {name: found for name, found in judge.judge(well).items() if found} == {}


CRIMES = {
    "an acknowledged press left no trace": ("lost_in", lambda f: f.but(inbox=without(f.inbox, key="trigger:1"))),
    "a press was excused once too often": ("lost_in", lambda f: f.but(apologies=[])),
    "an event was stored and never worked off": (
        "lost_in", lambda f: f.but(inbox=changed(f.inbox, "done_at", None, key="event:1"))),
    "an event was worked off without its answer": ("lost_in", lambda f: f.but(owed=without(f.owed, key="answer:1"))),
    "a press has no audit line": ("lost_audit", lambda f: f.but(audit=without(f.audit, seq=2))),
    "a press has two audit lines": ("lost_audit", lambda f: f.but(audit=[*f.audit, line(9, "freeze", timeline=2)])),
    "a line has lost its press": ("lost_audit", lambda f: f.but(timeline=without(f.timeline, id=1))),
    "a bundle was made without a line": ("lost_audit", lambda f: f.but(audit=without(f.audit, seq=5))),
    "an incident was opened without a line": ("lost_audit", lambda f: f.but(audit=without(f.audit, seq=1))),
    "a model was frozen without a line": (
        "lost_audit", lambda f: f.but(oversight=[*f.oversight, f.oversight[0].model_copy(update={"reason": "x"})])),
    "a post is missing": ("lost_out", lambda f: f.but(posts=without(f.posts, key="timeline:1"))),
    "a post was never sent": ("lost_out", lambda f: f.but(owed=changed(f.owed, "status", "pending", key="u"))),
    "a file is missing": ("lost_out", lambda f: f.but(posts=without(f.posts, ts="1.4"))),
    "a check never ended": ("lost_out", lambda f: f.but(runs=changed(f.runs, "status", "running", id=1))),
    "a bundle was never made": (
        "lost_out", lambda f: f.but(bundles=changed(f.bundles, "status", "making", version=1))),
    "a retrain never ended": ("lost_out", lambda f: f.but(retrains=changed(f.retrains, "status", "queued"))),
    "a message stands twice": ("doubled", lambda f: f.but(posts=[*f.posts, Post("C1", "2.0", MESSAGE, look=LOOK)])),
    "a reply stands twice": ("doubled", lambda f: f.but(posts=[*f.posts, Post("C1", "2.0", "timeline:1")])),
    "a file was shared twice": (
        "doubled", lambda f: f.but(posts=[*f.posts, Post("C1", "2.0", None, ("bundle.tar.gz",))])),
    "a pipeline was started twice": ("doubled", lambda f: f.but(started=["RTR-1", "RTR-1"])),
    "one wish froze twice": ("doubled", lambda f: f.but(oversight=[*f.oversight, *f.oversight])),
    "two were first to acknowledge": (
        "doubled", lambda f: f.but(timeline=[*f.timeline, entry(9, "acknowledge")])),
    "a bundle was told twice": (
        "doubled", lambda f: f.but(timeline=[*f.timeline, entry(9, "export_made", version=1)])),
    "one state has two bundles": ("doubled", lambda f: f.but(bundles=[*f.bundles, *f.bundles])),
    "a name was moved twice": ("doubled", lambda f: f.but(moves=[*f.moves, *f.moves])),
    "a rollback hangs between": ("between", lambda f: f.but(rollouts=changed(f.rollouts, "status", "undoing"))),
    "a rollback was taken back, and its version serves": (
        "between", lambda f: f.but(rollouts=changed(f.rollouts, "status", "undone"))),
    "a rollback is done, and the old version serves": (
        "between", lambda f: f.but(moves=changed(f.moves, "version", "2"))),
    "a step of a rollback was recorded twice": (
        "between", lambda f: f.but(audit=[*f.audit, line(11, "rollout_step", "RBK-1")])),
    "nobody owes the incident's message": ("orphans", lambda f: f.but(owed=without(f.owed, key=MESSAGE))),
    "a timer was forgotten": ("lost_timers", lambda f: f.but(timers=[*f.timers, timer("x", "escalate", "pending")])),
    "a timer fired to no effect": (
        "lost_timers", lambda f: f.but(timers=[*f.timers, timer("digest:daily:2", "digest", "fired")])),
    "a check was due and never queued": ("lost_timers", lambda f: f.but(runs=[])),
    "a timer was skipped in silence": ("lost_timers", lambda f: f.but(audit=without(f.audit, seq=6))),
    "a step was called twice": (
        "doubled_timers", lambda f: f.but(timeline=[*f.timeline, entry(9, "escalate", waited=True, step=1)])),
    "a digest stands twice": ("doubled_timers", lambda f: f.but(posts=[*f.posts, Post("C1", "2.0", "digest:daily:1")])),
    "somebody was called although another one has it": ("untimely", lambda f: f.but(
        timeline=[*f.timeline, entry(9, "escalate", waited=True, step=2, why="waited")])),
    "a message shows an old state": (
        "stale", lambda f: f.but(posts=changed(f.posts, "look", LOOK[:1], key=MESSAGE))),
    "something was given up": ("parked", lambda f: f.but(owed=changed(f.owed, "status", "parked", key="u"))),
    "the chain is broken": ("chain", lambda f: f.but(faults=["row 3 was changed after it was written"])),
}  # fmt: skip


@pytest.mark.parametrize("crime", CRIMES)
def test_what_goes_wrong_is_counted(well, crime):
    name, commit = CRIMES[crime]
    assert judge.COUNTS[name](commit(well)), crime


def test_every_count_has_a_crime():
    assert {name for name, _ in CRIMES.values()} == set(judge.COUNTS)


def test_rows_of_the_audit_log_that_were_archived_are_not_missed(well):
    archived = well.but(audit=[], archived=NOW, timers=[])
    assert judge.lost_audit(archived) == []


def test_a_run_with_anything_found_has_not_passed():
    told = Told("sqlite", "outbox.after_send:1", {"doubled": ["x × 2"], "chain": []}, 1, 2.0)
    assert not told.passed
    assert '"doubled": 1' in told.line()
    assert '"found": {"doubled": ["x × 2"]}' in told.line()
