"""Exact search equals looking at everything at once, however much is looked at at a time."""

import signal
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from madx_stilts.metrics.retrieval import Neighbours, mine
from madx_stilts.score.search import SearchChunks, mined, nearest
from madx_stilts.train.interrupts import sigterm_as_interrupt

CPU = torch.device("cpu")
# Of small integers, products are exact and many are equal.
VECTORS = st.integers(1, 12).flatmap(
    lambda count: arrays.arrays(np.float32, (count, 3), elements=st.integers(-3, 3).map(float))
)
PORTIONS = st.builds(SearchChunks, st.integers(1, 14), st.integers(1, 14))


def by_brute_force(queries: Any, candidates: Any, count: int) -> Neighbours:
    """The nearest first; of equally near ones the first."""
    similarities = queries @ candidates.T
    order = np.argsort(-similarities, axis=1, kind="stable")[:, :count]
    return Neighbours(np.take_along_axis(similarities, order, axis=1), order)


@settings(deadline=None)
@given(queries=VECTORS, candidates=VECTORS, count=st.integers(1, 14), portions=PORTIONS)
def test_the_nearest_are_those_of_brute_force_whatever_the_portions(
    queries: Any, candidates: Any, count: int, portions: SearchChunks
) -> None:
    found = nearest(queries, candidates, count, device=CPU, portions=portions)
    expected = by_brute_force(queries, candidates, count)
    np.testing.assert_array_equal(found.similarities, expected.similarities)
    np.testing.assert_array_equal(found.indices, expected.indices)


@pytest.mark.parametrize("portions", [SearchChunks(), SearchChunks(7, 11), SearchChunks(100, 1)])
def test_real_vectors_are_found_in_the_same_order(portions: SearchChunks) -> None:
    random = np.random.default_rng(0)
    queries, candidates = (random.standard_normal((count, 16)).astype(np.float32) for count in (40, 200))
    found = nearest(queries, candidates, 20, device=CPU, portions=portions)
    expected = by_brute_force(queries, candidates, 20)
    np.testing.assert_array_equal(found.indices, expected.indices)
    np.testing.assert_allclose(found.similarities, expected.similarities, atol=1e-5)


def test_a_mapped_file_is_searched_without_being_written_to(tmp_path: Any) -> None:
    vectors = np.eye(5, dtype=np.float32)
    vectors.tofile(tmp_path / "vectors")
    mapped = np.memmap(tmp_path / "vectors", dtype=np.float32, mode="r", shape=(5, 5))
    found = nearest(mapped[::-1], mapped, 1, device=CPU, portions=SearchChunks(2, 3))
    assert found.indices[:, 0].tolist() == [4, 3, 2, 1, 0]


def test_pairs_are_mined_from_four_neighbours_both_ways() -> None:
    random = np.random.default_rng(1)
    queries = random.standard_normal((30, 8)).astype(np.float32) + 2
    candidates = queries[random.permutation(30)[:20]] + random.normal(0, 0.1, (20, 8)).astype(np.float32)
    queries, candidates = (one / np.linalg.norm(one, axis=1, keepdims=True) for one in (queries, candidates))
    expected = mine(by_brute_force(queries, candidates, 4), by_brute_force(candidates, queries, 4))
    for portions in (SearchChunks(), SearchChunks(3, 7)):
        found = mined(queries, candidates, device=CPU, portions=portions)
        assert [match[:2] for match in found] == [match[:2] for match in expected]
        assert [match.score for match in found] == pytest.approx([match.score for match in expected])


def test_a_search_tells_each_chunk_and_stops_after_the_one_in_which_that_is_asked_for() -> None:
    vectors = np.random.default_rng(2).standard_normal((30, 8)).astype(np.float32) + 2
    told: list[tuple[int, int]] = []
    mined(vectors, vectors[:20], device=CPU, portions=SearchChunks(10, 10), on_batch=lambda *step: told.append(step))
    assert told == [(done, 12) for done in range(1, 13)], "3 x 2 chunks there, 2 x 3 back"
    told.clear()

    def stopping(done: int, batches: int) -> None:
        told.append((done, batches))
        if done == 8:
            signal.raise_signal(signal.SIGTERM)

    with sigterm_as_interrupt(), pytest.raises(KeyboardInterrupt):
        mined(vectors, vectors[:20], device=CPU, portions=SearchChunks(10, 10), on_batch=stopping)
    assert told[-1] == (8, 12)
