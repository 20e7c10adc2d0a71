"""Scores of extracted answers, as the evaluation scripts of SQuAD 1.1 and 2.0 compute them.

XTREME scores XQuAD and TyDiQA-GoldP in all languages with the script for 1.1 (`third_party/evaluate_squad.py`):
English articles are dropped and words split at spaces even there, so F1 is nearly exact match in Thai and Chinese.
"""

import re
import string
from collections.abc import Sequence

from madx_stilts.metrics.counts import check_pairs
from madx_stilts.metrics.overlap import (
    answer_scores,
    best,
    check_answers,
    equal,
    not_empty,
    or_both_empty,
    percent,
    word_f1,
)

_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise(text: str) -> str:
    """An answer as it is compared: lower case, no ASCII punctuation, no English articles, single spaces."""
    return " ".join(_ARTICLE.sub(" ", text.lower().translate(_WITHOUT_PUNCTUATION)).split())


def squad_v1(*, predicted: Sequence[str], gold: Sequence[Sequence[str]]) -> dict[str, float]:
    """`exact_match` and `f1` of SQuAD 1.1 (Rajpurkar et al. 2016), 0 to 100, means over questions.

    Both compare normalised answers with the gold answer they fit best: exact match asks for equality, F1 is that of
    the two bags of words, 0 if no word is shared. So an empty prediction has exact match 1 but F1 0 where the gold
    answer is an article only.

    Args:
        predicted: One answer per question; an empty one for a question left out.
        gold: The right answers of each question, at least one.

    Raises:
        ValueError: The lists differ in length or are empty, or a question has no gold answer.
    """
    check_answers(predicted, gold, of="SQuAD 1.1")
    answers = [normalise(answer) for answer in predicted]
    right = [[normalise(answer) for answer in choice] for choice in gold]
    return answer_scores(answers, right)


def squad_v2(*, predicted: Sequence[str], gold: Sequence[Sequence[str]]) -> dict[str, float]:
    """`exact_match` and `f1` of SQuAD 2.0 (Rajpurkar et al. 2018), 0 to 100, over all questions and over two parts.

    As in SQuAD 1.1, but no gold answer means that the right answer is the empty one, gold answers with nothing left
    after `normalise` are passed over, and two answers of which one is empty have F1 1 if both are, else 0. The parts
    `has_answer_exact_match`, `has_answer_f1`, `no_answer_exact_match` and `no_answer_f1` (HasAns and NoAns in the
    script) are there when such questions are.

    Args:
        predicted: One answer per question; the empty one says that there is none.
        gold: The right answers of each question; none where it cannot be answered.

    Raises:
        ValueError: The lists differ in length or are empty.
    """
    check_pairs(predicted, gold, what="answers")
    answers = [normalise(answer) for answer in predicted]
    right = not_empty(gold, normalise)
    exact, overlap = best(equal, answers, right), best(or_both_empty(word_f1), answers, right)
    scores = {"exact_match": percent(exact), "f1": percent(overlap)}
    for part, answerable in (("has_answer", True), ("no_answer", False)):
        members = [number for number, choice in enumerate(gold) if bool(choice) is answerable]
        if members:
            scores[f"{part}_exact_match"] = percent([exact[number] for number in members])
            scores[f"{part}_f1"] = percent([overlap[number] for number in members])
    return scores
