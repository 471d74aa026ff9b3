"""Whom the targets of an escalation step reach now: people, groups, channels, pagers; and whom they do not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlmodel import Session

from analysis.rotas import ON_CALL, Place
from analysis.vocabulary import Role
from bot import duty
from bot.services import Services
from storage import people


@dataclass
class Reached:
    """Who is reached, and the targets behind which there is nobody."""

    people: list[str] = field(default_factory=list)  # Slack ids, each once, in the order of the targets
    groups: list[str] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    pagers: list[str] = field(default_factory=list)
    notifiers: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Return whether anybody is reached."""
        return bool(self.people or self.groups or self.channels or self.pagers or self.notifiers)

    def facts(self) -> dict[str, Any]:
        """Return what the timeline keeps."""
        named = {"groups": self.groups, "channels": self.channels, "pagers": self.pagers, "notifiers": self.notifiers}
        named |= {"empty": self.empty}
        return {"people": self.people} | {name: value for name, value in named.items() if value}


def reach(services: Services, session: Session, targets: Sequence[str]) -> Reached:
    """Return whom the targets reach."""
    found = Reached()
    for target in targets:
        kind, _, name = target.partition(":")
        if kind == "group":
            found.groups.append(name)
        elif kind == "channel":
            found.channels.append(name)
        elif kind == "pager":
            _sort(found.pagers, found.empty, target, is_there=services.policy.pager(name) is not None)
        elif kind == "notify":
            _sort(found.notifiers, found.empty, target, is_there=services.policy.notifier(name) is not None)
        else:
            persons = _people(services, session, target)
            found.people += [one for one in persons if one not in found.people]
            found.empty += [] if persons else [target]
    return found


def _sort(there: list[str], gone: list[str], target: str, *, is_there: bool) -> None:
    """Keep the name of what is there; what has left the policy since the step was planned reaches nobody."""
    (there if is_there else gone).append(target.partition(":")[2] if is_there else target)


def _people(services: Services, session: Session, target: str) -> list[str]:
    kind, _, name = target.partition(":")
    if kind == "user":
        return list(people.reachable(session, [name]).values())
    if kind == "rota":
        rota, _, place = name.partition(":")
        return _on(services, session, rota, Place(place) if place else None)
    if target == Role.ON_CALL and services.policy.rota(ON_CALL) is not None:
        return _on(services, session, ON_CALL, None)
    return services.holders(session, {Role(target)})


def _on(services: Services, session: Session, name: str, place: Place | None) -> list[str]:
    """Return who has the place now; without one the primary, or who stands behind where there is no primary."""
    rota = services.policy.rota(name)
    if rota is None:  # it was there when the step was planned
        return []
    seen = duty.roster(session, rota, services.clock())
    places = [place] if place else list(Place)
    return [one for each in places if (one := seen.on_now(each)) is not None][:1]
