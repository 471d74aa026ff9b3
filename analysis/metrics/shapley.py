"""Shares of a whole among those who made it together, whatever the order in which they came."""

from math import factorial

import numpy as np

from analysis.profile.cells import Floats


def shapley(values: Floats) -> Floats:
    """Return each player's average gain over all orders of arrival, from the value of every set of players.

    A set is the number whose bit i says that player i is in it, so `values` has 2^k entries on its last axis; the
    shares add up to the value of all less the value of nobody.

    Reference: Shapley, A value for n-person games (1953); Shorrocks, J. Economic Inequality 11 (2013) 99–126, for
    decompositions.

    >>> shapley(np.array([0.0, 1.0, 2.0, 5.0])).tolist()
    [2.0, 3.0]
    """
    k = int(values.shape[-1]).bit_length() - 1
    sets = np.arange(1 << k)
    size = np.array([s.bit_count() for s in sets.tolist()])
    weight = np.array([factorial(n) * factorial(max(k - n - 1, 0)) / factorial(k) for n in range(k + 1)])
    shares = np.zeros((*values.shape[:-1], k))
    for i in range(k):
        without = sets[sets & (1 << i) == 0]
        gain = values[..., without | (1 << i)] - values[..., without]
        shares[..., i] = (gain * weight[size[without]]).sum(axis=-1)
    return shares
