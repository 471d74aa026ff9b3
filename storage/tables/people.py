"""People as Slack knows them."""

from sqlmodel import Field, SQLModel

from storage.tables.columns import Moment, at, maybe_at


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
