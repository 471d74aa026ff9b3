"""Keeps a registry elsewhere in step with our tables: an alias that we moved, and the tags that say how versions stand.

`frozen`: the model is restrained (of the version that serves); `blocked`: it must not serve; `validated`: the retrain
that it passed as. The three tags are ours: what a version is not, is taken away.
"""

from typing import Any

from bot.integrations.registry import registries
from bot.services import Services
from storage import oversight, registry
from storage.tables import OversightChange, Owed

TAGS = ("frozen", "blocked", "validated")


def keep(services: Services, row: Owed) -> dict[str, Any]:
    """Return nothing to note, once the registry says what our tables say; raise SendError."""
    watched = services.policy.model(row.subject)
    if watched is None or not registries.is_elsewhere(watched):
        return {}
    there, alias = registries.of(services, watched), row.data.get("alias")
    if alias is not None:
        with services.database.read() as session:
            change = registry.alias(session, row.subject, str(alias))
        there.point(row.subject, str(alias), change.version if change else None)
        return {}
    found, champion = there.versions(row.subject), there.aliases(row.subject).get(registry.CHAMPION)
    wanted = _wanted(services, row.subject, champion)
    for one in found:
        has = one.details.get("tags", {})
        for name in TAGS:
            value = wanted.get(one.version, {}).get(name)
            if has.get(name) != value:
                there.tag(row.subject, one.version, name, value)
    return {}


def _wanted(services: Services, model_id: str, champion: str | None) -> dict[str, dict[str, str]]:
    """Return the tags that each version has to have."""
    with services.database.read() as session:
        held = oversight.strictest(session, model_id)
        blocked = {one.version: one.mismatch or one.blocked_by for one in registry.versions(session, model_id)}
        passed = registry.passed(session, model_id)
    wanted: dict[str, dict[str, str]] = {name: {"blocked": why} for name, why in blocked.items() if why}
    for one in reversed(passed):
        wanted.setdefault(str(one.candidate), {})["validated"] = one.id
    if held is not None and champion is not None:
        wanted.setdefault(champion, {})["frozen"] = _frozen(held)
    return wanted


def _frozen(held: OversightChange) -> str:
    """Return the restraint in a few words.

    >>> _frozen(OversightChange(level=4, incident_id="INC-2026-03-001"))
    'level 4, INC-2026-03-001'
    """
    part = f" for {held.segment}" if held.segment else ""
    return f"level {held.level}{part}" + (f", {held.incident_id}" if held.incident_id else "")
