"""Gates that are not ours: what our gate tells, as a file of flags for flagd (OpenFeature), and as a signed webhook."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.board import Board
from bot.integrations import hooks
from bot.integrations.errors import TryLater, Uncertain
from bot.integrations.hooks import Call
from bot.services import Services
from storage.tables import Owed

SCHEMA = "https://flagd.dev/schema/v0/flags.json"


def flags(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return one flag: a variant for every request and one for each segment, chosen by the attributes that are sent.

    A flag holds what the gate tells, so who reads it decides as `bot.gate` does. Schema: flagd flag definitions, v0.
    """
    whole = {name: fact for name, fact in told.items() if name != "segments"}
    variants: dict[str, Any] = {"every": whole}
    rule: Any = "every"
    numbered = enumerate(told["segments"], start=1)
    for number, segment in sorted(numbered, key=lambda one: (one[1]["level"], one[0])):  # the strictest is asked first
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


def send(services: Services, row: Owed, secret: SecretStr | None) -> dict[str, Any]:
    """Return nothing to note, once the other gate has taken what ours tells now; raise SendError."""
    address = str(row.data["url"])
    seen = Board(services).read(row.subject)
    if seen is None or address not in services.policy.gates.webhooks:
        return {}
    try:
        hooks.send(Call("The gate", address, seen[1].body, row.key, services.clock()), secret)
    except Uncertain as error:  # to be told once more changes nothing
        raise TryLater(error.says) from None
    return {}
