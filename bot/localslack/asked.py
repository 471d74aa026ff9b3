"""What `/_local` is asked: one record a door, strict about names, so that a typing mistake is told at once."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from bot.localslack.records import Json

SETTLE_S = 0.5


class Asked(BaseModel):
    """A request of one person; `wait_s` is how long to wait for what the app shows after its acknowledgement."""

    model_config = ConfigDict(extra="forbid")

    user: str
    wait_s: float = SETTLE_S


class Click(Asked):
    """A press or choice in a message (channel, ts) or in a view (view_id)."""

    action_id: str
    block_id: str = ""
    channel: str = ""
    ts: str = ""
    view_id: str = ""
    value: Any = None
    selected: Any = None


class Submit(Asked):
    """A modal to submit."""

    view_id: str
    values: Json = {}


class Close(Asked):
    """A modal to cancel; `clears` is the cross that closes all of them."""

    view_id: str
    clears: bool = False


class Typed(Asked):
    """Something typed in a channel: a message or a command."""

    channel: str
    text: str
    thread_ts: str | None = None


class Home(Asked):
    """The app's home or messages tab to open."""

    wait_s: float = 3.0
    tab: str = "home"


class Shortcut(Asked):
    """A shortcut to use; with channel and ts on a message."""

    callback_id: str
    channel: str = ""
    ts: str = ""


class Read(Asked):
    """A channel read to its end."""

    channel: str


class Group(BaseModel):
    """A user group with new members, named by handle."""

    model_config = ConfigDict(extra="forbid")

    id: str
    users: list[str]


class Account(BaseModel):
    """A person whose account an admin closes, or opens again."""

    model_config = ConfigDict(extra="forbid")

    user: str
    is_active: bool = False


class Archived(BaseModel):
    """A channel that a person archives, or takes up again."""

    model_config = ConfigDict(extra="forbid")

    channel: str
    is_archived: bool = True


class Deleted(BaseModel):
    """A message that a person who may takes away."""

    model_config = ConfigDict(extra="forbid")

    channel: str
    ts: str


class Removed(BaseModel):
    """A channel that a person takes the bot out of."""

    model_config = ConfigDict(extra="forbid")

    channel: str


class Disconnect(BaseModel):
    """A `disconnect` frame for every connection."""

    model_config = ConfigDict(extra="forbid")

    reason: Literal["warning", "refresh_requested", "link_disabled"] = "warning"
