"""What a failed call to an outside system asks for.

SendError
├── TryLater        surely not done; try again, after `after` seconds
│   ├── Limited     too many calls: others of the kind wait as well
│   └── Unreachable nobody can be reached, or nothing is allowed: everything waits
├── Uncertain       may have been done: look before trying again
├── Permanent       will never work as it is: park it and tell a person
│   └── NotThere    nothing of that name is there
└── Lost            the claim is somebody else's by now: do nothing
"""


class SendError(Exception):
    """A call to an outside system failed; `says` is what it answered."""

    def __init__(self, says: str) -> None:
        self.says = says
        super().__init__(says)


class TryLater(SendError):
    """Surely not done; try again."""

    def __init__(self, says: str, after: float = 5.0) -> None:
        super().__init__(says)
        self.after = after


class Limited(TryLater):
    """Too many calls of this kind; surely not done."""


class Unreachable(TryLater):
    """The system cannot be reached, or takes nothing from us at all; surely not done."""


class Uncertain(SendError):
    """Nobody knows whether it was done: the answer was lost."""


class Permanent(SendError):
    """Will not work however often it is tried."""


class NotThere(Permanent):
    """Who answers knows nothing of that name."""


class Lost(SendError):
    """Another sender holds the claim."""
