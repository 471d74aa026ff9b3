"""The demo's pipeline: trains a logistic regression on the reference period's real outcomes, and says how it does.

`python -m bot.demo.retrain DATA` leaves `candidate.parquet` (its predictions) and `result.json` in ETHIXBOT_OUTPUT.
It reads no protected attribute and neither marital status nor relationship.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

NUMBERS = ("age", "education_num", "capital_gain", "capital_loss", "hours_per_week")
CATEGORIES = ("workclass", "occupation")
RIDGE = 1.0
CUT_OFF = 0.34  # as the deployed versions
Floats = NDArray[np.float64]


def design(table: pa.Table, levels: dict[str, list[str]]) -> Floats:
    """Return rows × columns: a one, scaled numbers with their logarithm, and a column for each level."""
    columns = [np.ones(table.num_rows)]
    for name in NUMBERS:
        values = np.nan_to_num(table[name].to_numpy().astype(float))
        columns += [values / 50.0, np.log1p(np.abs(values))]
    for name in CATEGORIES:
        texts = np.array(table[name].fill_null("").to_pylist())
        columns += [(texts == level).astype(float) for level in levels[name]]
    return np.column_stack(columns)


def fit(x: Floats, y: Floats) -> Floats:
    """Return the weights that minimise the ridge-penalised logistic loss."""

    def loss(w: Floats) -> tuple[float, Floats]:
        z = x @ w
        value = np.sum(np.logaddexp(0.0, z) - y * z) + 0.5 * RIDGE * w @ w
        return float(value), x.T @ (expit(z) - y) + RIDGE * w

    return np.asarray(minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x)


def main(arguments: list[str]) -> int:
    """Return 0 when the candidate is written."""
    data, output = Path(arguments[0]), Path(os.environ["ETHIXBOT_OUTPUT"])
    table = pq.read_table(data / "reference.parquet")
    table = table.filter(table["label"].is_valid())
    levels = {name: sorted(set(table[name].drop_null().to_pylist())) for name in CATEGORIES}
    x, y = design(table, levels), table["label"].to_numpy().astype(float)
    train = np.arange(len(y)) % 5 != 0  # every fifth row is kept for the figures below
    score = expit(x @ fit(x[train], y[train]))
    decision = (score >= CUT_OFF).astype(int)
    held = ~train
    women = np.array(table["sex"].to_pylist()) == "Female"
    rates = decision[held & women].mean(), decision[held & ~women].mean()
    result = {
        "rows": int(held.sum()),
        "accuracy": round(float((decision[held] == y[held]).mean()), 4),
        "disparate_impact_sex": round(float(min(rates) / max(rates)), 4),
    }
    candidate = pa.table({"request_id": table["request_id"], "score": score, "decision": decision})
    pq.write_table(candidate, output / "candidate.parquet")
    (output / "result.json").write_text(json.dumps(result))
    sys.stdout.write(f"trained on {int(train.sum())} rows: {result}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
