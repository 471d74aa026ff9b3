"""The demo's credit service: serves the model, asks the gate before each answer, and shows who decided.

`python -m bot.demo.serve DATA FOLDER GATE PORT` answers `POST /predict`, draws itself at `/`, and sends itself the
requests of the data's people, twenty a second. Versions lie in FOLDER/models; it serves whichever the gate names.
"""

import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import uvicorn
from fastapi import FastAPI, HTTPException
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, Field
from sklearn.pipeline import Pipeline

from bot.demo import training
from bot.gate import REFUSE, REVIEW, Decision, Gate, NotStored

MODEL, DEPLOYED, FILE = "income-prequal", "2.0.0", "model.skops"
BIASED = (*training.NAMES, "marital_status", "relationship")  # what stands for sex, and made 2.0.0 unfair
EACH_S = 0.05
SHOWN, REMEMBERED, SECONDS = 12, 500, 60
LEFT = 60  # requests left to people that the service remembers; the policy lets fewer wait
OUTCOMES = {True: "approved", False: "declined"}
LEVELS = ("Normal operation", "Watched closely", "Unsure ones reviewed", "All reviewed", "Paused")


class Applicant(BaseModel):
    """One request."""

    request_id: str = Field(min_length=1, max_length=100)
    attributes: dict[str, str | float | int | None] = Field(max_length=50)


@dataclass(frozen=True)
class Answer:
    """What became of one request: who decided, with which version, and how."""

    at: float
    request_id: str
    who: str  # model, fallback, people, refused
    version: str | None
    approved: bool | None  # None: nobody has decided yet
    group: str
    sampled: bool


@dataclass
class Service:
    """The model's versions behind the gate."""

    models: Path
    gate: Gate
    answers: deque[Answer] = field(default_factory=lambda: deque(maxlen=SECONDS * 60))
    left: dict[str, Answer] = field(default_factory=dict)  # to people, oldest first; with their answer, once given
    _loaded: dict[str, Pipeline] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request_id: str, attributes: dict[str, Any]) -> tuple[Answer, Decision]:
        """Return what the applicant is told; a version that is not here is refused as one that may not serve."""
        serving = self.version(self.gate.check(attributes=attributes, counts=False).version) or DEPLOYED
        score = self._score(serving, attributes)
        seen = self.gate.check(score=score, request_id=request_id, attributes=attributes)
        version = self.version(seen.version) if seen.version else serving
        if seen.action == REFUSE or version is None:
            who, approved = "refused", None
        elif seen.action == REVIEW:
            who, approved = "people", None
        else:
            score = score if version == serving else self._score(version, attributes)
            who, approved = ("fallback" if seen.is_fallback else "model"), score >= training.CUT_OFF
        is_looked_at = who == "people" or (seen.sampled and approved is not None)
        is_left = is_looked_at and self._leave(request_id, seen, score, attributes)
        if who == "people" and not is_left:  # too many wait already
            who, version = "refused", None
        group = str(attributes.get("sex", ""))
        made = Answer(time.time(), request_id, who, version, approved, group, seen.sampled)
        with self._lock:
            self.answers.append(made)
            if who == "people":
                self.left.setdefault(request_id, made)
                while len(self.left) > LEFT:
                    del self.left[next(iter(self.left))]
        return made, seen

    def _leave(self, request_id: str, seen: Decision, score: float, attributes: dict[str, Any]) -> bool:
        """Return whether people have the request now; where too many wait already, who asked is told to come again."""
        proposal, sure = OUTCOMES[score >= training.CUT_OFF], max(score, 1 - score)
        try:
            self.gate.ask_people(
                request_id, seen, proposal=proposal, score=score, confidence=sure, attributes=attributes
            )
        except NotStored:
            return False
        return True

    def look(self) -> None:
        """Take over what people decided of what was left to them."""
        with self._lock:
            waiting = [one for one in self.left.values() if one.approved is None]
        try:
            found = self.gate.decided(one.request_id for one in waiting) if waiting else {}
        except NotStored:
            return
        for one in waiting:
            ruling = found.get(one.request_id)
            if ruling is not None:
                with self._lock:
                    self.left[one.request_id] = replace(one, approved=ruling.decision == OUTCOMES[True])

    def _now(self, one: Answer) -> Answer:
        """Return the answer as it stands now."""
        return self.left.get(one.request_id, one)

    def version(self, name: str | None) -> str | None:
        """Return the version, where its artefact lies here."""
        return name if name and (self.models / name / FILE).exists() else None

    def _score(self, version: str, attributes: dict[str, Any]) -> float:
        with self._lock:
            if version not in self._loaded:
                self._loaded[version] = training.load(self.models / version / FILE)
            model = self._loaded[version]
        return float(training.scores(model, pa.Table.from_pylist([dict.fromkeys(BIASED) | attributes]))[0])

    def stats(self) -> dict[str, Any]:
        """Return what the page shows."""
        with self._lock:
            answers, left = list(self.answers), list(self.left.values())
        seen, now = self.gate.check(counts=False), time.time()
        recent = [one for one in answers if one.approved is not None][-REMEMBERED:]
        last = [one for one in answers if one.at > now - 5]
        return {
            "level": seen.level,
            "state": f"Level {seen.level} · {LEVELS[seen.level]}"
            + (" · the bot is not heard" if seen.is_stale else ""),
            "why": f"{seen.incident}: {seen.reason}" if seen.incident and seen.level else seen.reason,
            "seconds": [_second(answers, int(now) - back) for back in range(SECONDS, 0, -1)],
            "now": {who: round(count / 5) for who, count in Counter(one.who for one in last).items()},
            "versions": {one.who: one.version for one in last if one.version},
            "counted": len(recent),
            "rates": {group: _rate(recent, group) for group in sorted({one.group for one in recent})},
            "rows": [_row(self._now(one)) for one in reversed(answers[-SHOWN:])],
            "left": [_row(one) for one in sorted(left, key=lambda one: (one.approved is None, -one.at))[:SHOWN]],
            "waiting": sum(one.approved is None for one in left),
        }


