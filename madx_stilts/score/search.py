"""Exact search: which of many vectors are nearest to each query, in memory that does not grow with their number."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from madx_stilts.metrics.retrieval import Match, Neighbours, mine
from madx_stilts.score.embed import Vectors
from madx_stilts.score.predict import OnBatch, unwatched

MARGIN_NEIGHBOURS = 4
"""Of each sentence, for its margin (XTREME's `utils_retrieve.py`)."""


@dataclass(frozen=True)
class SearchChunks:
    """How much is compared at once: so many queries with so many candidates, 64 MiB of similarities.

    Results do not depend on it. A chunk takes a fraction of a second, so that a request to stop is soon met.
    """

    queries: int = 1024
    candidates: int = 16384


PORTIONS = SearchChunks()


def nearest(
    queries: Vectors,
    candidates: Vectors,
    count: int,
    *,
    device: torch.device,
    portions: SearchChunks = PORTIONS,
    on_batch: OnBatch = unwatched,
) -> Neighbours:
    """The nearest candidates of each query by inner product: cosine similarity, for vectors of length 1.

    Args:
        count: How many to find; all, if there are fewer.
        on_batch: Called after each chunk that was compared.

    Returns:
        The nearest first. Of equally near ones, those that stand first among the candidates.
    """
    batches = _chunks(queries, candidates, portions)
    steps = iter(range(1, batches + 1))
    found = [
        _of(some, candidates, count, portions, lambda: on_batch(next(steps), batches))
        for some in _parts(queries, portions.queries, device)
    ]
    values, places = (torch.cat(parts).numpy() for parts in zip(*found, strict=True))
    return Neighbours(values, places)


def mined(
    queries: Vectors,
    candidates: Vectors,
    *,
    device: torch.device,
    portions: SearchChunks = PORTIONS,
    on_batch: OnBatch = unwatched,
) -> list[Match]:
    """Pairs of a query and a candidate, one to one, by the ratio margin of their neighbours; the best first.

    Args:
        on_batch: As of `nearest`, for both directions together.
    """
    there = _chunks(queries, candidates, portions)
    both = there + _chunks(candidates, queries, portions)
    forward = nearest(
        *(queries, candidates, MARGIN_NEIGHBOURS),
        device=device,
        portions=portions,
        on_batch=lambda done, _: on_batch(done, both),
    )
    backward = nearest(
        *(candidates, queries, MARGIN_NEIGHBOURS),
        device=device,
        portions=portions,
        on_batch=lambda done, _: on_batch(there + done, both),
    )
    return mine(forward, backward)


def _chunks(queries: Vectors, candidates: Vectors, portions: SearchChunks) -> int:
    return -(-len(queries) // portions.queries) * -(-len(candidates) // portions.candidates)


def _parts(vectors: Vectors, size: int, device: torch.device) -> Iterator[Tensor]:
    # Copied, for torch cannot share an array that may not be written to.
    return (torch.from_numpy(vectors[at : at + size].copy()).to(device) for at in range(0, len(vectors), size))


def _of(
    queries: Tensor, candidates: Vectors, count: int, portions: SearchChunks, compared: Callable[[], None]
) -> tuple[Tensor, Tensor]:
    """Similarities and places of the nearest candidates of some queries. *Shape of each:* ``(queries, count)``."""
    values = torch.empty(len(queries), 0, device=queries.device)
    places = torch.empty(len(queries), 0, device=queries.device, dtype=torch.int64)
    start = 0
    for some in _parts(candidates, portions.candidates, queries.device):
        new, at = _first(queries @ some.T, count)
        # Those found so far stand before the new ones, as they do among the candidates.
        values, chosen = _first(torch.cat([values, new], dim=1), count)
        places = torch.cat([places, at + start], dim=1).gather(1, chosen)
        start += len(some)
        compared()
    return values.cpu(), places.cpu()


def _first(similarities: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """The highest values of each row and their columns, in order; of equal values the first columns."""
    count = min(count, similarities.shape[1])
    values, columns = similarities.topk(count, dim=1)
    # Of values that equal the last one, topk takes any.
    tied = (similarities >= values[:, -1:]).sum(dim=1) > count
    if tied.any():
        again = similarities[tied].sort(dim=1, descending=True, stable=True)
        values[tied], columns[tied] = again.values[:, :count], again.indices[:, :count]
    columns, order = columns.sort(dim=1)
    values, order = values.gather(1, order).sort(dim=1, descending=True, stable=True)
    return values, columns.gather(1, order)
