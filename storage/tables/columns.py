"""The kinds of column that tables share: an aware time, a JSON value, a name for every constraint."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from storage.database import UtcDateTime

# Named constraints, so that a migration can find them on every database.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def at(*, index: bool = False) -> Any:  # noqa: ANN401  (a Field stands for any type)
    """Return a required aware time."""
    return Field(sa_type=UtcDateTime, index=index)


def maybe_at() -> Any:  # noqa: ANN401
    """Return an aware time that may be missing."""
    return Field(default=None, sa_type=UtcDateTime, nullable=True)


def facts() -> Any:  # noqa: ANN401
    """Return a JSON object, empty by default."""
    return Field(default_factory=dict, sa_type=JSON)


Facts = dict[str, Any]
Moment = datetime
