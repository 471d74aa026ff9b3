"""Sends what the outbox owes: claim, render from the record as it is now, send, note the answer.

At least once to Slack, visibly once: a row whose answer was lost is looked for by its key before it is sent again, and
a sender that wakes up too late takes its post back.
"""

import os
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot import keeping, rendering, repair
from bot.integrations.errors import Limited, Lost, Permanent, SendError, TryLater, Uncertain, Unreachable
from bot.integrations.mail.smtp import Mail, Smtp
from bot.line import EDITS, Line
from bot.rendering import Shown
from bot.services import Services, kept
from bot.slack.outward import Outward, Place, Text
from bot.ways import WAYS, Outside
from storage import failpoints, outbox
from storage.outbox import Claimant
from storage.tables import Owed

log = structlog.get_logger(__name__)

LEASE_S = 90.0  # longer than the client's own time-out of 30 s and the steps of an upload
FRESH = timedelta(seconds=5)  # far below any lease: a claim so young needs no second look
GIVE_UP = timedelta(hours=72)  # what only never went through is tried so long; Slack may be down for a day
LONGEST_PAUSE_S = 300.0
BLOCKS_RETRIED = timedelta(seconds=60)  # an image block may be refused while Slack still looks at the file
# Slack does not take the blocks, and has posted nothing: better bare words than no alert.
UNSHOWABLE = {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "block_mismatch"}


@dataclass(frozen=True)
class Pace:
    """How fast, and for how long a claim holds; seconds."""

    post_interval: float = 1.0
    look_after: float = 15.0
    lease: float = LEASE_S


@dataclass(frozen=True)
class Done:
    """What to note on a row that was sent, and what else is owed because of it."""

    values: dict[str, Any] = field(default_factory=dict)
    more: tuple[Owed, ...] = ()


