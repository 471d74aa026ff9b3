"""A prediction log to time with: 16 numbers, 4 categories, a protected attribute, score, decision, label, latency."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 1_000_000
KINDS = (("k2", 2), ("k8", 8), ("k40", 40), ("k200", 200))


def table(n: int, seed: int) -> pa.Table:
    """Return n rows; nulls, zeros, integers and far offsets included."""
    draw = np.random.default_rng(seed)
    columns: dict[str, object] = {
        "timestamp": pa.array(
            1_700_000_000_000 + np.sort(draw.integers(0, 7 * 86_400_000, n)), pa.timestamp("ms", "UTC")
        ),
        "model_version": pa.array(["1"] * n).dictionary_encode(),
    }
    for i in range(16):
        x = draw.normal(1_000 * (i % 3), 1 + i, n) if i % 4 else draw.integers(0, 50, n).astype(np.float64)
        columns[f"x{i:02}"] = pa.array(x, mask=draw.random(n) < 0.02) if i % 5 == 0 else x
    for name, k in KINDS:
        words = pa.array([f"{name}_{j}" for j in range(k)])
        columns[name] = pa.DictionaryArray.from_arrays(pa.array(draw.integers(0, k, n), pa.int32()), words)
    columns["group"] = pa.DictionaryArray.from_arrays(
        pa.array(draw.integers(0, 2, n), pa.int32()), pa.array(["f", "m"])
    )
    score = draw.beta(2, 3, n)
    columns["score"], columns["decision"] = score, (score > 0.5).astype(np.int8)
    columns["label"] = pa.array((draw.random(n) < score).astype(np.int8), mask=draw.random(n) < 0.4)
    columns["latency_ms"] = draw.gamma(4, 20, n)
    return pa.table(columns)


def folder(at: Path, files: int) -> list[Path]:
    """Return that many files of a million rows each, written once."""
    at.mkdir(parents=True, exist_ok=True)
    paths = [at / f"{i:02}.parquet" for i in range(files)]
    for i, path in enumerate(paths):
        if not path.exists():
            pq.write_table(table(ROWS, i), path, row_group_size=1 << 18, compression="snappy")
    return paths
