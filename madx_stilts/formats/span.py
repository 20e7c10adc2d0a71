"""A question and a context; the answer is a part of the context, or there is none."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from madx_stilts.formats.answers import Answer, read_answers
from madx_stilts.formats.base import Encoded, EncodedBuilder, Format, Limits, Outputs, Tokenizer
from madx_stilts.formats.best_span import best_spans
from madx_stilts.formats.context import NOWHERE, Context, contexts_in_pieces, without_unseen_start
from madx_stilts.formats.degenerate import same_answer, same_number
from madx_stilts.formats.frame import frame_of_pair
from madx_stilts.formats.pieces import chunked, pieces_of_texts
from madx_stilts.formats.reading import read_id, read_text
from madx_stilts.formats.remarks import ABSENT_ANSWER, BLANK_TEXT, EMPTY_ANSWER, any_blank
from madx_stilts.formats.scoring import known_gold, require_gold
from madx_stilts.formats.span_windows import SpanWindows, hide_answer
from madx_stilts.formats.text import LEFT_OUT
from madx_stilts.metrics.characters import jsquad, korquad
from madx_stilts.metrics.mlqa import mlqa
from madx_stilts.metrics.squad import squad_v1, squad_v2
from madx_stilts.tasks.fields import BadRow
from madx_stilts.tasks.task import Script, Task

_BY_CHARACTERS: Mapping[Script, Callable[..., dict[str, float]]] = {"korquad": korquad, "jsquad": jsquad}
"""Scripts that need no language."""
LONGEST_ANSWER = 30
"""In tokens, as in BERT's code for SQuAD and in XTREME."""
PARTS = ("has_answer_exact_match", "has_answer_f1", "no_answer_exact_match", "no_answer_f1")


@dataclass(frozen=True, slots=True)
class SpanExample:
    """A question about a context.

    Args:
        answers: The right answers; none of them where the question cannot be answered; None where they are hidden.
            Some need not occur in the context.
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
        pieces: Tokens of the best span; 0 where that is not known.
        start: Character of the context that it begins at; below 0 where that is not known.
    """

    text: str
    score: float
    null_score: float
    pieces: int = 0
    start: int = -1


@dataclass(frozen=True)
class SpanFormat(Format[SpanExample, SpanPrediction]):
    """Windows over the context, `question window` each; predicts a text.

    A question without pieces leaves its side of the frame empty. A context without any is one window of the question
    alone, and the answer is empty: so the codes of BERT and XTREME score such rows.

    Token values: `char_start` and `char_end`, the characters of the context that a token stands for, else `NOWHERE`.
    Row values: `example`; `start` and `end`, positions in the sequence of the answer's first and last token, both
    `null` where the window does not hold the whole answer, both `IGNORED` where the answer is hidden; `null`, the
    position of the CLS token. An answer that the context or the tokenizer does not have counts as hidden here:
    nothing can be learned from it, though it is scored. Where there are such, `left_out` of the first sequence says how
    many.

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
    unlearnable = "questions of whose answers none occurs in the context"

    def example(self, row: int, fields: Mapping[str, object], label: object, task: Task) -> SpanExample:
        question, context = read_text(fields, "question"), read_text(fields, "context")
        value = fields.get("answers")
        answers = None if value is None else read_answers(value, context)
        if answers is not None and task.unanswerable:
            # There, an answer without text says that there is none.
            answers = tuple(answer for answer in answers if answer.text)
        if answers == () and not task.unanswerable:
            raise BadRow(f"it has no answer, and {task.name} has no questions without one")
        return SpanExample(id=read_id(fields, row), row=row, question=question, context=context, answers=answers)

    def labelled(self, example: SpanExample) -> bool:
        return example.answers is not None

    def learnable(self, example: SpanExample) -> bool:
        return not example.answers or any(answer.place for answer in example.answers)

    def remarks(self, example: SpanExample) -> Iterator[str]:
        answers = example.answers or ()
        if any_blank((example.question, example.context)):
            yield BLANK_TEXT
        if not all(answer.text for answer in answers):
            yield EMPTY_ANSWER
        if any(answer.text and answer.place is None for answer in answers):
            yield ABSENT_ANSWER

    def encode(self, examples: Sequence[SpanExample], tokenizer: Tokenizer, limits: Limits, task: Task) -> Encoded:
        windows = SpanWindows(frame_of_pair(tokenizer), limits)
        builder = EncodedBuilder()
        position = lost = 0
        for some in chunked(examples, lambda example: len(example.context) + len(example.question)):
            contexts = contexts_in_pieces(tokenizer, [example.context for example in some])
            questions = pieces_of_texts(tokenizer, [example.question for example in some])
            for example, question in zip(some, questions, strict=True):
                context = contexts[example.context]
                answer = _answer(example, context)
                for tokens, row in windows.over(context, question, answer):
                    values = row if answer or example.answers == () else hide_answer(row)
                    builder.add(tokens, {"example": position, **values})
                position += 1
                lost += bool(example.answers) and answer is None
        encoded = builder.build()
        if lost:
            encoded.rows[LEFT_OUT] = np.zeros(len(encoded), dtype=np.int32)
            encoded.rows[LEFT_OUT][0] = lost
        return encoded

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
            first, last = int(spans.first[best[at]]), int(spans.last[best[at]])
            text = without_unseen_start(example.context[char_start[first] : char_end[last]])
            none = task.unanswerable and null - score > self.null_threshold
            place = last - first + 1, int(char_start[first])
            predictions.append(SpanPrediction("" if none else text, score, null, *place))
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
        plain = squad_v2 if task.unanswerable else squad_v1
        return _BY_CHARACTERS.get(task.script, plain)(predicted=predicted, gold=texts)

    def constants(self, examples: Sequence[SpanExample], task: Task) -> Iterator[list[SpanPrediction]]:
        counts = Counter(answer.text for example in examples for answer in example.answers or () if answer.text)
        for text in ("", *(text for text, _ in counts.most_common(1))):
            yield [SpanPrediction(text, 0.0, 0.0)] * len(examples)

    def warnings(
        self, predictions: Sequence[SpanPrediction], examples: Sequence[SpanExample], task: Task
    ) -> Iterator[str]:
        pairs = list(zip(predictions, examples, strict=True))
        if all(one.text in ([answer.text for answer in each.answers or ()] or [""]) for one, each in pairs):
            return
        alike = list(same_answer([one.text for one in predictions], (), what="every answer is"))
        given = [one for one in predictions if one.text]
        yield from alike if given else ["every answer is empty"][: len(alike)]
        if not alike and same_number([one.pieces or len(one.text) for one in given]):
            length = f"{given[0].pieces} tokens" if given[0].pieces else f"{len(given[0].text)} characters"
            yield f"every answer has the same length ({length})"
        if not alike and same_number([one.start for one in given]) and given[0].start >= 0:
            yield f"every answer begins at character {given[0].start} of its context"

    def prediction_rows(self, prediction: SpanPrediction, example: SpanExample) -> Iterator[dict[str, object]]:
        gold = None if example.answers is None else [answer.text for answer in example.answers]
        scores = {"score": prediction.score, "null_score": prediction.null_score}
        yield {"id": example.id, "prediction": prediction.text, **scores, **known_gold(gold)}


def _answer(example: SpanExample, context: Context) -> tuple[int, int] | None:
    """First and last piece of the answer that is trained on: the first one that has any.

    None has any where all answers are elsewhere than in the context, or are dropped by the tokenizer.
    """
    places = (answer.place for answer in example.answers or ())
    pieces = (context.locate(*place) for place in places if place)
    return next((found for found in pieces if found), None)
