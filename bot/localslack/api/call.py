"""One call of a method: its arguments however they were sent, and the right to a conversation."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.localslack.errors import SlackError, invalid, missing
from bot.localslack.records import Channel, Json
from bot.localslack.workspace import BOT_USER, Workspace

FAMILY = {"public": "channels:", "private": "groups:", "im": "im:"}
TRUE = ("1", "true", "True", True, 1)


@dataclass(frozen=True)
class Method:
    """A method: the function that answers, its rate tier, and the scopes of which one is needed."""

    answer: Callable[["Call"], Json]
    tier: int
    scopes: tuple[str, ...] = ()


@dataclass
class Call:
    """A call with the workspace it is made in; read its arguments through the methods, which refuse as Slack does."""

    workspace: Workspace
    method: Method
    given: Mapping[str, Any]

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text argument; without a default it is required."""
        value = self.given.get(name)
        if value is None or value == "":
            if default is None:
                raise missing(name)
            return default
        return value if isinstance(value, str) else json.dumps(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a boolean argument in any of the forms Slack takes."""
        return default if self.given.get(name) is None else self.given[name] in TRUE

    def number(self, name: str, default: int) -> int:
        """Return a whole number."""
        try:
            return int(self.given.get(name, default))
        except (TypeError, ValueError):
            raise invalid("invalid_arguments", [f"must be an integer [json-pointer:/{name}]"]) from None

    def structure(self, name: str, error: str = "invalid_arguments") -> Any:  # noqa: ANN401  # whatever was sent
        """Return an argument that is JSON, or none; a form sends it as text."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise SlackError(error) from None

    def has(self, name: str) -> bool:
        """Return whether the argument was given at all, be it empty."""
        return self.given.get(name) is not None

    def require(self, scopes: tuple[str, ...]) -> None:
        """Return if the app has one of the scopes; `missing_scope` otherwise."""
        granted = self.workspace.manifest.scopes
        if scopes and not granted & set(scopes):
            raise SlackError("missing_scope", needed=",".join(scopes), provided=",".join(sorted(granted)))

    def conversation(self, name: str = "channel", *, as_member: bool = False) -> Channel:
        """Return the conversation of an id if the scopes cover its kind; private ones exist for members alone."""
        channel = self.workspace.channels.get(self.text(name))
        if channel is None or (channel.kind == "private" and BOT_USER not in channel.members):
            raise SlackError("channel_not_found")
        self.require(tuple(scope for scope in self.method.scopes if scope.startswith(FAMILY[channel.kind])))
        if as_member and BOT_USER not in channel.members:
            raise SlackError("not_in_channel")
        return channel

    def open_conversation(self, name: str = "channel", *, as_member: bool = False) -> Channel:
        """Return the conversation of an id if it may still be written to; `is_archived`."""
        channel = self.conversation(name, as_member=as_member)
        if channel.is_archived:
            raise SlackError("is_archived")
        return channel


def page(call: Call, rows: list[Json], most: int = 1000) -> tuple[list[Json], Json]:
    """Return one page of rows and the `response_metadata` with the cursor of the next."""
    limit = max(1, min(call.number("limit", 100), most))
    cursor = call.text("cursor", "")
    if cursor and not cursor.removeprefix("from:").isdigit():
        raise SlackError("invalid_cursor")
    start = int(cursor.removeprefix("from:") or 0)
    following = f"from:{start + limit}" if start + limit < len(rows) else ""
    return rows[start : start + limit], {"next_cursor": following}
