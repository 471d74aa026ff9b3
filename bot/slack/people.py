"""Looks people up in Slack, so that roles named by e-mail are matched and names can be shown."""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.integrations.errors import SendError
from bot.services import Services
from bot.slack.outward import Outward
from storage import people
from storage.tables import Person

log = structlog.get_logger(__name__)

EVERY = timedelta(minutes=5)  # a person who was deactivated loses the roles within this time


def person(user: dict[str, Any], at: datetime) -> Person:
    """Return the record of a Slack user object."""
    profile = user.get("profile") or {}
    return Person(
        id=user["id"],
        handle=user.get("name") or user["id"],
        name=profile.get("real_name") or user.get("real_name") or user.get("name") or user["id"],
        email=profile.get("email"),
        tz=user.get("tz") or "UTC",
        is_active=not user.get("deleted", False) and not user.get("is_bot", False),
        checked_at=at,
    )


@dataclass
class Directory:
    """Keeps the `person` table like Slack's list of users."""

    services: Services
    slack: Outward
    _known: set[str] = field(default_factory=set)
    _next: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def step(self) -> bool:
        """Fetch everybody when it is time; return False, for there is never more to do at once."""
        now = self.services.clock()
        if self._next is not None and now < self._next:
            return False
        self._next = now + EVERY
        try:
            users = self.slack.users()
        except SendError as error:
            log.warning("people not fetched", error=error.says)
            return False
        self._keep([person(user, now) for user in users])
        return False

    def know(self, user_id: str) -> None:
        """Look a person up who was never seen; where Slack does not answer they hold no role for now."""
        if user_id in self._known:
            return
        try:
            self._keep([person(self.slack.user(user_id), self.services.clock())])
        except SendError as error:
            log.warning("person not fetched", user=user_id, error=error.says)

    def _keep(self, found: list[Person]) -> None:
        with self._lock, self.services.database.write() as session:
            for one in found:
                people.remember(session, one)
        self._known |= {one.id for one in found}
