"""Brings a database to the newest schema, and puts back what a rebuild of a table takes away."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from storage import failpoints, protection
from storage.database import Database

LOCK = 0x657468697862  # “ethixb”: any number, but always the same


def config() -> Config:
    """Return Alembic's configuration; there is no alembic.ini."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return made


def upgrade(database: Database) -> set[str]:
    """Migrate to the newest revision in one transaction; return the triggers that were missing though nothing was new.

    The audit triggers are made anew after a migration: Alembic's batch mode rebuilds SQLite tables and drops their
    triggers without a word. Where nothing is new and they stand, nothing is touched, so no owner of tables is needed.
    """
    alembic = config()
    with database.engine.connect() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:  # replicas that start at once migrate one after the other
            connection.exec_driver_sql("SET LOCAL lock_timeout = '2min'")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        alembic.attributes["connection"] = connection
        is_newest = MigrationContext.configure(connection).get_current_revision() == _newest(alembic)
        missing = protection.unprotected(connection) if is_newest else set()
        if not is_newest or missing:
            command.upgrade(alembic, "head")
            protection.protect(connection)
        failpoints.reach("migration.before_commit")
        connection.commit()
    return missing


def revisions(database: Database) -> tuple[str | None, str | None]:
    """Return the revision of the database and the newest one known."""
    with database.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current, _newest(config())


def is_known(revision: str) -> bool:
    """Return whether a database of that revision can be brought to the newest one."""
    return revision in {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}


def _newest(alembic: Config) -> str | None:
    return ScriptDirectory.from_config(alembic).get_current_head()
