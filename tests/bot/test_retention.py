"""Nights of retention: what is too old goes, in small steps, audited; what an incident refers to stays."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import select

from bot import app, archiving, keys, schedule
from bot.operations import keeping, sealing
from bot.retention import Retention
from bot.services import Services
from storage import audit, extracts, policies, proof, segments
from storage.audit import Entry
from storage.tables import (
    AffectedList,
    Alert,
    AuditRow,
    AuditSegment,
    Inbound,
    Incident,
    Model,
    Owed,
    Run,
    Timer,
    Upkeep,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OLD = NOW - timedelta(days=4000)
MODELS = """
models:
  - id: m
    name: M
    source: {{predictions: {folder}/log, labels: {folder}/log/labels, deletable: {deletable}}}
    baseline: {folder}/log/reference.parquet
"""


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self):
        return self.now


def make(database, folder, deletable="false", **retention):
    """Return services by hand; the log's reference lies in its own folder."""
    text = app.DEFAULT_POLICY.read_text().replace("models: []", MODELS.format(folder=folder, deletable=deletable))
    policy = policies.parse(text, "test")
    policy = policy.model_copy(update={"retention": policy.retention.model_copy(update=retention)})
    return Services(database, policy, folder, keys.load(folder / "keys"), Clock())


@pytest.fixture
def services(database, tmp_path):
    made = make(database, tmp_path)
    with database.write() as session:
        session.add(Model(id="m", name="M", risk="high", registered_at=OLD))
    return made


def night(services, name="one") -> dict:
    with services.transaction() as session:
        timer = Timer(key=f"retention:{name}", kind="retention", subject="nightly", due_at=services.clock())
        keeping.when_due(services, session, timer, services.clock())
    assert Retention(services).step()
    assert not Retention(services).step()
    with services.database.read() as session:
        return session.exec(select(Upkeep).order_by(Upkeep.id.desc())).first().counts


def incident(session, id="INC-1", state="closed"):
    session.add(Incident(id=id, model_id="m", family="data", severity="low", state=state, channel="c", opened_at=OLD))
    session.flush()


def run(session, at=OLD, status="finished"):
    made = Run(model_id="m", requested_by="system", requested_at=at, status=status, next_at=at, finished_at=at)
    session.add(made)
    session.flush()
    return made.id


def alert(session, id, run_id, *, at=OLD, state="recovered", incident_id=None):
    session.add(Alert(id=id, fingerprint=id, model_id="m", run_id=run_id, family="data", severity="low", state=state,
                      first_at=at, last_at=at, incident_id=incident_id))  # fmt: skip
    session.flush()


def owed(session, key, status="sent", kind="notice", at=OLD, **more):
    session.add(Owed(key=key, kind=kind, subject="x", channel="c", status=status, sent_at=at, created_at=at, next_at=at,
                     **more))  # fmt: skip
    session.flush()


def left(services, table, name) -> set:
    with services.database.read() as session:
        return {getattr(row, name) for row in session.exec(select(table))}


def lines(services) -> list[AuditRow]:
    with services.database.read() as session:
        assert audit.verify(session)[1] == []
        return [row for row in audit.since(session, 0) if row.action == "retention"]


