"""Rich text: its four parts and the pieces they are made of."""

from collections.abc import Iterator

from bot.localslack.kit.checks import Check, Required, Shape, boolean, items, number, one_of, shape, string, typed

_STYLES = ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink")
_STYLE = shape(dict.fromkeys(_STYLES, boolean))
_STYLED: Shape = {"style": _STYLE}

PIECES: dict[str, Shape] = {
    "text": {**_STYLED, "text": Required(string(3000))},
    "link": {**_STYLED, "url": Required(string(3000)), "text": string(3000, least=0), "unsafe": boolean},
    "emoji": {**_STYLED, "name": Required(string(255)), "unicode": string(), "skin_tone": number(1, 6)},
    "user": {**_STYLED, "user_id": Required(string())},
    "usergroup": {**_STYLED, "usergroup_id": Required(string())},
    "channel": {**_STYLED, "channel_id": Required(string())},
    "broadcast": {**_STYLED, "range": Required(one_of("here", "channel", "everyone"))},
    "color": {**_STYLED, "value": Required(string(pattern="^#[0-9a-fA-F]{6}$"))},
    "date": {
        **_STYLED,
        "timestamp": Required(number(0)),
        "format": Required(string(255)),
        "url": string(3000),
        "fallback": string(255),
    },
}
_PIECES: Check = items(typed(PIECES), 1000, least=0)
_BORDER: Shape = {"border": number(0, 1)}


def _section(value: object, at: str) -> Iterator[str]:
    yield from typed({"rich_text_section": {"elements": Required(_PIECES)}})(value, at)


PARTS: dict[str, Shape] = {
    "rich_text_section": {"elements": Required(_PIECES)},
    "rich_text_quote": {"elements": Required(_PIECES), **_BORDER},
    "rich_text_preformatted": {"elements": Required(_PIECES), **_BORDER, "language": string(40)},
    "rich_text_list": {
        "elements": Required(items(_section, 1000, least=0)),
        "style": Required(one_of("bullet", "ordered")),
        "indent": number(0, 8),
        "offset": number(0),
        **_BORDER,
    },
}
RICH_TEXT: Check = items(typed(PARTS), 1000, least=0)
