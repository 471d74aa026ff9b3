"""Named points at which a test may kill the process, to see that nothing is lost and nothing doubled there.

`ETHIXBOT_FAILPOINT=<name>:<n>` ends the process by SIGKILL when it reaches the point for the n-th time; without that
variable a point costs one comparison. After SQLite's own tests: the n-th hit for n = 1, 2, 3 … until none is left.
"""

import os
import signal
import threading

VARIABLE = "ETHIXBOT_FAILPOINT"
POINTS = {
    "inbound.before_commit": "a delivery is stored, its transaction still open",
    "inbound.after_commit": "a delivery is stored for good, not yet acknowledged",
    "event.after_work": "a stored event was worked off, not yet marked so",
    "operation.before_audit": "an operation has written all but its audit line",
    "operation.before_commit": "an operation has written all, its transaction still open",
    "operation.after_commit": "an operation is done for good, its person not yet answered",
    "audit.before_head": "an audit row is made, the head not yet moved",
    "outbox.after_claim": "a row is claimed, nothing sent",
    "outbox.after_look": "a lost post was looked for",
    "outbox.after_send": "Slack has it, the row does not know yet",
    "outbox.after_settle": "the row knows that it was sent",
    "timer.before_commit": "a timer has fired, its transaction still open",
    "timer.after_commit": "a timer has fired for good",
    "run.after_claim": "a check is claimed, not begun",
    "run.before_result": "a check is done, its result not yet recorded",
    "evidence.before_record": "a bundle lies on disk, not yet recorded",
    "rollout.after_claim": "a step of a promotion or a rollback is claimed, not begun",
    "rollout.before_record": "a step is done outside, not yet recorded",
    "rollout.after_record": "a step is recorded for good",
    "checkpoint.before_commit": "a checkpoint is signed, its transaction still open",
    "retention.after_batch": "some of what is too old is gone, the rest is not",
    "retention.after_export": "a segment lies on disk, not yet recorded",
    "retention.after_record": "a segment is recorded, its rows are still in the table",
    "migration.before_commit": "the schema is new, its transaction still open",
}

_lock = threading.Lock()
_name, _, _nth = os.environ.get(VARIABLE, "").partition(":")
_left = int(_nth or 1)


def reach(name: str) -> None:
    """Say that the program has come to the point; a test may have chosen that it ends here."""
    if name != _name:
        return
    global _left  # noqa: PLW0603  (one countdown a process)
    with _lock:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