def test_what_is_too_old_goes_and_what_an_incident_refers_to_stays(services):
    recent = NOW - timedelta(days=300)
    with services.database.write() as session:
        incident(session)
        lone, seen, named = run(session), run(session), run(session)
        young, working = run(session, recent), run(session, status="running")
        alert(session, "gone", lone)
        alert(session, "young", young, at=recent)
        alert(session, "open", seen, state="open")
        alert(session, "named", named, incident_id="INC-1")
        owed(session, "INC-1:message", kind="incident")
        owed(session, "INC-1:line", thread_of="INC-1:message", kind="reply")
        owed(session, "sent")
        owed(session, "waits", status="pending", thread_of="storm")
        owed(session, "storm", kind="storm")
        owed(session, "parked", status="parked")
        owed(session, "new", at=NOW - timedelta(days=80))
        session.add(Inbound(key="done", kind="event", received_at=OLD, done_at=OLD))
        session.add(Inbound(key="undone", kind="event", received_at=OLD))
        session.add(Timer(key="fired", kind="check", subject="m", due_at=OLD, status="fired"))
        session.add(Timer(key="due", kind="check", subject="m", due_at=OLD))
    counts = night(services)
    assert left(services, Alert, "id") == {"young", "open", "named"}
    assert left(services, Run, "id") == {seen, named, young, working}
    assert left(services, Owed, "key") == {"INC-1:message", "waits", "storm", "parked", "new"}
    assert left(services, Inbound, "key") == {"undone"}
    assert left(services, Timer, "key") == {"due"}
    removed = {name: count for name, count in counts.items() if count}
    assert removed == {"alert": 1, "run": 1, "outbox": 2, "inbox": 1, "timer": 1}
    assert {row.entity: row.data["rows"] for row in lines(services)} == removed
    assert not any(night(services, "two").values())
    assert len(lines(services)) == 5


def listed(services, number, incident_id="INC-1", at=OLD):
    """Put a list of people affected where it lies, with its row."""
    path = services.data / "affected" / f"{incident_id}-affected-{number}.csv"
    path.parent.mkdir(exist_ok=True)
    path.write_text("time\r\n")
    row = AffectedList(
        incident_id=incident_id, number=number, period="7", requested_by="U1", requested_at=at, next_at=at,
        status="made", counts={"rows": 9}, path=str(path), sha256="f" * 64, made_at=at,
    )  # fmt: skip
    with services.database.write() as session:
        session.add(row)
    return path


def test_lists_of_people_affected_go_and_what_was_counted_stays(services):
    with services.database.write() as session:
        incident(session)
        incident(session, "INC-2", state="contained")
    old, again = listed(services, 1), listed(services, 2)
    young, needed = listed(services, 11, at=NOW - timedelta(days=364)), listed(services, 1, "INC-2")
    twice = old.with_suffix(".2.csv")
    twice.write_text("of an attempt that was lost")
    again.unlink()  # as if it had been killed after that
    assert night(services)["affected"] == 2
    assert [path.exists() for path in (old, twice, again, young, needed)] == [False, False, False, True, True]
    with services.database.read() as session:
        kept = session.exec(select(AffectedList).order_by(AffectedList.id)).all()
    assert [(one.path is None, one.counts["rows"], one.sha256[:1]) for one in kept] == [
        (True, 9, "f"), (True, 9, "f"), (False, 9, "f"), (False, 9, "f"),
    ]  # fmt: skip
    assert [row.data["files"] for row in lines(services) if row.entity == "INC-1"] == [
        [old.with_suffix(".2.csv").name, old.name],
        [],
    ]
    assert night(services, "two")["affected"] == 0


def test_many_rows_go_in_small_transactions_each_with_its_line(services):
    with services.database.write() as session:
        one = run(session)
        for number in range(450):
            alert(session, f"a{number}", one)
    assert night(services)["alert"] == 450
    assert [row.data["rows"] for row in lines(services) if row.entity == "alert"] == [200, 200, 50]


def test_missed_nights_are_made_up_by_one(services):
    services.policy = services.policy.model_copy(update={"models": ()})  # no checks here
    schedule.plan(services)
    services.clock.now += timedelta(days=5)
    schedule.plan(services)
    while schedule.fire(services):
        pass
    assert {key.rpartition(":")[2] for key in left(services, Upkeep, "key")} == {"2026-11-28"}  # many missed are one


@pytest.fixture
def log(tmp_path):
    (tmp_path / "log").mkdir()
    for number, age in enumerate((200, 100, 95, 10)):
        path = tmp_path / "log" / f"{number}.parquet"
        path.write_bytes(b"x")
        os.utime(path, ((NOW - timedelta(days=age)).timestamp(),) * 2)
    (tmp_path / "log/labels").mkdir()
    for name in ("notes.txt", "reference.parquet", "labels/late.parquet"):
        (tmp_path / "log" / name).write_text("no log")
        os.utime(tmp_path / "log" / name, (0, 0))
    return tmp_path / "log"


