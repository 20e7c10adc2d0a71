"""Plain text for masked language modelling."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from madx_stilts.errors import UsageError
from madx_stilts.formats.base import Encoded, EncodedBuilder, Format, Limits, Outputs, Tokenizer
from madx_stilts.formats.frame import frame_of_text
from madx_stilts.formats.pieces import pieces_of_texts, require_pieces
from madx_stilts.formats.reading import read_id, read_text
from madx_stilts.tasks.task import Task


@dataclass(frozen=True, slots=True)
class TextExample:
    """One text."""

    id: str
    row: int
    text: str


class TextFormat(Format[TextExample, None]):
    """Windows side by side, so that each token of a text stands in exactly one; the stride has no meaning here.

    What is masked, and how well it is guessed, is the business of those who have the model: there is nothing to decode.
    """

    name = "text"
    head = "masked_lm"
    fields = ("text",)
    metrics = ("accuracy", "loss")

    def example(self, row: int, fields: Mapping[str, object], label: object, task: Task) -> TextExample:
        return TextExample(id=read_id(fields, row), row=row, text=read_text(fields, "text"))

    def labelled(self, example: TextExample) -> bool:
        """Always: a text is its own gold answer."""
        return True

    def encode(self, examples: Sequence[TextExample], tokenizer: Tokenizer, limits: Limits, task: Task) -> Encoded:
        frame = frame_of_text(tokenizer)
        room = frame.room(limits)
        texts = pieces_of_texts(tokenizer, [example.text for example in examples])
        builder = EncodedBuilder()
        for at, (example, pieces) in enumerate(zip(examples, texts, strict=True)):
            require_pieces(pieces, "text", example.text, example.row)
            for start in range(0, len(pieces), room):
                builder.add(frame.wrap(pieces[start : start + room]), {"example": at})
        return builder.build()

    def decode(self, outputs: Outputs, encoded: Encoded, examples: Sequence[TextExample], task: Task) -> list[None]:
        raise _nothing_to_predict(task)

    def score(
        self, predictions: Sequence[None], examples: Sequence[TextExample], task: Task, language: str
    ) -> dict[str, float]:
        raise _nothing_to_predict(task)

    def prediction_rows(self, prediction: None, example: TextExample) -> Iterator[dict[str, object]]:
        raise UsageError("Plain text has no predictions to write.", hint="Name a task with labels or answers.")


def _nothing_to_predict(task: Task) -> UsageError:
    return UsageError(
        f"{task.name} is masked language modelling: it predicts nothing that could be decoded or scored.",
        hint="Its accuracy and loss come from training; to evaluate, name a task with labels or answers.",
    )
