"""Looks people and their groups up in Slack, so that roles are matched and names can be shown."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from analysis.errors import NotSure
from analysis.vocabulary import PERSON
from bot.integrations.errors import SendError
from bot.services import Services
from bot.slack.outward import Outward
from storage import groups, people
from storage.tables import Person, UserGroup

log = structlog.get_logger(__name__)

EVERY = timedelta(minutes=5)  # a person who was deactivated loses the roles within this time
AT_MOST = timedelta(seconds=30)  # is everybody fetched: Slack allows it twenty times a minute
WAITS_S = 2.0  # of the three seconds that Slack gives an answer


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


def group(found: dict[str, Any], at: datetime) -> UserGroup:
    """Return the record of a Slack user group; one that was disabled has no members."""
    members = [] if found.get("date_delete") else list(found.get("users") or [])
    return UserGroup(id=found["id"], handle=found.get("handle") or found["id"], members=members, checked_at=at)


@dataclass
class Directory:
    """Keeps the `person` and `user_group` tables like Slack's lists of users and groups."""

    services: Services
    slack: Outward
    hasty: Outward | None = None  # a client that does not wait long, for a person who does
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
            seen = self.slack.groups() if self.services.policy.has_groups else None
        except SendError as error:
            log.warning("people not fetched", error=error.says)
            return False
        self._keep([person(user, now) for user in users], seen)
        return False

    def soon(self) -> None:
        """Fetch everybody before long: somebody came, left, or changed groups; in a large workspace, many do."""
        if self._next is not None:
            self._next = min(self._next, self._next - EVERY + AT_MOST)

    def know(self, user_id: str) -> None:
        """Look a person up who was never seen; where Slack does not answer they hold no role for now."""
        if user_id in self._known:
            return
        try:
            self._keep([person(self.slack.user(user_id), self.services.clock())])
        except SendError as error:
            log.warning("person not fetched", user=user_id, error=error.says)

    def look_anew(self, actors: Sequence[str]) -> None:
        """Look these people, and the groups that hold roles, up now; raise NotSure where Slack does not say."""
        with self.services.database.read() as session:
            ids = {people.id_of(session, actor) for actor in actors}
        if not all(PERSON.fullmatch(one) for one in ids):
            raise NotSure(people=len(ids))  # an address that Slack does not know
        slack, now = self.hasty or self.slack, self.services.clock()
        asked: list[Callable[[], Any]] = [partial(slack.user, one) for one in sorted(ids)]
        if self.services.policy.has_groups:
            asked.append(slack.groups)
        found = _together(asked)
        seen = found.pop() if self.services.policy.has_groups else None
        self._keep([person(user, now) for user in found], seen)

    def _keep(self, found: list[Person], seen: list[dict[str, Any]] | None = None) -> None:
        with self._lock, self.services.database.write() as session:
            for one in found:
                people.remember(session, one)
            if seen is not None:
                now = self.services.clock()
                groups.replace(session, [group(one, now) for one in seen])
        self._known |= {one.id for one in found}


def _together(asked: Sequence[Callable[[], Any]]) -> list[Any]:
    """Return every answer, asked for at once; raise NotSure where one does not come while a person waits."""
    pool = ThreadPoolExecutor(max(1, len(asked)), thread_name_prefix="people")
    try:
        answers = [pool.submit(call) for call in asked]
        _done, late = wait(answers, timeout=WAITS_S)
        if late:
            raise NotSure(people=len(asked))
        return [answer.result() for answer in answers]
    except SendError as error:
        log.warning("people not looked up", error=error.says)
        raise NotSure(people=len(asked)) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
