"""What a failed call to an outside system asks for.

SendError
├── TryLater     surely not done; try again, after `after` seconds
├── Uncertain    may have been done: look before trying again
└── Permanent    will never work as it is: park it and tell a person
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


class Uncertain(SendError):
    """Nobody knows whether it was done: the answer was lost."""


class Permanent(SendError):
    """Will not work however often it is tried."""