def names(log) -> set[str]:
    return {path.name for path in log.rglob("*") if path.is_file()}


def test_files_of_a_log_are_the_owners_unless_the_policy_says_so(services, log, database, tmp_path):
    assert night(services)["logs"] == 0
    assert len(names(log)) == 7
    allowed = make(database, tmp_path, deletable="true")
    assert night(allowed, "two")["logs"] == 3
    assert names(log) == {"3.parquet", "notes.txt", "reference.parquet", "late.parquet"}
    assert [row.data["files"] for row in lines(allowed)] == [["0.parquet", "1.parquet", "2.parquet"]]


def test_an_open_incident_keeps_the_log_and_the_newest_file_always_stays(services, log, database, tmp_path):
    allowed = make(database, tmp_path, deletable="true")
    with database.write() as session:
        incident(session, state="detected")
    assert night(allowed)["logs"] == 0
    with database.write() as session:
        session.get(Incident, "INC-1").state = "closed"
    allowed.clock.now += timedelta(days=1000)
    night(allowed, "two")
    assert names(log) == {"3.parquet", "notes.txt", "reference.parquet", "late.parquet"}


def grow(services, rows) -> None:
    with services.database.write() as session:
        for number in range(rows):
            audit.append(session, Entry("U1", "acknowledge", f"INC-{number}"), services.clock())


def verdict(services):
    with services.database.read() as session:
        return proof.verify(session, sealing.given(services))


def post(services) -> None:
    """What delivery does with the notes that are owed."""
    with services.database.write() as session:
        for row in session.exec(select(Owed).where(Owed.kind == "proof")):
            row.status, row.sent_at = "sent", services.clock()
            session.add(row)


def in_table(services) -> list[int]:
    with services.database.read() as session:
        return [row.seq for row in audit.since(session, 0)]


def test_old_rows_of_the_audit_log_leave_once_their_note_stands_outside(services, monkeypatch):
    services.policy = make(services.database, services.data, audit=timedelta(days=30)).policy
    monkeypatch.setattr(archiving, "SEGMENT", 40)
    monkeypatch.setattr(archiving, "ROWS", 25)
    grow(services, 60)
    sealing.seal(services)
    services.clock.now += timedelta(days=31)
    grow(services, 5)
    assert night(services)["audit"] == 0
    assert in_table(services)[0] == 1  # recorded, not told yet
    assert night(services, "two")["audit"] == 0
    post(services)
    assert night(services, "three")["audit"] == 60
    assert in_table(services)[0] == 61
    assert verdict(services).faults == []
    assert verdict(services).rows == verdict(services).head[0]
    with services.database.read() as session:
        spans = [(one.first_seq, one.last_seq) for one in segments.of(session)]
        everything = list(extracts.rows(session, extracts.Wanted(), services.data / "audit"))
    assert spans == [(1, 40), (41, 60)]
    assert [row.seq for row in everything] == list(range(1, verdict(services).head[0] + 1))
    assert not night(services, "four")["audit"]
    next((services.data / "audit").glob("*-000000040.jsonl.gz")).unlink()
    assert "row 1 to 40: their segment audit-000000001-000000040.jsonl.gz is missing" in map(
        str, verdict(services).faults
    )


def test_a_segment_whose_file_is_gone_keeps_its_rows(services):
    services.policy = make(services.database, services.data, audit=timedelta(days=30)).policy
    grow(services, 20)
    services.clock.now += timedelta(days=31)
    grow(services, 1)
    night(services)
    post(services)
    next((services.data / "audit").glob("*.gz")).unlink()
    assert night(services, "two")["audit"] == 0
    assert in_table(services)[0] == 1
    assert told(services) == ["row 1 to 20: their segment audit-000000001-000000020.jsonl.gz is missing"]


