"""Who takes a shift instead of whom; the rotas themselves stand in the policy."""

from sqlmodel import Field, SQLModel

from storage.tables.columns import Moment, at, maybe_at


class Override(SQLModel, table=True):
    """A stretch of a rota that somebody else has taken; the newest one that was not cancelled holds."""

    id: int | None = Field(default=None, primary_key=True)
    rota: str = Field(index=True)
    place: str  # primary | secondary
    person: str
    starts_at: Moment = at()
    ends_at: Moment = at()
    by: str
    at: Moment = at()
    reason: str = ""
    swap: int | None = None  # both halves of a swap carry the id of the first
    cancelled_at: Moment | None = maybe_at()
    cancelled_by: str | None = None
