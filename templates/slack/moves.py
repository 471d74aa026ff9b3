"""README's table of moves, made from the code's."""

from analysis.response.life import MOVES, OPEN, READERS
from analysis.vocabulary import Role, State
from templates import names


def table() -> str:
    """Return the moves as a Markdown table: verb, from, to, who."""
    rows = [
        f"| `{move.verb}` | {_states(move.source)} | {move.target or 'as it was'} | {_roles(move.by)} |"
        for move in MOVES.values()
    ]
    return "\n".join(["| move | from | to | who may |", "|---|---|---|---|", *rows])


def _states(source: frozenset[State]) -> str:
    if source == frozenset(State):
        return "any state"
    if source == OPEN - {State.DETECTED}:
        return "any open state but detected"
    if source == OPEN:
        return "any open state"
    return ", ".join(state for state in State if state in source)


def _roles(by: frozenset[Role]) -> str:
    if by == READERS:
        return "everybody but Viewer"
    return names.listed([names.ROLE[role] for role in Role if role in by])
