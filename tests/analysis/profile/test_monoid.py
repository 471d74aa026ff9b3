"""merge(profile(a), profile(b)) is profile(a + b), whatever the split, the order, the batches or the types."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import BadProfile, ForeignProfile
from analysis.profile import Profile, builder, count, counting
from analysis.spec import Number, Spec
from tests.analysis.conftest import DATA, the_spec

FLOATS = st.floats(width=64, allow_nan=True, allow_infinity=True) | st.none()
WORDS = st.sampled_from(["a", "b", "", "ü", None])
SPEC = Spec(
    roles={r: r for r in ("timestamp", "score", "decision", "label", "latency_ms", "error", "model_version")},
    numbers={"x": Number(1.5, 0.5)}, categories={"c": ("a",)}, protected={"g": ("m", "f")}, segments=("c",),
    attributions=("x",), bound=2,
)  # fmt: skip
ROW = st.fixed_dictionaries({
    "timestamp": st.integers(0, 10**10) | st.none(), "x": FLOATS, "c": WORDS,
    "g": st.sampled_from(["m", "f", "o", None]),
    "score": st.floats(0, 1) | st.none(), "decision": st.sampled_from([0, 1, None]), "attribution_x": FLOATS,
    "label": st.sampled_from([0, 1, None]), "latency_ms": st.floats(0, 1e6), "error": st.sampled_from([None, "boom"]),
    "model_version": st.sampled_from(["1", "2"]),
})  # fmt: skip
SCHEMA = pa.schema([
    ("timestamp", pa.timestamp("ms", "UTC")), ("x", pa.float64()), ("c", pa.string()), ("g", pa.string()),
    ("score", pa.float64()), ("decision", pa.int8()), ("attribution_x", pa.float64()), ("label", pa.int8()),
    ("latency_ms", pa.float64()), ("error", pa.string()), ("model_version", pa.string()),
])  # fmt: skip


def batch(rows):
    return pa.RecordBatch.from_pylist(rows, schema=SCHEMA)


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, max_size=12), st.integers(0, 12), st.randoms(use_true_random=False))
def test_any_split_and_order_give_the_same_bytes(rows, cut, random):
    whole = count(SPEC, [batch(rows)])
    parts = [count(SPEC, [batch(part)]) for part in (rows[:cut], rows[cut:])]
    random.shuffle(rows)
    assert parts[1].merge(parts[0]).to_bytes() == whole.to_bytes()
    assert count(SPEC, [batch([row]) for row in rows]).to_bytes() == whole.to_bytes()


@settings(max_examples=30, deadline=None)
@given(st.lists(ROW, max_size=8))
def test_bytes_come_back(rows):
    profile = count(SPEC, [batch(rows)])
    again = Profile.from_bytes(profile.to_bytes())
    assert again.to_bytes() == profile.to_bytes()
    assert again.checksum == profile.checksum
    assert again.rows == len(rows)


def test_batches_files_and_chunks_do_not_show(reference, spec, monkeypatch):
    whole = count(spec, reference.to_batches()).checksum
    assert count(spec, reference.to_batches(max_chunksize=37)).checksum == whole
    monkeypatch.setattr(builder, "CHUNK", 1_000)
    assert count(spec, reference.to_batches(max_chunksize=777)).checksum == whole
    order = np.random.default_rng(1).permutation(len(reference))
    assert count(spec, reference.take(order).to_batches()).checksum == whole


@pytest.mark.parametrize("loop", [counting.PLAIN, builder.fastest()])
def test_many_hours_in_no_order_and_many_values_are_counted_alike(loop):
    draw, n = np.random.default_rng(8), 20_000
    rows = pa.table({
        "timestamp": pa.array(draw.integers(0, 5 * 365 * 86_400_000, n), pa.timestamp("ms", "UTC")),
        "x": draw.normal(size=n), "c": pa.array([f"v{i}" for i in draw.integers(0, 5_000, n)]),
        "g": pa.array(draw.choice(["m", "f", "o"], n)), "score": draw.random(n),
        "decision": draw.integers(0, 2, n).astype(np.int8), "label": draw.integers(0, 2, n),
        "latency_ms": draw.random(n),
    })  # fmt: skip
    spread, ordered = (count(SPEC, one.to_batches(), loop) for one in (rows, rows.sort_by("timestamp")))
    assert spread.checksum == ordered.checksum
    assert spread.table("hour.latency", 1).total().tolist() == [n]


def test_the_type_of_a_column_does_not_show(reference, spec):
    def cast(table, name, kind):
        return table.set_column(table.schema.get_field_index(name), name, table[name].cast(kind))

    other = cast(cast(cast(reference, "age", "float64"), "decision", "float64"), "label", "int64")
    other = other.set_column(other.schema.get_field_index("sex"), "sex", other["sex"].dictionary_encode())
    other = cast(other, "timestamp", pa.timestamp("us"))
    assert count(spec, other.to_batches()).checksum == count(spec, reference.to_batches()).checksum


def test_nan_and_null_are_told_apart_and_asking_twice_changes_nothing():
    column = pa.array([None, float("nan"), 1.0, float("nan"), None, 2.0], from_pandas=False)
    one = builder.Builder(Spec(numbers={"x": Number()}, roles={"latency_ms": "x"}))
    one.add(pa.record_batch({"x": column}))
    first, second = one.profile(), one.profile()
    for name in ("number:x", "latency"):
        assert (first.counts[f"null:{name}"], first.counts[f"nan:{name}"]) == (2, 2)
    assert first.to_bytes() == second.to_bytes()
    one.add(pa.record_batch({"x": column}))
    assert one.profile().to_bytes() == first.merge(first).to_bytes()


def test_outcomes_are_replaced_not_added(spec, reference):
    early = reference.set_column(reference.schema.get_field_index("label"), "label", pa.nulls(5000, pa.int8()))
    first, second = (count(spec, table.to_batches()) for table in (early, reference))
    assert first.with_outcomes(second).to_bytes() == second.to_bytes()


def test_foreign_profiles_are_refused(spec):
    with pytest.raises(ForeignProfile):
        Profile.empty(spec).merge(Profile.empty(SPEC))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data[:-1],
        lambda data: data[:20],
        lambda data: b"",
        lambda data: b"PAR1" + data[4:],
        lambda data: data[:4] + b"\x09\x00" + data[6:],
        lambda data: data[:10] + bytes([data[10] ^ 1]) + data[11:],
        lambda data: data[:60] + bytes([data[60] ^ 1]) + data[61:],
    ],
)
def test_damaged_bytes_are_refused(spoil, baseline):
    with pytest.raises(BadProfile):
        Profile.from_bytes(spoil(baseline.to_bytes()))


def test_a_week_of_twenty_columns_is_small(baseline):
    assert len(baseline.to_bytes()) < 500_000
    assert DATA.exists()
    assert the_spec().digest == baseline.spec.digest
