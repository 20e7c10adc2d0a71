"""Texts that are looked for among others: translations, answers, entities."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from reprlib import repr as shortened
from typing import NamedTuple

from madx_stilts.errors import DataError, UnknownName
from madx_stilts.formats.base import Encoded, EncodedBuilder, Format, Limits, Outputs, Tokenizer
from madx_stilts.formats.degenerate import same_answer
from madx_stilts.formats.frame import frame_of_text
from madx_stilts.formats.pieces import pieces_of_texts
from madx_stilts.formats.reading import read_id, read_text
from madx_stilts.formats.remarks import BLANK_TEXT, any_blank
from madx_stilts.formats.scoring import known_gold, require_gold
from madx_stilts.metrics.accuracy import accuracy
from madx_stilts.metrics.chance import (
    random_accuracy,
    random_average_precision,
    random_pairs,
    random_reciprocal_rank,
)
from madx_stilts.metrics.retrieval import bucc_f1, mean_average_precision, mean_reciprocal_rank
from madx_stilts.tasks.fields import BadRow
from madx_stilts.tasks.task import Task


@dataclass(frozen=True, slots=True)
class RetrievalExample:
    """A query, or a candidate.

    Args:
        gold: Of a query: the ids of the candidates that are right, possibly none; None where that is not known.
        answers: Of a candidate: the ids of the queries it is right for, where candidates know it and queries do not.
    """

    id: str
    row: int
    text: str
    gold: tuple[str, ...] | None = None
    answers: tuple[str, ...] = ()


class RankedCandidate(NamedTuple):
    """A candidate that was found, and how well it fits: cosine similarity, or ratio margin of mined pairs."""

    id: str
    score: float


Ranking = tuple[RankedCandidate, ...]
"""What was found for one query, the best first."""
Gold = Sequence[Collection[str]]


def _first_is_right(rankings: Sequence[Ranking], gold: Gold) -> dict[str, float]:
    right = [bool(ranking) and ranking[0].id in wanted for ranking, wanted in zip(rankings, gold, strict=True)]
    return {"accuracy": accuracy(predicted=right, gold=[True] * len(right))}


def _pairs(rankings: Sequence[Ranking], gold: Gold) -> dict[str, float]:
    found = {(at, one.id) for at, ranking in enumerate(rankings) for one in ranking}
    return bucc_f1(predicted=found, gold={(at, one) for at, wanted in enumerate(gold) for one in wanted})


def _average_precision(rankings: Sequence[Ranking], gold: Gold) -> dict[str, float]:
    return {"map_at_20": mean_average_precision(predicted=_by_query(rankings), gold=_wanted(gold), cut=20)}


def _reciprocal_rank(rankings: Sequence[Ranking], gold: Gold) -> dict[str, float]:
    return {"mrr_at_20": mean_reciprocal_rank(predicted=_by_query(rankings), gold=_wanted(gold), cut=20)}


def _by_query(rankings: Sequence[Ranking]) -> dict[str, list[str]]:
    """By position: ids of queries need not be unique."""
    return {str(at): [one.id for one in ranking] for at, ranking in enumerate(rankings)}


def _wanted(gold: Gold) -> dict[str, Collection[str]]:
    return {str(at): wanted for at, wanted in enumerate(gold)}


Measure = Callable[[Sequence[Ranking], Gold], dict[str, float]]
METRICS: Mapping[str, Measure] = {
    "accuracy": _first_is_right,
    "f1": _pairs,
    "precision": _pairs,
    "recall": _pairs,
    "map_at_20": _average_precision,
    "mrr_at_20": _reciprocal_rank,
}


CHANCE: Mapping[str, Callable[[Sequence[int], int], dict[str, float]]] = {
    "accuracy": lambda counts, candidates: {"accuracy": random_accuracy(counts, candidates)},
    "f1": random_pairs,
    "precision": random_pairs,
    "recall": random_pairs,
    "map_at_20": lambda counts, candidates: {"map_at_20": random_average_precision(counts, candidates)},
    "mrr_at_20": lambda counts, candidates: {"mrr_at_20": random_reciprocal_rank(counts, candidates)},
}
"""What each metric is for random rankings, by how many candidates are right for each query, and how many there are."""


class RetrievalFormat(Format[RetrievalExample, Ranking]):
    """One sequence per text, query or candidate, cut at its end; predicts which candidates fit a query.

    No head answers: texts are compared by their hidden states (`score.retrieve`). A text of which the tokenizer makes
    nothing is a sequence of special tokens, since texts are told apart by where they stand.

    `max_tokens` is that of XTREME for Tatoeba and BUCC. Row values: `example`.
    """

    name = "retrieval"
    head = "none"
    fields = ("id", "text")
    optional_fields = ("gold", "answers")
    metrics = tuple(METRICS)
    max_tokens = 512
    unscorable = "queries without a right answer"

    def example(self, row: int, fields: Mapping[str, object], label: object, task: Task) -> RetrievalExample:
        return RetrievalExample(
            id=read_id(fields, row),
            row=row,
            text=read_text(fields, "text"),
            gold=_read_ids(fields, "gold"),
            answers=_read_ids(fields, "answers") or (),
        )

    def labelled(self, example: RetrievalExample) -> bool:
        return example.gold is not None

    def scorable(self, example: RetrievalExample) -> bool:
        return example.gold != ()

    def remarks(self, example: RetrievalExample) -> Iterator[str]:
        if any_blank((example.text,)):
            yield BLANK_TEXT

    def encode(self, examples: Sequence[RetrievalExample], tokenizer: Tokenizer, limits: Limits, task: Task) -> Encoded:
        frame, builder = frame_of_text(tokenizer), EncodedBuilder()
        room = frame.room(limits)
        for at, pieces in enumerate(pieces_of_texts(tokenizer, [example.text for example in examples])):
            builder.add(frame.wrap(pieces[:room]), {"example": at})
        return builder.build()

    def decode(
        self, outputs: Outputs, encoded: Encoded, examples: Sequence[RetrievalExample], task: Task
    ) -> list[Ranking]:
        rows = zip(outputs["candidate"].tolist(), outputs["score"].tolist(), strict=True)
        return [tuple(RankedCandidate(*one) for one in zip(*row, strict=True) if one[0]) for row in rows]

    def score(
        self, predictions: Sequence[Ranking], examples: Sequence[RetrievalExample], task: Task, language: str
    ) -> dict[str, float]:
        gold = require_gold(examples, (example.gold for example in examples), task)
        for name in task.metrics:
            if name not in METRICS:
                raise UnknownName(f"metric of {task.format} tasks", name, METRICS)
        try:
            # Some metrics are computed together, each of which gives all of them.
            return {name: METRICS[name](predictions, gold)[name] for name in task.metrics}
        except ValueError as error:
            raise DataError(
                f"The {len(gold)} queries of {task.name} in {language!r} cannot be scored. {error}",
                hint="Fetch queries and candidates again, or score more of them (--limit).",
            ) from error

    def baseline(
        self, examples: Sequence[RetrievalExample], task: Task, language: str, *, candidates: int | None = None
    ) -> dict[str, float]:
        counts = [len({*gold}) for gold in require_gold(examples, (example.gold for example in examples), task)]
        return {name: CHANCE[name](counts, candidates)[name] for name in task.metrics} if candidates else {}

    def warnings(
        self, predictions: Sequence[Ranking], examples: Sequence[RetrievalExample], task: Task
    ) -> Iterator[str]:
        if not any(predictions):
            yield "nothing is found for any query"
            return
        first = [ranking[0].id if ranking else None for ranking in predictions]
        if None not in first:
            gold = (example.gold or () for example in examples)
            right = [name if name in wanted else None for name, wanted in zip(first, gold, strict=True)]
            yield from same_answer(first, right, what="every query finds the same candidate first,")

    def prediction_rows(self, prediction: Ranking, example: RetrievalExample) -> Iterator[dict[str, object]]:
        gold = None if example.gold is None else list(example.gold)
        found = {"prediction": [one.id for one in prediction], "score": [one.score for one in prediction]}
        yield {"id": example.id, "text": example.text, **found, **known_gold(gold)}


def _read_ids(fields: Mapping[str, object], name: str) -> tuple[str, ...] | None:
    """The ids in a field, which holds one or a list of them; None if nothing is known.

    Raises:
        BadRow: It holds something else.
    """
    value = fields.get(name)
    match value:
        case None:
            return None
        case str() | int():
            return (str(value),)
        case list() | tuple() if all(isinstance(one, str | int) for one in value):
            return tuple(map(str, value))
    raise BadRow(f"field {name!r} holds {shortened(value)}, not a list of ids")
