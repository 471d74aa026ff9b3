"""A baseline counted anew from what the model decides now: why, and who has to agree (003 §4)."""

from collections.abc import Set
from datetime import timedelta
from enum import StrEnum

from analysis.vocabulary import Role

SPAN = timedelta(days=7)  # 003 §4.4: a reset counts the last seven days


class Cause(StrEnum):
    """Why a baseline is reset: the triggers of 003 §4.2."""

    CONCEPT_DRIFT = "concept_drift"  # the world has changed, and that is accepted
    DATA_SOURCE = "data_source"  # the data comes from elsewhere, or otherwise
    REFRESH = "refresh"  # the review of the quarter: drift has settled


def approvers(cause: Cause, asks: Set[Role]) -> frozenset[Role]:
    """Return the roles of which a second person must hold one, for who asks with these roles.

    Only the CTO decides on a new source; where the CTO asks, that is given, and the ML Lead is the second person.

    >>> sorted(approvers(Cause.DATA_SOURCE, {Role.ML_LEAD}))
    [<Role.CTO: 'cto'>]
    >>> sorted(approvers(Cause.DATA_SOURCE, {Role.CTO})) == sorted(approvers(Cause.REFRESH, {Role.ML_LEAD}))
    True
    """
    if cause is Cause.DATA_SOURCE and Role.CTO not in asks:
        return frozenset({Role.CTO})
    return frozenset({Role.ML_LEAD, Role.CTO})
