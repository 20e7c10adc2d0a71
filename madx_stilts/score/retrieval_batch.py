"""Queries beside what they are looked for among, and what is found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from madx_stilts.data.read import Examples
from madx_stilts.formats import FORMATS
from madx_stilts.formats.base import Encoded, Outputs
from madx_stilts.formats.retrieval import Ranking, RetrievalExample
from madx_stilts.metrics.retrieval import best_threshold, reaching
from madx_stilts.score.embed import Vectors
from madx_stilts.score.predict import OnBatch, unwatched
from madx_stilts.score.search import mined, nearest
from madx_stilts.tasks.task import Search

RANKED = 20
"""Candidates that a ranking holds, and that mAP@20 and MRR@20 count."""


@dataclass(frozen=True)
class RetrievalBatch:
    """The queries of one language, and the candidates, embedded.

    Args:
        queries: With their gold answers, where these are known.
        encoded: The queries.
        asked: The queries' vectors, by layer.
        ids: The candidates' ids.
        pool: The candidates' vectors, by layer.
        device: Where vectors are compared.
        on_batch: Called after each chunk of vectors that was compared.
    """

    queries: Examples[RetrievalExample]
    encoded: Encoded
    asked: Mapping[int, Vectors]
    ids: list[str]
    pool: Mapping[int, Vectors]
    device: torch.device
    on_batch: OnBatch = unwatched


@dataclass(frozen=True)
class Answers:
    """What was found for each query; of mined pairs those whose margin reaches the threshold."""

    predictions: list[Ranking]
    threshold: float | None = None


def search(hunt: RetrievalBatch, layer: int, *, threshold: float | None = None) -> Answers:
    """Look for every query's candidates, in the way of its task.

    Args:
        layer: Whose vectors are compared.
        threshold: Mining only: the lowest margin that counts; None: the best for these very queries.

    Raises:
        DataError: There is no gold pair to tune the threshold on.
    """
    way = hunt.queries.task.search
    if way is None:
        raise ValueError(f"{hunt.queries.task.name} has nothing to search.")
    return _WAYS[way](hunt, layer, threshold)


def baseline(hunt: RetrievalBatch) -> dict[str, float]:
    """What all metrics are for random rankings; none where gold is hidden."""
    queries = hunt.queries
    task_format = FORMATS[queries.task.format]
    if not all(task_format.labelled(query) for query in queries.items):
        return {}
    return dict(task_format.baseline(queries.items, queries.task, queries.language, candidates=len(hunt.ids)))


def scored(hunt: RetrievalBatch, answers: Answers) -> dict[str, float]:
    """All metrics, the number of candidates, and the threshold where there is one; no metrics where gold is hidden."""
    queries = hunt.queries
    task_format = FORMATS[queries.task.format]
    facts: dict[str, float] = {"n": len(queries.items), "candidates": len(hunt.ids)}
    if answers.threshold is not None:
        facts["threshold"] = answers.threshold
    if not all(task_format.labelled(query) for query in queries.items):
        return facts
    return dict(task_format.score(answers.predictions, queries.items, queries.task, queries.language)) | facts


def _ranked(hunt: RetrievalBatch, layer: int, count: int) -> Answers:
    found = nearest(hunt.asked[layer], hunt.pool[layer], count, device=hunt.device, on_batch=hunt.on_batch)
    names = [[hunt.ids[at] for at in row] for row in found.indices.tolist()]
    return Answers(_decoded(hunt, {"candidate": np.array(names), "score": found.similarities}))


def _mined(hunt: RetrievalBatch, layer: int, threshold: float | None) -> Answers:
    matches = mined(hunt.asked[layer], hunt.pool[layer], device=hunt.device, on_batch=hunt.on_batch)
    scores = {(match.source, hunt.ids[match.target]): match.score for match in matches}
    if threshold is None:
        threshold = _tuned(hunt, scores)
    # A query has one match at most.
    names, values = [""] * len(hunt.queries), np.zeros((len(hunt.queries), 1))
    for at, name in reaching(scores, threshold):
        names[at], values[at] = name, scores[at, name]
    return Answers(_decoded(hunt, {"candidate": np.array(names)[:, None], "score": values}), threshold)


def _tuned(hunt: RetrievalBatch, scores: Mapping[tuple[int, str], float]) -> float:
    return best_threshold(scores, gold_pairs(hunt.queries))


def gold_pairs(queries: Examples[RetrievalExample]) -> set[tuple[int, str]]:
    """The right pairs, on which a threshold can be tuned: position of the query, id of the candidate.

    Raises:
        DataError: There are none, or some are hidden.
    """
    queries.require_labels()
    return {(at, name) for at, query in enumerate(queries.items) for name in query.gold or ()}


def _decoded(hunt: RetrievalBatch, outputs: Outputs) -> list[Any]:
    queries = hunt.queries
    return FORMATS[queries.task.format].decode(outputs, hunt.encoded, queries.items, queries.task)


_WAYS: Mapping[Search, Callable[[RetrievalBatch, int, float | None], Answers]] = {
    "nearest": lambda hunt, layer, threshold: _ranked(hunt, layer, 1),
    "ranking": lambda hunt, layer, threshold: _ranked(hunt, layer, RANKED),
    "mining": _mined,
}
