"""What the app's manifest grants: scopes, commands, shortcuts, events, App Home."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Command:
    """A slash command as the composer lists it."""

    name: str
    description: str = ""
    usage_hint: str = ""


@dataclass(frozen=True)
class Shortcut:
    """A global or message shortcut."""

    name: str
    kind: str
    callback_id: str
    description: str = ""


@dataclass(frozen=True)
class Manifest:
    """The parts of a Slack app manifest that change how Slack behaves."""

    name: str
    bot_name: str
    scopes: frozenset[str]
    events: frozenset[str]
    commands: tuple[Command, ...]
    shortcuts: tuple[Shortcut, ...]
    has_home: bool
    has_messages: bool
    is_read_only: bool
    is_interactive: bool
    uses_sockets: bool
    description: str = ""

    @classmethod
    def parse(cls, source: Mapping[str, Any]) -> "Manifest":
        """Return the manifest read from Slack's JSON form; what it leaves out is not granted."""
        features = _part(source, "features")
        settings = _part(source, "settings")
        home = _part(features, "app_home")
        display = _part(source, "display_information")
        return cls(
            name=display.get("name", "App"),
            description=display.get("description", ""),
            bot_name=_part(features, "bot_user").get("display_name", display.get("name", "bot")),
            scopes=frozenset(_part(source, "oauth_config", "scopes").get("bot", ())),
            events=frozenset(_part(settings, "event_subscriptions").get("bot_events", ())),
            commands=tuple(_commands(features.get("slash_commands", ()))),
            shortcuts=tuple(_shortcuts(features.get("shortcuts", ()))),
            has_home=bool(home.get("home_tab_enabled", False)),
            has_messages=bool(home.get("messages_tab_enabled", False)),
            is_read_only=bool(home.get("messages_tab_read_only_enabled", False)),
            is_interactive=bool(_part(settings, "interactivity").get("is_enabled", False)),
            uses_sockets=bool(settings.get("socket_mode_enabled", False)),
        )


def _part(source: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    for name in names:
        source = source.get(name) or {}
    return source


def _commands(rows: Iterable[Mapping[str, Any]]) -> list[Command]:
    return [Command(row["command"], row.get("description", ""), row.get("usage_hint", "")) for row in rows]


def _shortcuts(rows: Iterable[Mapping[str, Any]]) -> list[Shortcut]:
    return [Shortcut(row["name"], row["type"], row["callback_id"], row.get("description", "")) for row in rows]
