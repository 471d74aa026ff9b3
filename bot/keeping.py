"""An incident's own channel, brought to how it shall be; what was done to it is kept and audited."""

from dataclasses import dataclass
from typing import Any

from bot.operations.doing import owe_redraw
from bot.services import SYSTEM, Services
from bot.slack.outward import Outward
from bot.slack.rooms import Known, Room, Rooms
from storage import audit, outbox
from storage.tables import Incident, Owed


@dataclass(frozen=True)
class Owing:
    """The row that owes the channel, or a change of it, and the row that made it where that is another."""

    row: Owed
    made_by: Owed | None

    @property
    def first(self) -> Owed:
        """Return the row that remembers the channel."""
        return self.made_by or self.row


def bring(services: Services, slack: Outward, owing: Owing, room: Room) -> dict[str, Any]:
    """Return what to note on the row, once the channel is made, or as it shall be. Raise SendError."""
    rooms, first = Rooms(slack), owing.first
    before, channel = Known.of(first.data), first.remote_channel
    if channel is None or (before.is_over and not room.is_over):  # reopened: what is archived stays so
        before, channel = Known(), rooms.make(room)
    known = rooms.bring(channel, room, before)
    _keep(services, owing, channel, (before, known))
    return {"remote_channel": channel} | ({} if owing.made_by else {"data": known.to_json()})


def _keep(services: Services, owing: Owing, channel: str, seen: tuple[Known, Known]) -> None:
    """Write down how the channel was and is now, with a line in the audit log for each thing that was done."""
    before, known = seen
    is_new = owing.first.remote_channel != channel
    done = [("channel_opened", {"channel": channel})] if is_new else []
    done += [("invited", {"channel": channel, "person": one}) for one in known.people if one not in before.people]
    done += [("channel_archived", {"channel": channel})] if known.is_over and not before.is_over else []
    now, subject = services.clock(), owing.row.subject
    with services.database.write() as session:
        if owing.made_by is not None:
            outbox.remember(session, owing.made_by, known.to_json(), channel)
        incident = session.get(Incident, subject)
        if is_new and incident is not None:
            owe_redraw(session, incident, now, soon=False)  # its message says where people talk about it
        for action, data in done:
            audit.append(session, audit.Entry(SYSTEM, action, subject, "done", data), now)
