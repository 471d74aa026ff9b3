"""What a pager is to be told next, by what it was told last and how the incident stands."""

from enum import StrEnum


class Paged(StrEnum):
    """How a page stands: what the pager was told last, or told us."""

    OWED = "owed"  # it shall ring, and was not told yet
    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


def following(state: Paged, *, has_it: bool, is_over: bool) -> Paged | None:
    """Return what to tell the pager; None where it knows. `has_it`: somebody took the incident since the call.

    Who was quicker than the page is not rung: it goes out as acknowledged, for an earlier one may still ring.

    >>> following(Paged.OWED, has_it=False, is_over=False), following(Paged.TRIGGERED, has_it=True, is_over=True)
    (<Paged.TRIGGERED: 'triggered'>, <Paged.RESOLVED: 'resolved'>)
    >>> following(Paged.ACKNOWLEDGED, has_it=True, is_over=False) is None
    True
    """
    if is_over:
        return None if state is Paged.RESOLVED else Paged.RESOLVED
    if has_it:
        return Paged.ACKNOWLEDGED if state in (Paged.OWED, Paged.TRIGGERED) else None
    return Paged.TRIGGERED if state is Paged.OWED else None
