"""Whom a step of an escalation calls, in words that ring nobody."""

from collections.abc import Iterable

from analysis.vocabulary import Role
from templates import names
from templates.slack.mrkdwn import code, said


def words(targets: Iterable[str]) -> str:
    """Return the targets of a step as people say them.

    >>> words(["on_call", "rota:nights:secondary", "channel:risk"])
    'On-call, secondary of nights and #risk'
    """
    return names.listed([_one(target) for target in targets])


def _one(target: str) -> str:
    if target in set(Role):
        return names.ROLE[Role(target)]
    kind, _, name = target.partition(":")
    if kind == "rota":
        rota, _, place = name.partition(":")
        return said(f"{place or 'primary'} of {rota}")
    if kind == "channel":
        return said(f"#{name}")
    if kind in ("pager", "notify"):
        return f"{'the pager' if kind == 'pager' else 'a message by'} {code(name)}"
    return f"user group {code(name)}" if kind == "group" else code(name)
