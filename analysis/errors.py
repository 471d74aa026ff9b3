"""What may go wrong, as a tree; each error carries facts, `templates` makes the sentence.

    Refused                 a person asked for what may not be; told to them, nothing changed
    ├── NotAllowed          none of the person's roles may do this
    ├── NotNow              not from the state the incident is in
    ├── NotYou              needs a second person
    ├── Missing             a reason, a note, a level is owed
    └── Unknown             no such incident, model, severity …
    BadInput                a file, a policy or a payload is wrong: says what, where, and what to do
"""

from collections.abc import Iterable

from analysis.vocabulary import Role, State


class Refused(Exception):
    """A person asked for what may not be; told to them, and nothing changed."""


class NotAllowed(Refused):
    """None of the person's roles may do this."""

    def __init__(self, verb: str, needs: Iterable[Role]) -> None:
        self.verb, self.needs = verb, tuple(sorted(needs))
        super().__init__(f"{verb} needs one of: {', '.join(self.needs)}")


class NotNow(Refused):
    """The incident is not in a state from which this can be done."""

    def __init__(self, verb: str, state: State, possible_in: Iterable[State]) -> None:
        self.verb, self.state = verb, state
        self.possible_in = tuple(s for s in State if s in set(possible_in))
        super().__init__(f"{verb} is not possible in state {state}")


class NotYou(Refused):
    """The same person may not do both parts; somebody else has to."""

    def __init__(self, verb: str, needs: Iterable[Role]) -> None:
        self.verb, self.needs = verb, tuple(sorted(needs))
        super().__init__(f"{verb} needs a second person")


class Missing(Refused):
    """Something that is owed was left out."""

    def __init__(self, verb: str, field: str, what: str = "is missing") -> None:
        self.verb, self.field, self.what = verb, field, what
        super().__init__(f"{field} {what}")


class Unknown(Refused):
    """There is no such thing; `nearest` are names that come close."""

    def __init__(self, kind: str, name: str, nearest: Iterable[str] = ()) -> None:
        self.kind, self.name, self.nearest = kind, name, tuple(nearest)
        super().__init__(f"no {kind} {name}")


class BadInput(Exception):
    """A file, a policy or a payload is wrong; the sentence says what, where, and what to do."""

    def __init__(self, where: str, what: str, do: str = "") -> None:
        self.where, self.what, self.do = where, what, do
        super().__init__(f"{where}: {what}" + (f" {do}" if do else ""))
