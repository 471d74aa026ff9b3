"""Takes secrets out of text: out of what people send us before it is kept, out of every line of the log."""

import json
import re

TOKEN = re.compile(r"xox[a-z]-[\w-]+|xapp-[\w-]+")
HOOK = re.compile(r"(hooks\.slack\.com/)[^\s\"'<>]+")
# What only a log shows: passwords in addresses, headers, Slack's signature, the ticket of a socket.
LOGGED = (
    (re.compile(r"(://[^/\s:@\"']*):[^\s/\"']+@"), r"\1:…@"),
    (re.compile(r"(?i)(\bauthorization\b[\"']?\s*[:=]\s*[\"']?)[^\"',}\r\n]+"), r"\1…"),
    (re.compile(r"(?i)\b(bearer|basic)\s+(?=\S*[\d=])[\w.~+/=-]{8,}"), r"\1 …"),
    (re.compile(r"(?i)\b(password|passwd|secret)=[^\s&\"']+"), r"\1=…"),
    (re.compile(r"\bv0=[0-9a-f]{64}\b"), "v0=…"),
    (re.compile(r"([?&]ticket=)[^\s&\"']+"), r"\1…"),
)
SHORTEST = 6  # a shorter secret stands in every second word

_known: set[str] = set()


def know(*secrets: str) -> None:
    """Mask these very strings in every log from now on: they look like nothing."""
    for secret in secrets:
        if len(secret) >= SHORTEST:
            _known.update((secret, json.dumps(secret)[1:-1]))


def tokens(text: str) -> str:
    """Return the text without Slack's tokens and without the secret part of its web hooks.

    >>> tokens("got xoxb-1-2-abc from https://hooks.slack.com/commands/T1/2/3")
    'got xox… from https://hooks.slack.com/…'
    """
    return HOOK.sub(r"\1…", TOKEN.sub("xox…", text))


def everything(text: str) -> str:
    """Return a line of the log without anything secret.

    >>> everything("postgresql://bot:hush@db/x Authorization: Bearer abc")
    'postgresql://bot:…@db/x Authorization: …'
    """
    for secret in _known:
        text = text.replace(secret, "…")
    for pattern, instead in LOGGED:
        text = pattern.sub(instead, text)
    return tokens(text)
