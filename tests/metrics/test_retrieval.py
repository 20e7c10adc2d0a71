"""Rankings score, and translations are mined, as XTREME and XTREME-R do it."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from madx_stilts.metrics.retrieval import (
    Neighbours,
    average_precision_at,
    best_threshold,
    bucc_f1,
    margin_scores,
    mean_average_precision,
    mean_reciprocal_rank,
    mine,
    reaching,
    reciprocal_rank_at,
)

ids = st.integers(0, 12)
pairs = st.sets(st.tuples(st.sampled_from(["de-1", "de-2", "de-3"]), st.sampled_from(["en-1", "en-2", "en-3"])))


def neighbours(similarities: np.ndarray, count: int) -> Neighbours:
    """The nearest columns of each row."""
    order = np.argsort(-similarities, axis=1, kind="stable")[:, :count]
    return Neighbours(np.take_along_axis(similarities, order, axis=1), order)


def both_ways(similarities: np.ndarray, count: int) -> tuple[Neighbours, Neighbours]:
    return neighbours(similarities, count), neighbours(similarities.T, count)


def embedded(seed: int, sources: int, targets: int) -> np.ndarray:
    """Cosine similarities of random embeddings that all point roughly the same way, as those of encoders do."""
    random = np.random.default_rng(seed)
    drawn = [random.normal(size=(count, 6)) + 1 for count in (sources, targets)]
    unit = [vectors / np.linalg.norm(vectors, axis=1, keepdims=True) for vectors in drawn]
    return np.asarray(unit[0] @ unit[1].T)


def mined_by_hand(similarities: np.ndarray, count: int) -> set[tuple[int, int]]:
    """All pairs scored one by one, proposals collected, the best free one taken until none is left."""
    sources, targets = similarities.shape
    near_source = [set(np.argsort(-similarities[i])[:count].tolist()) for i in range(sources)]
    near_target = [set(np.argsort(-similarities[:, j])[:count].tolist()) for j in range(targets)]

    def margin(pair: tuple[int, int]) -> float:
        i, j = pair
        ours = np.mean([similarities[i, other] for other in near_source[i]])
        theirs = np.mean([similarities[other, j] for other in near_target[j]])
        return float(similarities[i, j] / ((ours + theirs) / 2))

    proposals = {max(((i, j) for j in near_source[i]), key=margin) for i in range(sources)}
    proposals |= {max(((i, j) for i in near_target[j]), key=margin) for j in range(targets)}
    taken: list[tuple[int, int]] = []
    for i, j in sorted(proposals, key=margin, reverse=True):
        if all(i != a and j != b for a, b in taken):
            taken.append((i, j))
    return {pair for pair in taken if margin(pair) > 0}


@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(1, 9), st.integers(2, 4))
def test_mining_is_that_of_the_definition(seed: int, sources: int, targets: int, count: int) -> None:
    similarities = embedded(seed, sources, targets)
    found = mine(*both_ways(similarities, count))
    assert {(match.source, match.target) for match in found} == mined_by_hand(similarities, count)


@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(1, 9))
def test_mined_pairs_are_one_to_one_and_fall_in_score(seed: int, sources: int, targets: int) -> None:
    found = mine(*both_ways(embedded(seed, sources, targets), 4))
    scores = [match.score for match in found]
    assert len({match.source for match in found}) == len({match.target for match in found}) == len(found)
    assert scores == sorted(scores, reverse=True)


def test_a_margin_is_a_similarity_over_the_mean_of_two_means() -> None:
    forward, backward = both_ways(np.array([[0.9, 0.3], [0.5, 0.1]]), 2)
    expected = [[0.9 / ((0.6 + 0.7) / 2), 0.3 / ((0.6 + 0.2) / 2)], [0.5 / ((0.3 + 0.7) / 2), 0.1 / ((0.3 + 0.2) / 2)]]
    assert margin_scores(forward, backward) == pytest.approx(np.array(expected))


def test_a_hub_is_matched_once_and_its_other_suitors_go_without() -> None:
    forward, backward = both_ways(np.array([[0.9, 0.2], [0.8, 0.1]]), 1)
    assert [match[:2] for match in mine(forward, backward)] == [(0, 0)]


def test_what_scores_nothing_is_not_given_back() -> None:
    forward, backward = both_ways(np.array([[0.9, -0.2], [0.8, -0.1]]), 2)
    (match,) = mine(forward, backward)
    assert match == pytest.approx((0, 0, 1.5))


def test_two_ids_of_one_sentence_are_two_candidates_of_which_one_is_taken() -> None:
    forward, backward = both_ways(np.array([[0.9, 0.2], [0.9, 0.2]]), 2)
    assert next(match[:2] for match in mine(forward, backward)) == (0, 0)


def test_neighbours_that_do_not_fit_are_refused() -> None:
    forward, backward = both_ways(embedded(1, 3, 4), 2)
    with pytest.raises(ValueError, match="the other side has 2"):
        mine(forward, Neighbours(backward.similarities[:2], backward.indices[:2]))
    with pytest.raises(ValueError, match="no neighbours"):
        mine(Neighbours(forward.similarities[:, :1], forward.indices), backward)


def test_a_zero_embedding_is_refused() -> None:
    with pytest.raises(ValueError, match="may be zero"):
        mine(*both_ways(np.zeros((2, 2)), 2))


@given(pairs, pairs.filter(bool))
def test_bucc_f1_is_that_of_two_sets(predicted: set[tuple[str, str]], gold: set[tuple[str, str]]) -> None:
    right = len([pair for pair in predicted if pair in gold])
    precision, recall = right / max(len(predicted), 1), right / len(gold)
    f1 = 2 * precision * recall / (precision + recall) if right else 0
    assert bucc_f1(predicted=predicted, gold=gold) == pytest.approx(
        {"f1": 100 * f1, "precision": 100 * precision, "recall": 100 * recall}
    )


def test_a_threshold_lies_halfway_between_the_last_good_pair_and_the_next() -> None:
    scores = {"right": 1.5, "also right": 1.3, "wrong": 1.1, "right, too late": 0.2}
    assert best_threshold(scores, {"right", "also right"}) == pytest.approx(1.2)


def test_a_threshold_that_takes_all_is_the_last_score() -> None:
    scores = {"right": 1.5, "wrong": 1.4, "also right": 1.3}
    assert best_threshold(scores, {"right", "also right", "not mined"}) == 1.3
    assert reaching(scores, 1.3) == set(scores)


def test_a_threshold_is_0_where_nothing_is_right() -> None:
    assert best_threshold({"wrong": 1.5}, {"right"}) == 0
    assert best_threshold({}, {"right"}) == 0


@given(st.dictionaries(ids, st.floats(0.5, 2), max_size=8), st.sets(ids, min_size=1))
def test_no_threshold_is_better_than_the_best(scores: dict[int, float], gold: set[int]) -> None:
    scores = {pair: score + pair / 1000 for pair, score in scores.items()}

    def f1(threshold: float) -> float:
        return bucc_f1(predicted=reaching(scores, threshold), gold=gold)["f1"]

    if len(set(scores.values())) == len(scores):
        reached = f1(best_threshold(scores, gold))
        assert reached == pytest.approx(max((f1(score) for score in scores.values()), default=0.0))


def precision_at_hits(ranked: Sequence[int], relevant: set[int], cut: int) -> float:
    """Average precision from its definition, with a look back at each rank."""
    first = [one for at, one in enumerate(ranked[:cut]) if one not in ranked[:at]]
    hits = [ranked.index(one) + 1 for one in first if one in relevant]
    precisions = [(order + 1) / rank for order, rank in enumerate(hits)]
    return sum(precisions) / min(len(relevant), cut)


@given(st.lists(ids, max_size=10), st.sets(ids, min_size=1), st.integers(1, 6))
def test_average_precision_is_that_of_the_definition(ranked: list[int], relevant: set[int], cut: int) -> None:
    assert average_precision_at(ranked, relevant, cut=cut) == pytest.approx(precision_at_hits(ranked, relevant, cut))


@given(st.lists(ids, max_size=10), ids, st.integers(1, 6))
def test_with_one_relevant_id_average_precision_is_the_reciprocal_rank(ranked: list[int], one: int, cut: int) -> None:
    assert average_precision_at(ranked, {one}, cut=cut) == reciprocal_rank_at(ranked, {one}, cut=cut)


def test_no_more_than_the_cut_can_be_found() -> None:
    relevant = {str(number) for number in range(30)}
    assert average_precision_at(sorted(relevant), relevant) == 1
    assert average_precision_at([], relevant) == 0


def test_the_rank_behind_the_cut_does_not_count() -> None:
    ranked = [f"Q{number}" for number in range(30)]
    assert [reciprocal_rank_at(ranked, [right]) for right in ("Q0", "Q19", "Q20")] == [1, 1 / 20, 0]


def test_a_query_without_a_ranking_counts_as_missed() -> None:
    predicted, gold = {"a": ["Q1"], "nobody asked": ["Q2"]}, {"a": ["Q1"], "b": ["Q2"]}
    assert mean_reciprocal_rank(predicted=predicted, gold=gold) == 50
    assert mean_average_precision(predicted=predicted, gold=gold) == 50


def test_nothing_to_find_is_refused() -> None:
    with pytest.raises(ValueError, match="no queries"):
        mean_reciprocal_rank(predicted={}, gold={})
    with pytest.raises(ValueError, match="nothing relevant"):
        mean_average_precision(predicted={}, gold={"a": []})
    with pytest.raises(ValueError, match="no gold pairs"):
        bucc_f1(predicted=set(), gold=set())
    with pytest.raises(ValueError, match="no gold pairs"):
        best_threshold({"a": 1.0}, set())