def told(services) -> list[str]:
    with services.database.read() as session:
        return [row.data["error"] for row in session.exec(select(Owed).where(Owed.channel == "engineering"))]


def test_a_stretch_that_was_changed_is_told_and_not_moved(services):
    services.policy = make(services.database, services.data, audit=timedelta(days=30)).policy
    grow(services, 20)
    services.clock.now += timedelta(days=31)
    grow(services, 1)
    with services.database.engine.connect() as connection:
        connection.execute(text("DROP TRIGGER audit_no_update" + ("" if services.database.is_sqlite else " ON audit")))
        connection.execute(text("UPDATE audit SET actor = 'U2' WHERE seq = 7"))
        connection.commit()
    assert night(services)["audit"] == 0
    assert not list((services.data / "audit").glob("*"))
    assert left(services, AuditSegment, "first_seq") == set()
    assert told(services) == ["row 1 or one of those behind it was changed, so they are not moved"]


KILLED = """
import os, sys
from datetime import datetime
from pathlib import Path
sys.path.insert(0, {root!r})
from bot.retention import Retention
from storage.database import Database
from tests.bot.test_retention import make
from datetime import timedelta
services = make(Database({url!r}), Path({folder!r}), audit=timedelta(days=30))
services.clock.now = datetime.fromisoformat({now!r})
Retention(services).step()
"""


@pytest.mark.parametrize("point", ["retention.after_batch", "retention.after_export", "retention.after_record"])
def test_killed_at_any_line_it_is_done_the_next_time(services, point, tmp_path):
    services.policy = make(services.database, services.data, audit=timedelta(days=30)).policy
    with services.database.write() as session:
        one = run(session)
        for number in range(250):
            alert(session, f"a{number}", one)
    grow(services, 30)
    services.clock.now += timedelta(days=31)
    grow(services, 1)
    with services.transaction() as session:
        keeping.when_due(
            services, session, Timer(key="n1", kind="retention", subject="x", due_at=NOW), services.clock()
        )
    url = services.database.url.render_as_string(hide_password=False)
    told = {"root": os.getcwd(), "url": url, "folder": str(tmp_path), "now": services.clock().isoformat()}
    died = subprocess.run([sys.executable, "-c", KILLED.format(**told)], env=os.environ | {"ETHIXBOT_FAILPOINT": point},
                          capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
    assert died.returncode == -signal.SIGKILL, died.stderr
    services.clock.now += timedelta(hours=1)  # its lease is over
    assert Retention(services).step()
    post(services)
    night(services, "two")
    assert left(services, Alert, "id") == set()
    assert sum(row.data["rows"] for row in lines(services) if row.entity == "alert") == 250
    assert len(left(services, AuditSegment, "first_seq")) == 1
    assert in_table(services)[0] == 31
    assert verdict(services).faults == []


def test_keys_of_personal_hashes_follow_one_another_and_are_dropped(services):
    folder, start = services.data / "keys", NOW.date()
    os.utime(folder / "pseudonym.key", (NOW.timestamp(),) * 2)
    first = services.keys.hashed("R-17")
    assert first.startswith("0:")
    night(services)
    assert services.keys.hashed("R-17") == first
    services.clock.now += timedelta(days=366)
    night(services, "a year later")
    second = services.keys.hashed("R-17")
    assert second.startswith(f"{start + timedelta(days=366)}:")
    assert second != first
    services.clock.now += timedelta(days=1826)
    night(services, "nearly six years later")
    assert (folder / "pseudonym.key").exists()
    services.clock.now += timedelta(days=2)
    assert night(services, "and two days")["pseudonym_keys"] == 1
    assert not (folder / "pseudonym.key").exists()
    again = keys.load(folder)  # a later start makes no first key anew
    assert not (folder / "pseudonym.key").exists()
    assert again.pseudonym == services.keys.pseudonym
    assert isinstance(again.pseudonym.since, date)
    said = [json.dumps(row.data) for row in lines(services) if row.entity == "pseudonym_key"]
    assert said[-1] == '{"dropped": "0"}'
    assert verdict(services).faults == []
