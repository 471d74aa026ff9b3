"""The demo's model: trained on real outcomes, kept in a file that is read without running anything in it.

A pickle (joblib's too) runs whatever its writer put in; skops' file is data, and a type we did not name is refused.
"""

from collections.abc import Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, BadZipFile

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.errors import BadInput

try:
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.pipeline import Pipeline
    from skops import io
except ImportError as error:
    raise BadInput(
        "scikit-learn",
        "is not installed, and the demo's model needs it.",
        "Install it: pip install 'ethixai-incidents[demo]'",
    ) from error

# skops asks for its name, as a damaged tree could crash who reads it: the registry's checksum is looked at first.
TRUSTED = ["sklearn.tree._tree.Tree"]
CUT_OFF = 0.40  # of a score, from which on a request is approved: so about as many are approved as earn it
NAMES = ("age", "education_num", "capital_gain", "capital_loss", "hours_per_week", "workclass", "occupation")


def train(table: pa.Table, names: Sequence[str]) -> Pipeline:
    """Return a model fitted on the columns `names` of the rows whose outcome (`label`) is known."""
    known = table.filter(table["label"].is_valid())
    model = Pipeline(
        [
            ("columns", DictVectorizer(sparse=False)),
            ("trees", GradientBoostingClassifier(n_estimators=120, max_depth=3, random_state=0)),
        ]
    )
    model.fit(_rows(known, names), known["label"].to_numpy())
    model.reads = list(names)
    return model


def scores(model: Pipeline, table: pa.Table) -> NDArray[np.float64]:
    """Return the model's probability, for each row, that the outcome is good."""
    return np.asarray(model.predict_proba(_rows(table, model.reads))[:, 1], np.float64)


def save(model: Pipeline, path: Path) -> None:
    """Write the model to a file."""
    io.dump(model, path, compression=ZIP_DEFLATED)


def load(path: Path) -> Pipeline:
    """Return the model of a file; raise BadInput where it holds what a model of ours does not."""
    try:
        strange = sorted(set(io.get_untrusted_types(file=path)) - set(TRUSTED))
    except (OSError, BadZipFile):
        raise BadInput(str(path), "is no model that was saved by the demo.") from None
    if strange:
        raise BadInput(str(path), f"holds {', '.join(strange)}, which no model of ours is made of.")
    return io.load(path, trusted=TRUSTED)


def _rows(table: pa.Table, names: Sequence[str]) -> list[dict[str, object]]:
    """Return a row as its known values; what is missing is left out, and so counts as none of the levels."""
    return [
        {name: value for name, value in row.items() if value is not None}
        for row in table.select(list(names)).to_pylist()
    ]
