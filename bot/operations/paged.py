"""What people do at a pager is done here too, under the same rules: as the person whom Slack knows by e-mail, else as
the pager, which the policy may let act."""

from dataclasses import dataclass

from sqlmodel import Session

from analysis.errors import NotAllowed, Refused
from analysis.outside import Pager
from analysis.response import life
from analysis.response.outcomes import Kind, Outcome
from analysis.response.paging import Paged
from analysis.vocabulary import State
from bot.integrations.pagers.page import Word
from bot.operations import incidents
from bot.operations.doing import Doing, Request, tell
from bot.services import PAGER, SYSTEM, Services, whole
from storage import audit, inbox, outside, people
from storage import incidents as stored
from templates import answers
from templates.slack.mrkdwn import plainly
from templates.verbs import elsewhere as words

VERBS = {Paged.ACKNOWLEDGED: "acknowledge", Paged.RESOLVED: "resolve"}


@dataclass(frozen=True)
class Heard:
    """What somebody did at which pager, and of which incident."""

    pager: Pager
    word: Word
    incident: str
    actor: str | None  # none: no person did it


def hear(services: Services, pager: Pager, word: Word) -> Outcome | None:
    """Return what became of it; None where it says nothing new, or of no incident of ours."""
    heard = _note(services, pager, word)
    if heard is None:
        return None
    if heard.actor is None:  # a rule there, or what we told it ourselves
        if word.state is Paged.RESOLVED:
            _tell(services, heard, None)
        return None
    fields = {"note": words.note(pager.name, word.name)} if word.state is Paged.RESOLVED else {}
    facts = {"door": pager.kind, "pager": pager.name, "named_hmac": services.keys.hashed(word.mail or word.name)}
    request = Request(
        VERBS[word.state], heard.incident, heard.actor, fields=fields, delivery=word.delivery, facts=facts
    )
    outcome = incidents.move(services, request)
    if outcome.kind is Kind.REFUSED:
        _tell(services, heard, outcome)
    return outcome


@whole
def _note(services: Services, pager: Pager, word: Word) -> Heard | None:
    """Return what was heard, once how the page stands there is kept; None for a second delivery."""
    now = services.clock()
    with services.transaction() as session:
        page = outside.page_with(session, pager.name, word.key)
        if page is None or inbox.answer(session, word.delivery):
            return None
        if Paged(page.state) is not word.state:  # else it is what we told the pager
            at = {Paged.ACKNOWLEDGED: "acknowledged_at", Paged.RESOLVED: "resolved_at"}[word.state]
            outside.told(session, page, word.state.value, by=word.name or None, **{at: now})
        return Heard(pager, word, page.incident_id, _actor(session, pager, word))


def _actor(session: Session, pager: Pager, word: Word) -> str | None:
    person = people.known_as(session, word.mail) if word.mail else None
    if person is not None and person.is_active:
        return person.id
    return f"{PAGER}{pager.name}" if word.name else None


@whole
def _tell(services: Services, heard: Heard, refused: Outcome | None) -> None:
    """Say in the thread, once, what happened at the pager and why it counts for nothing here."""
    now, key = services.clock(), f"{heard.word.delivery}:told"
    with services.transaction() as session:
        incident = stored.get(session, heard.incident)
        is_over = incident is None or State(incident.state) in life.ENDED
        if incident is None or is_over or not inbox.arrive(session, key, "interaction", now):
            return
        why = _why(heard, refused.error) if refused and refused.error else ""
        doing = Doing(services, session, incident, Request("pager_said", incident.id, SYSTEM), now)
        tell(doing, "pager_said", pager=heard.pager.name, did=heard.word.state.value, name=heard.word.name, why=why)
        said = {"pager": heard.pager.name, "did": heard.word.state.value}
        audit.append(session, audit.Entry(SYSTEM, "pager_said", incident.id, "refused", said), now)


def _why(heard: Heard, error: Refused) -> str:
    """Return why it was refused, of somebody who does not read it."""
    if isinstance(error, NotAllowed):
        return "stranger" if heard.actor == f"{PAGER}{heard.pager.name}" else "role"
    return plainly(answers.refusal(error))
