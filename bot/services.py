"""What an operation may touch: the database, the policy in force, the clock, the keys; nothing of Slack."""

import functools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import ParamSpec, TypeVar

import structlog
from pydantic import SecretStr
from sqlmodel import Session

from analysis.errors import BadInput, NotSure
from analysis.policy import Policy
from analysis.vocabulary import Role
from bot import duty
from bot.keys import Keys
from storage import groups, people, policies
from storage.database import Again, Busy, Database

log = structlog.get_logger(__name__)
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time now, aware."""
    return datetime.now(UTC)


class Wake:
    """Tells every loop that something was committed; a loop that was busy meanwhile does not miss it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0

    def set(self) -> None:
        """Wake whoever waits."""
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def wait(self, seen: int, timeout: float) -> int:
        """Return the count of wakes, at once where it is beyond `seen`, else after a wake or the timeout."""
        with self._changed:
            self._changed.wait_for(lambda: self._count > seen, timeout)
            return self._count


@dataclass
class Services:
    """Handed to every operation; built once by `bot.app`."""

    database: Database
    policy: Policy  # in force when last looked at
    data: Path
    keys: Keys
    clock: Clock = utc_now
    wake: Wake = field(default_factory=Wake)  # set by a commit; delivery waits on it
    policy_version: int | None = None  # of the stored ones; none: what was handed in stays
    mlflow_login: SecretStr | None = None  # for a registry elsewhere: the header that says who we are
    directory: Callable[[Sequence[str]], None] | None = None  # looks people up in Slack now, or raises NotSure
    mails: bool = False  # whether there is a mail server: without one nobody is owed a mail

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Give a session that commits as one, under the policy in force; the commit wakes delivery. Raise Busy."""
        with self.database.write() as session:
            self._follow(session)
            yield session
        self.wake.set()

    def refresh(self) -> None:
        """Take over the policy that is in force now: another process, or an approval, may have changed it."""
        if self.policy_version is not None:
            with self.database.read() as session:
                self._follow(session)

    def _follow(self, session: Session) -> None:
        if self.policy_version is None or policies.newest_id(session) == self.policy_version:
            return
        newest = policies.in_force(session)
        assert newest is not None  # versions are never deleted
        try:
            self.policy = policies.parse(newest.text, f"version {newest.id} of the policy")
        except BadInput as error:  # proposed to a newer release of this program
            log.error("the policy in force is not understood; the one before it goes on here", error=str(error))
        self.policy_version = newest.id

    def roles(self, session: Session, actor: str) -> frozenset[Role]:
        """Return the roles of a Slack user id or an e-mail address by the policy, which names those and user groups.

        Not handles: a person may change those, and with one change would take another's rights.
        """
        if actor == SYSTEM:
            return frozenset({Role.ADMIN})
        if actor.startswith(PAGER):
            pager = self.policy.pager(actor.removeprefix(PAGER))
            return frozenset({pager.acts_as} if pager and pager.acts_as else ())
        names = {actor}
        person = people.known_as(session, actor)
        if person is not None:
            if not person.is_active:
                return frozenset()
            names |= {person.id, *filter(None, [person.email])}
        if self.policy.has_groups:
            names |= groups.entries_of(session, person.id if person else actor)
        held = frozenset(role for role, holders in self.policy.roles.items() if names & set(holders))
        return held | {Role.ON_CALL} if names & set(self._on_call(session) or ()) else held

    def look_anew(self, *actors: str) -> None:
        """Have Slack say who these people are now and which groups they are in; raise NotSure where it does not.

        Outside any transaction: a call may take as long as a person waits.
        """
        if self.directory is None:
            raise NotSure(people=len(actors))
        self.directory([one for one in actors if one != SYSTEM])

    def is_same(self, session: Session, one: str, other: str) -> bool:
        """Return whether the two names are one person's: a Slack id, or the e-mail address under which Slack has it."""
        return one == other or people.id_of(session, one) == people.id_of(session, other)

    def holders(self, session: Session, roles: frozenset[Role] | set[Role]) -> list[str]:
        """Return the Slack ids of the active people who hold one of the roles."""
        names = {name for role in roles for name in self.policy.roles.get(role, ())}
        on_call = self._on_call(session) if Role.ON_CALL in roles else None
        names |= groups.members(session, names)
        return sorted({*people.ids_of(session, names), *(on_call or ())})

    def _on_call(self, session: Session) -> list[str] | None:
        """Return who is on call now by the rota; None where the policy has none, and the role is given like any."""
        return duty.on_call(session, self.policy, self.clock())


P = ParamSpec("P")
R = TypeVar("R")
DOOR_S = 1.5  # a person waits; Slack allows three seconds
RESULT_S = 60.0  # work is done and only has to be written down


def _repeated(operation: Callable[P, R], passing: type[Busy], patience: float) -> Callable[P, R]:
    @functools.wraps(operation)
    def repeat(*args: P.args, **kwargs: P.kwargs) -> R:
        end, pause = time.monotonic() + patience, 0.02
        while True:
            try:
                return operation(*args, **kwargs)
            except passing:
                if time.monotonic() + pause > end:
                    raise
            time.sleep(pause)
            pause = min(pause * 2, 0.5)

    return repeat


def whole(operation: Callable[P, R]) -> Callable[P, R]:
    """Begin the operation anew where its connection broke or another was first; raise Busy when a person waited enough.

    Its one transaction is idempotent by the delivery's id, so one that was kept after all is only found done.
    """
    return _repeated(operation, Again, DOOR_S)


def kept(operation: Callable[P, R]) -> Callable[P, R]:
    """Write down the result of work already done, however busy the database is for a while; raise Busy in the end."""
    return _repeated(operation, Busy, RESULT_S)


PAGER = "pager:"  # begins the name of who acts at a pager and is not known to Slack
SYSTEM = "system"  # the actor of what policy and timers do
