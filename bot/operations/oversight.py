"""Restrains a model and lets it go again; the gate reads the newest change."""

from analysis.errors import Missing
from analysis.vocabulary import Oversight
from bot.operations.doing import Doing, Effect
from storage import oversight
from storage.tables import OversightChange


def freeze(doing: Doing) -> Effect:
    """Set the oversight level that was chosen; the incident is contained from then on."""
    level = _level(doing)
    watched = doing.services.policy.model(doing.incident.model_id)
    fallback = doing.field("fallback") or (watched.fallback if watched else None)
    _change(doing, level, fallback)
    columns = {"contained_at": doing.incident.contained_at or doing.now}
    facts = {"level": int(level), "reason": doing.field("reason")}
    return Effect(columns, facts | ({"fallback": fallback} if fallback else {}))


def unfreeze(doing: Doing) -> Effect:
    """Set the model back to normal."""
    now = oversight.current(doing.session, doing.incident.model_id)
    if now is None or now.level == Oversight.NORMAL:
        raise Missing("unfreeze", "model", "is not restrained")
    _change(doing, Oversight.NORMAL, None)
    return Effect(facts={"was": now.level, "reason": doing.field("reason")})


def loosens(doing: Doing) -> OversightChange | None:
    """Return the restraint that the move would make weaker; None where it makes none weaker."""
    verb, now = doing.request.verb, oversight.current(doing.session, doing.incident.model_id)
    if now is None or verb not in {"freeze", "unfreeze"}:
        return None
    return now if verb == "unfreeze" or _level(doing) < now.level else None


def _level(doing: Doing) -> Oversight:
    text = doing.field("level")
    try:
        level = Oversight(int(text))
    except ValueError:
        raise Missing("freeze", "level", f"“{text}” is no level: use 1 to 4") from None
    if level is Oversight.NORMAL:
        raise Missing("freeze", "level", "0 is normal operation: use 1 to 4, or unfreeze")
    return level


def _change(doing: Doing, level: Oversight, fallback: str | None) -> None:
    new = OversightChange(
        model_id=doing.incident.model_id,
        sequence=0,
        level=int(level),
        fallback=fallback,
        reason=doing.field("reason"),
        incident_id=doing.incident.id,
        by=doing.request.actor,
        at=doing.now,
    )
    oversight.change(doing.session, new)
