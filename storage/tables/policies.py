"""Versions of the policy, so that any decision can be read under the rules of its day."""

from sqlmodel import Field, SQLModel

from storage.tables.columns import Moment, at


class PolicyVersion(SQLModel, table=True):
    """The text of a policy and since when it holds; the newest is in force."""

    __tablename__ = "policy"

    id: int | None = Field(default=None, primary_key=True)
    sha256: str = Field(index=True)
    text: str
    activated_at: Moment = at()
    activated_by: str
    approval: str | None = None  # by which others agreed to it; none: the first one, at install