def _second(answers: list[Answer], second: int) -> dict[str, int]:
    found = Counter(one.who for one in answers if int(one.at) == second)
    return {**found, "total": sum(found.values())}


def _rate(recent: list[Answer], group: str) -> str:
    mine = [one.approved for one in recent if one.group == group]
    return f"{100 * sum(map(bool, mine)) / len(mine):.0f} % of {len(mine)}"


def _row(one: Answer) -> list[str]:
    nothing = "waits for a person" if one.who == "people" else "no answer"
    said = OUTCOMES[one.approved] if one.approved is not None else nothing
    sampled = ", looked at afterwards" if one.sampled else ""
    return [one.request_id[:8], one.group, f"{one.who} {one.version or ''}".strip(), said + sampled]


def build(service: Service) -> FastAPI:
    """Return the service's HTTP app."""
    http = FastAPI(title="Income pre-qualification", docs_url=None, redoc_url=None, openapi_url=None)

    @http.post("/predict")
    def predict(applicant: Applicant) -> dict[str, Any]:
        made, seen = service.answer(applicant.request_id, applicant.attributes)
        wait = {"Retry-After": str(int(seen.retry_after_s) + 1)}
        if made.who == "refused" and seen.action == REVIEW:
            raise HTTPException(503, "People decide now, and have enough to decide: come again later.", wait)
        if made.who == "refused":
            raise HTTPException(503, f"The model is restrained: {seen.reason or 'no version may serve'}.", wait)
        return {"decided_by": made.who, "version": made.version, "approved": made.approved}

    @http.get("/predict/{request_id}")
    def result(request_id: str) -> dict[str, Any]:
        found = service.left.get(request_id)
        if found is None:
            raise HTTPException(404, "No request of that name was left to people lately.")
        return {"decided_by": "people", "approved": found.approved}

    @http.get("/stats")
    def stats() -> dict[str, Any]:
        return service.stats()

    http.mount("/", StaticFiles(directory=Path(__file__).parent / "page", html=True))
    return http


def prepare(data: Path, models: Path) -> None:
    """Train and keep the versions that the demo begins with: a fair one, and one that learnt from unfair decisions."""
    table = pq.read_table(data / "reference.parquet")
    for version, rows, names in (("1.0.0", table, training.NAMES), (DEPLOYED, as_reviewed(table), BIASED)):
        path = models / version / FILE
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            training.save(training.train(rows, names), path)


def as_reviewed(table: pa.Table) -> pa.Table:
    """Return the rows as the reviewers of 2.0.0's training recorded them: 40 of 100 women who earned it got a 0.

    As `models.json` of the data says of version 2.0.0.
    """
    women = np.array(table["sex"].to_pylist()) == "Female"
    overlooked = women & (np.random.default_rng(0).random(table.num_rows) < 0.4)
    label = pc.if_else(pa.array(overlooked), pa.scalar(0, pa.int8()), table["label"])
    return table.set_column(table.column_names.index("label"), "label", label)


def applicants(data: Path) -> Iterator[dict[str, Any]]:
    """Yield the people of the data for ever, without what a log knows afterwards."""
    rows = pq.read_table(next(data.glob("current_e_*.parquet"))).to_pylist()
    known = {"request_id", *BIASED, *training.NAMES, "sex", "race", "age_band"}
    while True:
        for row in rows:
            yield {name: value for name, value in row.items() if name in known}


def main(arguments: list[str]) -> int:
    """Return 0 when the service was stopped."""
    data, folder, gate, port = Path(arguments[0]), Path(arguments[1]), arguments[2], int(arguments[3])
    prepare(data, folder / "models")
    service = Service(folder / "models", Gate(gate, MODEL, first_s=30))

    def traffic() -> None:
        for row in applicants(data):
            service.answer(str(row.pop("request_id")), row)
            time.sleep(EACH_S)

    def listen() -> None:
        while True:
            service.look()
            time.sleep(1)

    for loop in (traffic, listen):
        threading.Thread(target=loop, daemon=True).start()
    uvicorn.run(build(service), port=port, log_level="error", access_log=False)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
