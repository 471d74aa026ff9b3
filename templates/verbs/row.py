"""What a row of words holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from storage.incidents import IncidentView
from storage.tables import TimelineEntry
from templates import finding
from templates.slack.blocks import Block
from templates.slack.mrkdwn import quote

LONGEST_REASON = 1_000

Facts = Mapping[str, Any]
Line = Callable[[TimelineEntry, IncidentView], str]


@dataclass(frozen=True)
class Option:
    """One thing that may be chosen: the value that is sent, the words, and what it means."""

    value: str
    text: str
    means: str = ""


def _nothing(view: IncidentView) -> list[str]:
    return []


def _no_blocks(entry: TimelineEntry) -> list[Block]:
    return []


def _always(view: IncidentView) -> bool:
    return True


@dataclass(frozen=True)
class Asked:
    """A field of a modal: its label, what to write, a hint beneath; of a choice, what there is and what is chosen."""

    label: str
    prompt: str = ""
    hint: str | Callable[[IncidentView], str] = ""
    options: Callable[[IncidentView], list[Option]] | None = None
    chosen: Callable[[IncidentView], str | None] | None = None


@dataclass(frozen=True)
class Modal:
    """A modal's title, its button, one line on what the button does, what else is said above; its fields by name."""

    title: str
    submit: str
    does: str
    fields: dict[str, Asked] = field(default_factory=dict)
    about: Callable[[IncidentView], list[str]] = _nothing


@dataclass(frozen=True)
class Words:
    """A verb: on its button, for a screen reader, in “You may not …”, in “… by whom”, when done, in the thread."""

    label: str
    spoken: str
    may: str
    past: str
    done: Callable[[Facts], str]
    line: Line
    modal: Modal | None = None
    offered: Callable[[IncidentView], bool] = _always  # whether its button makes sense now
    labelled: Callable[[IncidentView], str | None] | None = None  # another word on the button, as things stand
    in_menu: bool = True  # behind “More…”, not a button of the message


@dataclass(frozen=True)
class Happening:
    """What was not pressed by anybody: in “… by whom”, and in the thread."""

    past: str
    line: Line
    buttons: tuple[str, ...] = ()  # verbs that may be pressed right under the line
    shows: Callable[[TimelineEntry], list[Block]] = _no_blocks  # what stands between the line and the buttons


def given(entry: TimelineEntry, key: str, most: int = LONGEST_REASON) -> str:
    """Return what a person wrote, as a quoted line of its own; nothing where they wrote nothing."""
    value = entry.facts.get(key)
    return f"\n> {quote(value, most)}" if value else ""


def number(entry: TimelineEntry, key: str) -> int | None:
    """Return the whole number of that name; None where there is none."""
    return finding.whole(entry.facts, key)
