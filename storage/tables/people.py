"""People as Slack knows them."""

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from storage.tables.columns import Moment, at, maybe_at


class UserGroup(SQLModel, table=True):
    """A user group of Slack as last looked up, for roles that a group holds."""

    __tablename__ = "user_group"

    id: str = Field(primary_key=True)
    handle: str = Field(index=True)  # without the @
    members: list[str] = Field(default_factory=list, sa_type=JSON)  # Slack ids; none of a group that was disabled
    checked_at: Moment = at()


class Person(SQLModel, table=True):
    """A Slack user as last looked up; roles are matched by id, e-mail or handle."""

    id: str = Field(primary_key=True)
    handle: str
    name: str
    email: str | None = None
    tz: str = "UTC"
    is_active: bool = True
    checked_at: Moment = at()
    erased_at: Moment | None = maybe_at()  # name, handle, e-mail and time zone were removed for good
