"""Whom the next step of an escalation calls, said before it is pressed."""

from collections.abc import Sequence

from templates import targets as naming
from templates.slack.mrkdwn import mention


def line(targets: Sequence[str], people: Sequence[str]) -> str:
    """Return one line naming the targets and the people behind them; in a modal that rings nobody.

    >>> line(["cto"], ["U0CTOOFF01"])
    'This calls CTO: <@U0CTOOFF01>'
    """
    if not targets:
        return "The policy names nobody to call at this severity."
    named = naming.words(targets)
    persons = ", ".join(map(mention, people))
    if persons:
        return f"This calls {named}: {persons}"
    reaches = any(one.startswith(("group:", "channel:", "pager:", "notify:")) for one in targets)
    return f"This calls {named}." if reaches else f"Next is {named}; nobody is there, so the step after it is called."
