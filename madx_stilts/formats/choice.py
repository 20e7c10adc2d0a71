"""A context and some ways to go on, one of them right: commonsense reasoning."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from madx_stilts.formats.base import IGNORED, Encoded, EncodedBuilder, Format, Limits, Outputs, Tokenizer
from madx_stilts.formats.degenerate import same_answer
from madx_stilts.formats.frame import cut_longest, frame_of_pair
from madx_stilts.formats.pieces import pieces_of_texts
from madx_stilts.formats.reading import read_id, read_label, read_text, read_texts
from madx_stilts.formats.remarks import BLANK_TEXT, any_blank
from madx_stilts.formats.scoring import Metric, apply_metrics, known_gold, require_gold
from madx_stilts.metrics.accuracy import accuracy
from madx_stilts.tasks.fields import BadRow
from madx_stilts.tasks.task import Task


@dataclass(frozen=True, slots=True)
class ChoiceExample:
    """A context, its choices and, where it is known, the position of the right one."""

    id: str
    row: int
    context: str
    choices: tuple[str, ...]
    label: int | None


METRICS: Mapping[str, Metric[int]] = {
    "accuracy": lambda predicted, gold, task: accuracy(predicted=predicted, gold=gold),
}


class ChoiceFormat(Format[ChoiceExample, int]):
    """A group of sequences per example, `context choice` each; predicts a position, from 0.

    The task's labels name the positions, so every example has as many choices as the task has labels. A context or a
    choice without pieces leaves its side of the frame empty, and competes like any other. Row values:
    `example`; `label`, the right position in the group, or `IGNORED`, on each sequence of the group.
    """

    name = "choice"
    head = "multiple_choice"
    fields = ("context", "choices")
    metrics = tuple(METRICS)

    def example(self, row: int, fields: Mapping[str, object], label: object, task: Task) -> ChoiceExample:
        choices = read_texts(fields, "choices")
        if len(choices) != len(task.labels):
            raise BadRow(f"it has {len(choices)} choices, expected {len(task.labels)} ({', '.join(task.labels)})")
        return ChoiceExample(
            id=read_id(fields, row),
            row=row,
            context=read_text(fields, "context"),
            choices=choices,
            label=None if label is None else task.labels.index(read_label(label, task)),
        )

    def labelled(self, example: ChoiceExample) -> bool:
        return example.label is not None

    def remarks(self, example: ChoiceExample) -> Iterator[str]:
        if any_blank((example.context, *example.choices)):
            yield BLANK_TEXT

    def encode(self, examples: Sequence[ChoiceExample], tokenizer: Tokenizer, limits: Limits, task: Task) -> Encoded:
        frame = frame_of_pair(tokenizer)
        room = frame.room(limits)
        contexts = pieces_of_texts(tokenizer, [example.context for example in examples])
        choices = pieces_of_texts(tokenizer, [choice for example in examples for choice in example.choices])
        builder = EncodedBuilder(group=len(task.labels))
        for at, (example, context) in enumerate(zip(examples, contexts, strict=True)):
            row = {"example": at, "label": IGNORED if example.label is None else example.label}
            for choice in islice(choices, len(example.choices)):
                builder.add(frame.wrap(*cut_longest(context, choice, room)), row)
        return builder.build()

    def decode(self, outputs: Outputs, encoded: Encoded, examples: Sequence[ChoiceExample], task: Task) -> list[int]:
        return [int(best) for best in outputs["logits"].argmax(axis=1)]

    def score(
        self, predictions: Sequence[int], examples: Sequence[ChoiceExample], task: Task, language: str
    ) -> dict[str, float]:
        gold = require_gold(examples, (example.label for example in examples), task)
        return apply_metrics(METRICS, list(predictions), gold, task)

    def constants(self, examples: Sequence[ChoiceExample], task: Task) -> Iterator[list[int]]:
        return ([position] * len(examples) for position in range(len(task.labels)))

    def warnings(self, predictions: Sequence[int], examples: Sequence[ChoiceExample], task: Task) -> Iterator[str]:
        gold = [example.label for example in examples]
        yield from same_answer(predictions, gold, what="every answer is the choice at position")

    def prediction_rows(self, prediction: int, example: ChoiceExample) -> Iterator[dict[str, object]]:
        yield {"id": example.id, "prediction": prediction, **known_gold(example.label)}
