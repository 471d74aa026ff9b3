"""The demo's pipeline: trains a model on the reference period's real outcomes and has it answer the validation window.

`python -m bot.demo.retrain DATA` leaves `model.skops`, `candidate.parquet` (its predictions) and `result.json` in
ETHIXBOT_OUTPUT. It reads no protected attribute, and neither marital status nor relationship, by which version 2.0.0
told men from women.
"""

import json
import os
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.errors import BadInput
from storage import predictions

VERSION = "3.1.0"


def main(arguments: list[str]) -> int:
    """Return 0 when the candidate is written; 1 with a sentence where it cannot be trained."""
    data, output = Path(arguments[0]), Path(os.environ["ETHIXBOT_OUTPUT"])
    try:
        from bot.demo import training  # noqa: PLC0415  (what it needs may be missing, which is told in a sentence)
    except BadInput as error:
        sys.stdout.write(f"{error}\n")
        return 1
    training_data = data / "reference.parquet"
    _tell(output, "reading the outcomes", 0.1)
    known = pq.read_table(training_data)
    _tell(output, f"fitting on {known.num_rows:,} requests", 0.3)
    model = training.train(known, training.NAMES)
    training.save(model, output / "model.skops")
    _tell(output, "answering the validation window", 0.8)
    window = predictions.sample(predictions.log_at([os.environ["ETHIXBOT_VALIDATION"]]))
    score = training.scores(model, window)
    decision = (score >= training.CUT_OFF).astype("int8")
    candidate = pa.table({"request_id": window["request_id"], "score": score, "decision": decision})
    pq.write_table(candidate, output / "candidate.parquet")
    result = {
        "version": f"{VERSION}+{os.environ['ETHIXBOT_REQUEST'].lower()}",
        "artefact": "model.skops",
        "training_data": str(training_data.resolve()),
        "metrics": {"rows": known.num_rows, "approved": round(float(decision.mean()), 4)},
    }
    (output / "result.json").write_text(json.dumps(result))
    _tell(output, "done", 1.0)
    return 0


def _tell(output: Path, stage: str, share: float) -> None:
    """Say how far it is: the file is read once a second, the line is kept in the log."""
    new = output / "progress.json.new"
    new.write_text(json.dumps({"stage": stage, "share": share}))
    new.replace(output / "progress.json")
    sys.stdout.write(f"{stage}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
