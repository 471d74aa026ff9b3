"""A polite kill ends the wait, whichever thread the system gives it to."""

import subprocess
import sys

PROGRAM = """
import signal, threading
from bot.cli import until_stopped
stopped = until_stopped()
threading.Timer(0.2, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGTERM)).start()
stopped.wait()
print("stopped")
"""


def test_a_signal_that_another_thread_got_is_seen():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout) == (0, "stopped\n")
