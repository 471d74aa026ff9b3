"""Ids that the database gives out and that stand in keys of the outbox: after a restore they go on with a gap.

A row made after the restore would else bear the id, and so the key, of one that was made after the backup and is lost;
its message would be taken for that one's. PostgreSQL has a sequence for it. SQLite takes the highest id there is and
adds one, so there the first row after the restore is given its id, once.
"""

from typing import Any

from sqlalchemy import Connection, event, text
from sqlmodel import Session, func, select

from storage.tables import Bundle, Run, Storm, TimelineEntry

NUMBERED = (TimelineEntry, Run, Storm, Bundle)


def leave_out(session: Session, gap: int) -> None:
    """Let the next id of each table be beyond so many that may have been given out."""
    connection = session.connection()
    for table in NUMBERED:
        name = str(table.__tablename__)
        if connection.dialect.name == "postgresql":
            sequence = connection.execute(text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": name}).scalar()
            skip = text("SELECT setval(:sequence, nextval(:sequence) + :gap)")
            connection.execute(skip, {"sequence": sequence, "gap": gap})
        else:
            newest = session.exec(select(func.max(table.id))).one() or 0
            note = (
                "INSERT INTO counter (name, value) VALUES (:name, :value) ON CONFLICT (name)"
                " DO UPDATE SET value = excluded.value"
            )
            connection.execute(text(note), {"name": f"id:{name}", "value": newest + gap + 1})


def _number(_mapper: Any, connection: Connection, row: Any) -> None:  # noqa: ANN401  (SQLAlchemy's types)
    if row.id is None and connection.dialect.name == "sqlite":
        once = text("DELETE FROM counter WHERE name = :name RETURNING value")
        row.id = connection.execute(once, {"name": f"id:{row.__tablename__}"}).scalar()


for numbered in NUMBERED:
    event.listen(numbered, "before_insert", _number)
