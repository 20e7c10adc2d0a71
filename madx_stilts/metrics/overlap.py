"""How well answers fit the right ones: what the scripts of SQuAD, MLQA, KorQuAD and JSQuAD have in common."""

from collections import Counter
from collections.abc import Callable, Sequence

from madx_stilts.metrics.counts import check_pairs, f1

Compare = Callable[[str, str], float]
Normalise = Callable[[str], str]


def check_answers(predicted: Sequence[str], gold: Sequence[Sequence[str]], *, of: str) -> None:
    """Refuse answers that cannot be scored.

    Args:
        of: The data set, in which every question has an answer, for the message.

    Raises:
        ValueError: The lists differ in length or are empty, or a question has no gold answer.
    """
    check_pairs(predicted, gold, what="answers")
    for number, choice in enumerate(gold):
        if not choice:
            raise ValueError(f"Question {number} (from 0) has no gold answer; in {of} every question has one.")


def not_empty(gold: Sequence[Sequence[str]], normalise: Normalise) -> list[list[str]]:
    """The right answers, normalised, but for those with nothing left; where none is, the empty one."""
    return [[text for answer in choice if (text := normalise(answer))] or [""] for choice in gold]


def best(compare: Compare, answers: Sequence[str], right: Sequence[Sequence[str]]) -> list[float]:
    """Each answer compared with the right answer that it fits best; all are normalised."""
    return [max(compare(answer, one) for one in choice) for answer, choice in zip(answers, right, strict=True)]


def equal(answer: str, right: str) -> float:
    """1 if they are equal, else 0."""
    return float(answer == right)


def word_f1(answer: str, right: str) -> float:
    """F1 of the two bags of words, 0 to 1; 0 if no word is shared."""
    return bag_f1(answer.split(), right.split())


def bag_f1(answer: Sequence[str], right: Sequence[str]) -> float:
    """F1 of two bags of words, or of characters where texts are given, 0 to 1; 0 if none is shared."""
    shared = (Counter(answer) & Counter(right)).total()
    return f1(correct=shared, predicted=len(answer), gold=len(right))


def or_both_empty(compare: Compare) -> Compare:
    """The same comparison, but 1 for two empty answers."""
    return lambda answer, right: compare(answer, right) if answer or right else 1.0


def answer_scores(
    answers: Sequence[str], right: Sequence[Sequence[str]], *, overlap: Compare = word_f1
) -> dict[str, float]:
    """`exact_match` and `f1`, 0 to 100, means over questions.

    Each answer counts as well as it fits the right answer that it fits best. Exact match asks for equality.

    Args:
        answers: One normalised answer per question.
        right: The normalised right answers of each question, at least one.
        overlap: F1 of two answers, 0 to 1.
    """
    return {"exact_match": percent(best(equal, answers, right)), "f1": percent(best(overlap, answers, right))}


def percent(values: Sequence[float]) -> float:
    """Mean of values from 0 to 1, as 0 to 100."""
    return 100 * sum(values) / len(values)
