"""The words of the tables of Block Kit: each returns a check, and a check yields problems with their pointer."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

Check = Callable[[object, str], Iterator[str]]


@dataclass(frozen=True)
class Required:
    """A property that may not be left out."""

    check: Check


Shape = Mapping[str, Check | Required]


def problem(text: str, at: str) -> str:
    """Return a problem as Slack words it: what is wrong and where."""
    return f"{text} [json-pointer:{at}]"


def string(most: int = 10**9, *, least: int = 1, pattern: str = "") -> Check:
    """Return the check of a text of `least` to `most` characters."""

    def check(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield problem("must be a string", at)
        elif len(value) > most:
            yield problem(f"must be less than {most + 1} characters", at)
        elif len(value) < least:
            yield problem(f"must be more than {least - 1} characters", at)
        elif pattern and not re.search(pattern, value):
            yield problem("does not match the required pattern", at)

    return check


def one_of(*values: object) -> Check:
    """Return the check of a value from a list."""

    def check(value: object, at: str) -> Iterator[str]:
        if value not in values:
            yield problem(f"must be a valid enum value: {', '.join(map(str, values))}", at)

    return check


def boolean(value: object, at: str) -> Iterator[str]:
    """Yield a problem unless the value is a boolean."""
    if not isinstance(value, bool):
        yield problem("must be a boolean", at)


def mapping(value: object, at: str) -> Iterator[str]:
    """Yield a problem unless the value is an object."""
    if not isinstance(value, dict):
        yield problem("must be an object", at)


def sequence(value: object, at: str) -> Iterator[str]:
    """Yield a problem unless the value is an array."""
    if not isinstance(value, list):
        yield problem("must be an array", at)


def number(least: float = float("-inf"), most: float = float("inf")) -> Check:
    """Return the check of a number between two bounds."""

    def check(value: object, at: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield problem("must be a number", at)
        elif not least <= value <= most:
            yield problem(f"must be between {least} and {most}", at)

    return check


def items(check_one: Check, most: int, *, least: int = 1) -> Check:
    """Return the check of a list of `least` to `most` items, each checked."""

    def check(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield problem("must be an array", at)
            return
        if len(value) > most:
            yield problem(f"no more than {most} items allowed", at)
        if len(value) < least:
            yield problem(f"no less than {least} items allowed", at)
        for index, one in enumerate(value):
            yield from check_one(one, f"{at}/{index}")

    return check


def shape(table: Shape) -> Check:
    """Return the check of an object: required and known properties, each checked."""

    def check(value: object, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield problem("must be an object", at)
            return
        for name, row in table.items():
            if isinstance(row, Required) and name not in value:
                yield problem(f"missing required field: {name}", at)
        for name, given in value.items():
            if name not in table:
                yield problem(f"unsupported additional property: {name}", at)
            else:
                known = table[name]
                yield from (known.check if isinstance(known, Required) else known)(given, f"{at}/{name}")

    return check


def typed(tables: Mapping[str, Shape], names: tuple[str, ...] | None = None) -> Check:
    """Return the check of an object whose `type` names its table; `names` are the types allowed here."""

    def check(value: object, at: str) -> Iterator[str]:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in tables or (names is not None and kind not in names):
            yield problem(f"unsupported type: {kind}", f"{at}/type")
        else:
            yield from shape({"type": one_of(kind), **tables[kind]})(value, at)

    return check


def both(*checks: Check) -> Check:
    """Return the check that asks each of several."""

    def check(value: object, at: str) -> Iterator[str]:
        for one in checks:
            yield from one(value, at)

    return check


def either(*fields: str) -> Check:
    """Return the check that at least one of the fields is given."""

    def check(value: object, at: str) -> Iterator[str]:
        if isinstance(value, dict) and not any(name in value for name in fields):
            yield problem(f"missing required field: one of {', '.join(fields)}", at)

    return check
