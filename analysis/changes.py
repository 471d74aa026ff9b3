"""What differs between two texts of the policy, value by value, so that people can judge a change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NAMES = ("id", "name")  # by which members of a list are told apart


@dataclass(frozen=True)
class Change:
    """One value that differs; none before: it is new, none after: it is gone."""

    path: str
    before: Any = None
    after: Any = None


def differences(before: Any, after: Any, path: str = "") -> list[Change]:  # noqa: ANN401  (YAML is any shape)
    """Return the changes from one to the other, in the order of the paths.

    >>> differences({"storm": {"more_than": 10}}, {"storm": {"more_than": 20}})
    [Change(path='storm.more_than', before=10, after=20)]
    >>> differences({"roles": {"cto": ["a"]}}, {"roles": {"cto": ["a", "b"]}})
    [Change(path='roles.cto', before=None, after='b')]
    """
    if before == after:
        return []
    old, new = _named(before), _named(after)
    if old is not None and new is not None:
        keys = list(dict.fromkeys([*old, *new]))
        return [one for key in keys for one in differences(old.get(key), new.get(key), _under(path, key))]
    if _is_plain(before) and _is_plain(after):
        gone = [Change(path, before=one) for one in before if one not in after]
        return gone + [Change(path, after=one) for one in after if one not in before] or [Change(path, before, after)]
    return [Change(path, before, after)]


def _named(value: Any) -> Mapping[Any, Any] | None:  # noqa: ANN401
    """Return what has names, by name; None where nothing has."""
    if isinstance(value, Mapping):
        return value
    if not isinstance(value, list) or not value:
        return None
    for name in NAMES:
        if all(isinstance(one, Mapping) and name in one for one in value):
            found = {one[name]: one for one in value}
            return found if len(found) == len(value) else None
    return None


def _is_plain(value: Any) -> bool:  # noqa: ANN401
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(one, str) for one in value)


def _under(path: str, key: Any) -> str:  # noqa: ANN401
    return f"{path}.{key}" if path else str(key)
