"""Whom the next step of an escalation calls, said before it is pressed."""

from collections.abc import Sequence

from analysis.vocabulary import Role
from templates import names
from templates.slack.mrkdwn import mention


def line(roles: Sequence[Role], people: Sequence[str]) -> str:
    """Return one line naming the roles and the people who hold them; raw names never ring anybody in a modal.

    >>> line([Role.CTO], ["U0CTOOFF01"])
    'This calls the CTO: <@U0CTOOFF01>'
    """
    if not roles:
        return "The policy names nobody to call at this severity."
    who = names.listed([names.ROLE[role] for role in roles])
    return f"This calls the {who}: {', '.join(map(mention, people)) or 'nobody holds that role yet'}"
