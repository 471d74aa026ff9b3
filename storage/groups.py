"""User groups as Slack knows them, kept so that a role held by a group needs no call."""

from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, delete, select

from storage.tables import UserGroup

PREFIX = "group:"  # of an entry under `roles:`; then an id, or @ and a handle


def replace(session: Session, found: Sequence[UserGroup]) -> None:
    """Keep these groups and no other: one that is gone holds nothing."""
    session.connection().execute(delete(UserGroup).where(col(UserGroup.id).not_in([one.id for one in found])))
    for one in found:
        session.merge(one)


def entries_of(session: Session, person: str) -> set[str]:
    """Return the entries under `roles:` that mean a group in which the person is."""
    mine = [group for group in session.exec(select(UserGroup)) if person in group.members]
    return {entry for group in mine for entry in (f"{PREFIX}{group.id}", f"{PREFIX}@{group.handle}")}


def members(session: Session, entries: Iterable[str]) -> set[str]:
    """Return the Slack ids of who is in one of the groups that the entries mean."""
    wanted = {entry.removeprefix(PREFIX) for entry in entries if entry.startswith(PREFIX)}
    if not wanted:
        return set()
    ids, handles = wanted, {one[1:] for one in wanted if one.startswith("@")}
    found = session.exec(select(UserGroup).where(col(UserGroup.id).in_(ids) | col(UserGroup.handle).in_(handles)))
    return {person for group in found for person in group.members}
