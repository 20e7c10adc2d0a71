"""Scores of extracted answers by characters, as the evaluation scripts of KorQuAD 1.0 and JGLUE compute them.

A Korean word ends in particles, and Japanese has no spaces, so both compare bags of characters instead of words.
"""

import string
from collections.abc import Sequence

from madx_stilts.metrics.overlap import answer_scores, bag_f1, check_answers, not_empty, or_both_empty

_BRACKETS = str.maketrans(dict.fromkeys("'\"《》<>〈〉()‘’", " "))
_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation)
_FULL_STOP = "。"


def normalise_korean(text: str) -> str:
    """An answer as KorQuAD compares it: brackets and quotes are spaces, no ASCII punctuation, lower case."""
    return " ".join(text.translate(_BRACKETS).lower().translate(_WITHOUT_PUNCTUATION).split())


def normalise_japanese(text: str) -> str:
    """An answer as JGLUE compares it: lower case, without full stops at its end, single spaces."""
    return " ".join(text.lower().rstrip(_FULL_STOP).split())


def korquad(*, predicted: Sequence[str], gold: Sequence[Sequence[str]]) -> dict[str, float]:
    """`exact_match` and `f1` of KorQuAD 1.0 (Lim et al. 2019, `evaluate-v1.0.py`), 0 to 100, means over questions.

    F1 is that of the two bags of characters, spaces aside, 0 if none is shared.

    Args:
        predicted: One answer per question; an empty one for a question left out.
        gold: The right answers of each question, at least one.

    Raises:
        ValueError: The lists differ in length or are empty, or a question has no gold answer.
    """
    check_answers(predicted, gold, of="KorQuAD")
    answers = [normalise_korean(answer) for answer in predicted]
    right = [[normalise_korean(answer) for answer in choice] for choice in gold]
    return answer_scores(
        answers, right, overlap=lambda one, other: bag_f1(one.replace(" ", ""), other.replace(" ", ""))
    )


def jsquad(*, predicted: Sequence[str], gold: Sequence[Sequence[str]]) -> dict[str, float]:
    """`exact_match` and `f1` of JSQuAD (Kurihara et al. 2022), 0 to 100, means over questions.

    As in JGLUE's patch of `squad_metrics.py` in transformers: F1 is that of the two bags of characters, spaces among
    them. Gold answers with nothing left after `normalise_japanese` are passed over, and two answers of which one is
    empty have F1 1 if both are, else 0.

    Args:
        predicted: One answer per question; an empty one for a question left out.
        gold: The right answers of each question, at least one.

    Raises:
        ValueError: The lists differ in length or are empty, or a question has no gold answer.
    """
    check_answers(predicted, gold, of="JSQuAD")
    answers = [normalise_japanese(answer) for answer in predicted]
    right = not_empty(gold, normalise_japanese)
    return answer_scores(answers, right, overlap=or_both_empty(bag_f1))
