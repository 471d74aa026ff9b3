"""Faults that a test asks for: an HTTP status, an error, a delay, an answer that never comes."""

import threading
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict


class Fault(BaseModel):
    """What goes wrong with the next `times` calls of a method; `after` says that the work is done all the same."""

    model_config = ConfigDict(extra="forbid")

    method: str
    status: int | None = None
    error: str | None = None
    drop_answer: bool = False
    delay_s: float = 0.0
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
                if fault.method in (method, "*"):
                    fault.times -= 1
                    if fault.times <= 0:
                        self.waiting.remove(fault)
                    return fault
        return None
