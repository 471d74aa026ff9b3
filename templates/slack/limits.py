"""What Slack accepts, as named numbers, and `lint`, which finds what it would refuse, cut or silently drop.

Numbers from Slack's Block Kit reference. `AIM` is ours: near 12,000 characters in all, messages were lost
(bolt-js#2509).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

BLOCKS = {"message": 50, "modal": 100, "home": 100}
MOST = 12_000  # characters beyond which Slack may say msg_blocks_too_long, or lose the message
AIM = 9_000  # characters of a message's blocks together
NOTIFICATION = 4_000  # the text beside the blocks
HEADER, SECTION, TEXT = 150, 3_000, 3_000
FIELDS, FIELD = 10, 2_000
CONTEXT, ACTIONS = 10, 25
BUTTON, VALUE, URL, ID = 75, 2_000, 3_000, 255
OPTION, OPTION_VALUE, OPTIONS, CHOICES, OVERFLOW = 75, 150, 100, 10, 5
TITLE, METADATA, PLACEHOLDER, LABEL, ALT, INPUT = 24, 3_000, 150, 2_000, 2_000, 3_000
CONFIRM = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
ROWS, COLUMNS, MARKDOWN = 100, 20, 12_000

MODAL_ONLY, MESSAGE_ONLY = {"alert"}, {"markdown", "table"}
BLOCK_KEYS = {
    "header": {"text"},
    "section": {"text", "fields", "accessory", "expand"},
    "context": {"elements"},
    "actions": {"elements"},
    "divider": set(),
    "image": {"image_url", "slack_file", "alt_text", "title"},
    "input": {"label", "element", "hint", "optional", "dispatch_action"},
    "markdown": {"text"},
    "rich_text": {"elements"},
    "table": {"rows", "column_settings"},
    "alert": {"text", "level"},
}
ELEMENT_KEYS = {
    "button": {"text", "action_id", "value", "url", "style", "confirm", "accessibility_label"},
    "static_select": {
        "action_id", "options", "option_groups", "initial_option", "placeholder", "confirm", "focus_on_load",
    },
    "radio_buttons": {"action_id", "options", "initial_option", "confirm", "focus_on_load"},
    "checkboxes": {"action_id", "options", "initial_options", "confirm", "focus_on_load"},
    "overflow": {"action_id", "options", "confirm"},
    "plain_text_input": {
        "action_id", "initial_value", "multiline", "min_length", "max_length", "placeholder", "focus_on_load",
        "dispatch_action_config",
    },
    "users_select": {"action_id", "initial_user", "placeholder", "confirm", "focus_on_load"},
    "datepicker": {"action_id", "initial_date", "placeholder", "confirm", "focus_on_load"},
    "datetimepicker": {"action_id", "initial_date_time", "confirm", "focus_on_load"},
    "image": {"image_url", "slack_file", "alt_text"},
}  # fmt: skip
VIEW_KEYS = {
    "type", "title", "blocks", "submit", "close", "callback_id", "external_id", "private_metadata", "clear_on_close",
    "notify_on_close",
}  # fmt: skip
MOST_OPTIONS = {"radio_buttons": CHOICES, "checkboxes": CHOICES, "overflow": OVERFLOW, "static_select": OPTIONS}
STYLES = (None, "primary", "danger")

Json = Mapping[str, Any]


def fit(text: str, most: int) -> str:
    """Return the text, cut after a word with … where it is longer than `most`.

    >>> fit("far fewer women", 11)
    'far fewer…'
    """
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    word, space, _ = cut.rpartition(" ")
    return (word if space and len(word) > most // 2 else cut).rstrip() + "…"


def parts(blocks: Sequence[Json]) -> list[list[Json]]:
    """Return the blocks in as few runs as each fit into a message; one of the usual size is one run.

    >>> [len(part) for part in parts([{"type": "divider"}] * 120)]
    [50, 50, 20]
    """
    runs: list[list[Json]] = [[]]
    for block in blocks:
        run = runs[-1]
        if run and (len(run) >= BLOCKS["message"] or length([*run, block]) > MOST):
            runs.append(run := [])
        run.append(block)
    return runs


def pieces(text: str) -> list[str]:
    """Return the text in pieces of whole lines that each fit beside no blocks; a line that alone is too long is cut.

    >>> pieces("a\\nb")
    ['a\\nb']
    """
    found = [""]
    for line in text.split("\n"):
        whole = f"{found[-1]}\n{line}" if found[-1] else line
        if len(whole) <= NOTIFICATION:
            found[-1] = whole
        else:
            found.append(fit(line, NOTIFICATION))
    return [piece for piece in found if piece] or [text]


def texts(node: object) -> Iterator[str]:
    """Return every text in it, in order."""
    if isinstance(node, Mapping):
        if isinstance(node.get("text"), str):
            yield node["text"]
        for child in node.values():
            if not isinstance(child, str):
                yield from texts(child)
    elif isinstance(node, list | tuple):
        for child in node:
            yield from texts(child)


def lint(shown: Sequence[Json] | Json, text: str | None = None) -> list[str]:
    """Return what Slack would not take in a message's blocks or in a view; each with where it is.

    >>> lint([{"type": "header", "text": {"type": "mrkdwn", "text": "*Hi*"}}])
    ['blocks[0].text: must be plain_text']
    """
    if isinstance(shown, Mapping):
        return list(_view(shown))
    found = list(_blocks(shown, "message"))
    if (size := length(shown)) > AIM:
        found.append(f"blocks: {size} characters together, aim for {AIM}")
    if text is not None and not 0 < len(text) <= NOTIFICATION:
        found.append(f"text: {len(text)} characters, 1 to {NOTIFICATION}")
    return found


def length(node: object) -> int:
    """Return the characters of all texts in it."""
    if isinstance(node, Mapping):
        own = len(node["text"]) if isinstance(node.get("text"), str) else 0
        return own + sum(length(child) for child in node.values() if not isinstance(child, str))
    return sum(map(length, node)) if isinstance(node, list | tuple) else 0


def _view(view: Json) -> Iterator[str]:
    kind = view.get("type")
    if kind not in ("modal", "home"):
        yield f"type: {kind} is no view"
        return
    yield from _known(view, VIEW_KEYS, "view")
    if kind == "modal" and "title" not in view:
        yield "title: is missing"
    for part in ("title", "submit", "close"):
        if part in view:
            yield from _text(view[part], TITLE, part, only_plain=True)
    yield from _string(view, "private_metadata", METADATA, "view", least=0)
    yield from _string(view, "callback_id", ID, "view")
    yield from _blocks(view.get("blocks", []), kind)
    if (
        any(block.get("type") == "input" for block in view.get("blocks", []))
        and "submit" not in view
        and kind == "modal"
    ):
        yield "submit: a modal with inputs needs one"


def _blocks(blocks: Sequence[Json], surface: str) -> Iterator[str]:
    if not 1 <= len(blocks) <= BLOCKS[surface]:
        yield f"blocks: {len(blocks)} of them, 1 to {BLOCKS[surface]}"
    for number, block in enumerate(blocks):
        yield from _block(block, surface, f"blocks[{number}]")
    yield from _twice((block["block_id"] for block in blocks if "block_id" in block), "block_id")
    kinds = Counter(block.get("type") for block in blocks)
    if kinds["table"] > 1:
        yield "blocks: more than one table"
    if sum(len(block.get("text", "")) for block in blocks if block.get("type") == "markdown") > MARKDOWN:
        yield f"blocks: more than {MARKDOWN} characters of markdown"


def _block(block: Json, surface: str, at: str) -> Iterator[str]:
    kind = str(block.get("type"))
    if kind not in BLOCK_KEYS:
        yield f"{at}: {kind} is no block that we draw"
        return
    if (kind in MODAL_ONLY and surface != "modal") or (kind in MESSAGE_ONLY and surface != "message"):
        yield f"{at}: {kind} does not belong into a {surface}"
    yield from _known(block, BLOCK_KEYS[kind] | {"type", "block_id"}, at)
    yield from _string(block, "block_id", ID, at)
    yield from _INSIDE.get(kind, _nothing)(block, at)


def _section(block: Json, at: str) -> Iterator[str]:
    if "text" not in block and "fields" not in block:
        yield f"{at}: a section needs a text or fields"
    if "text" in block:
        yield from _text(block["text"], SECTION, f"{at}.text")
    if "fields" in block:
        yield from _count(block["fields"], FIELDS, f"{at}.fields")
        for number, one in enumerate(block["fields"]):
            yield from _text(one, FIELD, f"{at}.fields[{number}]")
    if "accessory" in block:
        yield from _element(block["accessory"], f"{at}.accessory")


def _header(block: Json, at: str) -> Iterator[str]:
    yield from _text(block.get("text"), HEADER, f"{at}.text", only_plain=True)


def _context(block: Json, at: str) -> Iterator[str]:
    yield from _count(block.get("elements"), CONTEXT, f"{at}.elements")
    for number, one in enumerate(block.get("elements", [])):
        inside = f"{at}.elements[{number}]"
        yield from _element(one, inside) if one.get("type") == "image" else _text(one, TEXT, inside)


def _actions(block: Json, at: str) -> Iterator[str]:
    yield from _count(block.get("elements"), ACTIONS, f"{at}.elements")
    for number, one in enumerate(block.get("elements", [])):
        yield from _element(one, f"{at}.elements[{number}]")
    yield from _twice((one["action_id"] for one in block.get("elements", []) if "action_id" in one), f"{at} action_id")


def _image(block: Json, at: str) -> Iterator[str]:
    if "slack_file" not in block and "image_url" not in block:
        yield f"{at}: an image needs an address or a file"
    yield from _string(block, "alt_text", ALT, at, required=True)
    if "title" in block:
        yield from _text(block["title"], LABEL, f"{at}.title", only_plain=True)


def _input(block: Json, at: str) -> Iterator[str]:
    yield from _text(block.get("label"), LABEL, f"{at}.label", only_plain=True)
    if "hint" in block:
        yield from _text(block["hint"], LABEL, f"{at}.hint", only_plain=True)
    yield from _element(block.get("element", {}), f"{at}.element")


def _table(block: Json, at: str) -> Iterator[str]:
    yield from _count(block.get("rows"), ROWS, f"{at}.rows")
    for number, row in enumerate(block.get("rows", [])):
        yield from _count(row, COLUMNS, f"{at}.rows[{number}]")


def _nothing(block: Json, at: str) -> Iterator[str]:
    return iter(())


_INSIDE = {
    "section": _section, "header": _header, "context": _context, "actions": _actions, "image": _image, "input": _input,
    "table": _table,
}  # fmt: skip


def _element(element: Json, at: str) -> Iterator[str]:
    kind = str(element.get("type"))
    if kind not in ELEMENT_KEYS:
        yield f"{at}: {kind} is no element that we draw"
        return
    yield from _known(element, ELEMENT_KEYS[kind] | {"type"}, at)
    yield from _string(element, "action_id", ID, at)
    yield from _string(element, "value", VALUE, at)
    yield from _string(element, "url", URL, at)
    yield from _string(element, "initial_value", INPUT, at, least=0)
    yield from _string(element, "alt_text", ALT, at, required=kind == "image")
    if kind == "button":
        yield from _text(element.get("text"), BUTTON, f"{at}.text", only_plain=True)
    if element.get("style") not in STYLES:
        yield f"{at}.style: {element['style']} is none"
    if "placeholder" in element:
        yield from _text(element["placeholder"], PLACEHOLDER, f"{at}.placeholder", only_plain=True)
    if kind in MOST_OPTIONS:
        yield from _options(element, kind, at)
    for part, most in CONFIRM.items() if "confirm" in element else ():
        yield from _text(element["confirm"].get(part), most, f"{at}.confirm.{part}", only_plain=part != "text")


def _options(element: Json, kind: str, at: str) -> Iterator[str]:
    groups = element.get("option_groups", [])
    for number, group in enumerate(groups):
        yield from _text(group.get("label"), OPTION, f"{at}.option_groups[{number}].label", only_plain=True)
    options = [one for group in groups for one in group["options"]] or element.get("options", [])
    yield from _count(options, MOST_OPTIONS[kind], f"{at}.options")
    only_plain = kind in ("static_select", "overflow")
    for number, option in enumerate(options):
        inside = f"{at}.options[{number}]"
        yield from _text(option.get("text"), OPTION, f"{inside}.text", only_plain=only_plain)
        yield from _string(option, "value", OPTION_VALUE, inside, required=True)
        if "description" in option:
            yield from _text(option["description"], OPTION, f"{inside}.description", only_plain=only_plain)
    yield from _twice((option.get("value") for option in options), f"{at} option value")
    first = element.get("initial_option")
    if first is not None and first not in options:
        yield f"{at}.initial_option: is none of the options"


def _text(text: Any, most: int, at: str, *, only_plain: bool = False) -> Iterator[str]:  # noqa: ANN401
    if not isinstance(text, Mapping) or text.get("type") not in ("plain_text", "mrkdwn"):
        yield f"{at}: is no text"
        return
    if only_plain and text["type"] != "plain_text":
        yield f"{at}: must be plain_text"
    yield from _known(text, {"type", "text", "emoji" if text["type"] == "plain_text" else "verbatim"}, at)
    yield from _string(text, "text", most, at, required=True)


def _string(holder: Json, key: str, most: int, at: str, *, least: int = 1, required: bool = False) -> Iterator[str]:
    if key not in holder:
        if required:
            yield f"{at}.{key}: is missing"
    elif not isinstance(holder[key], str) or not least <= len(holder[key]) <= most:
        yield f"{at}.{key}: {least} to {most} characters"


def _count(items: Any, most: int, at: str) -> Iterator[str]:  # noqa: ANN401
    if not isinstance(items, list) or not 1 <= len(items) <= most:
        yield f"{at}: 1 to {most} of them"


def _known(holder: Json, keys: set[str], at: str) -> Iterator[str]:
    for key in sorted(set(holder) - keys):
        yield f"{at}: {key} is no property of it"


def _twice(values: Iterator[Any], what: str) -> Iterator[str]:
    for value, count in Counter(values).items():
        if count > 1:
            yield f"{what}: {value} stands there {count} times"
