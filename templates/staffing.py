"""What is said, at a terminal, of people whom the policy needs and has not."""

from collections.abc import Sequence

from analysis.response.staffing import Lack
from templates import approvals, names

MOST = 3


def some(lines: Sequence[str]) -> str:
    """Return the first of the lines in one.

    >>> some(["a", "b", "c", "d", "e"])
    'a; b; c; and 2 more'
    """
    rest = len(lines) - MOST
    return "; ".join([*lines[:MOST], *([f"and {rest} more"] if rest > 0 else [])])


def lack(one: Lack) -> str:
    """Return which need nobody meets."""
    roles = [names.ROLE[role] for role in one.roles]
    if one.verb is None:
        return f"nobody is {roles[0]}, whom the escalation calls"
    what = f"“{approvals.title(one.verb)}”"
    if one.needed > 1:
        return f"{what} needs {names.listed(roles)}, one person each, and only {one.held_by} hold those roles"
    who = "nobody" if not one.held_by else "nobody but who asks"
    return f"{who} could approve {what}: it needs {names.listed(roles, 'or')}"
