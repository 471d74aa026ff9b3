"""Personal tokens for the HTTP door: given out by an Admin, shown once, ended by an Admin or the person themself."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session

from analysis.errors import Missing, NotAllowed, Unknown
from analysis.response import permissions
from analysis.response.permissions import ACTIONS, Action
from bot.operations.auditing import About, audited
from bot.services import Services
from storage import people, tokens
from storage.tables import ApiToken

LONGEST_DAYS = 366
SEEN_EVERY = timedelta(minutes=1)  # a token that is used all the time is noted once a minute


@dataclass(frozen=True)
class Wish:
    """Who wants a token given out, or ended, and what the door knows of them."""

    actor: str
    facts: dict[str, Any] = field(default_factory=dict)


def create(services: Services, wish: Wish, person: str, days: int) -> str:
    """Return the text of a new token, which is kept nowhere; raise NotAllowed, Unknown or Missing, audited."""
    text = f"ethx_{secrets.token_urlsafe(32)}"

    def created(session: Session, now: datetime) -> tuple[str, dict[str, Any]]:
        permissions.permit(Action.TOKEN, services.roles(session, wish.actor))
        known = people.known_as(session, person)
        if known is None or not known.is_active:
            raise Unknown("person", person)
        if not 1 <= days <= LONGEST_DAYS:
            raise Missing("token", "days", f"must be 1 to {LONGEST_DAYS}")
        made = ApiToken(
            prefix=text[: tokens.PREFIX],
            sha256=tokens.digest(text),
            person=known.id,
            created_by=wish.actor,
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        session.add(made)
        session.flush()
        return text, {"token": made.prefix, "person": made.person, "until": made.expires_at.isoformat()}

    return audited(services, About(wish.actor, "token_created", "token", wish.facts), created)


def revoke(services: Services, wish: Wish, prefix: str) -> bool:
    """Return whether the token held until now; raise Unknown or NotAllowed, audited."""

    def revoked(session: Session, now: datetime) -> tuple[bool, dict[str, Any]]:
        token = tokens.by_prefix(session, prefix)
        if token is None:
            raise Unknown("token", prefix[:100])
        is_own = services.is_same(session, token.person, wish.actor)
        if not is_own and not ACTIONS[Action.TOKEN] & services.roles(session, wish.actor):
            raise NotAllowed(Action.TOKEN, ACTIONS[Action.TOKEN])
        held = token.revoked_at is None
        if held:
            token.revoked_at, token.revoked_by = now, wish.actor
            session.add(token)
        return held, {"token": prefix, "person": token.person}

    return audited(services, About(wish.actor, "token_revoked", "token", wish.facts), revoked)


def holder(services: Services, text: str) -> ApiToken | None:
    """Return the token of that text, if it still holds; that it was used is noted."""
    now = services.clock()
    with services.database.read() as session:
        token = tokens.known(session, text, now)
    if token is not None and (token.used_at is None or now - token.used_at >= SEEN_EVERY):
        with services.database.write() as session:
            seen = session.get(ApiToken, token.id)
            assert seen is not None  # tokens are never deleted
            seen.used_at = now
            session.add(seen)
    return token
