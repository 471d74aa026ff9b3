"""What stands for an incident in other systems: its issue, its pages."""

from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col, select

from storage.database import insert_once
from storage.tables import Page, TrackerCase


def case_of(session: Session, incident_id: str) -> TrackerCase | None:
    """Return the incident's issue, as we last left it there."""
    return session.exec(select(TrackerCase).where(TrackerCase.incident_id == incident_id)).first()


def open_case(session: Session, incident_id: str, tracker: str, now: datetime) -> bool:
    """Return whether the incident had no issue yet: one is to be made."""
    return insert_once(session, TrackerCase(incident_id=incident_id, tracker=tracker, at=now))


def name_case(session: Session, incident_id: str, reference: str, address: str) -> bool:
    """Return whether that is the incident's issue from now on; not where another sender made one meanwhile."""
    mine = [col(TrackerCase.incident_id) == incident_id, col(TrackerCase.reference).is_(None)]
    statement = update(TrackerCase).where(*mine).values(reference=reference, address=address)
    return _changed(session, statement) == 1


def leave_case(session: Session, incident_id: str, left: dict[str, Any], now: datetime) -> None:
    """Keep how the issue was left."""
    mine = update(TrackerCase).where(col(TrackerCase.incident_id) == incident_id)
    _changed(session, mine.values(left=left, at=now))


def pages(session: Session, incident_id: str) -> list[Page]:
    """Return the incident's pages, a pager each."""
    return list(session.exec(select(Page).where(Page.incident_id == incident_id).order_by(col(Page.id))))


def page(session: Session, incident_id: str, pager: str) -> Page | None:
    """Return the incident's page at that pager."""
    return session.exec(select(Page).where(Page.incident_id == incident_id, Page.pager == pager)).first()


def page_with(session: Session, pager: str, key: str) -> Page | None:
    """Return the page under which the pager knows that key."""
    return session.exec(select(Page).where(Page.pager == pager, Page.dedup_key == key)).first()


def wanted(session: Session, new: Page) -> None:
    """Have the incident paged there, for the first time or once more."""
    if not insert_once(session, new):
        mine = [col(Page.incident_id) == new.incident_id, col(Page.pager) == new.pager]
        _changed(session, update(Page).where(*mine).values(state=new.state, at=new.at))


def told(session: Session, page: Page, state: str, **values: Any) -> bool:  # noqa: ANN401
    """Return whether the page is in that state now; not where it changed since it was read."""
    mine = [col(Page.id) == page.id, col(Page.state) == page.state, col(Page.at) == page.at]
    return _changed(session, update(Page).where(*mine).values(state=state, **values)) == 1


def _changed(session: Session, statement: Any) -> int:  # noqa: ANN401
    return int(session.connection().execute(statement.execution_options(synchronize_session=False)).rowcount)
