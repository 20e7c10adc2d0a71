"""Spans of tags, with precision and recall besides F1."""

from collections.abc import Sequence

from madx_stilts.metrics.tagging import Tags, span_f1, spans


def span_scores(*, predicted: Sequence[Tags], gold: Sequence[Tags]) -> dict[str, float]:
    """`f1` as `span_f1` has it, and its `precision` and `recall`, 0 to 100.

    All three are as seqeval 1.2.2 gives them by default; each is 0 where it would be a division by 0.

    Args:
        predicted: The tags of each sentence.
        gold: The tags of each sentence.

    Raises:
        ValueError: There are no tokens, or the two sides differ in sentences or tokens.
    """
    score = span_f1(predicted=predicted, gold=gold)
    found, right = set(spans(predicted)), set(spans(gold))
    correct = len(found & right)
    return {
        "f1": score,
        "precision": 100 * correct / len(found) if found else 0.0,
        "recall": 100 * correct / len(right) if right else 0.0,
    }
