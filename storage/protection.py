"""The triggers that forbid changing or deleting proof: made anew with each migration, and looked for at each start.

A batch migration rebuilds a SQLite table and drops its triggers without a word. Only rows of the audit log that lie in
a recorded segment may leave the table.
"""

from sqlalchemy import Connection, text

GENESIS = "0" * 64  # what the first row of the audit log follows
TABLES = ("audit", "audit_checkpoint", "audit_segment")
RAISE = "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
SEALED = "EXISTS (SELECT 1 FROM audit_segment WHERE OLD.seq BETWEEN first_seq AND last_seq)"
TAKEN = "EXISTS (SELECT 1 FROM audit WHERE seq = NEW.seq)"
# Trigger → its table and what follows the name.
SQLITE = {
    "audit_no_update": ("audit", f"BEFORE UPDATE ON audit {RAISE}"),
    "audit_no_delete": ("audit", f"BEFORE DELETE ON audit WHEN NOT {SEALED} {RAISE}"),
    # INSERT OR REPLACE passes the delete trigger where recursive_triggers is off.
    "audit_no_replace": ("audit", f"BEFORE INSERT ON audit WHEN {TAKEN} {RAISE}"),
} | {
    f"{table}_no_{verb}": (table, f"BEFORE {verb.upper()} ON {table} {RAISE}")
    for table in TABLES[1:]
    for verb in ("update", "delete")
}
REFUSE = "RAISE EXCEPTION 'the audit log is append-only';"
FUNCTIONS = {
    "audit_is_append_only": f" BEGIN {REFUSE} END ",
    "audit_unless_sealed": f" BEGIN IF {SEALED} THEN RETURN OLD; END IF; {REFUSE} END ",
}
POSTGRESQL = {
    "audit_no_update": ("audit", "BEFORE UPDATE ON audit FOR EACH ROW", "audit_is_append_only"),
    "audit_no_delete": ("audit", "BEFORE DELETE ON audit FOR EACH ROW", "audit_unless_sealed"),
    "audit_no_truncate": ("audit", "BEFORE TRUNCATE ON audit FOR EACH STATEMENT", "audit_is_append_only"),
} | {
    f"{table}_no_{verb}": (table, f"BEFORE {events} ON {table} FOR EACH {each}", "audit_is_append_only")
    for table in TABLES[1:]
    for verb, events, each in (("update", "UPDATE OR DELETE", "ROW"), ("truncate", "TRUNCATE", "STATEMENT"))
}


def protect(connection: Connection) -> None:
    """Make the triggers, and the head of an empty chain."""
    connection.execute(
        text("INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, :hash) ON CONFLICT DO NOTHING"), {"hash": GENESIS}
    )
    if connection.dialect.name == "sqlite":
        for name, (_, rest) in SQLITE.items():
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
            connection.exec_driver_sql(f"CREATE TRIGGER {name} {rest}")
        return
    for name, body in FUNCTIONS.items():
        returns = f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql"
        connection.exec_driver_sql(f"{returns} AS $${body}$$")
    for name, (table, when, function) in POSTGRESQL.items():
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name} ON {table}")
        connection.exec_driver_sql(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {function}()")
        # Always: `session_replication_role = replica` passes an ordinary trigger.
        connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def unprotected(connection: Connection) -> set[str]:
    """Return the names of triggers that are missing, switched off, or not as they were made; empty is good."""
    if connection.dialect.name == "sqlite":
        found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
        stand = {name for name, sql in found if name in SQLITE and sql == f"CREATE TRIGGER {name} {SQLITE[name][1]}"}
        return set(SQLITE) - stand
    query = text(
        "SELECT tgname, tgrelid::regclass::text, tgenabled, proname, prosrc FROM pg_trigger"
        " JOIN pg_proc ON pg_proc.oid = tgfoid WHERE NOT tgisinternal"
    )
    stand = {
        name
        for name, table, enabled, function, body in connection.execute(query)
        if enabled == "A"
        and (table, function) == POSTGRESQL.get(name, ("", "", ""))[::2]
        and body == FUNCTIONS[function]
    }
    return set(POSTGRESQL) - stand
