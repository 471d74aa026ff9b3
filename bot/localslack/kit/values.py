"""What a person enters: the name of each element's value in `actions` and `state.values`, and where elements are."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
Entered = Mapping[tuple[str, str], Json]


@dataclass(frozen=True)
class Value:
    """The name of an element's value, the property it starts from, and whether it is picked among options."""

    name: str
    initial: str
    is_option: bool = False
    is_list: bool = False


def _rows() -> Iterator[tuple[str, Value]]:
    for kind in ("static_select", "external_select", "radio_buttons"):
        yield kind, Value("selected_option", "initial_option", is_option=True)
    for kind in ("multi_static_select", "multi_external_select", "checkboxes"):
        yield kind, Value("selected_options", "initial_options", is_option=True, is_list=True)
    for noun in ("user", "conversation", "channel"):
        yield f"{noun}s_select", Value(f"selected_{noun}", f"initial_{noun}")
        yield f"multi_{noun}s_select", Value(f"selected_{noun}s", f"initial_{noun}s", is_list=True)
    for kind in ("plain_text_input", "email_text_input", "url_text_input", "number_input"):
        yield kind, Value("value", "initial_value")


VALUES: dict[str, Value] = {
    **dict(_rows()),
    "datepicker": Value("selected_date", "initial_date"),
    "timepicker": Value("selected_time", "initial_time"),
    "datetimepicker": Value("selected_date_time", "initial_date_time"),
}
PRESSED = ("button", "icon_button", "feedback_buttons", "overflow")


def elements(blocks: Iterable[Json]) -> Iterator[tuple[Json, Json]]:
    """Yield each interactive element with its block."""
    for block in blocks:
        inside = [block.get("accessory"), block.get("element"), *block.get("elements", ())]
        for element in inside:
            if isinstance(element, dict) and (element.get("type") in VALUES or element.get("type") in PRESSED):
                yield block, element


def name_all(blocks: Iterable[Json], fresh: Iterator[str]) -> list[Json]:
    """Return the blocks with an id for each block and element that came without one, as Slack gives them."""
    named = []
    for block in blocks:
        copy = {**block, "block_id": block.get("block_id") or next(fresh)}
        for place in ("accessory", "element"):
            if isinstance(copy.get(place), dict) and copy[place].get("type") not in ("image",):
                copy[place] = {**copy[place], "action_id": copy[place].get("action_id") or next(fresh)}
        if copy["type"] in ("actions", "context_actions"):
            copy["elements"] = [{**one, "action_id": one.get("action_id") or next(fresh)} for one in copy["elements"]]
        named.append(copy)
    return named


def options(element: Json) -> list[Json]:
    """Return every option of an element, those in groups too."""
    grouped = [option for group in element.get("option_groups", ()) for option in group["options"]]
    return [*element.get("options", ()), *grouped]


def read(element: Json, given: object) -> Json:
    """Return what a person entered as in `state.values`; `given` is plain (a value, a list) or of that shape."""
    value = VALUES[element["type"]]
    if isinstance(given, dict) and value.name in given:
        given = given[value.name]
    if value.is_list:
        many = given if isinstance(given, list) else [] if given in (None, "") else [given]
        given = [_option(element, one) for one in many] if value.is_option else many
    elif value.is_option:
        given = _option(element, given)
    if given == "":
        given = None
    return {"type": element["type"], value.name: given}


def _option(element: Json, given: object) -> Json | None:
    if given is None or given == "":
        return None
    wanted = given["value"] if isinstance(given, dict) else given
    for option in options(element):
        if option["value"] == wanted:
            return {name: option[name] for name in ("text", "value", "description") if name in option}
    if element["type"].endswith("external_select") and isinstance(given, dict):
        return given
    raise LookupError(f"no option {wanted!r} in {element.get('action_id')!r}")


def state(blocks: Iterable[Json], entered: Entered) -> Json:
    """Return `state.values`: what was entered, otherwise what each element starts with."""
    values: Json = {}
    for block, element in elements(blocks):
        if element["type"] in VALUES:
            key = (block["block_id"], element["action_id"])
            start = element.get(VALUES[element["type"]].initial)
            values.setdefault(key[0], {})[key[1]] = entered.get(key) or read(element, start)
    return values


def pressed(block: Json, element: Json, given: object) -> Json:
    """Return the action of a press or choice, without its time."""
    action: Json = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
    if element["type"] == "overflow":
        chosen = _option(element, given)
        if chosen is None:
            raise LookupError("a menu is pressed by a choice")
        return action | {"selected_option": chosen}
    if element["type"] == "feedback_buttons":
        chosen = next(one for one in (element["positive_button"], element["negative_button"]) if one["value"] == given)
        return action | {"text": chosen["text"], "value": chosen["value"]}
    if element["type"] in PRESSED:
        return action | {
            name: element[name] for name in ("text", "value", "style", "url", "confirm") if name in element
        }
    entered = read(element, given)
    start = VALUES[element["type"]].initial
    return action | entered | ({start: element[start]} if start in element else {})


def problem_of(block: Json, element: Json, value: Json) -> str | None:
    """Return what the person is told about an input before anything is sent, if it may not be sent."""
    entered = value.get(VALUES[element["type"]].name)
    if entered in (None, [], ""):
        return None if block.get("optional") else "Please complete this required field."
    if isinstance(entered, list):
        most = element.get("max_selected_items", len(entered))
        return f"You can select at most {most}." if len(entered) > most else None
    check = _TYPED_PROBLEMS.get(element["type"])
    return check(element, str(entered)) if check else None


def _length_problem(element: Json, entered: str) -> str | None:
    if len(entered) < element.get("min_length", 0):
        return f"Enter at least {element['min_length']} characters."
    if len(entered) > element.get("max_length", 3000):
        return f"Enter at most {element.get('max_length', 3000)} characters."
    return None


def _number_problem(element: Json, entered: str) -> str | None:
    try:
        number = float(entered)
    except ValueError:
        return "Enter a number."
    if not math.isfinite(number):
        return "Enter a number."
    if not element["is_decimal_allowed"] and number != int(number):
        return "Enter a whole number."
    if "min_value" in element and number < float(element["min_value"]):
        return f"Enter a number of at least {element['min_value']}."
    if "max_value" in element and number > float(element["max_value"]):
        return f"Enter a number of at most {element['max_value']}."
    return None


def _email_problem(_: Json, entered: str) -> str | None:
    return None if "@" in entered else "Enter an email address in the format: user@example.com"


def _url_problem(_: Json, entered: str) -> str | None:
    return None if "://" in entered else "Enter a URL in the format: https://example.com"


_TYPED_PROBLEMS: dict[str, Callable[[Json, str], str | None]] = {
    "plain_text_input": _length_problem,
    "number_input": _number_problem,
    "email_text_input": _email_problem,
    "url_text_input": _url_problem,
}
