"""Reads what Slack delivers, over HTTP or Socket Mode, into the fields that listeners know; the rest goes no further.

What a listener or a handler of events reads stands here, in its form: a payload that lacks it or has another form
never reaches one. Texts lose what no database keeps (NUL, halves of a character) and what none should (tokens).
"""

import json
import math
import re
from typing import Annotated, Any
from urllib.parse import parse_qsl

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.masking import tokens

DEEPEST = 40  # Slack's own payloads stay below 15
LATEST = 253_402_300_799  # the last second of the year 9999
MOST_FIELDS = 100  # of a form; Slack sends 13
UNKEPT = re.compile("[\x00\ud800-\udfff]")
ADDRESSES = frozenset({"response_url"})  # a secret, but the answer goes there; it is never kept

Body = dict[str, Any]


class Malformed(Exception):
    """A payload that Slack would not send; says why, without what it held."""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _dict(value: object) -> object:
    return value if isinstance(value, dict) else {}


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and 0 <= value <= LATEST else None


Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,255}$")]
Loose = Annotated[str, BeforeValidator(_text)]  # anything that is no text is none


class Part(BaseModel):
    """A part of a payload: what is not named is left out."""

    model_config = ConfigDict(extra="ignore", strict=True)


class User(Part):
    """Who did it."""

    id: Id


class Action(Part):
    """What was pressed."""

    type: Loose = "button"
    action_id: Annotated[str, Field(max_length=255)]
    block_id: Loose = ""
    value: Loose = ""
    action_ts: Loose = ""


class Chosen(Part):
    """The option that was chosen."""

    value: Loose = ""


class Entered(Part):
    """What was typed or chosen at one element."""

    value: Loose = ""
    selected_option: Annotated[Chosen | None, BeforeValidator(lambda one: one if isinstance(one, dict) else None)] = (
        None
    )
    selected_user: Loose = ""
    selected_date: Loose = ""
    selected_date_time: Annotated[int | None, BeforeValidator(_whole)] = None  # seconds since 1970


def _elements(value: object) -> object:
    blocks = value.items() if isinstance(value, dict) else ()
    return {
        name: {action: state for action, state in elements.items() if isinstance(state, dict)}
        for name, elements in blocks
        if isinstance(elements, dict)
    }


class State(Part):
    """Everything that was entered, by block and element."""

    values: Annotated[dict[str, dict[str, Entered]], BeforeValidator(_elements)] = {}


class View(Part):
    """A modal or App Home."""

    id: Loose = ""
    callback_id: Loose = ""
    private_metadata: Loose = ""
    type: Loose = "modal"  # these two Bolt asks for
    app_installed_team_id: Loose = ""
    state: Annotated[State, BeforeValidator(_dict)] = State()


class Interaction(Part):
    """What every interaction carries."""

    type: str
    user: User
    trigger_id: Loose = ""
    response_url: Loose = ""


class Press(Interaction):
    """`block_actions`."""

    actions: Annotated[list[Action], Field(min_length=1, max_length=25)]
    view: Annotated[View | None, BeforeValidator(lambda one: one if isinstance(one, dict) else None)] = None


class Submitted(Interaction):
    """`view_submission` and `view_closed`."""

    view: View


class Asked(Interaction):
    """`shortcut` and `block_suggestion`."""

    callback_id: Loose = ""
    action_id: Loose = ""
    block_id: Loose = ""
    value: Loose = ""
    action_ts: Loose = ""


class Quoted(Part):
    """The message that a shortcut was used on."""

    ts: Loose = ""
    text: Loose = ""
    user: Loose = ""
    bot_id: Loose = ""


class Where(Part):
    """The channel it stands in."""

    id: Loose = ""


class OnMessage(Asked):
    """`message_action`."""

    message: Annotated[Quoted, BeforeValidator(_dict)] = Quoted()
    channel: Annotated[Where, BeforeValidator(_dict)] = Where()


class Event(Part):
    """The inner event: what its handlers read, whatever its type."""

    type: Annotated[str, Field(max_length=100)]
    user: Loose = ""
    channel: Loose = ""
    channel_type: Loose = ""
    text: Loose = ""
    ts: Loose = ""
    thread_ts: Loose = ""
    tab: Loose = ""
    bot_id: Loose = ""
    subtype: Loose = ""


class Happened(Part):
    """`event_callback`."""

    type: str
    event_id: Id
    event: Event


class Challenge(Part):
    """`url_verification`, when the address is entered in the app's page."""

    type: str
    challenge: Annotated[str, Field(max_length=1_000)]


class Command(Part):
    """A slash command, which has no type."""

    command: Annotated[str, Field(max_length=100)]
    user_id: Id
    channel_id: Id
    text: Loose = ""
    trigger_id: Loose = ""
    response_url: Loose = ""


KINDS: dict[str, type[Part]] = {
    "event_callback": Happened,
    "url_verification": Challenge,
    "block_actions": Press,
    "view_submission": Submitted,
    "view_closed": Submitted,
    "shortcut": Asked,
    "message_action": OnMessage,
    "block_suggestion": Asked,
}


def read(raw: bytes, is_form: bool) -> object:
    """Return what the bytes of an HTTP delivery say; raise Malformed."""
    try:
        text = raw.decode()
        if not is_form:
            return json.loads(text)
        fields = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"))
        return json.loads(fields["payload"]) if "payload" in fields else fields
    except (ValueError, RecursionError) as error:
        raise Malformed(f"no {'form' if is_form else 'JSON'} in UTF-8 ({type(error).__name__})") from None


def known(payload: object) -> Body:
    """Return the fields that are known of the payload, made fit to be kept; raise Malformed."""
    clean = _clean(payload)
    if not isinstance(clean, dict):
        raise Malformed("no object")
    kind = clean.get("type")
    form = KINDS.get(kind) if isinstance(kind, str) else Command if "command" in clean else None
    if form is None:
        raise Malformed("no type that is known")
    try:
        return form.model_validate(clean).model_dump(exclude_none=True)
    except ValidationError as error:
        places = sorted({".".join(str(part) for part in one["loc"][:4])[:80] for one in error.errors()})
        raise Malformed(f"wrong: {', '.join(places[:5])}") from None


def kept(text: str) -> str:
    r"""Return the text with a sign in place of what no database keeps.

    >>> kept("a\x00b")
    'a\ufffdb'
    """
    return UNKEPT.sub("\ufffd", text)


def fit(text: str) -> str:
    r"""Return what somebody wrote as it may be kept: also without tokens of Slack.

    >>> fit("xoxb-1-2\x00")
    'xox…\ufffd'
    """
    return tokens(kept(text))


def _clean(value: Any, name: str = "", depth: int = 0) -> Any:  # noqa: ANN401  (JSON is any shape)
    if depth > DEEPEST:
        raise Malformed("too deep")
    if isinstance(value, str):
        return kept(value) if name in ADDRESSES else fit(value)
    if isinstance(value, dict):
        return {_clean(key): _clean(one, str(key), depth + 1) for key, one in value.items()}
    if isinstance(value, list):
        return [_clean(one, name, depth + 1) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
