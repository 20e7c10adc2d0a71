"""What a retrieval metric is for a ranking drawn at random, 0 to 100: the expected value, by combinatorics.

Candidates are drawn without repetition, each order as likely as any other.
"""

from collections.abc import Sequence


def random_accuracy(relevant: Sequence[int], candidates: int) -> float:
    """How often the first candidate is right.

    Args:
        relevant: For each query, how many candidates are right.
        candidates: How many there are.
    """
    return 100 * sum(relevant) / (len(relevant) * candidates)


def random_reciprocal_rank(relevant: Sequence[int], candidates: int, *, cut: int = 20) -> float:
    """Mean reciprocal rank of the first right candidate, where ranks beyond `cut` count 0."""
    return 100 * sum(_reciprocal_rank(count, candidates, cut) for count in relevant) / len(relevant)


def random_average_precision(relevant: Sequence[int], candidates: int, *, cut: int = 20) -> float:
    """Mean average precision at `cut`, as `metrics.retrieval.average_precision_at` defines it."""
    return 100 * sum(_average_precision(count, candidates, cut) for count in relevant) / len(relevant)


def random_pairs(relevant: Sequence[int], candidates: int) -> dict[str, float]:
    """`f1`, `precision` and `recall` of pairs, one to one, as many as the smaller side has.

    F1 is that of the expected number of right pairs.
    """
    gold, found = sum(relevant), min(len(relevant), candidates)
    right = gold / max(len(relevant), candidates)
    return {
        "f1": 100 * 2 * right / (found + gold),
        "precision": 100 * right / found,
        "recall": 100 * right / gold if gold else 0.0,
    }


def _reciprocal_rank(relevant: int, candidates: int, cut: int) -> float:
    total, none_before = 0.0, 1.0
    for rank in range(1, min(cut, candidates) + 1):
        hit = min(1.0, relevant / (candidates - rank + 1))
        total += none_before * hit / rank
        none_before *= 1 - hit
    return total


def _average_precision(relevant: int, candidates: int, cut: int) -> float:
    if not relevant:
        return 0.0
    others = (relevant - 1) / (candidates - 1) if candidates > 1 else 0.0
    ranks = range(1, min(cut, candidates) + 1)
    hits = sum((1 + (rank - 1) * others) / rank for rank in ranks) * relevant / candidates
    return hits / min(relevant, cut)
