"""People as Slack knows them, kept so that a name can be shown and a role be matched without a call."""

import re
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlmodel import Session, col, func, select

from storage.tables import Person

ERASED = "erased"


def by_id(session: Session, ids: Iterable[str]) -> dict[str, Person]:
    """Return the known ones among the ids."""
    wanted = [i for i in set(ids) if i.startswith(("U", "W"))]
    return {person.id: person for person in session.exec(select(Person).where(col(Person.id).in_(wanted)))}


def by_mail(session: Session, addresses: Iterable[str]) -> dict[str, Person]:
    """Return the known ones among the e-mail addresses."""
    wanted = [one for one in set(addresses) if "@" in one]
    return {str(one.email): one for one in session.exec(select(Person).where(col(Person.email).in_(wanted)))}


def remember(session: Session, person: Person) -> None:
    """Keep what was looked up; who was erased stays so, unless Slack says that they are back."""
    known = session.get(Person, person.id)
    if known is None or known.erased_at is None or person.is_active:
        session.merge(person)


def erase(person: Person, at: datetime) -> None:
    """Remove all that says who it was; the id stays, for records refer to it."""
    person.handle = person.name = ERASED
    person.email, person.tz, person.is_active, person.erased_at = None, "UTC", False, at


def known_as(session: Session, name: str) -> Person | None:
    """Return the person of a Slack id or an e-mail address; of two with one address, who is active."""
    if "@" not in name:
        return session.get(Person, name)
    named = select(Person).where(func.lower(Person.email) == name.lower())
    return session.exec(named.order_by(col(Person.is_active).desc(), Person.id)).first()


def id_of(session: Session, name: str) -> str:
    """Return the Slack id of an e-mail address; what Slack does not know is returned as it is."""
    known = known_as(session, name)
    return known.id if known else name


def reachable(session: Session, names: Iterable[str]) -> dict[str, str]:
    """Return the Slack id of each active person among the names, by what they are named: id or e-mail address."""
    wanted = set(names)
    named = select(Person).where(col(Person.id).in_(wanted) | col(Person.email).in_(wanted), col(Person.is_active))
    return {name: one.id for one in session.exec(named) for name in (one.id, one.email) if name in wanted and name}


def typed(session: Session, text: str) -> Person | None:
    """Return the active person whom somebody typed: as Slack's mention, id, @handle or e-mail address."""
    mention = re.fullmatch(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>", text)
    name = mention[1] if mention else text.removeprefix("@")
    same = (col(Person.id) == name, func.lower(Person.handle) == name.lower(), func.lower(Person.email) == name.lower())
    for one in same[:1] if mention else same:
        found = session.exec(select(Person).where(one, col(Person.is_active)).order_by(Person.id)).first()
        if found is not None:
            return found
    return None


def zone_of(session: Session, person_id: str) -> str:
    """Return the person's time zone; UTC for one that is not known, or whose zone this machine does not know."""
    person = session.get(Person, person_id)
    try:
        return ZoneInfo(person.tz).key if person is not None else "UTC"
    except (ZoneInfoNotFoundError, ValueError):
        return "UTC"


def ids_of(session: Session, names: Iterable[str]) -> list[str]:
    """Return the Slack ids behind ids and e-mail addresses, active people only, in order."""
    wanted = set(names)
    known = {person.id: person for person in session.exec(select(Person))}
    found = {i for i, p in known.items() if p.is_active and wanted & {p.id, p.email}}
    unseen = {name for name in wanted if name not in known and name[:1] in "UW" and name.isalnum() and name.isupper()}
    return sorted(found | unseen)
