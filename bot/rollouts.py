"""Carries a promotion or a rollback out, one step at a time: it ends in the new state, or back in the old one.

A step that fails for good turns it round; what was done is taken back, the newest first. After a crash it goes on at
the step it had come to: each may be done again, and is recorded once.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from analysis.policy import Watched
from analysis.response import rollouts as deciding
from analysis.response.rollouts import Status
from bot.integrations.errors import Lost, Permanent, SendError
from bot.integrations.registry import registries
from bot.integrations.registry.port import Registry
from bot.operations import rolling
from bot.operations.rolling import Step, Work
from bot.rollout_steps import LEASE, STEPS
from bot.services import Services
from storage import failpoints
from storage import rollouts as stored
from storage.tables import Rollout


@dataclass
class Rollouts:
    """Works on one step of one change at a time."""

    services: Services
    registry: Callable[[Services, Watched], Registry] = registries.of

    def step(self) -> bool:
        """Return whether a step was worked on."""
        rollout = self._claim()
        if rollout is None:
            return False
        failpoints.reach("rollout.after_claim")
        if rollout.status == Status.UNDOING:
            self._back(rollout)
        else:
            self._on(rollout)
        failpoints.reach("rollout.after_record")
        return True

    def _claim(self) -> Rollout | None:
        now = self.services.clock()
        with self.services.database.read() as session:
            if not stored.is_any_due(session, now):
                return None
        with self.services.database.write() as session:
            rollout = stored.claim(session, now, LEASE)
            if rollout is not None and rollout.status == Status.RUNNING:
                name = rollout.snapshot["steps"][rollout.step]
                known = rollout.steps.get(name, {})
                begun = {"begun": now.isoformat(), "host": socket.gethostname()}
                rollout.steps = {**rollout.steps, name: {**begun, **known}}
            return rollout

    def _on(self, rollout: Rollout) -> None:
        """Do the step it has come to."""
        row = STEPS[deciding.Step(rollout.snapshot["steps"][rollout.step])]
        try:
            facts = self._made(row.do, rollout)
        except Permanent as error:
            rolling.turns_back(self.services, rollout, row, error.says)
        except Lost:
            return
        except SendError as error:  # lost answers too: each step may be done again
            if self._is_too_late(rollout, row):
                rolling.turns_back(self.services, rollout, row, f"{error.says}, again and again")
            else:
                rolling.waits(self.services, rollout, row, error.says)
        else:
            failpoints.reach("rollout.before_record")
            if facts is None and self._is_too_late(rollout, row, deciding.ENDING):
                rolling.turns_back(self.services, rollout, row, "it never came to its end")
            elif facts is None:
                rolling.waits(self.services, rollout, row, None)
            else:
                rolling.done(self.services, rollout, row, facts)

    def _back(self, rollout: Rollout) -> None:
        """Take the newest step back that is not taken back yet."""
        row = STEPS[deciding.Step(rollout.snapshot["steps"][rollout.step - 1])]
        try:
            facts = self._made(row.undo, rollout)
        except Permanent as error:
            rolling.gives_up(self.services, rollout, row, error.says)
        except SendError as error:
            rolling.waits(self.services, rollout, row, error.says)
        else:
            failpoints.reach("rollout.before_record")
            if facts is None:
                rolling.waits(self.services, rollout, row, None)
            else:
                rolling.undone(self.services, rollout, row)

    def _made(self, do: Callable[[Work], dict[str, Any] | None] | None, rollout: Rollout) -> dict[str, Any] | None:
        watched = self.services.policy.model(rollout.model_id)
        if watched is None:
            raise Permanent(f"{rollout.model_id} is no longer in the policy")
        if do is None:
            return {}
        return do(Work(self.services, self.registry(self.services, watched), watched, rollout))

    def _is_too_late(self, rollout: Rollout, row: Step, grace: timedelta = timedelta(0)) -> bool:
        """Return whether it was tried for as long as the policy allows."""
        watched = self.services.policy.model(rollout.model_id)
        begun = datetime.fromisoformat(rollout.steps[row.name]["begun"])
        return watched is None or self.services.clock() - begun > watched.rollback.timeout + grace
