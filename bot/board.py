"""What each model's serving code is told: how far the model is restrained, and which version serves."""

import hashlib
import json
from dataclasses import dataclass, field

from sqlmodel import Session

from analysis.response import restraint
from analysis.response.restraint import Gate
from bot.services import Services
from storage import oversight, registry
from storage.tables import Model

Mark = tuple[int, int, int | None]


@dataclass(frozen=True)
class Told:
    """What serving code is told, and the name of just that."""

    body: bytes
    etag: str


@dataclass(eq=False)
class Board:
    """What each model's serving code is told; a call costs one small query while nothing has changed."""

    services: Services
    _told: dict[str, tuple[Mark, Told]] = field(default_factory=dict)

    def mark(self) -> Mark:
        """Return what is another whenever anything told may be."""
        with self.services.database.read() as session:
            return self._mark(session)

    def read(self, model_id: str) -> tuple[Mark, Told] | None:
        """Return what the model's serving code is told now, and as of when; None where no such model is watched."""
        with self.services.database.read() as session:
            mark = self._mark(session)
            known = self._told.get(model_id)
            if known is not None and known[0] == mark:
                return known
            if not model_id.isprintable() or session.get(Model, model_id) is None:
                return None
            watched = self.services.policy.model(model_id) if self.services.policy else None
            champion = registry.alias(session, model_id, registry.CHAMPION)
            standing = [oversight.restraint(one) for one in oversight.standing(session, model_id)]
        serve = champion.version if champion else None
        facts = restraint.told(model_id, serve, standing, watched.gate if watched else Gate())
        body = json.dumps(facts, sort_keys=True, ensure_ascii=False).encode()
        told = Told(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
        self._told[model_id] = (mark, told)
        return mark, told

    def _mark(self, session: Session) -> Mark:
        return (*oversight.mark(session), self.services.policy_version)
