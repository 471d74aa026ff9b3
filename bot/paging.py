"""Tells a pager what has become of an incident, until it knows; and turns what people do there into what we do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from analysis.outside import Pager
from analysis.response.paging import Paged
from analysis.vocabulary import Severity
from bot.integrations.errors import Permanent
from bot.integrations.pagers import opsgenie, pagerduty
from bot.integrations.pagers.page import Event, Word
from bot.operations import elsewhere
from bot.services import Services, kept
from bot.settings import secret
from storage import incidents, outside
from storage.incidents import IncidentView
from storage.tables import Page
from templates import paging


@dataclass(frozen=True)
class Vendor:
    """A kind of pager: where it is, how it is told, how we know and read what it sends."""

    url: str
    send: Callable[[str, str, Event], None]
    is_genuine: Callable[[str, Mapping[str, str], bytes], bool]
    read: Callable[[bytes, Mapping[str, Any]], Word | None]


VENDORS: dict[str, Vendor] = {
    "pagerduty": Vendor(pagerduty.URL, pagerduty.send, pagerduty.is_genuine, pagerduty.read),
    "opsgenie": Vendor(opsgenie.URL, opsgenie.send, opsgenie.is_genuine, opsgenie.read),
}


def bring(services: Services, incident_id: str, name: str) -> None:
    """Tell the pager what it does not know of the incident; raise SendError."""
    pager = services.policy.pager(name)
    with services.database.read() as session:
        view, page = incidents.view(session, incident_id), outside.page(session, incident_id, name)
    if pager is None or view is None or page is None:
        return
    following = elsewhere.next_of(view.incident, page)
    if following is None:
        return
    key = secret(pager.key)
    if key is None:
        raise Permanent(f"{pager.key} is not set")
    vendor = VENDORS[pager.kind]
    vendor.send(pager.url or vendor.url, key, event(view, page, following))
    _note(services, page, following)


def identified(pager: Pager, word: Word) -> Word:
    """Return the word with the address of who said it, where the pager has to be asked for that; raise SendError."""
    key = secret(pager.users) if pager.users else None
    if word.mail or not word.user or key is None:
        return word
    return replace(word, mail=pagerduty.mail_of(word.user, key, pager.rest))


def event(view: IncidentView, page: Page, state: Paged) -> Event:
    """Return what the pager is told."""
    return Event(
        key=page.dedup_key,
        state=state,
        severity=Severity(view.incident.severity),
        summary=paging.summary(view),
        source=view.model.id,
        at=view.incident.opened_at,
        details=paging.details(view),
        link=view.permalink,
        by=_by(view, state),
    )


def _by(view: IncidentView, state: Paged) -> str:
    shown = view.incident
    actor = (shown.resolved_by or shown.closed_by) if state is Paged.RESOLVED else shown.acknowledged_by
    known = view.people.get(actor or "")
    return known.name if known else "ethixbot"


@kept
def _note(services: Services, page: Page, state: Paged) -> None:
    """Keep what the pager was told; what has changed meanwhile is owed by whoever changed it."""
    now = services.clock()
    at = {Paged.ACKNOWLEDGED: "acknowledged_at", Paged.RESOLVED: "resolved_at"}.get(state)
    with services.transaction() as session:
        outside.told(session, page, state.value, **({at: now} if at else {}))
