"""Two texts, one label: inference, paraphrase."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from madx_stilts.formats.base import IGNORED, Encoded, EncodedBuilder, Format, Limits, Outputs, Tokenizer
from madx_stilts.formats.degenerate import same_answer
from madx_stilts.formats.frame import cut_longest, frame_of_pair
from madx_stilts.formats.pieces import pieces_of_texts
from madx_stilts.formats.reading import read_id, read_label, read_text
from madx_stilts.formats.remarks import BLANK_TEXT, any_blank
from madx_stilts.formats.scoring import Metric, apply_metrics, known_gold, require_gold
from madx_stilts.metrics.accuracy import accuracy, binary_f1
from madx_stilts.tasks.task import Task


@dataclass(frozen=True, slots=True)
class PairExample:
    """Two texts and, where it is known, the name of their label."""

    id: str
    row: int
    first: str
    second: str
    label: str | None


METRICS: Mapping[str, Metric[str]] = {
    "accuracy": lambda predicted, gold, task: accuracy(predicted=predicted, gold=gold),
    "f1": lambda predicted, gold, task: binary_f1(predicted=predicted, gold=gold, positive=task.positive),
}


class PairFormat(Format[PairExample, str]):
    """One sequence per pair; predicts the name of a label.

    Texts that are too long together lose tokens from the end of the longer one. A text without pieces leaves its side
    of the frame empty (`<s></s></s> second </s>`), as in XTREME, whose PAWS-X has such rows. Row values: `example`;
    `label`, the index in the task's labels, or `IGNORED`.
    """

    name = "pair"
    head = "classification"
    fields = ("first", "second")
    metrics = tuple(METRICS)

    def example(self, row: int, fields: Mapping[str, object], label: object, task: Task) -> PairExample:
        return PairExample(
            id=read_id(fields, row),
            row=row,
            first=read_text(fields, "first"),
            second=read_text(fields, "second"),
            label=None if label is None else read_label(label, task),
        )

    def labelled(self, example: PairExample) -> bool:
        return example.label is not None

    def remarks(self, example: PairExample) -> Iterator[str]:
        if any_blank((example.first, example.second)):
            yield BLANK_TEXT

    def encode(self, examples: Sequence[PairExample], tokenizer: Tokenizer, limits: Limits, task: Task) -> Encoded:
        frame = frame_of_pair(tokenizer)
        room = frame.room(limits)
        firsts = pieces_of_texts(tokenizer, [example.first for example in examples])
        seconds = pieces_of_texts(tokenizer, [example.second for example in examples])
        builder = EncodedBuilder()
        for at, (example, first, second) in enumerate(zip(examples, firsts, seconds, strict=True)):
            label = IGNORED if example.label is None else task.labels.index(example.label)
            builder.add(frame.wrap(*cut_longest(first, second, room)), {"example": at, "label": label})
        return builder.build()

    def decode(self, outputs: Outputs, encoded: Encoded, examples: Sequence[PairExample], task: Task) -> list[str]:
        return [task.labels[best] for best in outputs["logits"].argmax(axis=1)]

    def score(
        self, predictions: Sequence[str], examples: Sequence[PairExample], task: Task, language: str
    ) -> dict[str, float]:
        gold = require_gold(examples, (example.label for example in examples), task)
        return apply_metrics(METRICS, list(predictions), gold, task)

    def constants(self, examples: Sequence[PairExample], task: Task) -> Iterator[list[str]]:
        return ([label] * len(examples) for label in task.labels)

    def warnings(self, predictions: Sequence[str], examples: Sequence[PairExample], task: Task) -> Iterator[str]:
        yield from same_answer(predictions, [example.label for example in examples], what="every answer is")

    def prediction_rows(self, prediction: str, example: PairExample) -> Iterator[dict[str, object]]:
        yield {"id": example.id, "prediction": prediction, **known_gold(example.label)}
