"""Random hours: people at work while replicas are killed and stopped, the database falls and Slack fails."""

import random
import signal
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import quantiles

from sqlmodel import select

from bot.localslack.faults import Fault
from storage.tables import Timer
from tests.chaos.hands import Hands
from tests.chaos.planting import plant
from tests.chaos.replica import Replica
from tests.chaos.report import Told
from tests.chaos.stage import Made, Stage, staged
from tests.chaos.sweep import verdict

PEOPLE = 3  # at work at once
FAULTY = 0.2  # of Slack's calls
LOOK_S = 0.1
CALM_S = 300  # a bundle's lease of three minutes has to end first
CHANGES = 0.006  # of the looks at which the model's log changes
WINDOWS = "bcdeghi"
SLOW_S = 3.0  # longer than the client waits
KINDS = (
    {"drop_answer": True},
    {"drop_answer": True, "after": False, "status": 502},
    {"status": 500},
    {"status": 500, "after": True},
    {"status": 429, "retry_after": 1},
    {"error": "internal_error"},
    {"error": "internal_error", "after": True},
    {"delay_s": SLOW_S},
    {"delay_s": SLOW_S, "lands_late": True},
    {"body": "<html>We are down for a moment</html>"},
)


@dataclass(frozen=True)
class Plan:
    """How long, by which chance, and with how many replicas where there may be several."""

    seconds: float = 600
    seed: int = 0
    replicas: int = 2


@dataclass
class Misfortune:
    """What befalls the bot and its database, by chance."""

    stage: Stage
    chance: random.Random
    done: Counter[str] = field(default_factory=Counter)
    asleep: dict[int, float] = field(default_factory=dict)  # replica → when it wakes

    def strike(self) -> None:
        """Do one of them."""
        replica = self.chance.choice(self.stage.replicas)
        kinds = [self.kill] * 3 + [self.doze, self.cut]
        if self.stage.server is not None:
            kinds += [self.interrupt, self.interrupt, self.down]
        kind = self.chance.choice(kinds)
        kind(replica)
        self.done[kind.__name__] += 1

    def kill(self, replica: Replica) -> None:
        """End a process in the middle of whatever it does."""
        replica.send(signal.SIGKILL)

    def doze(self, replica: Replica) -> None:
        """Stop a process past its lease; it wakes and thinks that nothing happened."""
        replica.send(signal.SIGSTOP)
        self.asleep[replica.port] = time.monotonic() + self.chance.uniform(9, 14)

    def cut(self, replica: Replica) -> None:
        """Cut every line of Socket Mode."""
        self.stage.slack.sockets.disconnect("link_disabled")

    def interrupt(self, replica: Replica) -> None:
        """End every connection to the database."""
        assert self.stage.server is not None
        self.stage.server.interrupt(self.stage.address.rpartition("@/")[2].partition("?")[0])

    def down(self, replica: Replica) -> None:
        """Stop the database's server without a word, and start it again."""
        assert self.stage.server is not None
        self.stage.server.kill()
        time.sleep(self.chance.uniform(0, 2))
        self.stage.server.start()

    def wake(self, *, everybody: bool = False) -> None:
        """Wake who has slept long enough."""
        for replica in self.stage.replicas:
            until = self.asleep.get(replica.port)
            if until is not None and (everybody or time.monotonic() > until):
                replica.send(signal.SIGCONT)
                del self.asleep[replica.port]


def run(made: Made, plan: Plan) -> Told:
    """Return the verdict: people and misfortune for so long, then everything is healed and had its time."""
    began, chance = time.monotonic(), random.Random(plan.seed)
    replicas = plan.replicas if made.server else 1
    with tempfile.TemporaryDirectory(prefix="ethixbot-chaos-") as folder, staged(made, Path(folder), replicas) as stage:
        plant(stage)
        stage.start()
        stage.wait(stage.is_ready)
        more: dict[str, object] = {"seed": plan.seed, "replicas": replicas, **_live(stage, plan.seconds, chance)}
        more |= {"faults": stage.slack.faults.given}
        stage.slack.faults.clear()
        healed = time.monotonic()
        counts = verdict(stage, CALM_S)
        more |= {"calm_after_s": round(time.monotonic() - healed, 1), **_sizes(stage), **_lateness(stage)}
        return Told(made.kind, f"soak {plan.seconds:g} s", counts, stage.kills, time.monotonic() - began, more)


def _live(stage: Stage, seconds: float, chance: random.Random) -> dict[str, int]:
    _fail(stage, chance)
    misfortune, over = Misfortune(stage, chance), threading.Event()
    ports = [one.port for one in stage.replicas]
    hands = [Hands(stage.slack, ports, random.Random(chance.random())) for _ in range(PEOPLE)]
    for one in hands[1:]:
        one.wishes = hands[0].wishes
    threads = [threading.Thread(target=_work, args=(one, over)) for one in hands]
    for thread in threads:
        thread.start()
    try:
        _suffer(misfortune, seconds)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    misfortune.wake(everybody=True)
    return dict(misfortune.done)


def _suffer(misfortune: Misfortune, seconds: float) -> None:
    """Let something happen every few seconds, and start again what has ended."""
    stage, chance = misfortune.stage, misfortune.chance
    end, next_at = time.monotonic() + seconds, time.monotonic() + 3
    while time.monotonic() < end:
        stage.tend()
        stage.look()
        misfortune.wake()
        if chance.random() < CHANGES:
            stage.log_is(chance.choice(WINDOWS))
        if time.monotonic() > next_at:
            misfortune.strike()
            next_at = time.monotonic() + chance.uniform(1, 7)
        time.sleep(LOOK_S)


def _fail(stage: Stage, chance: random.Random) -> None:
    """Let a fifth of Slack's calls fail, in every way there is."""
    stage.slack.faults.chance = random.Random(chance.random())
    each = FAULTY / len(KINDS)
    for number, kind in enumerate(KINDS):
        share = each / (1 - number * each)  # a call that one fault passed by meets the next
        stage.slack.faults.add(Fault(method="*", share=share, times=10**9, **kind))


def _work(hands: Hands, over: threading.Event) -> None:
    while not over.wait(hands.chance.uniform(0.1, 0.8)):
        with suppress(OSError):
            hands.anything()


def _sizes(stage: Stage) -> dict[str, int]:
    with stage.slack.workspace.lock:
        posts = sum(1 for one in stage.slack.workspace.channels.values() for m in one.messages.values() if m.bot)
    return {"posts": posts, "handed": len(stage.slack.delivery.handed), "events": len(stage.slack.delivery.log)}


def _lateness(stage: Stage) -> dict[str, float]:
    """Return how late timers fired, counted from when a bot was there again."""
    with stage.database.read() as session:
        fired = [one for one in session.exec(select(Timer)) if one.status == "fired" and one.fired_at is not None]
    late = sorted((one.fired_at - _there(stage, one)).total_seconds() for one in fired)
    if len(late) < 2:
        return {}
    cuts = quantiles(late, n=100, method="inclusive")
    return {"timers_fired": len(late), "late_p50_s": round(cuts[49], 2), "late_p99_s": round(cuts[98], 2)}


def _there(stage: Stage, timer: Timer) -> datetime:
    """Return when the timer could have fired: when it was due, or when a bot was there for the first time, or again."""
    due = max(timer.due_at, stage.began)
    return max((one for one in stage.restarted if due <= one <= timer.fired_at), default=due)
