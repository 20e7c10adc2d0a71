"""Scores of extracted answers in seven languages, as the evaluation script of MLQA computes them.

XTREME scores MLQA with it (`third_party/evaluate_mlqa.py`), after Lewis et al. 2020 (arXiv 1910.07475). It is the
script of SQuAD 1.1 with punctuation of all scripts, articles by language, and Chinese split into characters.
"""

import re
import string
import unicodedata
from collections.abc import Sequence

from madx_stilts.metrics.overlap import answer_scores, check_answers

_ARTICLES = {
    # The script's pattern has a second branch, for a word in the middle, that can never match. So what is left drops
    # these two letters wherever they stand.
    "ar": re.compile("ال"),
    "de": re.compile(r"\b(?:ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b"),
    "en": re.compile(r"\b(?:a|an|the)\b"),
    "es": re.compile(r"\b(?:un|una|unos|unas|el|la|los|las)\b"),
    "hi": None,
    "vi": re.compile(r"\b(?:của|là|cái|chiếc|những)\b"),
    "zh": None,
}
_CHINESE = re.compile("[\u4e00-\u9fa5]")

LANGUAGES = tuple(_ARTICLES)
"""The languages that the script knows."""


def normalise(text: str, language: str) -> str:
    """An answer as it is compared: lower case, no punctuation, no articles, single spaces.

    Punctuation is what Unicode calls so (categories P*), and all of ASCII's, such as ``$``. A Chinese character is a
    word of its own; characters outside U+4E00 to U+9FA5 are not split.

    Args:
        language: Of the answer.

    Raises:
        ValueError: The script does not know the language.
    """
    if language not in _ARTICLES:
        raise ValueError(f"MLQA is scored in {', '.join(LANGUAGES)}, not in {language}.")
    kept = "".join(letter for letter in text.lower() if not _is_punctuation(letter))
    articles = _ARTICLES[language]
    if articles is not None:
        kept = articles.sub(" ", kept)
    if language == "zh":
        kept = _CHINESE.sub(r" \g<0> ", kept)
    return " ".join(kept.split())


def mlqa(*, predicted: Sequence[str], gold: Sequence[Sequence[str]], language: str) -> dict[str, float]:
    """`exact_match` and `f1` of MLQA, 0 to 100, means over questions.

    As in SQuAD 1.1, on answers that are normalised for their language.

    Args:
        predicted: One answer per question; an empty one for a question left out.
        gold: The right answers of each question, at least one.
        language: Of context and answers; the question may be in another.

    Raises:
        ValueError: The script does not know the language, the lists differ in length or are empty, or a question has
            no gold answer.
    """
    check_answers(predicted, gold, of="MLQA")
    answers = [normalise(answer, language) for answer in predicted]
    return answer_scores(answers, [[normalise(answer, language) for answer in choice] for choice in gold])


def _is_punctuation(letter: str) -> bool:
    return letter in string.punctuation or unicodedata.category(letter).startswith("P")
