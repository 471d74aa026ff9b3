"""Whom the policy needs: the roles that an escalation calls, and the ones of which somebody has to approve."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import combinations

from analysis.policy import Policy
from analysis.response import life
from analysis.response.approving import POLICY
from analysis.response.life import Move
from analysis.vocabulary import Role

Holders = Mapping[Role, Collection[str]]  # the active people who hold a role


@dataclass(frozen=True)
class Lack:
    """A need that nobody meets: a role that is called, or one of which too few people could approve a verb."""

    roles: tuple[Role, ...]  # any of them would do
    verb: str | None = None  # what cannot be approved; None: an escalation calls the role
    held_by: int = 0  # people who hold one of them
    needed: int = 1  # people who have to say yes, each for a part of their own


def called(policy: Policy) -> set[Role]:
    """Return the roles that a step of an escalation calls."""
    return {Role(name) for path in policy.escalation for step in path.steps for name in step.to if name in set(Role)}


def lacks(policy: Policy, holders: Holders) -> list[Lack]:
    """Return what nobody answers: roles that are called in vain, and what nobody could approve."""
    found = [Lack((role,)) for role in Role if role in called(policy) and not holders.get(role)]
    found += [one for move in life.MOVES.values() if move.second for one in _second(move, holders)]
    return [*found, *_policy(holders)]


def _second(move: Move, holders: Holders) -> list[Lack]:
    """Return a lack where each who may ask for the move is the only one who could approve it, or nobody could."""
    can = _people(move.second, holders)
    askers = _people(move.by, holders) or {""}
    return [] if any(can - {asker} for asker in askers) else [Lack(_in_order(move.second), move.verb, len(can))]


def _policy(holders: Holders) -> list[Lack]:
    """Return a lack where a change of the policy has fewer people than parts: each needs a person of its own."""
    for many in range(1, len(POLICY) + 1):
        for parts in combinations(POLICY, many):
            roles = frozenset[Role]().union(*parts)
            if len(_people(roles, holders)) < many:
                return [Lack(_in_order(roles), "policy", len(_people(roles, holders)), many)]
    return []


def _people(roles: Collection[Role], holders: Holders) -> set[str]:
    return {one for role in roles for one in holders.get(role, ())}


def _in_order(roles: Collection[Role]) -> tuple[Role, ...]:
    return tuple(role for role in Role if role in roles)
