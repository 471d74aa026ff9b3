"""The audit chain: each row's hash covers its canonical JSON and the hash of the row before.

A chain alone finds edits, deletions and swaps; a tail that is cut off together with its head, or a chain written
anew, is found by checkpoints kept outside (evidence bundles, message metadata).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import rfc8785
from sqlalchemy import Connection, text
from sqlmodel import Session, col, select

from storage import failpoints
from storage.tables import AuditHead, AuditRow

GENESIS = "0" * 64


@dataclass(frozen=True)
class Entry:
    """What an operation has to say: who did what to which record, with which outcome."""

    actor: str
    action: str
    entity: str
    outcome: str = "done"  # done | already | refused | failed
    data: dict[str, Any] | None = None


def digest(row: AuditRow) -> str:
    """Return the SHA-256 of the row's RFC 8785 JSON, hex."""
    body: dict[str, Any] = {
        "seq": row.seq,
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": row.actor,
        "action": row.action,
        "entity": row.entity,
        "outcome": row.outcome,
        "data": row.data,
        "prev": row.prev,
    }
    return hashlib.sha256(rfc8785.dumps(body)).hexdigest()


def append(session: Session, entry: Entry, at: datetime) -> AuditRow:
    """Return the new row. Call it last before the commit: it holds the chain's head until then."""
    head = session.exec(select(AuditHead).with_for_update()).one()
    row = AuditRow(
        seq=head.seq + 1,
        at=at,
        actor=entry.actor,
        action=entry.action,
        entity=entry.entity,
        outcome=entry.outcome,
        data=entry.data or {},
        prev=head.hash,
        hash="",
    )
    row.hash = digest(row)
    failpoints.reach("audit.before_head")
    head.seq, head.hash = row.seq, row.hash
    session.add(row)
    session.flush()
    return row


def rows_of(session: Session, entity: str) -> list[AuditRow]:
    """Return the rows about one record, oldest first."""
    return list(session.exec(select(AuditRow).where(AuditRow.entity == entity).order_by(col(AuditRow.seq))))


def head_of(session: Session) -> tuple[int, str]:
    """Return the newest sequence number and hash."""
    head = session.exec(select(AuditHead)).one_or_none()
    return (head.seq, head.hash) if head else (0, GENESIS)


@dataclass(frozen=True)
class Fault:
    """Where the chain breaks and how."""

    seq: int
    what: str


def verify(session: Session) -> tuple[int, list[Fault]]:
    """Return how many rows were read and every fault found."""
    faults: list[Fault] = []
    prev, count = GENESIS, 0
    for row in _in_order(session):
        count += 1
        if row.seq != count:
            faults.append(Fault(row.seq, f"row {count} is missing"))
            count = row.seq
        if row.prev != prev:
            faults.append(Fault(row.seq, "does not follow the row before it"))
        if row.hash != digest(row):
            faults.append(Fault(row.seq, "was changed after it was written"))
        prev = row.hash
    seq, head = head_of(session)
    if (seq, head) != (count, prev):
        faults.append(Fault(seq, f"the chain ends at row {count}, its head says {seq}"))
    return count, faults


def _in_order(session: Session) -> Iterator[AuditRow]:
    yield from session.exec(select(AuditRow).order_by(col(AuditRow.seq)).execution_options(yield_per=2_000))


TRIGGERS = {
    "sqlite": (
        "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit"
        " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit"
        " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
        # INSERT OR REPLACE passes the delete trigger where recursive_triggers is off.
        "CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq)"
        " BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$",
        "CREATE TRIGGER audit_no_update BEFORE UPDATE OR DELETE ON audit"
        " FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()",
        "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit"
        " FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
    ),
}
NAMES = {
    "sqlite": {"audit_no_update", "audit_no_delete", "audit_no_replace"},
    "postgresql": {"audit_no_update", "audit_no_truncate"},
}


def protect(connection: Connection) -> None:
    """Make the triggers that forbid changing or deleting audit rows, and the head of an empty chain."""
    connection.execute(
        text("INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, :hash) ON CONFLICT DO NOTHING"), {"hash": GENESIS}
    )
    dialect = connection.dialect.name
    on = " ON audit" if dialect == "postgresql" else ""
    for name in sorted(NAMES[dialect]):
        connection.execute(text(f"DROP TRIGGER IF EXISTS {name}{on}"))
    for statement in TRIGGERS[dialect]:
        connection.exec_driver_sql(statement)


def unprotected(connection: Connection) -> set[str]:
    """Return the names of audit triggers that are missing; empty is good."""
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = 'audit'::regclass AND NOT tgisinternal",
    }[connection.dialect.name]
    return NAMES[connection.dialect.name] - {row[0] for row in connection.execute(text(query))}
