"""Sends what the outbox owes: claim, render from the record as it is now, send, note the answer.

At least once to Slack, visibly once: a row whose answer was lost is looked for by its key before it is sent again.
"""

import os
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot import rendering
from bot.integrations.errors import Permanent, SendError, TryLater, Uncertain
from bot.rendering import Shown
from bot.services import Services
from bot.slack.outward import Outward, Place
from storage import outbox
from storage.outbox import Claimant
from storage.tables import Owed

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=90)  # longer than the client's own time-out of 30 s and the steps of an upload
ATTEMPTS = 25
BLOCKS_RETRIED = timedelta(seconds=60)  # an image block may be refused while Slack still looks at the file


@dataclass
class Delivery:
    """One sender; several may work on one database."""

    services: Services
    slack: Outward
    post_interval: float = 1.0
    look_after: float = 15.0
    owner: str = field(default_factory=lambda: f"{os.getpid()}-{uuid.uuid4().hex[:8]}")
    _posted: dict[str, datetime] = field(default_factory=dict)
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def step(self) -> bool:
        """Return whether a row was worked on."""
        with self._one_at_a_time:
            claimed = self._claim()
            if claimed is None:
                return False
            row, parent = claimed
            try:
                done = self._send(row, parent)
            except SendError as error:
                self._failed(row, error)
                return True
            self._settle(row, status="sent", sent_at=self.services.clock(), last_error=None, **done)
            return True

    def _claim(self) -> tuple[Owed, Owed | None] | None:
        now = self.services.clock()
        resting = [name for name, at in self._posted.items() if (now - at).total_seconds() < self.post_interval]
        with self.services.database.write() as session:
            row = outbox.claim(session, Claimant(self.owner, now, LEASE, resting))
            if row is None:
                return None
            return row, outbox.by_key(session, row.thread_of) if row.thread_of else None

    def _send(self, row: Owed, parent: Owed | None) -> dict[str, Any]:
        """Return the values to note on the row."""
        with self.services.database.read() as session:
            shown = rendering.render(session, self.services, row)
        if shown is None:
            return {}
        return SENDERS[shown.how](self, row, parent, shown)

    def _post(self, row: Owed, parent: Owed | None, shown: Shown) -> dict[str, Any]:
        place = self._place(row, parent if shown.in_thread else None)
        ts = self.slack.find(place, row.key, row.first_try_at or row.created_at) if row.uncertain else None
        if ts is None:
            self._posted[row.channel] = self.services.clock()
            ts = self.slack.post(place, shown.text, row.key)
        link = self.slack.permalink(place, ts) if shown.keeps_link else None
        data = {"data": {**row.data, "permalink": link}} if link else {}
        return {"remote_channel": place.channel, "remote_ts": ts, **data}

    def _edit(self, row: Owed, parent: Owed | None, shown: Shown) -> dict[str, Any]:
        place, ts = self._standing(parent)
        self.slack.edit(place, ts, shown.text)
        return {"remote_channel": place.channel, "remote_ts": ts}

    def _picture(self, row: Owed, parent: Owed | None, shown: Shown) -> dict[str, Any]:
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

    def _file(self, row: Owed, parent: Owed | None, shown: Shown) -> dict[str, Any]:
        """Share the file into the thread, once: a lost answer is settled by the file's own list of shares."""
        place = self._place(row, parent)
        file_id = row.data.get("file_id")
        if file_id is None:
            file_id = self.slack.upload(shown.name, shown.content)
            self._keep(row, file_id)
        elif row.uncertain and self.slack.state_of(file_id)[1]:
            return {"remote_channel": place.channel}
        self.slack.complete(file_id, shown.name, place)
        return {"remote_channel": place.channel}

    def _keep(self, row: Owed, file_id: str) -> None:
        row.data = {**row.data, "file_id": file_id}
        if not self._settle(row, data=row.data):
            raise TryLater("another sender took over")

    def _place(self, row: Owed, parent: Owed | None) -> Place:
        if parent is not None:
            standing, ts = self._standing(parent)
            return Place(standing.channel, ts)
        return Place(self.slack.channel_id(row.channel), row.data.get("thread_ts"))

    def _standing(self, parent: Owed | None) -> tuple[Place, str]:
        if parent is None or parent.remote_channel is None or parent.remote_ts is None:
            raise Permanent("the message it belongs to was never posted")
        return Place(parent.remote_channel), parent.remote_ts

    def _failed(self, row: Owed, error: SendError) -> None:
        """Note what went wrong and when to try again; what can never work, or has not for long, is parked."""
        now = self.services.clock()
        with self.services.database.write() as session:
            if isinstance(error, Permanent) or row.attempts >= ATTEMPTS:
                outbox.settle(session, row, status="parked", last_error=error.says)
                log.error("parked", key=row.key, error=error.says)
                return
            wait = error.after if isinstance(error, TryLater) else self.look_after
            if row.attempts > 3:
                wait = max(wait, min(300.0, 2.0 ** (row.attempts - 3)))
            at = now + timedelta(seconds=wait)
            outbox.again(session, row, at, error.says, uncertain=isinstance(error, Uncertain))
        log.warning("not sent", key=row.key, error=error.says, again_in=wait)

    def _settle(self, row: Owed, **values: Any) -> bool:  # noqa: ANN401
        with self.services.database.write() as session:
            return outbox.settle(session, row, **values)


Sender = Callable[[Delivery, Owed, Owed | None, Shown], dict[str, Any]]
SENDERS: dict[str, Sender] = {
    "post": Delivery._post,
    "edit": Delivery._edit,
    "picture": Delivery._picture,
    "file": Delivery._file,
}
