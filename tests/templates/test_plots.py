"""Pictures for files: one an alert, one a drifted column, one a protected attribute; hostile names stay inside."""

import struct

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.detection.compare import compare
from analysis.discovery import Told, discover
from analysis.profile import count
from analysis.profile.grid import Grid
from analysis.profile.histogram import edges, shares
from templates import plots
from tests.analysis.conftest import DATA

HOSTILE = "../../etc/$(reboot)\n<b>ключ</b>"


def pictures(before, now, protected=()):
    spec = discover(before, Told(protected=protected))
    sides = [count(spec, table.to_batches()) for table in (before, now)]
    report = compare(*sides)
    return report, plots.of(report, *sides)


@pytest.mark.parametrize(
    ("window", "columns"),
    [
        ("b_partner_channel", ["channel", "occupation", "education_num"]),
        ("c_hours_in_minutes", ["hours_per_week"]),
        ("d_missing_employment_fields", ["hours_per_week", "occupation"]),
        ("a_no_change", []),
    ],
)
def test_what_drifted_is_drawn_and_what_did_not_is_not(window, columns):
    before, now = (pq.read_table(DATA / f"{name}.parquet") for name in ("reference", f"current_{window}"))
    report, drawn = pictures(before, now, ("sex", "race"))
    names = [name.split("-", 2)[2].removesuffix(".png") for name in drawn if name.startswith("column")]
    assert set(columns) <= set(names)
    assert bool(columns) == bool(names)
    assert sum(name.startswith("alert") for name in drawn) == len(report.alerts)
    assert {name for name in drawn if name.startswith("fairness")} == {"fairness-01-race.png", "fairness-02-sex.png"}
    assert all(struct.unpack(">II", one.png[16:24]) == (1600, 840) and one.alt for one in drawn.values())


def test_hostile_names_of_columns_and_values_stay_in_the_folder():
    chance = np.random.default_rng(3)
    before, now = (
        pa.table(
            {HOSTILE: chance.normal(mean, 1, 4_000), HOSTILE + "2": chance.choice(["a/b", HOSTILE], 4_000, p=odds)}
        )
        for mean, odds in ((0, (0.5, 0.5)), (2, (0.1, 0.9)))
    )
    _, drawn = pictures(before, now)
    assert len([name for name in drawn if name.startswith("column")]) == 2
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") for name in drawn)
    assert not any(".." in name or name.startswith(".") for name in drawn)


def test_bars_hold_every_value_whatever_the_cells():
    chance = np.random.default_rng(4)
    values = chance.normal(1_000, 1, 20_000)
    spec = discover(pa.table({"x": values}))
    profile = count(spec, pa.table({"x": values}).to_batches())
    origin = spec.numbers["x"].origin
    grid = Grid.of(profile.table("number:x", 2), origin)
    borders = edges((grid, grid))
    found = shares(grid, origin, borders)
    inside = np.clip(values, borders[0], np.nextafter(borders[-1], 0))
    assert found.sum() == pytest.approx(1)
    assert found == pytest.approx(np.histogram(inside, borders)[0] / len(values), abs=0.003)


@pytest.mark.parametrize("values", [[5.0] * 300, [np.nan] * 300, [np.inf, -np.inf, 1.0] * 100, [0, 1] * 150])
def test_odd_columns_have_bars_or_none(values):
    table = pa.table({"x": pa.array(values)})
    spec = discover(table)
    origin = spec.numbers["x"].origin
    grid = Grid.of(count(spec, table.to_batches()).table("number:x", 2), origin)
    borders = edges((grid, grid))
    assert not len(borders) or shares(grid, origin, borders).sum() == pytest.approx(1)
