"""People as Slack knows them, kept so that a name can be shown and a role be matched without a call."""

from collections.abc import Iterable

from sqlmodel import Session, col, select

from storage.tables import Person


def by_id(session: Session, ids: Iterable[str]) -> dict[str, Person]:
    """Return the known ones among the ids."""
    wanted = [i for i in set(ids) if i.startswith(("U", "W"))]
    return {person.id: person for person in session.exec(select(Person).where(col(Person.id).in_(wanted)))}


def remember(session: Session, person: Person) -> None:
    """Keep what was looked up."""
    session.merge(person)
