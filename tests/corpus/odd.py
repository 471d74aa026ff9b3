"""Bad input: odd texts, any JSON, and good payloads of Slack with something broken; the same ones at every run."""

import copy
import json
import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

CASES = int(os.environ.get("ETHIXBOT_CORPUS", "500"))
cases = settings(
    max_examples=CASES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)

NASTY = st.sampled_from(
    [
        "", " ", "\x00", "INC-2026-11-001\x00", "\ud800", "\udfff\ud800", "\u202egnp.exe", "\u2066x\u2069",
        "<!channel>",
        "<@U1>|<http://x|y>", "'; DROP TABLE incident; --", "../../etc/passwd", "{{7*7}}", "${x}", "%s%n", "a" * 5_000,
        "9" * 5_000, "-1", "1e999", "٣", "INC-٢٠٢٦-11-001:detected", "::::", "\n\t\r", "=cmd|' /C calc'!A0", "𝕴𝖓𝖈",
    ]
)  # fmt: skip
TEXT = NASTY | st.text(st.characters(), max_size=30)  # every code point, halves of characters too
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)

NOWHERE = "http://127.0.0.1:9/commands/T1/2/hush"
USER = {"id": "U0ONCALL01", "username": "oncall"}
VALUES = {
    "reason": {"reason": {"type": "plain_text_input", "value": "because"}},
    "level": {"level": {"type": "radio_buttons", "selected_option": {"value": "3"}}},
}
VIEW = {
    "id": "V1", "type": "modal", "callback_id": "move:freeze", "private_metadata": "INC-2026-11-001:detected:1",
    "state": {"values": VALUES},
}  # fmt: skip
PRESS = {"type": "button", "action_id": "move:acknowledge", "block_id": "moves:0", "value": "INC-2026-11-001:detected"}
GOOD = {
    "press": {"type": "block_actions", "user": USER, "trigger_id": "1.2.a", "response_url": NOWHERE,
              "actions": [PRESS]},
    "submission": {"type": "view_submission", "user": USER, "trigger_id": "1.2.b", "view": VIEW},
    "closed": {"type": "view_closed", "user": USER, "view": VIEW, "is_cleared": False},
    "shortcut": {"type": "shortcut", "user": USER, "callback_id": "x", "trigger_id": "1.2.c"},
    "options": {"type": "block_suggestion", "user": USER, "action_id": "a", "block_id": "b", "value": "inc"},
    "event": {
        "type": "event_callback", "event_id": "Ev1",
        "event": {"type": "message", "channel_type": "im", "user": "U0ONCALL01", "channel": "D1", "ts": "1.2",
                  "text": "help"},
    },
    "challenge": {"type": "url_verification", "challenge": "abc"},
    "command": {
        "command": "/ethix", "text": "status", "user_id": "U0ONCALL01", "channel_id": "C1", "trigger_id": "1.2.d",
        "response_url": NOWHERE,
    },
}  # fmt: skip


def paths(value, so_far=()):
    """Return every place in the payload."""
    yield so_far
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from paths(one, (*so_far, key))


@st.composite
def broken(draw, kind=None):
    """A good payload with up to three places gone or filled with anything."""
    payload = copy.deepcopy(GOOD[kind or draw(st.sampled_from(sorted(GOOD)))])
    for _ in range(draw(st.integers(1, 3))):
        left = [path for path in paths(payload) if path]
        if not left:
            break
        *where, last = draw(st.sampled_from(left))
        holder = payload
        for key in where:
            holder = holder[key]
        if draw(st.booleans()):
            holder[last] = draw(ANY)
        else:
            del holder[last]
    return payload


def nested(depth):
    """Bytes of JSON, nested so deep."""
    return b'{"type": "block_actions", "user": ' + b"[" * depth + b"]" * depth + b"}"


def sent(payload):
    """The bytes of a payload, as JSON."""
    return json.dumps(payload).encode()
