"""Latency quantiles agree with numpy within the width of a cell."""

import numpy as np
import pytest

from analysis.metrics import operations
from tests.analysis.conftest import DATA, report_on


@pytest.mark.parametrize(("metric", "share"), [("latency_p50", 0.5), ("latency_p95", 0.95), ("latency_p99", 0.99)])
def test_quantiles_are_numpys_to_one_percent(reference, metric, share):
    import pyarrow.parquet as pq

    window = pq.read_table(DATA / "current_g_outage.parquet")["latency_ms"].to_numpy()
    found = report_on("g").of(metric, "latency_ms")
    assert found.value == pytest.approx(np.quantile(window, share), rel=0.01)
    assert found.baseline_value == pytest.approx(np.quantile(reference["latency_ms"].to_numpy(), share), rel=0.01)


def test_bursts_make_a_block_less_surprising():
    assert operations.overdispersion([3, 3, 3, 3], [100] * 4) == 1.0
    assert operations.overdispersion([0, 0, 0, 12], [100] * 4) > 5
    assert operations.overdispersion([], []) == 1.0
    assert operations.widened(1e-6, 4.0) > 1e-3
