"""Every row of METRICS: documented, named in words, judged on real data, and calm on odd data."""

import json

import numpy as np
import pyarrow as pa
import pytest

from analysis.detection.compare import compare
from analysis.detection.limits import DEFAULTS
from analysis.discovery import Told, discover
from analysis.errors import BadLog
from analysis.metrics.table import METRICS
from analysis.profile import count
from analysis.vocabulary import Verdict
from templates import words
from tests.analysis.conftest import report_on

N = 600
ABSENT = {"estimated_accuracy"}  # a series of its own, in no comparison with a baseline


def log(**columns):
    """Return a healthy log of N rows, columns replaced or (None) left out."""
    draw = np.random.default_rng(5)
    score = draw.uniform(0, 1, N)
    healthy = {
        "timestamp": pa.array(np.arange(N) * 600_000 + 1_700_000_000_000, pa.timestamp("ms", "UTC")),
        "model_version": ["7"] * N,
        "x": draw.normal(50, 5, N),
        "kind": draw.choice(["a", "b", "c"], N),
        "group": draw.choice(["m", "f"], N),
        "score": score,
        "decision": (score > 0.5).astype(np.int8),
        "label": (draw.uniform(0, 1, N) < score).astype(np.int8),
        "latency_ms": draw.gamma(4, 20, N),
        "error": [None] * N,
        **{f"attribution_{i}": draw.normal(0, i + 1, N) for i in range(6)},
    }
    return pa.table({name: value for name, value in {**healthy, **columns}.items() if value is not None})


def report(window, baseline=None):
    baseline = log() if baseline is None else baseline
    spec = discover(baseline, Told(protected=("group",)))
    return compare(*(count(spec, table.to_batches()) for table in (baseline, window)))


ODD = {
    "empty": log().slice(0, 0),
    "one row": log().slice(0, 1),
    "all null": log(x=pa.nulls(N, pa.float64()), kind=pa.nulls(N, pa.string()), group=pa.nulls(N, pa.string())),
    "null type": log(x=pa.nulls(N), score=pa.nulls(N), decision=pa.nulls(N), label=pa.nulls(N), latency_ms=pa.nulls(N)),
    "constant": log(x=np.full(N, 3.0), kind=["a"] * N, score=np.full(N, 0.5), latency_ms=np.zeros(N)),
    "nan": log(x=np.full(N, np.nan), score=np.full(N, np.nan), latency_ms=np.full(N, np.nan)),
    "infinite": log(x=np.full(N, np.inf), latency_ms=np.full(N, np.inf)),
    "minus infinite": log(x=np.r_[np.full(N // 2, -np.inf), np.full(N // 2, np.inf)]),
    "denormal": log(x=np.full(N, 5e-324), score=np.full(N, 5e-324)),
    "huge": log(x=np.full(N, 1e308), latency_ms=np.full(N, 1e308)),
    "no probability": log(score=np.linspace(-5, 900, N)),
    "one label": log(label=np.ones(N, np.int8)),
    "no label": log(label=pa.nulls(N, pa.int8())),
    "no label column": log(label=None),
    "no decision": log(decision=pa.nulls(N, pa.int8())),
    "all refused": log(decision=np.zeros(N, np.int8)),
    "three decisions": log(decision=np.arange(N) % 3),
    "worded decisions": log(decision=pa.array(["maybe"] * N)),
    "a group vanished": log(group=["m"] * N),
    "new groups": log(group=["x", "y"] * (N // 2)),
    "ten thousand values": log(kind=[f"v{i}" for i in range(N)]),
    "dictionary": log(kind=pa.array(["a", "b", None] * (N // 3)).dictionary_encode()),
    "a dropped column": log(x=None),
    "a dropped category": log(kind=None),
    "no score": log(score=None),
    "no latency": log(latency_ms=None),
    "no group": log(group=None),
    "no attribution": log(**{f"attribution_{i}": None for i in range(6)}),
    "a new column": log(y=np.arange(N)),
    "no time": log(timestamp=None),
    "null times": log(timestamp=pa.nulls(N, pa.timestamp("ms", "UTC"))),
    "times without a zone": log(timestamp=pa.array(np.arange(N) * 1_000, pa.timestamp("s"))),
    "times as text": log(timestamp=["2025-03-01T00:00:00Z"] * N),
    "times as integers": log(timestamp=np.arange(N) + 1_700_000_000),
    "numbers as text": log(x=[str(i) for i in range(N)]),
    "integers for numbers": log(x=np.arange(N)),
    "numbers for texts": log(kind=np.arange(N) % 3),
    "all failed": log(error=["boom"] * N),
    "true errors": log(error=[True, False] * (N // 2)),
    "duplicated rows": pa.concat_tables([log()] * 2),
}


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_metric_is_documented_and_named(metric):
    assert metric.function.__doc__
    assert metric.id in words.NAMES


@pytest.mark.parametrize("metric", METRICS)
def test_a_metric_has_a_number_on_real_data(metric):
    found = [f for f in report_on("a").findings if f.metric == metric]
    assert any(f.value is not None and f.verdict is not Verdict.NOT_COMPUTABLE for f in found)


def test_every_limit_is_that_of_a_metric():
    assert set(DEFAULTS) <= set(METRICS)


@pytest.mark.parametrize("odd", ODD)
def test_odd_windows_give_named_verdicts_and_sentences(odd):
    found = report(ODD[odd])
    text = json.dumps(words.report(found), allow_nan=False)
    assert "nan" not in text.lower().replace("finance", "")
    for finding in found.findings:
        assert finding.value is not None or finding.verdict in (Verdict.INSUFFICIENT_DATA, Verdict.NOT_COMPUTABLE)
        assert words.finding(finding).endswith(".")


@pytest.mark.parametrize("odd", [name for name in ODD if name not in ("no group", "numbers for texts")])
def test_odd_baselines_do_too(odd):
    found = report(log(), ODD[odd])
    assert json.dumps(words.report(found), allow_nan=False)


@pytest.mark.parametrize("odd", ["dictionary", "times as integers", "duplicated rows", "a new column", "no time"])
def test_what_is_only_written_otherwise_raises_nothing(odd):
    if odd == "dictionary":
        same = log(kind=pa.array(log()["kind"].to_pylist()).dictionary_encode())
        assert report(same).alerts == ()
        return
    assert report(ODD[odd]).alerts == ()


def test_texts_for_numbers_are_refused_by_name():
    with pytest.raises(BadLog) as refused:
        report(log(), ODD["numbers for texts"])
    assert refused.value.facts["column"] == "kind"
    assert "kind" in words.refused(refused.value)


def test_ten_thousand_categories_are_cut_and_said():
    values = [f"v{i % 10_000}" for i in range(20_000)]
    table = pa.table({"kind": values, "decision": np.ones(20_000, np.int8), "group": ["m", "f"] * 10_000})
    found = report(table, table)
    assert found.of("unseen_share", "kind").facts["cut"] is True
    assert found.alerts == ()
