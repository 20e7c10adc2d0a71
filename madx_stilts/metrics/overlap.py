"""How well answers fit the right ones, once both are normalised: what the scripts of SQuAD and MLQA have in common."""

from collections import Counter
from collections.abc import Callable, Sequence

from madx_stilts.metrics.counts import f1


def answer_scores(answers: Sequence[str], right: Sequence[Sequence[str]]) -> dict[str, float]:
    """`exact_match` and `f1`, 0 to 100, means over questions.

    Each answer counts as well as it fits the right answer that it fits best. Exact match asks for equality; F1 is that
    of the two bags of words, 0 if no word is shared.

    Args:
        answers: One normalised answer per question.
        right: The normalised right answers of each question, at least one.
    """
    return {"exact_match": percent(best(equal, answers, right)), "f1": percent(best(word_f1, answers, right))}


def best(compare: Callable[[str, str], float], answers: Sequence[str], right: Sequence[Sequence[str]]) -> list[float]:
    """Each answer compared with the right answer that it fits best; all are normalised."""
    return [max(compare(answer, one) for one in choice) for answer, choice in zip(answers, right, strict=True)]


def equal(answer: str, right: str) -> float:
    """1 if they are equal, else 0."""
    return float(answer == right)


def word_f1(answer: str, right: str) -> float:
    """F1 of the two bags of words, 0 to 1; 0 if no word is shared."""
    words, right_words = answer.split(), right.split()
    shared = (Counter(words) & Counter(right_words)).total()
    return f1(correct=shared, predicted=len(words), gold=len(right_words))


def percent(values: Sequence[float]) -> float:
    """Mean of values from 0 to 1, as 0 to 100."""
    return 100 * sum(values) / len(values)
