"""Gates that are not ours: what our gate tells, as a file of flags for flagd (OpenFeature), and as a signed webhook."""

import hashlib
import hmac
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from bot.board import Board
from bot.integrations.errors import Limited, Permanent, TryLater, Uncertain
from bot.services import Services
from storage.tables import Owed

SCHEMA = "https://flagd.dev/schema/v0/flags.json"
PATIENCE_S = 10.0


def flags(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return one flag: a variant for every request and one for each segment, chosen by the attributes that are sent.

    A flag holds what the gate tells, so who reads it decides as `bot.gate` does. Schema: flagd flag definitions, v0.
    """
    whole = {name: fact for name, fact in told.items() if name != "segments"}
    variants: dict[str, Any] = {"every": whole}
    rule: Any = "every"
    for number, segment in reversed(list(enumerate(told["segments"], start=1))):
        name = f"segment_{number}"
        variants[name] = {**whole, **segment}
        # As the client of ours does: an attribute that was not sent may be one of the segment.
        held = [
            {"or": [{"!": {"var": key}}, {"in": [{"var": key}, values]}]} for key, values in segment["where"].items()
        ]
        if segment["level"] >= told["level"]:
            rule = {"if": [{"and": held}, name, rule]}
    targeting = {} if rule == "every" else {"targeting": rule}
    return {"state": "ENABLED", "variants": variants, "defaultVariant": "every", **targeting}


def write_flags(services: Services) -> dict[str, Any]:
    """Return nothing to note, once the file holds every model's flag; raise TryLater where it cannot be written."""
    if services.policy.gates.flagd is None:
        return {}
    board, path = Board(services), Path(services.policy.gates.flagd)
    found = {model.id: board.read(model.id) for model in services.policy.models}
    told = {f"model.{model}": flags(json.loads(seen[1].body)) for model, seen in found.items() if seen is not None}
    text = json.dumps({"$schema": SCHEMA, "flags": told}, indent=1, sort_keys=True, ensure_ascii=False)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
            os.fchmod(file.fileno(), 0o644)
        os.replace(name, path)  # whoever watches the file never sees half of it
    except OSError as error:
        raise TryLater(f"{path} cannot be written ({error.strerror})", after=5) from None
    return {}


def send(services: Services, row: Owed, secret: str | None) -> dict[str, Any]:
    """Return nothing to note, once the other gate has taken what ours tells now; raise SendError."""
    address = str(row.data["url"])
    seen = Board(services).read(row.subject)
    if seen is None or address not in services.policy.gates.webhooks:
        return {}
    if secret is None:
        raise Permanent("ETHIXBOT_WEBHOOK_SECRET is not set")
    stamp = str(int(services.clock().timestamp()))
    headers = {
        "Content-Type": "application/json",
        "X-EthixAI-Timestamp": stamp,
        "X-EthixAI-Signature": f"v1={signature(secret, stamp, seen[1].body)}",
        "X-EthixAI-Delivery": row.key,
    }
    try:
        answer = httpx.post(address, content=seen[1].body, headers=headers, timeout=PATIENCE_S, trust_env=False)
    except httpx.ConnectError as error:
        raise TryLater(f"cannot be reached: {error}") from None
    except httpx.HTTPError as error:
        raise Uncertain(f"{type(error).__name__}: {error}") from None
    if answer.status_code == 429:
        raise Limited("HTTP 429", after=_seconds(answer.headers.get("retry-after")))
    if answer.status_code >= 500 or answer.status_code in (408, 425):
        raise TryLater(f"HTTP {answer.status_code}")
    if answer.status_code >= 300:
        raise Permanent(f"HTTP {answer.status_code}")
    return {}


def signature(secret: str, stamp: str, body: bytes) -> str:
    """Return the hex HMAC-SHA256 of `v1:<timestamp>:<body>` under the secret."""
    return hmac.new(secret.encode(), b"v1:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()


def _seconds(told: str | None) -> float:
    try:
        return max(1.0, float(told or ""))
    except ValueError:
        return 5.0
