"""What the predictions of one file are worth, each task by the metrics that XTREME's `evaluate.py` has for it."""

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Protocol

from madx_stilts.metrics import accuracy as accuracy_metric
from madx_stilts.metrics import mlqa as mlqa_metric
from madx_stilts.metrics.retrieval import bucc_f1, mean_average_precision, mean_reciprocal_rank
from madx_stilts.metrics.spans import span_scores
from madx_stilts.metrics.squad import squad_v1

CUT = 20
"""Ranks that count, in Mewsli-X and LAReQA."""


@dataclass(frozen=True)
class FileScore:
    """The scores of one file.

    Args:
        scores: By metric, 0 to 100.
        unanswered: How many questions or queries have no prediction; each counts 0.
        unasked: How many predictions belong to no question or query; they do not count.
    """

    scores: dict[str, float]
    unanswered: int = 0
    unasked: int = 0


class FileScorer(Protocol):
    """A way to score the content of one file against that of another."""

    def __call__(self, *, predicted: Any, gold: Any, language: str) -> FileScore:
        """Score one language.

        Raises:
            ValueError: The contents cannot be compared.
        """


def accuracy(*, predicted: Sequence[object], gold: Sequence[object], language: str) -> FileScore:
    """Share of equal lines, in their order."""
    return FileScore({"accuracy": accuracy_metric.accuracy(predicted=predicted, gold=gold)})


def spans(*, predicted: Sequence[Sequence[str]], gold: Sequence[Sequence[str]], language: str) -> FileScore:
    """F1, precision and recall of spans, also for part-of-speech tags (see `metrics.tagging.span_f1`)."""
    return FileScore(span_scores(predicted=predicted, gold=gold))


def pairs(*, predicted: Set[tuple[str, str]], gold: Set[tuple[str, str]], language: str) -> FileScore:
    """F1, precision and recall of mined pairs."""
    return FileScore(bucc_f1(predicted=predicted, gold=gold))


def squad(*, predicted: object, gold: object, language: str) -> FileScore:
    """Exact match and F1 of SQuAD 1.1, in all languages by the rules for English."""
    return _answers(predicted, gold, lambda texts, right: squad_v1(predicted=texts, gold=right))


def mlqa(*, predicted: object, gold: object, language: str) -> FileScore:
    """Exact match and F1 of MLQA, by the rules for the language."""
    return _answers(
        predicted, gold, lambda texts, right: mlqa_metric.mlqa(predicted=texts, gold=right, language=language)
    )


def reciprocal_rank(*, predicted: object, gold: object, language: str) -> FileScore:
    """Mean reciprocal rank, under the name that XTREME-R prints. Only the first gold entity of a query counts."""
    rankings, entities = _rankings(predicted, what="prediction"), _rankings(gold, what="label")
    for query, choice in entities.items():
        if not choice:
            raise ValueError(f"query {query} has no gold entity")
    first = {query: [choice[0].strip()] for query, choice in entities.items()}
    score = mean_reciprocal_rank(predicted=rankings, gold=first, cut=CUT)
    return FileScore({f"map@{CUT}": score}, *_unmatched(rankings, first))


def average_precision(*, predicted: object, gold: object, language: str) -> FileScore:
    """Mean average precision over queries."""
    rankings, relevant = _rankings(predicted, what="prediction"), _rankings(gold, what="label")
    score = mean_average_precision(predicted=rankings, gold=relevant, cut=CUT)
    return FileScore({f"map@{CUT}": score}, *_unmatched(rankings, relevant))


def _answers(
    predicted: object, gold: object, score: Callable[[list[str], list[list[str]]], dict[str, float]]
) -> FileScore:
    """Score the questions that have an answer; the others count 0."""
    if not isinstance(predicted, dict) or not all(isinstance(answer, str) for answer in predicted.values()):
        raise ValueError("the predictions are not one object that maps question ids to texts")
    questions = _questions(gold)
    answered = [(name, right) for name, right in questions if name in predicted]
    for name, right in answered:
        if not right:
            raise ValueError(f"question {name} has no gold answer")
    scores = {"exact_match": 0.0, "f1": 0.0}
    if answered:
        scores = score([predicted[name] for name, _ in answered], [right for _, right in answered])
    share = len(answered) / len(questions)
    unanswered, unasked = _unmatched(predicted, {name for name, _ in questions})
    return FileScore({metric: value * share for metric, value in scores.items()}, unanswered, unasked)


def _questions(articles: object) -> list[tuple[str, list[str]]]:
    """Ids and right answers of all questions in a file of SQuAD."""
    try:
        questions = [
            (str(question["id"]), [str(answer["text"]) for answer in question["answers"]])
            for article in articles  # type: ignore[attr-defined]
            for paragraph in article["paragraphs"]
            for question in paragraph["qas"]
        ]
    except (KeyError, TypeError) as error:
        raise ValueError("the labels are not in the format of SQuAD") from error
    if not questions:
        raise ValueError("the labels hold no questions")
    return questions


def _rankings(content: object, *, what: str) -> Mapping[str, list[str]]:
    if not isinstance(content, dict) or not all(
        isinstance(ranking, list) and all(isinstance(one, str) for one in ranking) for ranking in content.values()
    ):
        raise ValueError(f"the {what}s are not one object that maps query ids to lists of ids")
    return content


def _unmatched(predicted: Collection[str], asked: Collection[str]) -> tuple[int, int]:
    return sum(name not in predicted for name in asked), sum(name not in asked for name in predicted)
