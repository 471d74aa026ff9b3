"""Elements in front of a person: which one is meant, what is entered, and what may not be sent yet."""

from bot.localslack.errors import SlackError
from bot.localslack.kit import values
from bot.localslack.records import Json, View


def enter(view: View, given: Json) -> None:
    """Put values into a view: `{block: {action: value}}`, or flat by action or block; `unknown_inputs`.

    A value is plain or as in `state.values`.
    """
    known = {block["block_id"] for block, _ in values.elements(view.body["blocks"])}
    known |= {element["action_id"] for _, element in values.elements(view.body["blocks"])}
    unknown = [name for name, value in given.items() if name not in known and not isinstance(value, dict)]
    if unknown:
        raise SlackError("unknown_inputs", unknown=unknown, known=sorted(known))
    for block, element in values.elements(view.body["blocks"]):
        block_id, action_id = block["block_id"], element["action_id"]
        inside = given.get(block_id)
        if element["type"] in values.VALUES:
            if isinstance(inside, dict) and action_id in inside:
                view.entered[block_id, action_id] = read(element, inside[action_id])
            elif action_id in given:
                view.entered[block_id, action_id] = read(element, given[action_id])
            elif block_id in given and not isinstance(inside, dict):
                view.entered[block_id, action_id] = read(element, inside)


def element(blocks: list[Json], action_id: str, block_id: str) -> tuple[Json, Json]:
    """Return the block and the element of an action; `action_not_found`."""
    for block, element in values.elements(blocks):
        if element["action_id"] == action_id and block_id in ("", block["block_id"]):
            return block, element
    raise SlackError("action_not_found")


def action(block: Json, element: Json, given: object) -> Json:
    """Return the action of a press or choice; `option_not_found`."""
    try:
        return values.pressed(block, element, given)
    except (LookupError, StopIteration):
        raise SlackError("option_not_found") from None


def read(element: Json, given: object) -> Json:
    """Return what is entered as in `state.values`; `option_not_found`, `invalid_value`."""
    try:
        entered = values.read(element, given)
    except LookupError:
        raise SlackError("option_not_found") from None
    row = values.VALUES[element["type"]]
    many = entered[row.name] if row.is_list else [entered[row.name]]
    kind = dict if row.is_option else int if element["type"] == "datetimepicker" else str
    if any(not isinstance(one, kind) for one in many if one is not None):
        raise SlackError("invalid_value", action_id=element["action_id"])
    return entered


def errors(view: View) -> Json:
    """Return what is told at each input before anything is sent."""
    entered = values.state(view.body["blocks"], view.entered)
    problems: Json = {}
    for block, element in values.elements(view.body["blocks"]):
        if block["type"] == "input":
            problem = values.problem_of(block, element, entered[block["block_id"]][element["action_id"]])
            if problem:
                problems[block["block_id"]] = problem
    return problems


def usable(view: View, errors: object) -> Json | None:
    """Return the app's errors if each stands at an input of the view, as Slack asks."""
    inputs = {block["block_id"] for block in view.body["blocks"] if block["type"] == "input"}
    return errors if isinstance(errors, dict) and errors and inputs >= errors.keys() else None
