"""Personal tokens: found by their SHA-256, never by their text."""

import hashlib
from datetime import datetime

from sqlmodel import Session, col, select

from storage.tables import ApiToken

PREFIX = 12  # signs of a token that are kept, of about fifty


def digest(text: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(text.encode()).hexdigest()


def known(session: Session, text: str, now: datetime) -> ApiToken | None:
    """Return the token of that text, if it still holds."""
    token = session.exec(select(ApiToken).where(ApiToken.sha256 == digest(text))).first()
    holds = token is not None and token.revoked_at is None and now < token.expires_at
    return token if holds else None


def by_prefix(session: Session, prefix: str) -> ApiToken | None:
    """Return the token that begins so."""
    return session.exec(select(ApiToken).where(ApiToken.prefix == prefix)).first()


def listed(session: Session) -> list[ApiToken]:
    """Return every token, the newest last."""
    return list(session.exec(select(ApiToken).order_by(col(ApiToken.id))))
