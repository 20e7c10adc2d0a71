"""Scores of retrieval, and the mining of translations: BUCC, Mewsli-X and LAReQA as XTREME and XTREME-R have them.

Everything here works on ids, never on sentences: two ids with the same sentence are two things, each of which can be
found or missed. The scripts of others differ there. XTREME merges equal sentences before it mines, and gives up all
pairs with a sentence that occurs twice (`third_party/utils_retrieve.py`); jiant counts a mined pair as right for all
ids of its sentences. So scores on BUCC can differ in the few pairs with repeated sentences.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence, Set
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from madx_stilts.metrics.counts import f1

Id = TypeVar("Id", bound=Hashable)
SentencePair = TypeVar("SentencePair", bound=Hashable)


class Neighbours(NamedTuple):
    """The nearest of the other side, for each of one side.

    *Shape:* both ``(sentences, neighbours)``, the nearest first.
    """

    similarities: NDArray[np.floating[Any]]
    """Cosine similarities, -1 to 1."""
    indices: NDArray[np.integer[Any]]
    """Positions in the other side."""


class Match(NamedTuple):
    """A source and a target sentence, by their positions, and how well they fit."""

    source: int
    target: int
    score: float


def bucc_f1(*, predicted: Set[SentencePair], gold: Set[SentencePair]) -> dict[str, float]:
    """`f1`, `precision` and `recall` of mined pairs, 0 to 100 (`bucc_f1` in XTREME's `evaluate.py`).

    All are 0 where nothing right was mined.

    Raises:
        ValueError: There are no gold pairs.
    """
    if not gold:
        raise ValueError("There are no gold pairs to find.")
    correct = len(predicted & gold)
    return {
        "f1": 100 * f1(correct=correct, predicted=len(predicted), gold=len(gold)),
        "precision": 100 * correct / len(predicted) if correct else 0.0,
        "recall": 100 * correct / len(gold),
    }


def margin_scores(forward: Neighbours, backward: Neighbours) -> NDArray[np.floating[Any]]:
    """The ratio margin of each sentence and each of its neighbours (Artetxe and Schwenk 2019, arXiv 1811.01136).

    It is their similarity over the mean of two means: that of the one with its neighbours, and that of the other with
    its own. BUCC is mined with 4 neighbours.

    Args:
        forward: The neighbours of the sentences to score.
        backward: The neighbours of the sentences on the other side.

    Returns:
        A score for each of `forward`. *Shape:* ``(sentences, neighbours)``

    Raises:
        ValueError: The two sides do not fit each other, or the similarities around a sentence have a mean of 0.
    """
    _check_neighbours(forward, others=len(backward.indices))
    ours, theirs = forward.similarities.mean(axis=1), backward.similarities.mean(axis=1)
    around = (ours[:, None] + theirs[forward.indices]) / 2
    if not np.all(around):
        raise ValueError("A sentence is orthogonal to all its neighbours; an embedding may be zero.")
    scores: NDArray[np.floating[Any]] = forward.similarities / around
    return scores


def mine(forward: Neighbours, backward: Neighbours) -> list[Match]:
    """Match sentences one to one: XTREME's retrieval "max" (`mine_bitext` in `third_party/utils_retrieve.py`).

    Each sentence of either side proposes the neighbour of its highest margin. The best proposal whose two sentences
    are still free is taken, and so on. What scores 0 or less is not given back, though it occupies its sentences. Of
    equal scores, those of the source side and lower positions come first.

    Args:
        forward: For each source sentence, its neighbours among the targets.
        backward: For each target sentence, its neighbours among the sources.

    Returns:
        Matches, the best first.

    Raises:
        ValueError: As `margin_scores`.
    """
    there, back = margin_scores(forward, backward), margin_scores(backward, forward)
    sources = np.concatenate([np.arange(len(there)), _chosen(backward.indices, back)])
    targets = np.concatenate([_chosen(forward.indices, there), np.arange(len(back))])
    scores = np.concatenate([there.max(axis=1), back.max(axis=1)])
    free_sources, free_targets = np.ones(len(there), dtype=bool), np.ones(len(back), dtype=bool)
    matches = []
    for at in np.argsort(-scores, kind="stable"):
        source, target = sources[at], targets[at]
        if free_sources[source] and free_targets[target]:
            free_sources[source] = free_targets[target] = False
            matches.append(Match(int(source), int(target), float(scores[at])))
    return [match for match in matches if match.score > 0]


def best_threshold(scores: Mapping[SentencePair, float], gold: Set[SentencePair]) -> float:
    """The threshold to mine with: where F1 on pairs with known gold is highest (`bucc_optimize` in XTREME).

    The pairs are put in the order of their scores; of all beginnings of that list, the shortest of the best F1 counts.
    The threshold lies halfway between its last score and the next. Where nothing follows, it is the last score itself;
    XTREME's code fails there. It is 0 where no pair is right.

    Args:
        scores: Of each mined pair.
        gold: The right pairs.

    Raises:
        ValueError: There are no gold pairs.
    """
    if not gold:
        raise ValueError("There are no gold pairs to find.")
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    best, threshold, correct = 0.0, 0.0, 0
    for length, (pair, score) in enumerate(ranked, start=1):
        correct += pair in gold
        reached = f1(correct=correct, predicted=length, gold=len(gold))
        if reached > best:
            following = ranked[length][1] if length < len(ranked) else score
            best, threshold = reached, (score + following) / 2
    return threshold


def reaching(scores: Mapping[SentencePair, float], threshold: float) -> set[SentencePair]:
    """The pairs whose score is the threshold or more."""
    return {pair for pair, score in scores.items() if score >= threshold}


def average_precision_at(ranked: Sequence[Id], relevant: Collection[Id], *, cut: int = 20) -> float:
    """Average precision of one ranking, 0 to 1 (`average_precision_at_k` in XTREME's `third_party/utils_lareqa.py`).

    The mean, over all that could be found, of the precision at the rank where it was. What is named twice counts once.

    Args:
        ranked: Ids, the best first.
        relevant: The ids to find.
        cut: Ranks beyond it do not count; nor can more than so many be found.

    Raises:
        ValueError: There is nothing to find.
    """
    if not relevant:
        raise ValueError("There is nothing relevant to find.")
    wanted, hits, total = set(relevant), 0, 0.0
    for rank, one in enumerate(ranked[:cut], start=1):
        if one in wanted:
            wanted.remove(one)
            hits += 1
            total += hits / rank
    return total / min(len(set(relevant)), cut)


def reciprocal_rank_at(ranked: Sequence[Id], relevant: Collection[Id], *, cut: int = 20) -> float:
    """One over the rank of the first relevant id, 0 to 1; 0 if none is among the first.

    Args:
        ranked: Ids, the best first.
        relevant: The ids to find.
        cut: Ranks beyond it do not count.
    """
    return next((1 / rank for rank, one in enumerate(ranked[:cut], start=1) if one in relevant), 0.0)


def mean_average_precision(
    *, predicted: Mapping[str, Sequence[Id]], gold: Mapping[str, Collection[Id]], cut: int = 20
) -> float:
    """Mean average precision over queries, 0 to 100: XTREME-R's mAP@20 of LAReQA.

    Args:
        predicted: A ranking for each query, by id. A query without one counts 0; rankings of no query do not count.
        gold: What is relevant to each query.
        cut: Ranks beyond it do not count.

    Raises:
        ValueError: There are no queries, or one has nothing to find.
    """
    _check_queries(gold)
    values = (average_precision_at(predicted.get(query, ()), relevant, cut=cut) for query, relevant in gold.items())
    return 100 * sum(values) / len(gold)


def mean_reciprocal_rank(
    *, predicted: Mapping[str, Sequence[Id]], gold: Mapping[str, Collection[Id]], cut: int = 20
) -> float:
    """Mean reciprocal rank over queries, 0 to 100: XTREME-R's score for Mewsli-X.

    There each query has one relevant entity, and XTREME-R prints it as ``map@20``, which is the same then.

    Args:
        predicted: A ranking for each query, by id. A query without one counts 0; rankings of no query do not count.
        gold: What is relevant to each query.
        cut: Ranks beyond it do not count.

    Raises:
        ValueError: There are no queries.
    """
    _check_queries(gold)
    values = (reciprocal_rank_at(predicted.get(query, ()), relevant, cut=cut) for query, relevant in gold.items())
    return 100 * sum(values) / len(gold)


def _chosen(indices: NDArray[np.integer[Any]], scores: NDArray[np.floating[Any]]) -> NDArray[np.integer[Any]]:
    """The neighbour of the highest score, for each sentence."""
    chosen: NDArray[np.integer[Any]] = indices[np.arange(len(indices)), scores.argmax(axis=1)]
    return chosen


def _check_neighbours(neighbours: Neighbours, *, others: int) -> None:
    similarities, indices = neighbours
    if similarities.shape != indices.shape or indices.ndim != 2 or not indices.size:
        raise ValueError(
            f"Similarities of shape {similarities.shape} and positions of shape {indices.shape} are no neighbours."
        )
    if indices.min() < 0 or indices.max() >= others:
        raise ValueError(
            f"Neighbours stand at {indices.min()} to {indices.max()}, but the other side has {others}, counted from 0."
        )


def _check_queries(gold: Mapping[str, object]) -> None:
    if not gold:
        raise ValueError("There are no queries to score.")
