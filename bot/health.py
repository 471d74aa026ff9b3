"""Whether the bot does what it is there for: what `/readyz` says, and the names of what is wrong."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from bot.line import Line
from bot.loops import Beat, Loops
from bot.services import Services
from bot.ticking import Tick
from storage import migrate, vitals
from storage.database import Busy

TICK_S = 30.0
OWED_S = 300.0  # B4: delivered within five minutes


@dataclass(frozen=True)
class Parts:
    """What of a running bot can be looked at; a server that runs without a bot has none of it."""

    loops: Loops | None = None
    tick: Tick | None = None
    line: Line | None = None


@dataclass(frozen=True)
class Health:
    """The facts, and in `wrong` the name of each that is not as it should be."""

    ready: bool = False
    wrong: list[str] = field(default_factory=list)
    schema: str | None = None
    owed: int | None = None
    parked: int | None = None
    oldest_due_s: float | None = None
    oldest_elsewhere_s: float | None = None
    last_tick_s: float | None = None
    loops: dict[str, dict[str, Any]] = field(default_factory=dict)
    trouble: str | None = None

    def facts(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)


def look(services: Services, parts: Parts) -> Health:
    """Return how the bot is."""
    wrong, stored = _stored(services)
    beats = parts.loops.beats() if parts.loops else []
    tick_s = round(parts.tick.age_s, 1) if parts.tick else None
    trouble = parts.line.trouble if parts.line else None
    wrong += ["tick"] if tick_s is not None and tick_s > TICK_S else []
    wrong += [f"loop {beat.name}" for beat in beats if not beat.is_well]
    wrong += ["slack"] if trouble else []
    loops = {beat.name: _told(beat) for beat in beats}
    return Health(not wrong, wrong, **stored, last_tick_s=tick_s, loops=loops, trouble=trouble)


def _stored(services: Services) -> tuple[list[str], dict[str, Any]]:
    """Return what is wrong with the database and what it owes; an old schema is asked for nothing more."""
    now = services.clock()
    try:
        with services.database.read() as session:
            current, newest = migrate.revisions(services.database)
            if current != newest:
                return ["schema"], {"schema": current}
            seen = vitals.waiting(session, now)
    except Busy:
        return ["database"], {}
    age = _age(seen.since, now)
    facts = {"schema": current, "owed": seen.owed, "parked": seen.parked, "oldest_due_s": age}
    facts["oldest_elsewhere_s"] = _age(seen.elsewhere_since, now)
    return ["owed"] if age is not None and age > OWED_S else [], facts


def _age(since: datetime | None, now: datetime) -> float | None:
    return None if since is None else round((now - since).total_seconds(), 1)


def _told(beat: Beat) -> dict[str, Any]:
    told: dict[str, Any] = {"alive": beat.is_alive, "beat_s": round(beat.age_s, 1)}
    return told | ({"in_step_s": round(beat.in_step_s, 1)} if beat.in_step_s is not None else {})