@dataclass
class Delivery:
    """One sender, which works on one row at a time; several may work on one database."""

    services: Services
    slack: Outward
    pace: Pace = field(default_factory=Pace)
    line: Line = field(default_factory=Line)
    mail: Smtp | None = None  # for critical alerts that Slack does not take
    outside: Outside | None = None  # other systems
    only: Collection[str] = ()  # kinds that it sends; none: all
    never: Collection[str] = ()  # kinds that it leaves to others
    owner: str = field(default_factory=lambda: f"{os.getpid()}-{uuid.uuid4().hex[:8]}")

    def step(self) -> bool:
        """Return whether a row was worked on."""
        claimed = self._claim()
        if claimed is None:
            return False
        row, parent = claimed
        failpoints.reach("outbox.after_claim")
        try:
            done = self._send(row, parent)
        except Lost:
            log.warning("claim lost before it was sent", key=row.key)
        except SendError as error:
            self._failed(row, parent, error)
        else:
            if row.kind not in outbox.ELSEWHERE:
                self.line.holds()
            failpoints.reach("outbox.after_send")
            self._sent(row, done)
        return True

    def _claimant(self, now: datetime) -> Claimant:
        rests = self.line.resting(now)
        span = (timedelta(seconds=s) for s in (self.pace.lease, self.pace.post_interval, self.pace.look_after))
        lease, interval, look_after = span
        only = self.only or (outbox.ELSEWHERE if self.line.is_closed(now) else ())
        resting = (rests - {EDITS}, EDITS in rests)
        return Claimant(self.owner, now, lease, *resting, interval, look_after, only, self.never)

    def _claim(self) -> tuple[Owed, Owed | None] | None:
        now = self.services.clock()
        with self.services.database.read() as session:
            if not outbox.is_any_due(session, self._claimant(now)):
                return None
        with self.services.database.write() as session:
            row = outbox.claim(session, self._claimant(now))
            if row is None:
                return None
            return row, outbox.by_key(session, row.thread_of) if row.thread_of else None

    def _send(self, row: Owed, parent: Owed | None) -> Done:
        """Return what to note on the row; raise SendError."""
        if row.kind in WAYS:
            assert self.outside is not None
            self._mark(row)
            return Done(WAYS[row.kind](self.outside, row))
        with self.services.database.read() as session:
            shown = rendering.render(session, self.services, row)
        if shown is None:
            return Done()
        return SENDERS[shown.how](self, row, parent, shown)

    def _mark(self, row: Owed) -> None:
        """Say that the row is sent right now, where its claim said so a while ago; raise Lost where that is gone."""
        if (
            row.tried_at is not None
            and self.services.clock() - row.tried_at < FRESH
            and row.kind not in outbox.PREPARED
        ):
            return
        with self.services.database.write() as session:
            if not outbox.mark(session, row, self._claimant(self.services.clock())):
                raise Lost("another sender took over")

    def _post(self, row: Owed, parent: Owed | None, shown: Shown) -> Done:
        place = self._place(row, parent if shown.in_thread else None)
        ts = self.slack.find(place, row.key, row.first_try_at or row.created_at) if row.uncertain else None
        failpoints.reach("outbox.after_look")
        first, rest = shown.text.split()
        if ts is None:
            self._mark(row)
            ts = self._show(place, row, first)
        link = self.slack.permalink(place, ts) if shown.keeps_link else None
        data = {"data": {**row.data, "permalink": link}} if link else {}
        more = tuple(repair.rest(row, number, text, self.services.clock()) for number, text in enumerate(rest, start=2))
        return Done({"remote_channel": place.channel, "remote_ts": ts, **data}, more)

    def _show(self, place: Place, row: Owed, text: Text) -> str:
        """Return the ts of the new message; where Slack refuses its blocks it is the bare words."""
        try:
            return self.slack.post(place, text, row.key)
        except Permanent as error:
            if error.says not in UNSHOWABLE:
                raise
            log.error("blocks refused; posting the words alone", key=row.key, error=error.says)
            return self.slack.post(place, text.bare(), row.key)

    def _edit(self, row: Owed, parent: Owed | None, shown: Shown) -> Done:
        place, ts = self._standing(parent)
        text = shown.text.split()[0]
        try:
            self.slack.edit(place, ts, text)
        except Permanent as error:
            if error.says not in UNSHOWABLE:
                raise
            log.error("blocks refused; showing the words alone", key=row.key, error=error.says)
            self.slack.edit(place, ts, text.bare())
        return Done({"remote_channel": place.channel, "remote_ts": ts})

    def _picture(self, row: Owed, parent: Owed | None, shown: Shown) -> Done:
        """Upload the picture, wait until Slack has looked at it, then post the message that shows it."""
        file_id = row.data.get("file_id")
        if file_id is None:
            file_id = self.slack.upload(shown.name, shown.content)
            self.slack.complete(file_id, shown.name)
            self._keep(row, file_id)
        if not self.slack.state_of(file_id)[0]:
            raise TryLater("Slack is still looking at the picture", after=0.5)
        try:
            return self._post(row, parent, shown.with_picture(file_id))
        except Permanent as error:
            waited = self.services.clock() - (row.first_try_at or row.created_at)
            if error.says != "invalid_blocks":
                raise
            if waited < BLOCKS_RETRIED:
                raise TryLater(error.says, after=2) from error
            return self._post(row, parent, shown)  # the words without the picture

    def _file(self, row: Owed, parent: Owed | None, shown: Shown) -> Done:
        """Share the file into the thread, once: a lost answer is settled by the file's own list of shares."""
        place = self._place(row, parent)
        file_id = row.data.get("file_id")
        if file_id is None:
            file_id = self.slack.upload(shown.name, shown.content)
            self._keep(row, file_id)
        elif row.uncertain and self.slack.state_of(file_id)[1]:
            return Done({"remote_channel": place.channel})
        self._mark(row)
        self.slack.complete(file_id, shown.name, place)
        return Done({"remote_channel": place.channel})

    def _withdraw(self, row: Owed, parent: Owed | None, shown: Shown) -> Done:
        """Take back a post that came too late, once it is known that another stands for it."""
        with self.services.database.read() as session:
            stands = outbox.by_key(session, row.subject)
        if stands is not None and stands.status in outbox.WAITING:
            raise TryLater("the other sender is not done", after=2)
        if stands is not None and stands.remote_ts != row.data["ts"]:
            self.slack.remove(Place(row.data["channel"]), row.data["ts"])
        return Done()

    def _mail(self, row: Owed, parent: Owed | None, shown: Shown) -> Done:
        if self.mail is None:
            raise Permanent("no_mail_server")
        self.mail.send(Mail(tuple(row.data["to"]), shown.name, shown.text.text, row.key))
        return Done()

    def _room(self, row: Owed, parent: Owed | None, shown: Shown) -> Done:
        assert shown.room is not None
        return Done(keeping.bring(self.services, self.slack, keeping.Owing(row, parent), shown.room))

    def _keep(self, row: Owed, file_id: str) -> None:
        row.data = {**row.data, "file_id": file_id}
        with self.services.database.write() as session:
            if not outbox.settle(session, row, data=row.data):
                raise Lost("another sender took over")

    def _place(self, row: Owed, parent: Owed | None) -> Place:
        """Return where it goes: under what it belongs to, else its own channel. Raise Permanent."""
        if parent is None:
            return Place(self.slack.channel_id(row.channel), row.data.get("thread_ts"))
        if parent.remote_channel is None:
            raise Permanent("the message it belongs to was never posted")
        return Place(parent.remote_channel, parent.remote_ts)

    def _standing(self, parent: Owed | None) -> tuple[Place, str]:
        """Return the message that stands there. Raise Permanent."""
        if parent is None or parent.remote_channel is None or parent.remote_ts is None:
            raise Permanent("the message it belongs to was never posted")
        return Place(parent.remote_channel), parent.remote_ts

    def _sent(self, row: Owed, done: Done) -> None:
        """Note that it was sent; where another sender has the row by now, make good what was done too late."""

        @kept
        def note() -> None:
            now = self.services.clock()
            with self.services.database.write() as session:
                values = {"status": "sent", "sent_at": now, "last_error": None, **done.values}
                held = outbox.settle(session, row, **values)
                for owed in done.more if held else repair.too_late(row, done.values, now):
                    outbox.owe(session, owed)

        note()
        failpoints.reach("outbox.after_settle")
        self.services.wake.set()  # what belongs to it may go now

    def _failed(self, row: Owed, parent: Owed | None, error: SendError) -> None:
        """Note what went wrong and when to try again; what can never work, or has not for long, is parked."""
        now = self.services.clock()
        self._rest(row, error, now)

        @kept
        def note() -> None:
            with self.services.transaction() as session:
                case = repair.Case(self.services, session, row, parent, now)
                repair.owe_mail(case, error.says)
                if isinstance(error, Permanent):
                    repair.refused(case, error.says)
                elif now - (row.first_try_at or now) > GIVE_UP:
                    repair.park(case, error.says)
                else:
                    repair.stays_away(case, error.says)
                    outbox.again(
                        session,
                        row,
                        now + timedelta(seconds=self._pause(row, error)),
                        error.says,
                        uncertain=isinstance(error, Uncertain),
                    )

        note()
        log.warning("not sent", key=row.key, error=error.says)

    def _rest(self, row: Owed, error: SendError, now: datetime) -> None:
        if row.kind in outbox.ELSEWHERE:
            return
        if isinstance(error, Unreachable):
            self.line.broke(error.says, now, error.after)
        elif isinstance(error, Limited):
            lane = EDITS if row.kind in outbox.UNPACED else row.channel
            self.line.rest(lane, now + timedelta(seconds=error.after))
        elif not isinstance(error, Uncertain):
            self.line.holds()

    def _pause(self, row: Owed, error: SendError) -> float:
        """Return how long the row waits: the line's own rest is not its fault, everything else doubles."""
        if isinstance(error, Unreachable) and row.kind not in outbox.ELSEWHERE:
            return 0.0
        wait = error.after if isinstance(error, TryLater) else self.pace.look_after
        if isinstance(error, Limited) or row.attempts <= 3:
            return wait
        return max(wait, min(LONGEST_PAUSE_S, 2.0 ** (row.attempts - 3)))


Sender = Callable[[Delivery, Owed, Owed | None, Shown], Done]
SENDERS: dict[str, Sender] = {
    "post": Delivery._post,
    "edit": Delivery._edit,
    "picture": Delivery._picture,
    "file": Delivery._file,
    "withdraw": Delivery._withdraw,
    "mail": Delivery._mail,
    "room": Delivery._room,
}
