"""Faults that a test asks for: an HTTP status, an error, a delay, an answer that never comes or is no JSON."""

import random
import threading
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field


class Fault(BaseModel):
    """What goes wrong with the next `times` calls of a method; `after` says that the work is done all the same.

    With a `share` below 1 each call meets it by chance, and `times` counts those that did.
    """

    model_config = ConfigDict(extra="forbid")

    method: str
    status: int | None = None
    error: str | None = None
    drop_answer: bool = False
    delay_s: float = 0.0
    lands_late: bool = False  # the delay comes before the work: done after the app has given up waiting
    body: str | None = None  # sent with status 200 in place of the JSON
    share: float = Field(1.0, gt=0, le=1)
    retry_after: int | None = None
    times: int = 1
    after: bool | None = None

    @property
    def works(self) -> bool:
        """Return whether the work is done: always but for a status or an error, unless `after` says otherwise."""
        return self.after if self.after is not None else not (self.error or self.status)


@dataclass
class Faults:
    """The faults still to come."""

    waiting: list[Fault] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311  (the same in every run)
    given: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, fault: Fault) -> None:
        """Keep a fault for the calls to come."""
        with self.lock:
            self.waiting.append(fault)

    def clear(self) -> None:
        """Forget every fault."""
        with self.lock:
            self.waiting.clear()

    def take(self, method: str) -> Fault | None:
        """Return the fault of this call, if there is one; `*` is any method."""
        with self.lock:
            for fault in self.waiting:
                if fault.method in (method, "*") and (fault.share == 1 or self.chance.random() < fault.share):
                    self.given += 1
                    fault.times -= 1
                    if fault.times <= 0:
                        self.waiting.remove(fault)
                    return fault
        return None
