"""What a random ranking is expected to score is the mean over all rankings."""

from itertools import permutations
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madx_stilts.metrics.chance import (
    random_accuracy,
    random_average_precision,
    random_pairs,
    random_reciprocal_rank,
)
from madx_stilts.metrics.retrieval import average_precision_at, bucc_f1, reciprocal_rank_at


@given(candidates=st.integers(1, 5), cut=st.integers(1, 6), data=st.data())
def test_expected_values_are_means_over_all_orders(candidates: int, cut: int, data: st.DataObject) -> None:
    relevant = data.draw(st.integers(1, candidates))
    orders, wanted = list(permutations(range(candidates))), set(range(relevant))
    precision = fmean(average_precision_at(order, wanted, cut=cut) for order in orders)
    rank = fmean(reciprocal_rank_at(order, wanted, cut=cut) for order in orders)
    first = fmean(order[0] in wanted for order in orders)
    assert random_average_precision([relevant], candidates, cut=cut) == pytest.approx(100 * precision)
    assert random_reciprocal_rank([relevant], candidates, cut=cut) == pytest.approx(100 * rank)
    assert random_accuracy([relevant], candidates) == pytest.approx(100 * first)


@pytest.mark.parametrize(("queries", "candidates"), [(3, 4), (4, 3), (3, 3)])
def test_expected_pairs_are_means_over_all_ways_to_pair(queries: int, candidates: int) -> None:
    gold = {(0, 0), (2, 1)}
    few, many = sorted((queries, candidates))
    found = []
    for order in permutations(range(many), few):
        pairs = {(at, other) if queries <= candidates else (other, at) for at, other in enumerate(order)}
        found.append(bucc_f1(predicted=pairs, gold=gold))
    expected = {name: fmean(one[name] for one in found) for name in ("f1", "precision", "recall")}
    relevant = [sum(query == at for query, _ in gold) for at in range(queries)]
    assert random_pairs(relevant, candidates) == pytest.approx(expected)


def test_means_are_over_queries() -> None:
    assert random_accuracy([1, 0, 2], 10) == pytest.approx(10.0)
    assert random_reciprocal_rank([1, 0], 2) == pytest.approx(100 * (0.75 + 0) / 2)
