"""Slack's rate limits: a bucket for each method, and one for each channel of chat.postMessage."""

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Tier:
    """How many calls a minute, and how many may come at once."""

    a_minute: float
    burst: int


# The special tier 0 is one a second and channel. Slack tolerates bursts and names no number; these are ours.
TIERS = {0: Tier(60, 5), 1: Tier(1, 10), 2: Tier(20, 20), 3: Tier(50, 50), 4: Tier(100, 100)}


@dataclass
class Rates:
    """The buckets; without limits every call passes."""

    clock: Callable[[], float]
    is_on: bool = False
    left: dict[str, tuple[float, float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_for(self, key: str, tier: int) -> int:
        """Return the seconds to wait before the call is allowed, 0 where it is allowed now and counted."""
        if not self.is_on:
            return 0
        limit, now = TIERS[tier], self.clock()
        with self.lock:
            tokens, then = self.left.get(key, (float(limit.burst), now))
            tokens = min(limit.burst, tokens + (now - then) * limit.a_minute / 60)
            if tokens < 1:
                self.left[key] = (tokens, now)
                return max(1, math.ceil((1 - tokens) * 60 / limit.a_minute))
            self.left[key] = (tokens - 1, now)
            return 0
