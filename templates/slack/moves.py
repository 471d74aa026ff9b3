"""README's table of moves, made from the code's."""

from analysis.response.life import ENDED, MOVES, OFFICERS, OPEN, READERS, RESPONDERS
from analysis.vocabulary import Role, State
from templates import names


# Who acts together; the names that README's table uses for them.
GROUPS = {"everybody but Viewer": READERS, "*responders*": RESPONDERS, "*officers*": OFFICERS}

STATES = {"any open state": OPEN, "any ended state": ENDED, "any state": frozenset(State)}


def table() -> str:
    """Return the moves as a Markdown table: verb, from, to, who; under it who the groups are."""
    rows = [
        f"| `{move.verb}` | {_states(move.source)} | {move.target or 'as it was'} | {_roles(move.by)} |"
        for move in MOVES.values()
    ]
    groups = [f"{name.strip('*')} are {_names(GROUPS[name])}" for name in ("*responders*", "*officers*")]
    return "\n".join(["| move | from | to | who may |", "|---|---|---|---|", *rows, "", f"Here {'; '.join(groups)}."])


def _states(source: frozenset[State]) -> str:
    for words, states in STATES.items():
        left_out = states - source
        if source <= states and len(left_out) <= 1:
            return f"{words} but {min(left_out)}" if left_out else words
    return ", ".join(state for state in State if state in source)


def _roles(by: frozenset[Role]) -> str:
    parts, left = [], by
    for name, group in GROUPS.items():
        if group <= by and group & left:
            parts.append(name)
            left -= group
    return names.listed([*parts, *(names.ROLE[role] for role in Role if role in left)])


def _names(roles: frozenset[Role]) -> str:
    return names.listed([names.ROLE[role] for role in Role if role in roles])
