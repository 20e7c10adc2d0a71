"""A question and a context; the answer is a part of the context, or there is none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from madx_stilts.formats.answers import Answer, read_answers
from madx_stilts.formats.base import Encoded, EncodedBuilder, Format, Limits, Outputs, Tokenizer
from madx_stilts.formats.best_span import best_spans
from madx_stilts.formats.context import NOWHERE, Context, contexts_in_pieces, without_unseen_start
from madx_stilts.formats.frame import frame_of_pair
from madx_stilts.formats.pieces import chunked, pieces_of_texts, require_pieces
from madx_stilts.formats.reading import read_id, read_text
from madx_stilts.formats.scoring import known_gold, require_gold
from madx_stilts.formats.span_windows import SpanWindows, hide_answer
from madx_stilts.metrics.mlqa import mlqa
from madx_stilts.metrics.squad import squad_v1, squad_v2
from madx_stilts.tasks.fields import BadRow
from madx_stilts.tasks.task import Task

LONGEST_ANSWER = 30
"""In tokens, as in BERT's code for SQuAD and in XTREME."""
PARTS = ("has_answer_exact_match", "has_answer_f1", "no_answer_exact_match", "no_answer_f1")


@dataclass(frozen=True, slots=True)
class SpanExample:
    """A question about a context.

    Args:
        answers: The right answers; none of them where the question cannot be answered; None where they are hidden.
    """

    id: str
    row: int
    question: str
    context: str
    answers: tuple[Answer, ...] | None


class SpanPrediction(NamedTuple):
    """What is answered to a question.

    Args:
        text: The answer; empty where there is none.
        score: The score of the best span, whether or not it became the answer; `null_score` where there is no span,
            since the context has no piece that could be answered.
        null_score: The score of "no answer", on the same scale.
    """

    text: str
    score: float
    null_score: float


@dataclass(frozen=True)
class SpanFormat(Format[SpanExample, SpanPrediction]):
    """Windows over the context, `question window` each; predicts a text.

    A question without pieces leaves its side of the frame empty. A context without any is one window of the question
    alone, and the answer is empty: so the codes of BERT and XTREME score such rows.

    Token values: `char_start` and `char_end`, the characters of the context that a token stands for, else `NOWHERE`.
    Row values: `example`; `start` and `end`, positions in the sequence of the answer's first and last token, both
    `null` where the window does not hold the whole answer, both `IGNORED` where the answer is hidden; `null`, the
    position of the CLS token.

    Args:
        null_threshold: In tasks with unanswerable questions: by how much the score of "no answer" must exceed that of
            the best span.
    """

    null_threshold: float = 0.0

    name = "span"
    head = "question_answering"
    fields = ("question", "context")
    optional_fields = ("id", "answers")
    metrics = ("exact_match", "f1", *PARTS)
    max_tokens = 384

    def example(self, row: int, fields: Mapping[str, object], label: object, task: Task) -> SpanExample:
        question, context = read_text(fields, "question"), read_text(fields, "context")
        value = fields.get("answers")
        answers = None if value is None else read_answers(value, context)
        if answers == () and not task.unanswerable:
            raise BadRow(f"it has no answer, and {task.name} has no questions without one")
        return SpanExample(id=read_id(fields, row), row=row, question=question, context=context, answers=answers)

    def labelled(self, example: SpanExample) -> bool:
        return example.answers is not None

    def encode(self, examples: Sequence[SpanExample], tokenizer: Tokenizer, limits: Limits, task: Task) -> Encoded:
        windows = SpanWindows(frame_of_pair(tokenizer), limits)
        builder = EncodedBuilder()
        position = 0
        for some in chunked(examples, lambda example: len(example.context) + len(example.question)):
            contexts = contexts_in_pieces(tokenizer, [example.context for example in some])
            questions = pieces_of_texts(tokenizer, [example.question for example in some])
            for example, question in zip(some, questions, strict=True):
                context = contexts[example.context]
                for tokens, row in windows.over(context, question, _answer(example, context)):
                    values = row if self.labelled(example) else hide_answer(row)
                    builder.add(tokens, {"example": position, **values})
                position += 1
        return builder.build()

    def decode(
        self, outputs: Outputs, encoded: Encoded, examples: Sequence[SpanExample], task: Task
    ) -> list[SpanPrediction]:
        start, end = outputs["start"].astype(np.float32), outputs["end"].astype(np.float32)
        char_start, char_end = encoded.tokens["char_start"], encoded.tokens["char_end"]
        spans = best_spans(start, end, bounds=encoded.bounds, allowed=char_start != NOWHERE, longest=LONGEST_ANSWER)
        example_of_window, nulls = encoded.rows["example"], encoded.bounds[:-1] + encoded.rows["null"]
        # A window without the answer rightly says "no answer"; only if every window does, there is none.
        null_score = np.full(len(examples), np.inf, dtype=np.float32)
        np.minimum.at(null_score, example_of_window, start[nulls] + end[nulls])
        # Of each example's windows, which stand in order, the first with the best span.
        order = np.lexsort((-spans.score, example_of_window))
        best = order[np.searchsorted(example_of_window[order], np.arange(len(examples)))]
        predictions = []
        for at, example in enumerate(examples):
            score, null = float(spans.score[best[at]]), float(null_score[at])
            if score == -np.inf:
                predictions.append(SpanPrediction("", null, null))
                continue
            text = example.context[char_start[spans.first[best[at]]] : char_end[spans.last[best[at]]]]
            none = task.unanswerable and null - score > self.null_threshold
            predictions.append(SpanPrediction("" if none else without_unseen_start(text), score, null))
        return predictions

    def score(
        self, predictions: Sequence[SpanPrediction], examples: Sequence[SpanExample], task: Task, language: str
    ) -> dict[str, float]:
        """Exact match and F1 by the task's script.

        Where questions may have no answer, by SQuAD 2.0's definition, and of its parts too.

        Raises:
            DataError: An example has no gold answer.
            ValueError: The script does not know the language.
        """
        gold = require_gold(examples, (example.answers for example in examples), task)
        texts = [[answer.text for answer in answers] for answers in gold]
        predicted = [prediction.text for prediction in predictions]
        if task.script == "mlqa":
            return mlqa(predicted=predicted, gold=texts, language=language)
        return (squad_v2 if task.unanswerable else squad_v1)(predicted=predicted, gold=texts)

    def prediction_rows(self, prediction: SpanPrediction, example: SpanExample) -> Iterator[dict[str, object]]:
        gold = None if example.answers is None else [answer.text for answer in example.answers]
        scores = {"score": prediction.score, "null_score": prediction.null_score}
        yield {"id": example.id, "prediction": prediction.text, **scores, **known_gold(gold)}


def _answer(example: SpanExample, context: Context) -> tuple[int, int] | None:
    """First and last piece of the answer that is trained on: the first one that has any.

    Raises:
        BadRow: There are answers, and the tokenizer drops all of them.
    """
    for answer in example.answers or ():
        pieces = context.locate(answer.start, answer.end)
        if pieces is not None:
            return pieces
    if example.answers:
        require_pieces([], "answers", example.answers[0].text, example.row)
    return None
