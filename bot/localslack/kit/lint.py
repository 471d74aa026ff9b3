"""The lint of whole payloads: a message's blocks, attachments and metadata, and a view."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.localslack.errors import SlackError, invalid
from bot.localslack.kit.blocks import BLOCKS, MARKDOWN_CHARACTERS, ONE_OF, SURFACES
from bot.localslack.kit.checks import (
    Required,
    Shape,
    boolean,
    items,
    mapping,
    one_of,
    problem,
    sequence,
    shape,
    string,
    typed,
)
from bot.localslack.kit.objects import plain

MESSAGE_BLOCKS, VIEW_BLOCKS, ATTACHMENTS = 50, 100, 100
MESSAGE_TEXT = 13_000  # not documented; seen in slackapi/bolt-js#2509 and #2867
METADATA_BYTES = 16_000

_VIEW: Shape = {
    "type": Required(one_of("modal", "home")),
    "blocks": Required(sequence),
    "private_metadata": string(3000, least=0),
    "callback_id": string(255, least=0),
    "external_id": string(255, least=0),
}
VIEWS: dict[str, Shape] = {
    "modal": {
        **_VIEW,
        "title": Required(plain(24)),
        "submit": plain(24),
        "close": plain(24),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
    "home": _VIEW,
}
_METADATA = shape({"event_type": Required(string(255)), "event_payload": Required(mapping)})


def message_blocks(blocks: object) -> list[dict[str, Any]]:
    """Return the blocks of a message; `invalid_blocks_format`, `invalid_blocks`, `msg_blocks_too_long`."""
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    problems = list(_problems(blocks, "message", "/blocks", MESSAGE_BLOCKS))
    if problems:
        raise invalid("invalid_blocks", problems)
    if sum(map(len, _texts(blocks))) > MESSAGE_TEXT:
        raise SlackError("msg_blocks_too_long")
    return blocks


def attachments(given: object) -> list[dict[str, Any]]:
    """Return the attachments of a message; `invalid_attachments`, `too_many_attachments`."""
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise SlackError("invalid_attachments")
    if len(given) > ATTACHMENTS:
        raise SlackError("too_many_attachments")
    for index, one in enumerate(given):
        problems = list(_problems(one.get("blocks", []), "message", f"/attachments/{index}/blocks", MESSAGE_BLOCKS))
        if problems:
            raise invalid("invalid_blocks", problems)
    return given


def metadata(given: object) -> dict[str, Any] | None:
    """Return the metadata of a message, none for `{}`; `invalid_metadata_format`, `…_schema`, `metadata_too_large`."""
    if not isinstance(given, dict):
        raise SlackError("invalid_metadata_format")
    if not given:
        return None
    problems = list(_METADATA(given, "/metadata"))
    if problems:
        raise invalid("invalid_metadata_schema", problems)
    if len(json.dumps(given, ensure_ascii=False).encode()) > METADATA_BYTES:
        raise SlackError("metadata_too_large")
    return given


def view(given: object, kind: str) -> dict[str, Any]:
    """Return the view; `invalid_arguments` names every problem in it."""
    problems = list(shape(VIEWS[kind])(given, "/view"))
    if isinstance(given, dict) and isinstance(given.get("blocks"), list):
        problems += _problems(given["blocks"], kind, "/view/blocks", VIEW_BLOCKS)
        has_input = any(isinstance(block, dict) and block.get("type") == "input" for block in given["blocks"])
        if kind == "modal" and has_input and "submit" not in given:
            problems.append(problem("missing required field: submit", "/view"))
    if isinstance(given, dict) and given.get("type") not in (kind, None):
        problems.append(problem(f"must be a valid enum value: {kind}", "/view/type"))
    if problems or not isinstance(given, dict):
        raise invalid("invalid_arguments", list(dict.fromkeys(problems)))
    return dict(given)


def _problems(blocks: object, surface: str, at: str, most: int) -> Iterator[str]:
    yield from items(typed(BLOCKS, SURFACES[surface]), most, least=0)(blocks, at)
    yield from _alternatives(blocks, at)
    if not isinstance(blocks, list):
        return
    known = [block for block in blocks if isinstance(block, dict)]
    yield from _repeats([block.get("block_id") for block in known], "block_id", at)
    for index, block in enumerate(known):
        if isinstance(block.get("elements"), list):
            ids = [one.get("action_id") for one in block["elements"] if isinstance(one, dict)]
            yield from _repeats(ids, "action_id", f"{at}/{index}/elements")
    if sum(block.get("type") == "table" for block in known) > 1:
        yield problem("only one table is allowed", at)
    if sum(len(str(block.get("text", ""))) for block in known if block.get("type") == "markdown") > MARKDOWN_CHARACTERS:
        yield problem(f"markdown text must be less than {MARKDOWN_CHARACTERS + 1} characters in total", at)


def _alternatives(value: object, at: str) -> Iterator[str]:
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from _alternatives(one, f"{at}/{index}")
    elif isinstance(value, dict):
        kind = value.get("type")
        if isinstance(kind, str) and kind in ONE_OF:
            yield from ONE_OF[kind](value, at)
        for name, one in value.items():
            yield from _alternatives(one, f"{at}/{name}")


def _repeats(ids: Sequence[Any], name: str, at: str) -> Iterator[str]:
    given = [id for id in ids if isinstance(id, str)]
    for id in dict.fromkeys(given):
        if given.count(id) > 1:
            yield problem(f"`{name}` is used more than once: {id}", at)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, Mapping):
        for name, one in value.items():
            if name == "text" and isinstance(one, str):
                yield one
            else:
                yield from _texts(one)
