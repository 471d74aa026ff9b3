"""Owes other gates than ours what serving code is told, and a registry elsewhere how versions stand.

Called by whatever changes a restraint or what serves.
"""

import hashlib
from datetime import datetime

from sqlmodel import Session

from bot.integrations.registry import registries
from bot.services import Services
from storage import outbox


def follow(services: Services, session: Session, model_id: str, now: datetime) -> None:
    """Owe the file of flags and each webhook; what waits already tells the newest too."""
    gates = services.policy.gates
    owed: list[tuple[str, dict[str, str]]] = [("gate_flags", {})] if gates.flagd else []
    owed += [("gate_hook", {"url": url}) for url in gates.webhooks]
    for kind, data in owed:
        where = hashlib.sha256(data["url"].encode()).hexdigest()[:16] if data else "file"
        name = f"{kind}:{where}:{model_id}"
        outbox.owe_newest(session, name, kind, model_id, now, **data)
    tag(services, session, model_id, now)


def tag(services: Services, session: Session, model_id: str, now: datetime) -> None:
    """Owe a registry elsewhere the tags that say how its versions stand; what waits already tells the newest too."""
    watched = services.policy.model(model_id)
    if watched is None or not registries.is_elsewhere(watched):
        return
    outbox.owe_newest(session, f"registry:tags:{model_id}", "registry", model_id, now)
