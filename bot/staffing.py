"""What `doctor` says of people: whom the policy names in vain, which roles nobody holds, when nobody is on call."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlmodel import Session

from analysis.policy import GROUP, Policy
from analysis.response import staffing
from analysis.rotas import ON_CALL
from analysis.vocabulary import Role
from bot import duty
from storage import groups, people
from storage.tables import Person
from templates import staffing as words
from templates.oncall import gap as gap_line

AHEAD = timedelta(days=14)
USER = "user:"  # of a step that calls one person
Result = tuple[bool | None, str]


def on_call(session: Session, policy: Policy, now: datetime) -> Result:
    """Return whether somebody is on call at each moment of the coming two weeks."""
    if not policy.rotas:
        return True, "the policy has no rota; who holds On-call stands under `roles:`"
    found = []
    for rota in policy.rotas:
        roster = duty.roster(session, rota, now)
        known = _known(session, rota.people())
        found += [f"{rota.name}: {gap_line(one, _name(known, one.duty.person))}" for one in roster.gaps(AHEAD)]
    return (False, words.some(found)) if found else (True, "nobody is missing within two weeks")


def named(session: Session, policy: Policy, now: datetime) -> Result:
    """Return whether everybody whom the policy names is an active person of the workspace."""
    wanted = _named(policy)
    if not wanted:
        return None, "the policy names nobody yet: give people roles under `roles:`"
    known = _known(session, wanted)
    if not known:
        return None, "nobody was looked up in Slack yet; the bot does so when it runs"
    unknown = [f"{name} is not known in Slack" for name in sorted(wanted - set(known))]
    gone = [f"{name} is deactivated in Slack" for name, one in sorted(known.items()) if not one.is_active]
    found = [*unknown, *gone]
    return (False, words.some(found)) if found else (True, f"all {len(wanted)} whom the policy names are active")


def roles(session: Session, policy: Policy, now: datetime) -> Result:
    """Return whether somebody holds each role that is called, or that has to approve."""
    holders = {role: _holders(session, policy, role) for role in Role}
    found = [words.lack(one) for one in staffing.lacks(policy, holders)]
    return (False, words.some(found)) if found else (True, "somebody answers every call and every approval")


def _named(policy: Policy) -> set[str]:
    held = {name for names in policy.roles.values() for name in names if not name.startswith(GROUP)}
    called = {name for path in policy.escalation for step in path.steps for name in step.to}
    alone = {name.removeprefix(USER) for name in called if name.startswith(USER)}
    return held | alone | {name for rota in policy.rotas for name in rota.people()}


def _holders(session: Session, policy: Policy, role: Role) -> set[str]:
    rota = policy.rota(ON_CALL) if role is Role.ON_CALL else None
    held = set(rota.people() if rota else policy.roles.get(role, ()))
    return set(people.reachable(session, held | groups.members(session, held)).values())


def _known(session: Session, wanted: Iterable[str]) -> dict[str, Person]:
    """Return the people whom Slack knows, by the name that the policy uses; of two with one address, who is active."""
    found = {name: people.known_as(session, name) for name in wanted}
    return {name: one for name, one in found.items() if one is not None}


def _name(known: dict[str, Person], name: str | None) -> str:
    return known[name].name if name in known else name or "nobody"
