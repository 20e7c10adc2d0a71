"""Predictions that look like a failure whatever they score: the same for all examples, empty, of one length."""

from collections.abc import Iterator, Sequence

FEWEST = 4
"""Predictions from which on it is no chance that all are alike."""


def same_answer(predicted: Sequence[object], gold: Sequence[object], *, what: str) -> Iterator[str]:
    """A clause if all predictions are one, unless all are right.

    Args:
        predicted: Of each example, or of each word.
        gold: The right answers in the same order; None for each that is not known.
        what: What is the same, as the beginning of the clause.
    """
    if len(predicted) >= FEWEST and len(set(predicted)) == 1 and list(predicted) != list(gold):
        yield f"{what} {predicted[0]!r}"


def same_number(numbers: Sequence[int]) -> bool:
    """Whether all of enough numbers are one."""
    return len(numbers) >= FEWEST and len(set(numbers)) == 1
