"""Composition objects: text, option, confirmation, filter, file, metadata."""

from collections.abc import Iterator

from bot.localslack.kit.checks import (
    Check,
    Required,
    Shape,
    boolean,
    both,
    either,
    items,
    number,
    one_of,
    shape,
    string,
)

ACTION_ID = string(255)
BLOCK_ID = string(255)
URL = string(3000, pattern=r"^[a-z][a-z0-9+.-]*:")
WEB_URL = string(3000, pattern=r"^https?://")
ANY_URL = string(3000, pattern=r"^(https?|slack|mailto|tel):")


def plain(most: int = 3000, *, least: int = 1) -> Check:
    """Return the check of a plain_text object."""
    return shape(
        {"type": Required(one_of("plain_text")), "text": Required(string(most, least=least)), "emoji": boolean}
    )


def text(most: int = 3000) -> Check:
    """Return the check of a text object of either kind."""
    kinds = {
        "plain_text": plain(most),
        "mrkdwn": shape({"type": one_of("mrkdwn"), "text": Required(string(most)), "verbatim": boolean}),
    }

    def check(value: object, at: str) -> Iterator[str]:
        kind = value.get("type") if isinstance(value, dict) else None
        named = kinds.get(kind) if isinstance(kind, str) else None
        yield from named(value, at) if named else one_of(*kinds)(kind, f"{at}/type")

    return check


CONFIRM = shape(
    {
        "title": Required(plain(100)),
        "text": Required(text(300)),
        "confirm": Required(plain(30)),
        "deny": Required(plain(30)),
        "style": one_of("primary", "danger"),
    }
)


def option(most: int = 75, *, mrkdwn: bool = False, url: bool = False) -> Check:
    """Return the check of an option; only overflow options have an address, only boxes and radios take mrkdwn."""
    label = text(most) if mrkdwn else plain(most)
    table: Shape = {
        "text": Required(label),
        "value": Required(string(150)),
        "description": text(75) if mrkdwn else plain(75),
    }
    return shape({**table, **({"url": URL} if url else {})})


OPTION = option()
RICH_OPTION = option(mrkdwn=True)
LINK_OPTION = option(url=True)
OPTION_GROUPS = items(shape({"label": Required(plain(75)), "options": Required(items(OPTION, 100))}), 100)
DISPATCH = shape({"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), 2)})
FILTER = both(
    shape(
        {
            "include": items(one_of("im", "mpim", "private", "public"), 4),
            "exclude_external_shared_channels": boolean,
            "exclude_bot_users": boolean,
        }
    ),
    either("include", "exclude_external_shared_channels", "exclude_bot_users"),
)
SLACK_FILE = both(shape({"id": string(), "url": URL}), either("id", "url"))
LENGTH = number(0, 3000)
