"""Owes other gates than ours what serving code is told, and a registry elsewhere how versions stand.

Called by whatever changes a restraint or what serves.
"""

import hashlib
from datetime import datetime

from sqlmodel import Session

from analysis.response.notifying import Reason
from bot.integrations.registry import registries
from bot.services import Services
from storage import outbox
from storage.tables import Owed


def follow(services: Services, session: Session, model_id: str, now: datetime) -> None:
    """Owe the file of flags and each webhook; what waits already tells the newest too."""
    gates = services.policy.gates
    owed: list[tuple[str, dict[str, str]]] = [("gate_flags", {})] if gates.flagd else []
    owed += [("gate_hook", {"url": url}) for url in gates.webhooks]
    for kind, data in owed:
        where = hashlib.sha256(data["url"].encode()).hexdigest()[:16] if data else "file"
        name = f"{kind}:{where}:{model_id}"
        row = Owed(
            key=f"{name}:{now.timestamp():.6f}",
            coalesce=name,
            kind=kind,
            subject=model_id,
            channel=kind,
            priority=0,
            data=dict(data),
            reason=Reason.ACTED,
            next_at=now,
            created_at=now,
        )
        outbox.owe(session, row)
    tag(services, session, model_id, now)


def tag(services: Services, session: Session, model_id: str, now: datetime) -> None:
    """Owe a registry elsewhere the tags that say how its versions stand; what waits already tells the newest too."""
    watched = services.policy.model(model_id)
    if watched is None or not registries.is_elsewhere(watched):
        return
    name = f"registry:tags:{model_id}"
    row = Owed(
        key=f"{name}:{now.timestamp():.6f}",
        coalesce=name,
        kind="registry",
        subject=model_id,
        channel="registry",
        priority=0,
        reason=Reason.ACTED,
        next_at=now,
        created_at=now,
    )
    outbox.owe(session, row)
