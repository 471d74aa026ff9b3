"""README's table of moves, made from the code's."""

from analysis.response import life
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


def diagram() -> str:
    """Return the states as a Mermaid diagram: the open ones in a box, an arrow for the verbs that lead elsewhere."""
    within, out = _arrows(OPEN, OPEN), _arrows(frozenset(State), ENDED) + _arrows(ENDED, OPEN)
    inner = ["    state open {", "        [*] --> detected", *(f"        {arrow}" for arrow in within), "    }"]
    lines = ["stateDiagram-v2", "    [*] --> open", *inner, *(f"    {arrow}" for arrow in out)]
    return "\n".join(["```mermaid", *lines, "```"])


def _arrows(sources: frozenset[State], targets: frozenset[State]) -> list[str]:
    """Return the arrows from some states to some; one from the whole box where it leads out of it."""
    found: dict[tuple[str, State], list[str]] = {}
    for move in MOVES.values():
        for state in (one for one in State if one in move.source & sources):
            target = life.make(move.verb, state, move.by)
            begins = "open" if state in OPEN and target in ENDED else state.value
            verbs = found.setdefault((begins, target), [])
            if target is not state and target in targets and move.verb not in verbs:
                verbs.append(move.verb)
    return [f"{begins} --> {target}: {', '.join(verbs)}" for (begins, target), verbs in found.items() if verbs]


def _states(source: frozenset[State]) -> str:
    for words, states in STATES.items():
        left_out = [state.value for state in State if state in states - source]
        if source <= states and len(left_out) <= 2:
            return f"{words} but {names.listed(left_out)}" if left_out else words
    named, rest = ("any open state, ", source - OPEN) if source > OPEN else ("", source)
    return named + ", ".join(state for state in State if state in rest)


def _roles(by: frozenset[Role]) -> str:
    parts, left = [], by
    for name, group in GROUPS.items():
        if group <= by and group & left:
            parts.append(name)
            left -= group
    return names.listed([*parts, *(names.ROLE[role] for role in Role if role in left)])


def _names(roles: frozenset[Role]) -> str:
    return names.listed([names.ROLE[role] for role in Role if role in roles])
