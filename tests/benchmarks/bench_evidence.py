"""A bundle of evidence with ten thousand decisions: made by the bot, and verified by whoever has the key."""

import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sqlmodel import select

from bot import app
from bot.bundling import Bundling
from bot.contents import LAST
from bot.demo import demo
from bot.localslack import LocalSlack
from bot.operations import detection, incidents
from bot.operations.detection import Wish
from bot.operations.doing import Request
from bot.services import SYSTEM
from bot.slack.manifest import manifest
from storage import bundles, inspection
from storage.tables import Incident

TIMES = 5


def _busy() -> np.ndarray:
    """Return the seconds of processor time of this process, and of the ended workers."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return np.array([one.ru_utime + one.ru_stime for one in used])


def run() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name, LocalSlack(manifest(), port=0) as slack:
        folder = Path(name)
        bot = app.build(demo.settings_for(folder, demo.DATA, slack))
        bot.prepare()
        week = pq.read_table(next(demo.DATA.glob("current_e_*.parquet")))
        grown = pa.concat_tables([week] * (LAST // week.num_rows + 1))
        pq.write_table(grown, folder / "log" / "current.parquet")
        detection.request(bot.services, Wish(demo.MODEL, SYSTEM))
        checks = next(loop for loop in bot.loops.loops if loop.name == "checks")
        while checks.step():
            pass
        with bot.services.database.read() as session:
            incident = session.exec(select(Incident)).first()
        assert incident is not None
        bundling, times, busy = Bundling(bot.services), [], []
        for number in range(TIMES):
            incidents.move(bot.services, Request("update", incident.id, SYSTEM, fields={"note": f"turn {number}"}))
            incidents.move(bot.services, Request("export", incident.id, SYSTEM))
            start, before = time.perf_counter(), _busy()
            assert bundling.step()
            times.append(time.perf_counter() - start)
            busy.append(_busy() - before)
        with bot.services.database.read() as session:
            made = bundles.newest(session, incident.id)
        assert made is not None
        assert made.path is not None
        start = time.perf_counter()
        verdict = inspection.verify(Path(made.path), bot.services.keys.signing.public_key())
        took = time.perf_counter() - start
        assert not verdict.faults
        size = (made.size or 0) / 1e6
        own, worker = np.median(busy, axis=0)
        print(f"   {LAST:,} decisions: made in {np.median(times):.2f} s (median of {TIMES}; {size:.1f} MB)")
        print(f"   which kept the processor busy for {own:.2f} s here and for {worker:.2f} s in the worker")
        print(f"   verified in {took:.2f} s: {verdict.files} files, {verdict.audit_rows} rows of the audit log")
        bot.services.database.dispose()
