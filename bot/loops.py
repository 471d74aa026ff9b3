"""Threads that do one kind of work over and over; the one place, beside Bolt's, with a wide `except`."""

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from bot.services import Wake
from storage.database import Again, Busy

log = structlog.get_logger(__name__)

IDLE_S = 1.0  # a loop looks again after so long even if nobody woke it
LATE_S = 30.0  # one that rests comes round each second
STEP_S = 300.0  # far beyond what one message, timer or event takes


@dataclass(frozen=True)
class Loop:
    """A name for the log, a step that says whether it found anything to do, and how long a step may take."""

    name: str
    step: Callable[[], bool]
    longest_s: float = STEP_S


@dataclass(frozen=True)
class Beat:
    """How a loop goes: whether its thread lives, when it last came round, and how long it is in its step, if it is."""

    name: str
    is_alive: bool
    age_s: float
    in_step_s: float | None
    longest_s: float

    @property
    def is_well(self) -> bool:
        """Return whether it comes round, or is in a step that may take so long."""
        if self.in_step_s is not None:
            return self.is_alive and self.in_step_s <= self.longest_s
        return self.is_alive and self.age_s <= LATE_S


@dataclass
class Loops:
    """All loops of the process, started and stopped as one."""

    loops: Sequence[Loop]
    wake: Wake
    stopping: threading.Event = field(default_factory=threading.Event)
    monotonic: Callable[[], float] = time.monotonic
    _threads: dict[str, threading.Thread] = field(default_factory=dict)
    _began: dict[str, float] = field(default_factory=dict)  # the steps that are under way
    _beats: dict[str, float] = field(default_factory=dict)

    def start(self) -> None:
        """Give each loop its thread."""
        for loop in self.loops:
            thread = threading.Thread(target=self._run, args=(loop,), name=loop.name, daemon=True)
            self._threads[loop.name], self._beats[loop.name] = thread, self.monotonic()
            thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Let each loop end the step it is in."""
        self.stopping.set()
        self.wake.set()
        for thread in self._threads.values():
            thread.join(timeout)

    def beats(self) -> list[Beat]:
        """Return how each loop goes."""
        return [self._beat(loop) for loop in self.loops]

    def _beat(self, loop: Loop) -> Beat:
        thread, began, now = self._threads.get(loop.name), self._began.get(loop.name), self.monotonic()
        age = now - self._beats.get(loop.name, now)
        in_step = None if began is None else now - began
        return Beat(loop.name, thread is not None and thread.is_alive(), age, in_step, loop.longest_s)

    def drain(self, most: int = 100_000) -> None:
        """Step each loop until it finds nothing to do, all until none does; raises what a step raises. For tests."""
        while steps := sum(_drained(loop, most) for loop in self.loops):
            most -= steps
            if most <= 0:
                raise RuntimeError("the loops never came to rest")

    def _run(self, loop: Loop) -> None:
        seen = 0
        while not self.stopping.is_set():
            self._beats[loop.name] = self._began[loop.name] = self.monotonic()
            try:
                busy = loop.step()
            except Busy as error:
                log.warning("the database is busy", loop=loop.name, error=str(error))
                busy = False
            except Exception:
                log.exception("a step failed", loop=loop.name, reference=secrets.token_hex(4))
                busy = False
            finally:
                del self._began[loop.name]
            if not busy:
                seen = self.wake.wait(seen, IDLE_S)


def _drained(loop: Loop, most: int) -> int:
    """Return after how many steps there was nothing left to do."""
    return next((steps for steps in range(most) if not _stepped(loop)), most)


def _stepped(loop: Loop) -> bool:
    """Return whether there was anything to do, or another process was first with it."""
    try:
        return loop.step()
    except Again:
        return True
