"""Threads that do one kind of work over and over; the one place, beside Bolt's, with a wide `except`."""

import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from bot.services import Wake
from storage.database import Busy

log = structlog.get_logger(__name__)

IDLE_S = 1.0  # a loop looks again after so long even if nobody woke it


@dataclass(frozen=True)
class Loop:
    """A name for the log, and a step that says whether it found anything to do."""

    name: str
    step: Callable[[], bool]


@dataclass
class Loops:
    """All loops of the process, started and stopped as one."""

    loops: Sequence[Loop]
    wake: Wake
    stopping: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Give each loop its thread."""
        for loop in self.loops:
            thread = threading.Thread(target=self._run, args=(loop,), name=loop.name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self, timeout: float = 10.0) -> None:
        """Let each loop end the step it is in."""
        self.stopping.set()
        self.wake.set()
        for thread in self._threads:
            thread.join(timeout)

    def drain(self, rounds: int = 10_000) -> None:
        """Step every loop until none finds anything to do; raises what a step raises. For tests."""
        for _ in range(rounds):
            busy = [loop.step() for loop in self.loops]
            if not any(busy):
                return
        raise RuntimeError("the loops never came to rest")

    def _run(self, loop: Loop) -> None:
        seen = 0
        while not self.stopping.is_set():
            try:
                busy = loop.step()
            except Busy as error:
                log.warning("the database is busy", loop=loop.name, error=str(error))
                busy = False
            except Exception:
                log.exception("a step failed", loop=loop.name, reference=secrets.token_hex(4))
                busy = False
            if not busy:
                seen = self.wake.wait(seen, IDLE_S)
