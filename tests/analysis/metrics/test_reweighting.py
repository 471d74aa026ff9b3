"""Parts of a change: they add up, they are the known ones where everything is known, and their intervals hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.metrics.reweighting import alone, difference, effect, parts, ratio, score, without_counterpart
from analysis.metrics.shapley import shapley

N, M = 40_000, 30_000
P, Q = np.array([[0.4, 0.1], [0.2, 0.3]]), np.array([[0.1, 0.2], [0.1, 0.6]])
RATE = np.array([[0.9, 0.7], [0.6, 0.2]])


def table(shares, rates, rows):
    """Return the counts of one group whose cells have these shares and rates, exactly."""
    n = np.rint(shares * rows)
    events = np.rint(n * rates)
    return np.stack([n - events, events], axis=-1).astype(np.int64)[None]


def counts(groups):
    cell = st.integers(0, 60)
    shape = st.tuples(st.just(groups), st.integers(1, 3), st.integers(1, 3), st.just(2))
    return shape.flatmap(
        lambda size: st.tuples(*(st.lists(cell, min_size=int(np.prod(size)), max_size=int(np.prod(size))),) * 2).map(
            lambda both: tuple(np.array(side, np.int64).reshape(size) for side in both)
        )
    )


def total(found):
    return sum(part.value for part in (*found.players, found.model, found.new))


@pytest.mark.parametrize("measure", [alone, difference, ratio])
@given(sides=counts(3))
def test_the_parts_add_up_to_the_change(measure, sides):
    before, now = (side + np.array([1, 1]) * (np.arange(side[0, ..., 0].size).reshape(side.shape[1:-1]) == 0)[..., None]
                   for side in sides)  # fmt: skip
    found = parts(before, now, measure)
    assert total(found) == pytest.approx(found.change.value, abs=1e-12)
    assert found.change.value == pytest.approx(found.now - found.before, abs=1e-12)


@given(sides=counts(2))
def test_the_order_of_the_players_does_not_matter(sides):
    before, now = (side + 1 for side in sides)
    first = parts(before, now, difference)
    turned = parts(before.swapaxes(1, 2).copy(), now.swapaxes(1, 2).copy(), difference)
    assert [one.value for one in first.players] == pytest.approx([one.value for one in turned.players[::-1]], abs=1e-12)


def test_players_that_do_the_same_share_alike():
    rates = np.array([[0.9, 0.5], [0.5, 0.1]])
    found = parts(table(np.full((2, 2), 0.25), rates, N), table(np.array([[0.1, 0.2], [0.2, 0.5]]), rates, M), alone)
    assert found.players[0].value == pytest.approx(found.players[1].value, abs=1e-12)
    assert found.model.value == pytest.approx(0, abs=1e-12)


def test_a_shift_of_inputs_alone_leaves_nothing_to_the_model():
    found = parts(table(P, RATE, N), table(Q, RATE, M), alone)
    assert found.change.value == pytest.approx((Q * RATE).sum() - (P * RATE).sum(), abs=1e-4)
    assert found.model.value == pytest.approx(0, abs=1e-4)


def test_another_model_on_the_same_inputs_is_all_model():
    found = parts(table(P, RATE, N), table(P, RATE - 0.1, M), alone)
    assert found.model.value == pytest.approx(-0.1, abs=1e-4)
    assert [one.value for one in found.players] == pytest.approx([0, 0], abs=1e-4)


def test_both_at_once_are_told_apart_as_worked_out_by_hand():
    found = parts(table(P, RATE, N), table(Q, RATE - 0.1, M), alone)
    first, second = P.sum(1), P.sum(0)
    to_first, to_second = Q.sum(1) / first, Q.sum(0) / second
    of = {
        0: (P * RATE).sum(),
        1: (P * to_first[:, None] * RATE).sum(),
        2: (P * to_second[None, :] * RATE).sum(),
        3: (Q * RATE).sum(),
    }
    assert found.players[0].value == pytest.approx((of[1] - of[0] + of[3] - of[2]) / 2, abs=1e-4)
    assert found.players[1].value == pytest.approx((of[2] - of[0] + of[3] - of[1]) / 2, abs=1e-4)
    assert found.model.value == pytest.approx(-0.1, abs=1e-4)


def test_a_gap_between_groups_comes_from_who_is_in_them_not_from_how_large_they_are():
    rates = np.array([0.8, 0.2])
    before = np.concatenate([table(np.array([0.5, 0.5]), rates, N)] * 2)
    larger = np.concatenate([table(np.array([0.5, 0.5]), rates, n) for n in (N, 4 * N)])
    other = np.concatenate([table(np.array(mix), rates, N) for mix in ([0.5, 0.5], [0.1, 0.9])])
    assert parts(before, larger, difference).change.value == pytest.approx(0, abs=1e-9)
    found = parts(before, other, difference)
    assert found.players[0].value == pytest.approx(0.24, abs=1e-9)
    assert found.model.value == pytest.approx(0, abs=1e-9)


def test_rows_without_a_counterpart_are_a_part_of_their_own():
    before, now = np.array([[[50, 50], [0, 0]]]), np.array([[[50, 50], [100, 0]]])
    found = parts(before, now, alone)
    assert (found.players[0].value, found.model.value, found.new.value) == (0, 0, -0.25)
    assert without_counterpart(before, now) == 0.5


def test_the_same_counts_give_the_same_interval():
    sides = table(P, RATE, 900), table(Q, RATE, 800)
    assert parts(*sides, alone) == parts(*sides, alone)


def test_intervals_hold_the_truth():
    draw = np.random.default_rng(11)
    held = []
    for _ in range(200):
        sides = [draw.multinomial(n, shares.ravel()).reshape(2, 2) for n, shares in ((1_500, P), (1_200, Q))]
        rates = [RATE, RATE - 0.1]
        events = [draw.binomial(n, rate) for n, rate in zip(sides, rates, strict=True)]
        before, now = (np.stack([n - x, x], -1)[None] for n, x in zip(sides, events, strict=True))
        found = parts(before, now, alone)
        truth = parts(table(P, RATE, 10**7), table(Q, RATE - 0.1, 10**7), alone)
        pairs = zip((*found.players, found.model), (*truth.players, truth.model), strict=True)
        held.append([one.interval.low <= true.value <= one.interval.high for one, true in pairs])
    assert (np.mean(held, axis=0) >= 0.9).all()


@given(st.lists(st.floats(-5, 5), min_size=8, max_size=8))
def test_shapley_is_the_average_over_all_orders(values):
    from itertools import permutations

    gains = np.zeros(3)
    for turn in permutations(range(3)):
        held = 0
        for player in turn:
            gains[player] += values[held | 1 << player] - values[held]
            held |= 1 << player
    assert shapley(np.array(values)).tolist() == pytest.approx((gains / 6).tolist(), abs=1e-9)


def test_without_a_shift_the_score_is_a_normal_deviate_and_a_shift_shows_in_it():
    draw, rates = np.random.default_rng(6), np.linspace(0.1, 0.9, 24)
    shares = draw.dirichlet(np.full(24, 3.0))

    def side(rows, tilt=0.0):
        weights = shares * np.exp(tilt * rates)
        n = draw.multinomial(rows, weights / weights.sum())
        events = draw.binomial(n, rates)
        return np.stack([n - events, events], -1)[None]

    found = np.array([score(side(900), side(700)) for _ in range(500)])
    assert np.mean(found > 1.96) == pytest.approx(0.05, abs=0.03)
    assert found.max() < 4.5
    assert score(side(900), side(700, tilt=2.0)) > 5


def test_the_effect_is_what_the_players_do_together():
    before, now = table(P, RATE, N), table(Q, RATE - 0.1, M)
    assert effect(before, now, alone) == pytest.approx(sum(one.value for one in parts(before, now, alone).players))
