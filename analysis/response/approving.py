"""A second person (E4): which part of an approval somebody gives, and what becomes of it.

A wish needs one yes a part, each from another person, none from who asked. Most have one part; a change of the policy
has three.
"""

from collections.abc import Collection, Mapping, Sequence, Set
from enum import StrEnum

from analysis.errors import NotAllowed
from analysis.vocabulary import Role

Parts = Sequence[Set[Role]]

POLICY = tuple(frozenset({role}) for role in (Role.ML_LEAD, Role.COMPLIANCE_OFFICER, Role.CTO))  # 003 §9: of its change


class Status(StrEnum):
    """Where a wish stands that needs others."""

    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    VOID = "void"  # what it was asked of has changed, or who asked no longer may


def part_for(
    verb: str, parts: Parts, given: Collection[int], roles: Set[Role], holders: Mapping[Role, int] | None = None
) -> int:
    """Return the part that somebody of those roles gives; raise NotAllowed where none that is left is theirs.

    Of two it is the one that the fewest people could give, so that somebody with two roles blocks nothing.

    >>> lead, cto = frozenset({Role.ML_LEAD}), frozenset({Role.CTO})
    >>> part_for("policy", [lead, cto], (), {Role.ML_LEAD, Role.CTO}, {Role.ML_LEAD: 3, Role.CTO: 1})
    1
    """
    left = [number for number in range(len(parts)) if number not in given]
    mine = [number for number in left if parts[number] & roles]
    if not mine:
        raise NotAllowed(verb, frozenset().union(*(parts[number] for number in left or range(len(parts)))))
    many = holders or {}
    return min(mine, key=lambda number: sum(many.get(role, 0) for role in parts[number]))


def is_whole(parts: Parts, given: Collection[int]) -> bool:
    """Return whether every part was given.

    >>> is_whole([{Role.CTO}, {Role.ML_LEAD}], {1})
    False
    """
    return set(range(len(parts))) <= set(given)
