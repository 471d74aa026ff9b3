"""Personal tokens for the HTTP door."""

from sqlmodel import Field, SQLModel

from storage.tables.columns import Moment, at, maybe_at


class ApiToken(SQLModel, table=True):
    """A token that speaks for one person until it ends; only its SHA-256 is kept."""

    __tablename__ = "api_token"

    id: int | None = Field(default=None, primary_key=True)
    prefix: str = Field(unique=True)  # its first signs, by which people tell tokens apart
    sha256: str = Field(unique=True)
    person: str = Field(index=True)  # Slack id
    created_by: str
    created_at: Moment = at()
    expires_at: Moment = at()
    used_at: Moment | None = maybe_at()
    revoked_at: Moment | None = maybe_at()
    revoked_by: str | None = None
