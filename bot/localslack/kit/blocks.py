"""Blocks: one row a block, its properties and limits, and which surface takes it."""

from collections.abc import Iterator

from bot.localslack.kit.checks import (
    Check,
    Required,
    Shape,
    boolean,
    either,
    items,
    number,
    one_of,
    shape,
    string,
    typed,
)
from bot.localslack.kit.elements import ACCESSORIES, ACTIONS, ELEMENTS, INPUTS
from bot.localslack.kit.objects import BLOCK_ID, SLACK_FILE, WEB_URL, plain, text
from bot.localslack.kit.rich import RICH_TEXT

ROWS, COLUMNS = 100, 20
MARKDOWN_CHARACTERS = 12_000

CELLS: dict[str, Shape] = {
    "raw_text": {"text": Required(string())},
    "raw_number": {"value": Required(number()), "text": string()},
    "rich_text": {"elements": Required(RICH_TEXT), "block_id": BLOCK_ID},
}
_COLUMN = shape({"align": one_of("left", "center", "right"), "is_wrapped": boolean})


def _or_null(check: Check) -> Check:
    def checked(value: object, at: str) -> Iterator[str]:
        if value is not None:
            yield from check(value, at)

    return checked


_CONTEXT: dict[str, Shape] = {
    "image": ELEMENTS["image"],
    "plain_text": {"text": Required(string(3000)), "emoji": boolean},
    "mrkdwn": {"text": Required(string(3000)), "verbatim": boolean},
}

BLOCKS: dict[str, Shape] = {
    "section": {
        "text": text(3000),
        "fields": items(text(2000), 10),
        "accessory": typed(ELEMENTS, ACCESSORIES),
        "expand": boolean,
    },
    "divider": {},
    "header": {"text": Required(plain(150)), "level": number(1, 4)},
    "image": {
        "alt_text": Required(string(2000)),
        "image_url": WEB_URL,
        "slack_file": SLACK_FILE,
        "title": plain(2000),
    },
    "actions": {"elements": Required(items(typed(ELEMENTS, ACTIONS), 25))},
    "context": {"elements": Required(items(typed(_CONTEXT), 10))},
    "context_actions": {"elements": Required(items(typed(ELEMENTS, ("feedback_buttons", "icon_button")), 5))},
    "input": {
        "label": Required(plain(2000)),
        "element": Required(typed(ELEMENTS, INPUTS)),
        "dispatch_action": boolean,
        "hint": plain(2000),
        "optional": boolean,
    },
    "rich_text": {"elements": Required(RICH_TEXT)},
    "markdown": {"text": Required(string(MARKDOWN_CHARACTERS))},
    "table": {
        "rows": Required(items(items(typed(CELLS), COLUMNS), ROWS)),
        "column_settings": items(_or_null(_COLUMN), COLUMNS),
    },
    "alert": {"text": Required(text(3000)), "level": one_of("default", "info", "warning", "error", "success")},
    "video": {
        "alt_text": Required(string(2000)),
        "title": Required(plain(200)),
        "thumbnail_url": Required(WEB_URL),
        "video_url": Required(WEB_URL),
        "author_name": string(50),
        "description": plain(200),
        "provider_icon_url": WEB_URL,
        "provider_name": string(),
        "title_url": WEB_URL,
    },
}
BLOCKS = {name: {**row, "block_id": BLOCK_ID} for name, row in BLOCKS.items()}

_EVERYWHERE = ("section", "divider", "header", "image", "actions", "context", "input", "rich_text", "video")
SURFACES = {
    "message": (*_EVERYWHERE, "markdown", "table", "context_actions"),
    "modal": (*_EVERYWHERE, "alert"),
    "home": _EVERYWHERE,
}
ONE_OF: dict[str, Check] = {
    "section": either("text", "fields"),
    "image": either("image_url", "slack_file"),
    "static_select": either("options", "option_groups"),
    "multi_static_select": either("options", "option_groups"),
}
